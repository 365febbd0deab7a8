import { LinkType, RECORD_BYTES, SCRATCH_BYTES } from "../core-as/abi/fields.ts";
import type { Reason } from "../core-as/abi/reasons.ts";
import { LayerReader } from "./codec-read.ts";
import type { FieldValue } from "./codec-value.ts";
import { EncodeError, RecordWriter } from "./codec-write.ts";

export { EncodeError, LinkType };
export type { FieldValue };

/** A header, a message or an option of a packet that was read. Offsets and lengths are in octets. */
export interface Layer {
  /** As "binding-update", or "mobility-option-200" for a type that has no name. */
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  /** In wire order. A list is a field for each element. */
  readonly fields: Field[];
  readonly options: Layer[];
  checksum?: "good" | "bad" | "not checkable";
  /** Why the engine would refuse it: the first reason found. */
  problem?: Problem;
}

/** A field of a layer, where it stands in the packet. */
export interface Field {
  /** As "lifetime". */
  readonly name: string;
  readonly value: FieldValue;
  /** From the start of the packet. */
  readonly bitOffset: number;
  readonly bitLength: number;
}

/** What is wrong with a packet. */
export interface Problem {
  readonly reason: Reason;
  readonly section: string;
  readonly text: string;
  /** Octets from the start of the packet. */
  readonly offset: number;
}

/**
 * A layer to be written. Fields that are not given are computed (types, lengths, next headers,
 * checksums) or have their usual value (mostly zero); padding is added as options need it.
 */
export interface LayerInput {
  readonly name: string;
  readonly fields?: Readonly<Record<string, FieldValue | readonly FieldValue[]>>;
  readonly options?: readonly LayerInput[];
}

/** What the binary exports for reading and writing packets. */
export interface CodecExports {
  readonly memory: WebAssembly.Memory;
  scratchPointer(): number;
  dissectionPointer(): number;
  assemblyPointer(): number;
  dissect(lengthBytes: number, linkType: number): number;
  assemble(recordBytes: number): number;
}

/** Reads and writes packets. All knowledge of their formats is in the core; here they get names. */
export class Codec {
  private readonly core: CodecExports;

  constructor(module: WebAssembly.Module) {
    this.core = new WebAssembly.Instance(module).exports as unknown as CodecExports;
  }

  /**
   * The layers of a packet: the headers from the outermost on. Never throws: what is wrong with a packet
   * stands in `problem` of its layers. A layer "more" at the end says that the packet has more than 4,095
   * fields or 65,792 octets.
   */
  dissect(packet: Uint8Array, linkType: LinkType = LinkType.Raw): Layer[] {
    const scratch = this.core.scratchPointer();
    const length = Math.min(packet.length, SCRATCH_BYTES);
    new Uint8Array(this.core.memory.buffer).set(packet.subarray(0, length), scratch);
    const count = this.core.dissect(length, linkType);
    const pointer = this.core.dissectionPointer();
    const records = new DataView(this.core.memory.buffer, pointer, count * RECORD_BYTES);
    const layers = new LayerReader(records, packet).read();
    const more = { name: "more", offset: length, length: 0, fields: [], options: [] };
    return length < packet.length ? [...layers, more] : layers;
  }

  /** The octets of a packet with these layers, the outermost first. Throws EncodeError. */
  encode(layers: readonly LayerInput[]): Uint8Array {
    const writer = new RecordWriter(this.core);
    for (const layer of layers) writer.writeLayer(layer, 0);
    const length = this.core.assemble(writer.lengthBytes);
    if (length < 0) throw writer.explain(-length);
    const pointer = this.core.assemblyPointer();
    return new Uint8Array(this.core.memory.buffer).slice(pointer, pointer + length);
  }
}

/** A layer as it was read, to be changed and written again; every field is given, also the computed ones. */
export function toInput(layer: Layer): LayerInput {
  return { name: layer.name, fields: valuesByName(layer.fields), options: layer.options.map(toInput) };
}

/** The values of fields by their names; of a list as an array. */
export function valuesByName(fields: readonly Field[]): Record<string, FieldValue | FieldValue[]> {
  const values: Record<string, FieldValue | FieldValue[]> = {};
  for (const { name, value } of fields) {
    const before = values[name];
    if (before === undefined) values[name] = value;
    else values[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return values;
}

/** The value of a field of a layer, the first of that name, or undefined. */
export function valueOf(layer: Layer, name: string): FieldValue | undefined {
  return layer.fields.find((field) => field.name === name)?.value;
}
