/** Builds and loads test/internals/optimised.ts: return routability and optimised headers, function by function. */
import { buildInternals } from "./build.ts";

type Numbers<Name extends string> = Record<Name, (...values: number[]) => number>;

export type OptimisedInternals = { memory: WebAssembly.Memory } & Numbers<
  | "allocate" | "updateBuild" | "acknowledgementBuild" | "hmacPrepare" | "isAuthorised" | "walk" | "mayTake"
  | "mayTakeRoutingHeader" | "insertHomeAddress" | "insertRoutingHeader" | "removeHomeAddress" | "removeRoutingHeader"
> & {
  keygenToken(kcnState: number, address: number, nonce: number, which: number): bigint;
  useTokens(home: bigint, careof: bigint): void;
  useHomeToken(home: bigint): void;
};

/** Compiles the module (in `beforeAll`), unless the binary is newer than all that it is made of. */
export async function loadOptimised(): Promise<OptimisedInternals> {
  const folders = ["core-as/wire", "core-as/abi", "core-as/encap", "core-as/protocol", "core-as/protocol/crypto"];
  return new WebAssembly.Instance(await buildInternals("optimised", folders)).exports as unknown as OptimisedInternals;
}
