import {
  type FieldKind, RECORD_BIT_LENGTH, RECORD_BIT_OFFSET, RECORD_BYTES, RECORD_DEPTH, RECORD_FIELD_KIND,
  RECORD_ID, RECORD_KIND, RECORD_OCTETS, RECORD_VALUE, RecordKind, Verdict,
} from "../core-as/abi/fields.ts";
import type { Reason } from "../core-as/abi/reasons.ts";
import type { Layer } from "./codec.ts";
import { fieldName, layerName } from "./codec-names.ts";
import { fromNumber, fromOctets } from "./codec-value.ts";
import { REASONS } from "./reasons.ts";

const VERDICTS = {
  [Verdict.Good]: "good",
  [Verdict.Bad]: "bad",
  [Verdict.NotCheckable]: "not checkable",
} as const;

/** Makes layers of the records of `dissect`. */
export class LayerReader {
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
