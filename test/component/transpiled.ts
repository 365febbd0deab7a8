/** The component as jco has transpiled it: built by `npm run build`, so without types here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LiftedEngine } from "./lifted.ts";

/** What an instance exports. */
export interface Instance {
  engine: { Engine: { start(role: string, nowMs: number, entropy: Uint8Array, budgets: object): LiftedEngine & Record<string, any> } };
  codec: { Codec: new () => any };
}

/** Makes an instance: one node. */
export type NewInstance = (onCore?: (instance: WebAssembly.Instance) => void) => Instance;

/** The folder of what is published as mext/component. */
export const TRANSPILED = fileURLToPath(new URL("../../dist/component", import.meta.url));

/** Loads what is in that folder, or in a copy of it. */
export async function loadTranspiled(folder: string): Promise<NewInstance> {
  const { load } = await import(/* @vite-ignore */ pathToFileURL(join(folder, "index.js")).href) as {
    load(): Promise<NewInstance>;
  };
  return load();
}

export const newInstance = await loadTranspiled(TRANSPILED);

const jco = new URL("../../node_modules/@bytecodealliance/jco/package.json", import.meta.url);
/** Who transpiled it and what runs it, as people know them. */
export const jcoName = `jco ${JSON.parse(readFileSync(jco, "utf8")).version} in Node ${process.versions.node}`;
