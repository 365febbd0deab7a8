/**
 * Names of layers and fields. The build writes them from the enums of core-as/abi/fields.ts, as code and not as data:
 * data of this module would lie over those of the core, whose memory it shares. The first codec puts them into
 * memory, once:
 *
 *   layers  u32 each layer id and "more": where its entry is, 0: none      entry: u16 id, u8 length, the name
 *   fields  u32 each field id
 */
import { FIELD_COUNT, FAMILY_SHIFT, LAYER_COUNT, NAME_BYTES, writeNames } from "../../../build/component/names";
import { hostAlloc } from "./core";
import { allocate } from "./memory";

const ENTRY_LENGTH: usize = 2;
const ENTRY_NAME: usize = ENTRY_LENGTH + 1;

let layers: usize = 0;
let fields: usize = 0;
let families: usize = 0;
const FAMILIES: u32 = LAYER_COUNT >> FAMILY_SHIFT;
/** Behind the ids is that of "more", which cannot be written. */
const LAYER_POINTERS: u32 = LAYER_COUNT + 1;

/** Makes the tables if there are none yet. */
export function prepareNames(): void {
  if (layers !== 0) return;
  const pointers = (LAYER_POINTERS + FIELD_COUNT + FAMILIES) * 4;
  const at = hostAlloc(pointers + NAME_BYTES + 8);
  memory.fill(at, 0, pointers);
  layers = at;
  fields = layers + LAYER_POINTERS * 4;
  families = fields + FIELD_COUNT * 4;
  const entries = at + pointers;
  writeNames(entries);
  let entry = enter(entries, layers, 0);
  entry = enter(entry, fields, 0);
  enter(entry, families, FAMILY_SHIFT);
}

/** Enters the names up to an empty one; returns where the next list begins. */
function enter(entries: usize, table: usize, shift: u32): usize {
  let entry = entries;
  for (; load<u8>(entry, ENTRY_LENGTH) !== 0; entry += ENTRY_NAME + load<u8>(entry, ENTRY_LENGTH)) {
    store<usize>(table + ((<u32>load<u16>(entry) >> shift) << 2), entry);
  }
  return entry + ENTRY_NAME;
}

/** Gives the name of a layer as a text: its own, or its family's and a number. */
export function giveLayerName(to: usize, id: u32): void {
  const own = load<usize>(layers + (id << 2));
  if (own !== 0) return giveEntry(to, own);
  const family = load<usize>(families + ((id >> FAMILY_SHIFT) << 2));
  const length = <u32>load<u8>(family, ENTRY_LENGTH);
  const text = allocate(length + 4);
  memory.copy(text, family + ENTRY_NAME, length);
  let at = text + length;
  store<u8>(at++, 0x2d); // "-"
  const number = id & ((1 << FAMILY_SHIFT) - 1);
  if (number >= 100) store<u8>(at++, <u8>(0x30 + number / 100));
  if (number >= 10) store<u8>(at++, <u8>(0x30 + (number / 10) % 10));
  store<u8>(at++, <u8>(0x30 + number % 10));
  store<usize>(to, text);
  store<u32>(to, <u32>(at - text), 4);
}

/** Gives the name of a field as a text. */
export function giveFieldName(to: usize, id: u32): void {
  giveEntry(to, load<usize>(fields + (id << 2)));
}

function giveEntry(to: usize, entry: usize): void {
  store<usize>(to, entry + ENTRY_NAME);
  store<u32>(to, load<u8>(entry, ENTRY_LENGTH), 4);
}

/** The id of a layer's name; −1: there is none. */
export function layerId(text: usize, length: u32): i32 {
  const own = search(layers, LAYER_COUNT, text, length);
  if (own >= 0) return own;
  let digits: u32 = 0;
  let number: u32 = 0;
  for (let place: u32 = 1; digits < 3 && digits < length; digits++, place *= 10) {
    const octet = <u32>load<u8>(text + length - 1 - digits) - 0x30;
    if (octet > 9) break;
    number += octet * place;
  }
  if (digits === 0 || digits + 1 >= length || number > 0xff || load<u8>(text + length - digits - 1) !== 0x2d) return -1;
  const family = search(families, FAMILIES, text, length - digits - 1);
  return family < 0 ? -1 : (family << FAMILY_SHIFT) + number;
}

/** The id of a field's name; −1: there is none. */
export function fieldId(text: usize, length: u32): i32 {
  return search(fields, FIELD_COUNT, text, length);
}

function search(table: usize, count: u32, text: usize, length: u32): i32 {
  for (let id: u32 = 0; id < count; id++) {
    const entry = load<usize>(table + (id << 2));
    if (entry === 0 || <u32>load<u8>(entry, ENTRY_LENGTH) !== length) continue;
    if (memory.compare(entry + ENTRY_NAME, text, length) === 0) return id;
  }
  return -1;
}
