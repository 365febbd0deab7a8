/**
 * Writes one layer by its table: its fields in wire order, its options with their padding, and what
 * the layer itself knows of its length. What depends on the layers around is left to `assemble`.
 *
 * A field that is given is written as it is, right or wrong. Padding is added only to a layer whose
 * length is to be computed, and between options only when no padding is given among them.
 */
import { AssemblyRefusal, Field, FieldKind, Layer, LayerFamily, SCRATCH_BYTES } from "../abi/fields";
import * as given from "./assemble-records";
import * as fields from "./fields";
import * as bitfield from "./fields-bits";
import * as format from "./fields-format";
import * as mobilityOptions from "./mobility-options";

const OUTPUT_BITS: u32 = SCRATCH_BYTES * 8;
/** A list of options with this unit is padded to it (RFC 8200 §4.2, RFC 6275 §6.1.1). */
const UNIT_BYTES: u32 = 8;
/** A whole Home Address option (RFC 6275 §6.3). */
const HOME_ADDRESS_BITS: u32 = 144;

let octets: usize = 0;
let output: usize = 0;
/** Bits written. */
let bit: u32 = 0;
/** Octet at which the header begins whose options are being written: alignment counts from it. */
let headerStart: u32 = 0;
let homeAddressAt: u32 = 0;

/** Octets of given fields are at `from`; the packet is written to `to`. */
export function begin(from: usize, to: usize): void {
  octets = from;
  output = to;
  bit = 0;
}

/** Octets written. */
export function lengthBytes(): u32 {
  return bit >> 3;
}

/** Offset of the address in the Home Address option of the header written last, or 0. */
export function homeAddress(): u32 {
  return homeAddressAt;
}

/** Writes the header whose record is `layer`, with its options. Returns 0 or a refusal. */
export function writeHeader(layer: u32): i32 {
  headerStart = lengthBytes();
  homeAddressAt = 0;
  return writeLayer(layer);
}

/** The answer that names a record: -(index × 16 + refusal). */
export function refuse(record: u32, refusal: AssemblyRefusal): i32 {
  return -(<i32>(record * 16 + refusal));
}

function writeLayer(layer: u32): i32 {
  const id = given.id(layer);
  const start = bit;
  let refused = checkFields(layer);
  for (let row = fields.prefix(id); row != 0 && refused == 0; row = fields.next(id, row)) {
    refused = writeRow(layer, row);
  }
  if (refused == 0) refused = writeRest(layer, Field.Cut);
  if (refused == 0) refused = writeRest(layer, Field.Rest);
  if (refused == 0 && (bit & 7) != 0) return refuse(layer, AssemblyRefusal.WrongLength);
  if (id == Layer.HomeAddress && bit - start == HOME_ADDRESS_BITS) homeAddressAt = (start >> 3) + 2;
  return refused != 0 ? refused : complete(layer, start);
}

/** Octets, or as a number the bits that complete an octet. */
function writeRest(layer: u32, field: Field): i32 {
  let refused = 0;
  let rest = given.find(layer, field, layer + 1);
  while (rest != given.NONE && refused == 0) {
    refused = writeGiven(rest, given.isOctets(rest) ? given.bitLength(rest) : 8 - (bit & 7));
    rest = given.find(layer, field, rest + 1);
  }
  return refused;
}

/** Every given field must be one that the layer has, and every option must have a place. */
function checkFields(layer: u32): i32 {
  const id = given.id(layer);
  for (
    let field = given.nextField(layer, layer + 1);
    field != given.NONE;
    field = given.nextField(layer, field + 1)
  ) {
    if (!fields.takes(id, given.id(field))) return refuse(field, AssemblyRefusal.UnknownField);
  }
  const option = given.nextOption(layer, layer + 1);
  if (option == given.NONE) return 0;
  const isPlaced = fields.hasOptions(id) && given.depth(option) == given.depth(layer) + 1;
  return isPlaced ? 0 : refuse(option, AssemblyRefusal.OptionMisplaced);
}

function writeRow(layer: u32, row: usize): i32 {
  const kind = format.kind(row);
  if (kind == FieldKind.Options) return writeOptions(layer, format.bits(row));
  if (kind == FieldKind.AddressList || kind == FieldKind.UnsignedList) return writeList(layer, row);
  const bits = format.bits(row);
  const field = given.find(layer, format.field(row), layer + 1);
  if (field != given.NONE) return writeGiven(field, bits == 0 ? given.bitLength(field) : bits);
  if (given.isGiven(layer, Field.Cut)) return 0;
  const initial: u64 = kind == FieldKind.Type ? given.id(layer) & 0xff : format.initial(row);
  return writeNumber(layer, min(bits, 64), initial, bits);
}

function writeList(layer: u32, row: usize): i32 {
  let field = given.find(layer, format.field(row), layer + 1);
  while (field != given.NONE) {
    const refused = writeGiven(field, format.bits(row));
    if (refused != 0) return refused;
    field = given.find(layer, format.field(row), field + 1);
  }
  return 0;
}

/** Writes what a record gives for a field of `bits` bits. */
function writeGiven(field: u32, bits: u32): i32 {
  if (!given.isOctets(field)) {
    if (bits > 64) return refuse(field, AssemblyRefusal.WrongLength);
    if (!bitfield.fits(given.value(field), bits)) return refuse(field, AssemblyRefusal.ValueTooLarge);
    return writeNumber(field, bits, given.value(field), bits);
  }
  const from = given.bitOffset(field) >> 3;
  const length = bits >> 3;
  const isOdd = ((given.bitOffset(field) | bits | bit) & 7) != 0;
  if (
    isOdd ||
    given.bitLength(field) != bits ||
    length > <u32>SCRATCH_BYTES ||
    from > <u32>SCRATCH_BYTES - length
  ) {
    return refuse(field, AssemblyRefusal.WrongLength);
  }
  if (bits > OUTPUT_BITS - bit) return refuse(field, AssemblyRefusal.PacketTooLong);
  memory.copy(output + (bit >> 3), octets + from, length);
  bit += bits;
  return 0;
}

/** Writes a number of up to 64 bits; of a wider field the rest is zeros. */
function writeNumber(record: u32, numberBits: u32, value: u64, bits: u32): i32 {
  if (bits > OUTPUT_BITS - bit) return refuse(record, AssemblyRefusal.PacketTooLong);
  bitfield.set(output, bit, numberBits, value);
  if (bits > numberBits) memory.fill(output + ((bit + numberBits) >> 3), 0, (bits - numberBits) >> 3);
  bit += bits;
  return 0;
}

function writeOptions(layer: u32, family: u32): i32 {
  const isComputed = !hasOwnLength(layer) && !given.isGiven(layer, Field.Cut);
  const isAligned = isComputed && family != LayerFamily.NeighbourOption && !hasPadding(layer);
  let option = given.nextOption(layer, layer + 1);
  while (option != given.NONE) {
    if (!isOptionOf(option, family)) return refuse(option, AssemblyRefusal.OptionMisplaced);
    const row = fields.header(given.id(option));
    if (isAligned && !pad(format.alignmentMultiple(row), format.alignmentOffset(row))) {
      return refuse(option, AssemblyRefusal.PacketTooLong);
    }
    const refused = writeLayer(option);
    if (refused != 0) return refused;
    option = given.nextOption(layer, given.behind(option));
  }
  const isWhole = !isComputed || given.depth(layer) > 0 || family == LayerFamily.NeighbourOption;
  return isWhole || pad(UNIT_BYTES, 0) ? 0 : refuse(layer, AssemblyRefusal.PacketTooLong);
}

function isOptionOf(option: u32, family: u32): bool {
  const id = given.id(option);
  const isPadding = id == Layer.Pad1 || id == Layer.PadN;
  return fields.family(id) == family || (isPadding && family != LayerFamily.NeighbourOption);
}

/** True when the options of the layer have padding among them. */
function hasPadding(layer: u32): bool {
  for (let option = given.nextOption(layer, layer + 1); option != given.NONE;) {
    if (given.id(option) == Layer.Pad1 || given.id(option) == Layer.PadN) return true;
    option = given.nextOption(layer, given.behind(option));
  }
  return false;
}

/** Pads to the next place that is `multiple` × n + `offset` octets behind the header's start. */
function pad(multiple: u32, offset: u32): bool {
  if (bit + UNIT_BYTES * 8 > OUTPUT_BITS) return false;
  const start = output + headerStart;
  bit = <u32>(mobilityOptions.pad(start, output + (bit >> 3), multiple, offset) - output) * 8;
  return true;
}

function hasOwnLength(layer: u32): bool {
  const row = fields.ownLength(given.id(layer));
  return row != 0 && given.isGiven(layer, format.field(row));
}

/** Fills the layer up to the unit of its own length, and writes that, unless it is given. */
function complete(layer: u32, start: u32): i32 {
  const id = given.id(layer);
  const row = fields.ownLength(id);
  if (row == 0 || given.isGiven(layer, format.field(row)) || given.isGiven(layer, Field.Cut)) return 0;
  const kind = format.kind(row);
  const unit = unitBytes(kind);
  while (((bit - start) / 8) % unit != 0) {
    const refused = writeNumber(layer, 8, 0, 8);
    if (refused != 0) return refused;
  }
  const value = (bit - start) / 8 / unit - unitsLess(kind);
  if (!bitfield.fits(value, format.bits(row))) return refuse(layer, AssemblyRefusal.LayerTooLong);
  bitfield.set(output, start + fields.bitOffset(id, row), format.bits(row), value);
  return 0;
}

function unitBytes(kind: u32): u32 {
  switch (kind) {
    case FieldKind.OptionLength:
      return 1;
    case FieldKind.Length4:
    case FieldKind.AuthenticationLength:
      return 4;
    default:
      return 8;
  }
}

/** Units of the layer that its length does not count. */
function unitsLess(kind: u32): u32 {
  switch (kind) {
    case FieldKind.OptionLength:
    case FieldKind.AuthenticationLength:
      return 2;
    case FieldKind.ExtensionLength:
      return 1;
    default:
      return 0;
  }
}
