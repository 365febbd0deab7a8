/**
 * What each layer of a packet looks like, for reading and for writing: looks up the tables of
 * `fields-headers`, `fields-mobility`, `fields-mobility-options` and `fields-icmpv6`.
 *
 * A layer is its family's common start (`prefix`), then its own fields (`rows`).
 */
import { Field, FieldKind, Layer, LayerFamily } from "../abi/fields";
import { ID_LIMIT, PREFIX, ROW_BYTES, UNNAMED } from "./fields-format";
import * as format from "./fields-format";
import { ROWS as HEADERS } from "./fields-headers";
import { ROWS as ICMPV6 } from "./fields-icmpv6";
import { ROWS as MOBILITY } from "./fields-mobility";
import { ROWS as MOBILITY_OPTIONS } from "./fields-mobility-options";

/** For each layer id a pointer to the row that begins it, or 0. */
const INDEX: usize = memory.data(ID_LIMIT * 4, 4);
let indexed = false;

/** Makes the index, at first use. */
export function prepare(): void {
  if (indexed) return;
  indexed = true;
  readTable(HEADERS);
  readTable(MOBILITY);
  readTable(MOBILITY_OPTIONS);
  readTable(ICMPV6);
}

function readTable(row: usize): void {
  for (; !format.isEnd(row); row += ROW_BYTES) {
    if (format.isLayer(row)) store<u32>(INDEX + 4 * format.layer(row), <u32>row);
  }
}

function at(id: u32): usize {
  return id < <u32>ID_LIMIT ? load<u32>(INDEX + 4 * id) : 0;
}

/** The family of a layer: the high octet of its id. */
export function family(layer: u32): u32 {
  return layer & 0xff00;
}

/** The layer of option `type` in a list of options of this family. */
export function optionLayer(family: u32, type: u32): u32 {
  if (family != LayerFamily.NeighbourOption && type <= 1) return Layer.Pad1 + type;
  return family + type;
}

/** The row that begins the description of a layer; of a layer without one, that of its bare octets. */
export function header(layer: u32): usize {
  const described = at(layer);
  return described != 0 ? described : at(UNNAMED);
}

/** The first own field of a layer; iterate while `format.isField`. */
export function rows(layer: u32): usize {
  return header(layer) + ROW_BYTES;
}

/** The first field that the family has in common, or the first own one; 0 when there is none. */
export function prefix(layer: u32): usize {
  const common = layer == Layer.Pad1 ? 0 : at(<u32>PREFIX + (layer >> 8));
  return common != 0 ? common + ROW_BYTES : start(rows(layer));
}

/** The row behind `row` in the whole of a layer, where own fields follow the common ones; 0 at the end. */
export function next(layer: u32, row: usize): usize {
  const following = row + ROW_BYTES;
  if (format.isField(following)) return following;
  return following == end(layer) ? 0 : start(rows(layer));
}

/** Behind the last own row. */
function end(layer: u32): usize {
  let row = rows(layer);
  while (format.isField(row)) row += ROW_BYTES;
  return row;
}

function start(row: usize): usize {
  return format.isField(row) ? row : 0;
}

/** The row of a field of this layer, or 0. */
export function find(layer: u32, field: u32): usize {
  for (let row = prefix(layer); row != 0; row = next(layer, row)) {
    if (format.field(row) == field && format.kind(row) != FieldKind.Options) return row;
  }
  return 0;
}

/** True for the field that holds how long the layer itself is. */
export function isOwnLength(kind: u32): bool {
  switch (kind) {
    case FieldKind.OptionLength:
    case FieldKind.ExtensionLength:
    case FieldKind.Length8:
    case FieldKind.Length4:
    case FieldKind.AuthenticationLength:
      return true;
    default:
      return false;
  }
}

/** The field that holds how long the layer itself is, as a row; 0 when it has none. */
export function ownLength(layer: u32): usize {
  for (let row = prefix(layer); row != 0; row = next(layer, row)) {
    if (isOwnLength(format.kind(row))) return row;
  }
  return 0;
}

/** True when a layer may have this field: one of its own, or octets that are none. */
export function takes(layer: u32, field: u32): bool {
  return field == Field.Rest || field == Field.Cut || find(layer, field) != 0;
}

/** Where a field lies, in bits from the start of its layer; of a field before all options and lists. */
export function bitOffset(layer: u32, wanted: usize): u32 {
  let bits: u32 = 0;
  for (let row = prefix(layer); row != 0 && row != wanted; row = next(layer, row)) bits += format.bits(row);
  return bits;
}

/** True when options may follow in this layer. */
export function hasOptions(layer: u32): bool {
  for (let row = prefix(layer); row != 0; row = next(layer, row)) {
    if (format.kind(row) == FieldKind.Options) return true;
  }
  return false;
}
