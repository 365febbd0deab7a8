import type { Root } from "./mext.js";

export type { Root };

/**
 * Compiles the component. The function that comes back makes an instance at once: `{ engine, codec }`, each with its
 * class; an instance is one node. `onCore` sees every core instance, for tests that look into its memory.
 */
export function load(): Promise<(onCore?: (instance: WebAssembly.Instance) => void) => Root>;
