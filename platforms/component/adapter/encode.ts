/** `codec.encode` of codec.wit: layers as the core's records, and the octets of their fields in the scratch buffer. */
import {
  AssemblyRefusal, MAX_RECORDS, RECORD_BIT_LENGTH, RECORD_BIT_OFFSET, RECORD_BYTES, RECORD_DEPTH, RECORD_ID, RECORD_KIND,
  RECORD_OCTETS, RECORD_VALUE, RecordKind, SCRATCH_BYTES,
} from "../../../core-as/abi/fields";
import { Value } from "./codec";
import { assemble, assemblyPointer, dissectionPointer, scratchPointer } from "./core";
import { allocate } from "./memory";
import { fieldId, layerId } from "./names";

/** 0 name, 8 depth, 12 fields. */
const LAYER_INPUT_SIZE: u32 = 20;
/** 0 name, 8 value. */
const FIELD_INPUT_SIZE: u32 = 24;
/** `encode-error` without a field: it is the layer itself. */
const NO_FIELD: u32 = 0xffffffff;

/** The cases of `encode-refusal`. */
enum Case {
  UnknownLayer, UnknownField, Disorder, ValueTooLarge, WrongLength, OptionMisplaced, PacketTooLong, TooMany, LayerTooLong,
}

let count: u32 = 0;
let octets: u32 = 0;

/** A result: 0 its case, 4 the octets or the error. */
export function codecEncode(_self: u32, layers: usize, layerCount: u32): usize {
  const result = allocate(20);
  count = 0;
  octets = 0;
  for (let index: u32 = 0; index < layerCount; index++) {
    const layer = layers + index * LAYER_INPUT_SIZE;
    const id = layerId(load<usize>(layer), load<u32>(layer, 4));
    if (id < 0) return failed(result, index, NO_FIELD, Case.UnknownLayer);
    if (!begin(RecordKind.Layer, layer, id)) return failed(result, index, NO_FIELD, Case.TooMany);
    const fields = load<u32>(layer, 16);
    for (let each: u32 = 0; each < fields; each++) {
      const refusal = writeField(layer, load<usize>(layer, 12) + each * FIELD_INPUT_SIZE);
      if (refusal >= 0) return failed(result, index, each, <Case>refusal);
    }
  }
  const length = assemble(count * RECORD_BYTES);
  if (length < 0) return explained(result, layers, layerCount, -length);
  store<u32>(result, 0);
  store<usize>(result, assemblyPointer(), 4);
  store<u32>(result, length, 8);
  return result;
}

/** Begins a record; false: there is no room. */
function begin(kind: RecordKind, layer: usize, id: u32): bool {
  if (count === MAX_RECORDS) return false;
  const record = dissectionPointer() + count * RECORD_BYTES;
  memory.fill(record, 0, RECORD_BYTES);
  store<u8>(record, <u8>kind, RECORD_KIND);
  store<u8>(record, load<u8>(layer, 8), RECORD_DEPTH);
  store<u16>(record, <u16>id, RECORD_ID);
  count++;
  return true;
}

/** Returns a Case when the field cannot be written, else −1. */
function writeField(layer: usize, field: usize): i32 {
  const id = fieldId(load<usize>(field), load<u32>(field, 4));
  if (id < 0) return Case.UnknownField;
  if (!begin(RecordKind.Field, layer, id)) return Case.TooMany;
  const record = dissectionPointer() + (count - 1) * RECORD_BYTES;
  switch (<Value>load<u8>(field, 8)) {
    case Value.Number:
      store<u64>(record, load<u64>(field, 16), RECORD_VALUE);
      return -1;
    case Value.Flag:
      store<u64>(record, load<u8>(field, 16), RECORD_VALUE);
      return -1;
    default: {
      const length = load<u32>(field, 20);
      if (length > <u32>SCRATCH_BYTES - octets) return Case.PacketTooLong;
      memory.copy(scratchPointer() + octets, load<usize>(field, 16), length);
      store<u16>(record, 1, RECORD_OCTETS);
      store<u32>(record, octets * 8, RECORD_BIT_OFFSET);
      store<u32>(record, length * 8, RECORD_BIT_LENGTH);
      octets += length;
      return -1;
    }
  }
}

/** The error for a refusal of the core, which names a record. */
function explained(result: usize, layers: usize, layerCount: u32, answer: u32): usize {
  let record = answer >> 4;
  for (let index: u32 = 0; index < layerCount; index++) {
    const fields = load<u32>(layers + index * LAYER_INPUT_SIZE, 16);
    if (record <= fields) return failed(result, index, record === 0 ? NO_FIELD : record - 1, caseOf(<AssemblyRefusal>(answer & 15)));
    record -= fields + 1;
  }
  return failed(result, 0, NO_FIELD, Case.Disorder); // no layers at all
}

function caseOf(refusal: AssemblyRefusal): Case {
  switch (refusal) {
    case AssemblyRefusal.UnknownField: return Case.UnknownField;
    case AssemblyRefusal.ValueTooLarge: return Case.ValueTooLarge;
    case AssemblyRefusal.WrongLength: return Case.WrongLength;
    case AssemblyRefusal.OptionMisplaced: return Case.OptionMisplaced;
    case AssemblyRefusal.PacketTooLong: return Case.PacketTooLong;
    case AssemblyRefusal.TooManyHeaders: return Case.TooMany;
    case AssemblyRefusal.LayerTooLong: return Case.LayerTooLong;
    default: return Case.Disorder;
  }
}

function failed(result: usize, layer: u32, field: u32, refusal: Case): usize {
  store<u32>(result, 1);
  store<u32>(result, layer, 4);
  store<u32>(result, field === NO_FIELD ? 0 : 1, 8);
  store<u32>(result, field, 12);
  store<u8>(result, <u8>refusal, 16);
  return result;
}
