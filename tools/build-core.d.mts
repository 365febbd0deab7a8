/** Compiles `entry` (relative to the project) to `outFile`; returns size and sha256 of the binary. */
export function buildCore(entry?: string, outFile?: string): Promise<{ bytes: number; sha256: string }>;
