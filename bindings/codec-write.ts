import {
  AssemblyRefusal, MAX_RECORDS, RECORD_BIT_LENGTH, RECORD_BIT_OFFSET, RECORD_BYTES, RECORD_DEPTH, RECORD_ID,
  RECORD_KIND, RECORD_OCTETS, RECORD_VALUE, RecordKind, SCRATCH_BYTES,
} from "../core-as/abi/fields.ts";
import type { CodecExports, LayerInput } from "./codec.ts";
import { fieldId, layerId } from "./codec-names.ts";
import { type FieldValue, toWire } from "./codec-value.ts";

/** A packet that cannot be written as it was asked for. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
}

/** Makes records for `assemble` of layers, and the octets of their fields in the scratch buffer. */
export class RecordWriter {
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
      const elements = Array.isArray(value) ? value : [value];
      for (const element of elements) this.writeField(layer.name, name, element, depth);
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
    const room = this.scratch.length - this.octets;
    if (wire.length > room) throw new EncodeError(`${place}: the packet becomes too long`);
    this.scratch.set(wire, this.octets);
    this.records.setUint16(at + RECORD_OCTETS, 1, true);
    this.records.setUint32(at + RECORD_BIT_OFFSET, this.octets * 8, true);
    this.records.setUint32(at + RECORD_BIT_LENGTH, wire.length * 8, true);
    this.octets += wire.length;
  }

  private begin(kind: RecordKind, depth: number, id: number, place: string): number {
    if (this.count === MAX_RECORDS) throw new EncodeError(`a packet has at most ${MAX_RECORDS} fields`);
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
