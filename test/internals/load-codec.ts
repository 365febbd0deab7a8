/**
 * Builds and loads test/internals/codec.ts: reading and writing of packets, without the engine.
 */
import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildCore } from "../../tools/build-core.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = "build/internals-codec.wasm";

/** What the module exports beside what `Codec` needs. */
export interface CodecInternals {
  readonly memory: WebAssembly.Memory;
  scratchPointer(): number;
  dissectionPointer(): number;
  assemblyPointer(): number;
  dissect(lengthBytes: number, linkType: number): number;
  assemble(recordBytes: number): number;
  fieldOffset(layer: number, field: number): number;
}

/** Compiles the module (in `beforeAll`), unless the binary is newer than all that it is made of. */
export async function loadCodecModule(): Promise<WebAssembly.Module> {
  if (!isFresh()) {
    // Test files run at the same time: each writes its own file, and the last one wins whole.
    const own = `build/internals-codec-${process.pid}.wasm`;
    await buildCore("test/internals/codec.ts", own);
    renameSync(root + own, root + binary);
  }
  return new WebAssembly.Module(readFileSync(root + binary));
}

function isFresh(): boolean {
  const built = statSync(root + binary, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ["core-as/wire", "core-as/abi"]
    .flatMap((folder) => readdirSync(root + folder).map((name) => `${folder}/${name}`))
    .concat("test/internals/codec.ts", "tools/build-core.mjs");
  return sources.every((source) => statSync(root + source).mtimeMs < built);
}

/** The folder of captures and vectors beside the project, or undefined: then tests of it are skipped. */
export const SHARED = process.env.MEXT_SHARED;

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}
