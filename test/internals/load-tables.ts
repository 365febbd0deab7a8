/**
 * Builds and loads test/internals/tables.ts: the tables and primitives of the core, each function
 * callable by itself. WebAssembly gives u32 as a signed number: compare after `>>> 0`.
 */
import { buildInternals } from "./build.ts";

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

/** Compiles the module (in `beforeAll`) unless the last build is newer than all sources, and returns a maker of fresh instances. */
export async function buildTables(): Promise<() => Internals> {
  const module = await buildInternals("tables", ["core-as/tables", "core-as/wire", "core-as/protocol/crypto"]);
  return () => new WebAssembly.Instance(module).exports as unknown as Internals;
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
