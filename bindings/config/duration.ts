/** Durations as people write them ("250ms", "7s", "10m", "1h") and as milliseconds. */

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds of one number with one unit, or undefined if the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]{1,12})(ms|s|m|h)$/.exec(text);
  return match ? Number(match[1]) * UNIT_MS[match[2]] : undefined;
}

/** The shortest text for a whole number of milliseconds: the largest unit that divides it. */
export function formatDuration(durationMs: number): string {
  const [unit, size] = Object.entries(UNIT_MS).find(([, size]) => durationMs % size === 0)!;
  return `${durationMs / size}${unit}`;
}
