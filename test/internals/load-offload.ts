/** Builds and loads test/internals/offload.ts: segmentation and coalescing, function by function. */
import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildCore } from "../../tools/build-core.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = "build/internals-offload.wasm";

type Numbers<Name extends string> = Record<Name, (...values: number[]) => number>;

export type OffloadInternals = { memory: WebAssembly.Memory } & Numbers<
  | "allocate" | "start" | "setOffload" | "segments" | "orderCount" | "ordersPointer" | "resetOrders" | "hasRoom"
  | "abandon" | "advance" | "isUnfinished" | "lead" | "leadLength" | "leads" | "next" | "nextTrain" | "octetsSent"
  | "packetLength" | "packetsSent" | "trainLength" | "flush"
> & { put(device: number, packet: number, length: number, hasRoomBefore: boolean): void };

/** Compiles the module (in `beforeAll`), unless the binary is newer than all that it is made of. */
export async function loadOffload(): Promise<OffloadInternals> {
  if (!isFresh()) {
    // Test files run at the same time: each writes its own file, and the last one wins whole.
    const own = `build/internals-offload-${process.pid}.wasm`;
    await buildCore("test/internals/offload.ts", own);
    renameSync(root + own, root + binary);
  }
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(root + binary))).exports as unknown as OffloadInternals;
}

function isFresh(): boolean {
  const built = statSync(root + binary, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ["core-as/wire", "core-as/abi", "core-as/encap", "core-as/tables"]
    .flatMap((folder) => readdirSync(root + folder).map((name) => `${folder}/${name}`))
    .concat("test/internals/offload.ts", "tools/build-core.mjs");
  return sources.every((source) => statSync(root + source).mtimeMs < built);
}
