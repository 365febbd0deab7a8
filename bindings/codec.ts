import {
  AssemblyRefusal, FieldKind, LinkType, MAX_RECORDS, RECORD_BIT_LENGTH, RECORD_BIT_OFFSET, RECORD_BYTES,
  RECORD_DEPTH, RECORD_FIELD_KIND, RECORD_ID, RECORD_KIND, RECORD_OCTETS, RECORD_VALUE, RecordKind, SCRATCH_BYTES,
  Verdict,
} from "../core-as/abi/fields.ts";
import { Reason } from "../core-as/abi/reasons.ts";
import { fieldId, fieldName, layerId, layerName } from "./codec-names.ts";
import { type FieldValue, fromNumber, fromOctets, toWire } from "./codec-value.ts";
import { REASONS } from "./reasons.ts";

export { LinkType };
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

export interface Field {
  /** As "lifetime". */
  readonly name: string;
  readonly value: FieldValue;
  /** From the start of the packet. */
  readonly bitOffset: number;
  readonly bitLength: number;
}

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

/** A packet that cannot be written as it was asked for. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
}

/** What the binary exports for reading and writing packets. */
interface CodecExports {
  readonly memory: WebAssembly.Memory;
  scratchPointer(): number;
  dissectionPointer(): number;
  assemblyPointer(): number;
  dissect(lengthBytes: number, linkType: number): number;
  assemble(recordBytes: number): number;
}

const VERDICTS = { [Verdict.Good]: "good", [Verdict.Bad]: "bad", [Verdict.NotCheckable]: "not checkable" } as const;

/** Reads and writes packets. All knowledge of their formats is in the core; here they get names. */
export class Codec {
  private readonly core: CodecExports;

  constructor(module: WebAssembly.Module) {
    this.core = new WebAssembly.Instance(module).exports as unknown as CodecExports;
  }

  /**
   * The layers of a packet: the headers from the outermost on. Never throws: what is wrong with a packet
   * stands in `problem` of its layers. A layer "more" ends a packet with more than 4,095 fields or 65,792 octets.
   */
  dissect(packet: Uint8Array, linkType: LinkType = LinkType.Raw): Layer[] {
    const scratch = this.core.scratchPointer();
    const length = Math.min(packet.length, SCRATCH_BYTES);
    new Uint8Array(this.core.memory.buffer).set(packet.subarray(0, length), scratch);
    const count = this.core.dissect(length, linkType);
    const records = new DataView(this.core.memory.buffer, this.core.dissectionPointer(), count * RECORD_BYTES);
    const layers = new LayerReader(records, packet).read();
    if (length < packet.length) layers.push({ name: "more", offset: length, length: 0, fields: [], options: [] });
    return layers;
  }

  /** The octets of a packet with these layers, the outermost first. Throws EncodeError. */
  encode(layers: readonly LayerInput[]): Uint8Array {
    const writer = new RecordWriter(this.core);
    for (const layer of layers) writer.writeLayer(layer, 0);
    const length = this.core.assemble(writer.lengthBytes);
    if (length < 0) throw writer.explain(-length);
    return new Uint8Array(this.core.memory.buffer).slice(
      this.core.assemblyPointer(),
      this.core.assemblyPointer() + length,
    );
  }
}

/** A layer as it was read, to be changed and written again; every field is given, also the computed ones. */
export function toInput(layer: Layer): LayerInput {
  const fields: Record<string, FieldValue | FieldValue[]> = {};
  for (const { name, value } of layer.fields) {
    const before = fields[name];
    fields[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return { name: layer.name, fields, options: layer.options.map(toInput) };
}

/** The value of a field of a layer, the first of that name, or undefined. */
export function valueOf(layer: Layer, name: string): FieldValue | undefined {
  return layer.fields.find((field) => field.name === name)?.value;
}

/** Makes layers of the records of `dissect`. */
class LayerReader {
  /** The layer around the next record, for each depth. */
  private readonly path: Layer[] = [];
  private readonly layers: Layer[] = [];

  constructor(
    private readonly records: DataView,
    private readonly packet: Uint8Array,
  ) {}

  read(): Layer[] {
    for (let at = 0; at < this.records.byteLength; at += RECORD_BYTES) this.readRecord(at);
    return this.layers;
  }

  private readRecord(at: number): void {
    const depth = this.records.getUint8(at + RECORD_DEPTH);
    const id = this.records.getUint16(at + RECORD_ID, true);
    const bitOffset = this.records.getUint32(at + RECORD_BIT_OFFSET, true);
    const bitLength = this.records.getUint32(at + RECORD_BIT_LENGTH, true);
    switch (this.records.getUint8(at + RECORD_KIND) as RecordKind) {
      case RecordKind.Layer:
        return this.addLayer(depth, layerName(id), bitOffset, bitLength);
      case RecordKind.Field:
        return this.addField(at, depth, id, bitOffset, bitLength);
      case RecordKind.Problem:
        this.path[depth].problem ??= { reason: id, ...REASONS[id as Reason], offset: bitOffset >> 3 };
        return;
      case RecordKind.Checksum:
        this.path[depth].checksum = VERDICTS[id as Verdict];
        return;
      case RecordKind.More:
        return this.addLayer(0, "more", bitOffset, 0);
    }
  }

  private addLayer(depth: number, name: string, bitOffset: number, bitLength: number): void {
    const layer: Layer = { name, offset: bitOffset >> 3, length: bitLength >> 3, fields: [], options: [] };
    (depth === 0 ? this.layers : this.path[depth - 1].options).push(layer);
    this.path[depth] = layer;
  }

  private addField(at: number, depth: number, id: number, bitOffset: number, bitLength: number): void {
    const kind = this.records.getUint16(at + RECORD_FIELD_KIND, true) as FieldKind;
    const number = this.records.getBigUint64(at + RECORD_VALUE, true);
    const isOctets = this.records.getUint16(at + RECORD_OCTETS, true) !== 0;
    const value = isOctets
      ? fromOctets(kind, this.packet.subarray(bitOffset >> 3, (bitOffset + bitLength) >> 3))
      : fromNumber(kind, bitLength, number);
    this.path[depth].fields.push({ name: fieldName(id), value, bitOffset, bitLength });
  }
}

/** Makes records for `assemble` of layers, and the octets of their fields in the scratch buffer. */
class RecordWriter {
  private readonly records: DataView;
  private readonly scratch: Uint8Array;
  private count = 0;
  private octets = 0;
  /** For each record what it stands for, for errors. */
  private readonly places: string[] = [];

  constructor(core: CodecExports) {
    const scratch = core.scratchPointer();
    this.records = new DataView(core.memory.buffer, core.dissectionPointer(), MAX_RECORDS * RECORD_BYTES);
    this.scratch = new Uint8Array(core.memory.buffer, scratch, SCRATCH_BYTES);
  }

  get lengthBytes(): number {
    return this.count * RECORD_BYTES;
  }

  writeLayer(layer: LayerInput, depth: number): void {
    const id = layerId(layer.name);
    if (id === undefined) throw new EncodeError(`there is no layer "${layer.name}"`);
    this.begin(RecordKind.Layer, depth, id, layer.name);
    for (const [name, value] of Object.entries(layer.fields ?? {})) {
      for (const element of Array.isArray(value) ? value : [value]) this.writeField(layer.name, name, element, depth);
    }
    for (const option of layer.options ?? []) this.writeLayer(option, depth + 1);
  }

  private writeField(layer: string, name: string, value: FieldValue, depth: number): void {
    const id = fieldId(name);
    const place = `${layer}.${name}`;
    if (id === undefined) throw new EncodeError(`${place}: there is no field "${name}"`);
    const at = this.begin(RecordKind.Field, depth, id, place);
    const wire = attempt(place, () => toWire(value));
    if (typeof wire === "bigint") return this.records.setBigUint64(at + RECORD_VALUE, wire, true);
    if (wire.length > this.scratch.length - this.octets) throw new EncodeError(`${place}: the packet becomes too long`);
    this.scratch.set(wire, this.octets);
    this.records.setUint16(at + RECORD_OCTETS, 1, true);
    this.records.setUint32(at + RECORD_BIT_OFFSET, this.octets * 8, true);
    this.records.setUint32(at + RECORD_BIT_LENGTH, wire.length * 8, true);
    this.octets += wire.length;
  }

  private begin(kind: RecordKind, depth: number, id: number, place: string): number {
    if (this.count === MAX_RECORDS) throw new EncodeError(`a packet is made of at most ${MAX_RECORDS} records`);
    const at = this.count * RECORD_BYTES;
    for (let offset = 0; offset < RECORD_BYTES; offset += 8) this.records.setBigUint64(at + offset, 0n);
    this.records.setUint8(at + RECORD_KIND, kind);
    this.records.setUint8(at + RECORD_DEPTH, depth);
    this.records.setUint16(at + RECORD_ID, id, true);
    this.places.push(place);
    this.count += 1;
    return at;
  }

  /** The error for a refusal of the core, which names a record. */
  explain(answer: number): EncodeError {
    return new EncodeError(`${this.places[answer >> 4]}: ${REFUSALS[(answer & 15) as AssemblyRefusal]}`);
  }
}

const REFUSALS: Readonly<Record<AssemblyRefusal, string>> = {
  [AssemblyRefusal.Disorder]: "a field stands before all layers",
  [AssemblyRefusal.UnknownField]: "this layer has no such field",
  [AssemblyRefusal.ValueTooLarge]: "the number does not fit into the field",
  [AssemblyRefusal.WrongLength]: "the value has not as many octets as the field",
  [AssemblyRefusal.OptionMisplaced]: "does not belong here, or its layer takes no such options",
  [AssemblyRefusal.PacketTooLong]: `the packet becomes longer than ${SCRATCH_BYTES} octets`,
  [AssemblyRefusal.TooManyHeaders]: "too many headers",
  [AssemblyRefusal.LayerTooLong]: "becomes too long for its length field",
};

function attempt<Result>(place: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new EncodeError(`${place}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
