/** The component as jco has transpiled it: built by `npm run build`, so without types here. */
import type { LiftedEngine } from "./lifted.ts";

/** What an instance exports. */
export interface Instance {
  engine: { Engine: { start(role: string, nowMs: number, entropy: Uint8Array, budgets: object): LiftedEngine & Record<string, any> } };
  codec: { Codec: new () => any };
}

const ENTRY = new URL("../../dist/component/index.js", import.meta.url);
const { load } = await import(/* @vite-ignore */ ENTRY.href) as {
  load(): Promise<(onCore?: (instance: WebAssembly.Instance) => void) => Instance>;
};

/** Makes an instance: one node. */
export const newInstance = await load();
