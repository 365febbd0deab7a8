/**
 * The records that `assemble` reads: which belong to which layer. A layer is named by the index of its
 * record; its fields follow it at its depth, with the layers of its options, which are deeper, between.
 */
import {
  RECORD_BIT_LENGTH, RECORD_BIT_OFFSET, RECORD_BYTES, RECORD_DEPTH, RECORD_ID, RECORD_KIND, RECORD_OCTETS,
  RECORD_VALUE, RecordKind,
} from "../abi/fields";

/** The index of no record. */
export const NONE: u32 = u32.MAX_VALUE;

let records: usize = 0;
let count: u32 = 0;

/** Takes `length` records at `p`. */
export function begin(p: usize, length: u32): void {
  records = p;
  count = length;
}

function at(index: u32): usize {
  return records + index * RECORD_BYTES;
}

export function kind(index: u32): u32 {
  return load<u8>(at(index), RECORD_KIND);
}

export function depth(index: u32): u32 {
  return load<u8>(at(index), RECORD_DEPTH);
}

/** A Layer or a Field. */
export function id(index: u32): u32 {
  return load<u16>(at(index), RECORD_ID);
}

/** True when the value is the octets at the bit offset, else it is a number. */
export function isOctets(index: u32): bool {
  return load<u16>(at(index), RECORD_OCTETS) != 0;
}

export function bitOffset(index: u32): u32 {
  return load<u32>(at(index), RECORD_BIT_OFFSET);
}

export function bitLength(index: u32): u32 {
  return load<u32>(at(index), RECORD_BIT_LENGTH);
}

export function value(index: u32): u64 {
  return load<u64>(at(index), RECORD_VALUE);
}

/** The first layer record from `index` on, or `NONE`. */
export function nextLayer(index: u32): u32 {
  for (; index < count; index++) {
    if (kind(index) == RecordKind.Layer) return index;
  }
  return NONE;
}

/** True when the record at `index`, if there is one, still belongs to the layer or to its options. */
export function isInside(layer: u32, index: u32): bool {
  return index < count && (kind(index) != RecordKind.Layer || depth(index) > depth(layer));
}

/** The first field of the layer from record `index` on, or `NONE`. */
export function nextField(layer: u32, index: u32): u32 {
  for (; isInside(layer, index); index++) {
    if (kind(index) == RecordKind.Field && depth(index) == depth(layer)) return index;
  }
  return NONE;
}

/** The record that gives this field of the layer, from record `index` on, or `NONE`. */
export function find(layer: u32, field: u32, index: u32): u32 {
  for (let given = nextField(layer, index); given != NONE; given = nextField(layer, given + 1)) {
    if (id(given) == field) return given;
  }
  return NONE;
}

/** True when the host has said what this field of the layer holds. */
export function isGiven(layer: u32, field: u32): bool {
  return find(layer, field, layer + 1) != NONE;
}

/** The first option of the layer from record `index` on, or `NONE`. */
export function nextOption(layer: u32, index: u32): u32 {
  for (; isInside(layer, index); index++) {
    if (kind(index) == RecordKind.Layer) return index;
  }
  return NONE;
}

/** The record behind the layer, its fields and its options. */
export function behind(layer: u32): u32 {
  let index = layer + 1;
  while (isInside(layer, index)) index += 1;
  return index;
}
