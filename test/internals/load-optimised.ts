/** Builds and loads test/internals/optimised.ts: return routability and optimised headers, function by function. */
import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildCore } from "../../tools/build-core.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = "build/internals-optimised.wasm";

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
  if (!isFresh()) {
    // Test files run at the same time: each writes its own file, and the last one wins whole.
    const own = `build/internals-optimised-${process.pid}.wasm`;
    await buildCore("test/internals/optimised.ts", own);
    renameSync(root + own, root + binary);
  }
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(root + binary))).exports as unknown as OptimisedInternals;
}

function isFresh(): boolean {
  const built = statSync(root + binary, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ["core-as/wire", "core-as/abi", "core-as/encap", "core-as/protocol", "core-as/protocol/crypto"]
    .flatMap((folder) => readdirSync(root + folder).map((name) => `${folder}/${name}`))
    .concat("test/internals/optimised.ts", "tools/build-core.mjs");
  return sources.every((source) => statSync(root + source).mtimeMs < built);
}
