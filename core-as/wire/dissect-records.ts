/**
 * The records that `dissect` writes (their layout is in `abi/fields`): never more than MAX_RECORDS,
 * of which the last says that there is more.
 */
import {
  MAX_RECORDS, RECORD_BIT_LENGTH, RECORD_BIT_OFFSET, RECORD_BYTES, RECORD_DEPTH, RECORD_FIELD_KIND, RECORD_ID,
  RECORD_KIND, RECORD_OCTETS, RECORD_VALUE, RecordKind, Verdict,
} from "../abi/fields";
import { Reason } from "../abi/reasons";

let records: usize = 0;
let count: u32 = 0;
let depth: u32 = 0;

/** Starts anew, with room for MAX_RECORDS records at `p`. */
export function begin(p: usize): void {
  records = p;
  count = 0;
  depth = 0;
}

/** Records written. */
export function written(): u32 {
  return count;
}

/** True when the records are used up: there is no use in reading on. */
export function isFull(): bool {
  return count == MAX_RECORDS;
}

/** What follows is about options of the layer before. */
export function enter(): void {
  depth += 1;
}

/** What follows is about the layer around again. */
export function leave(): void {
  depth -= 1;
}

export function layer(id: u32, bit: u32, bits: u32): void {
  write(RecordKind.Layer, id, bit, bits);
}

/** A field of up to 64 bits whose value is a number. */
export function number(field: u32, kind: u32, bit: u32, bits: u32, value: u64): void {
  const record = write(RecordKind.Field, field, bit, bits);
  if (record == 0) return;
  store<u16>(record, <u16>kind, RECORD_FIELD_KIND);
  store<u64>(record, value, RECORD_VALUE);
}

/** A field whose value is the octets at its place. */
export function octets(field: u32, kind: u32, bit: u32, bits: u32): void {
  const record = write(RecordKind.Field, field, bit, bits);
  if (record == 0) return;
  store<u16>(record, <u16>kind, RECORD_FIELD_KIND);
  store<u16>(record, 1, RECORD_OCTETS);
}

/** What is wrong with the layer; nothing for Reason.None. */
export function problem(reason: Reason, bit: u32): void {
  if (reason != Reason.None) write(RecordKind.Problem, reason, bit, 0);
}

export function checksum(verdict: Verdict, bit: u32): void {
  write(RecordKind.Checksum, verdict, bit, 16);
}

/** The new record, or 0 when there is no room for it. */
function write(kind: RecordKind, id: u32, bit: u32, bits: u32): usize {
  if (isFull()) return 0;
  const record = records + count * RECORD_BYTES;
  count += 1;
  const isLast = isFull();
  memory.fill(record, 0, RECORD_BYTES);
  store<u8>(record, <u8>(isLast ? RecordKind.More : kind), RECORD_KIND);
  store<u8>(record, <u8>depth, RECORD_DEPTH);
  store<u32>(record, bit, RECORD_BIT_OFFSET);
  if (isLast) return 0;
  store<u16>(record, <u16>id, RECORD_ID);
  store<u32>(record, bits, RECORD_BIT_LENGTH);
  return record;
}
