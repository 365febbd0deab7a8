/**
 * The codec alone, for its tests: what `core-as/index` exports of it, and the places of fields as the
 * tables of fields have them, to be compared with the offsets in the files of the headers.
 */
import * as fields from "../../core-as/wire/fields";

export * from "../../core-as/wire/codec-exports";

/** Bit offset of a field in its layer, from the tables; -1 when the layer has no such field. */
export function fieldOffset(layer: u32, field: u32): i32 {
  fields.prepare();
  const row = fields.find(layer, field);
  return row == 0 ? -1 : <i32>fields.bitOffset(layer, row);
}
