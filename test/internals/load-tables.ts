/**
 * Builds and loads test/internals/tables.ts: the tables and primitives of the core, each function
 * callable by itself. WebAssembly gives u32 as a signed number: compare after `>>> 0`.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCore } from "../../tools/build-core.mjs";

/** The answer of a table for "no record" or "no timer". */
export const NONE = 0xffffffff;

type Numbers<Name extends string> = Record<Name, (...values: number[]) => number>;

export type Internals = { memory: WebAssembly.Memory } & Numbers<
  | "allocate"
  | "slabNew" | "slabTake" | "slabGive" | "slabAt" | "slabIsTaken" | "slabNext" | "slabUsed" | "slabPeak"
  | "indexFind" | "indexInsert" | "indexRemove" | "indexUsed"
  | "timersStart" | "timersSet" | "timersMove" | "timersCancel" | "timersDeadlineMs" | "timersAdvance"
  | "timersPopExpired" | "timersExpiredKind" | "timersExpiredOwner" | "timersNextWakeupMs" | "timersCount"
  | "sha1Reset" | "sha1Update" | "sha1Finish"
  | "hmacPrepare" | "hmacBegin" | "hmacUpdate" | "hmacFinish" | "sameBytes"
  | "randomIsSeeded" | "randomFeed" | "randomFill" | "randomNext32" | "randomNextBelow" | "randomNextUnit"
  | "chacha20Block"
> & {
  indexNew(slab: number, addressOffset: number, extraOffset: number, high: bigint, low: bigint): number;
  randomNext64(): bigint;
};

const root = new URL("../../", import.meta.url);
const binary = fileURLToPath(new URL("build/internals-tables.wasm", root));
const sources = ["core-as/tables", "core-as/wire", "core-as/protocol/crypto", "test/internals"];

/**
 * Compiles the module (in `beforeAll`) unless the last build is newer than all sources, and returns
 * a maker of fresh instances. Test files run at the same time: each builds under a name of its own,
 * then puts the binary into its place in one step.
 */
export async function buildTables(): Promise<() => Internals> {
  if (!existsSync(binary) || statSync(binary).mtimeMs < newestSourceMs()) {
    const out = `build/internals-tables-${randomUUID()}.wasm`;
    await buildCore("test/internals/tables.ts", out);
    renameSync(fileURLToPath(new URL(out, root)), binary);
  }
  const module = new WebAssembly.Module(readFileSync(binary));
  return () => new WebAssembly.Instance(module).exports as unknown as Internals;
}

/** When the youngest of the source files was written. */
function newestSourceMs(): number {
  const files = sources.flatMap((folder) => {
    const path = fileURLToPath(new URL(folder, root));
    return [path, ...readdirSync(path).map((name) => join(path, name))];
  });
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

/** Copies bytes into the memory of an instance, at new or given memory; returns the address. */
export function put(core: Internals, bytes: Uint8Array, at = core.allocate(bytes.length)): number {
  new Uint8Array(core.memory.buffer).set(bytes, at);
  return at;
}

/** A copy of `length` bytes at `at`. */
export function get(core: Internals, at: number, length: number): Buffer {
  return Buffer.from(new Uint8Array(core.memory.buffer, at, length));
}
