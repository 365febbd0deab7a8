/**
 * How the tables of fields are written: rows of four numbers.
 *
 *   +---------------+---------------+---------------+---------------+
 *   |     LAYER     |   layer id    |   multiple    |    offset     |  alignment: multiple × n + offset
 *   +---------------+---------------+---------------+---------------+
 *   |     field     |     bits      |     kind      |    default    |  a field, in wire order
 *   +---------------+---------------+---------------+---------------+
 *   |      END      |       –       |       –       |       –       |  end of the table
 *   +---------------+---------------+---------------+---------------+
 *
 * Fields follow each other without gaps, so that no table repeats an offset. With 0 bits a field
 * goes on up to the end of the layer; the bits of Kind.Options are the family of the options.
 */
import { LAYER_LIMIT } from "../abi/fields";

/** Marks the row that begins a layer. */
export const LAYER: i32 = -1;
/** Marks the last row of a table. */
export const END: i32 = -2;

/** The layer id of what all layers of a family begin with: PREFIX + (family >> 8). */
export const PREFIX: i32 = LAYER_LIMIT;
/** The layer id of what a layer without a description of its own holds. */
export const UNNAMED: i32 = PREFIX + 16;

/** One past the largest of all these ids. */
export const ID_LIMIT: i32 = UNNAMED + 1;

const FIELD: usize = 0;
const BITS: usize = FIELD + 4;
const KIND: usize = BITS + 4;
const DEFAULT: usize = KIND + 4;
export const ROW_BYTES: usize = DEFAULT + 4;

/** True when `row` is a field, not the start of the next layer. */
export function isField(row: usize): bool {
  return load<i32>(row, FIELD) > 0;
}

export function isLayer(row: usize): bool {
  return load<i32>(row, FIELD) == LAYER;
}

export function isEnd(row: usize): bool {
  return load<i32>(row, FIELD) == END;
}

/** Layer id of a row that begins a layer. */
export function layer(row: usize): u32 {
  return load<i32>(row, BITS);
}

/** An option of this layer stands at `alignmentMultiple` × n + `alignmentOffset`. */
export function alignmentMultiple(row: usize): u32 {
  return load<i32>(row, KIND);
}

export function alignmentOffset(row: usize): u32 {
  return load<i32>(row, DEFAULT);
}

export function field(row: usize): u32 {
  return load<i32>(row, FIELD);
}

export function bits(row: usize): u32 {
  return load<i32>(row, BITS);
}

export function kind(row: usize): u32 {
  return load<i32>(row, KIND);
}

export function initial(row: usize): u32 {
  return load<i32>(row, DEFAULT);
}
