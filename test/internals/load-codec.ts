/**
 * Builds and loads test/internals/codec.ts: reading and writing of packets, without the engine.
 */
import { buildInternals } from "./build.ts";

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
  return await buildInternals("codec", ["core-as/wire", "core-as/abi"]);
}

/** The folder of captures and vectors beside the project, or undefined: then tests of it are skipped. */
export const SHARED = process.env.MEXT_SHARED;

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}
