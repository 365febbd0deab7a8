/**
 * Reads one layer by its table: its fields in wire order, then its options, then what is left over.
 * All offsets are from the start of the packet, and no octet at or behind the end of the layer is read.
 */
import { Field, FieldKind, Layer, LayerFamily } from "../abi/fields";
import { Reason } from "../abi/reasons";
import * as records from "./dissect-records";
import * as fields from "./fields";
import * as bitfield from "./fields-bits";
import * as format from "./fields-format";
import * as mobilityOptions from "./mobility-options";

const ADDRESS_BITS: u32 = 128;
const IPV4_ADDRESS_BITS: u32 = 32;

let packet: usize = 0;
/** Value of the last Count field: how many addresses the list behind it has. */
let elements: u32 = 0;
let homeAddressAt: u32 = 0;

/** Starts a packet at `p`. */
export function begin(p: usize): void {
  packet = p;
  homeAddressAt = 0;
}

/** Offset of the last address in a Home Address option since `forgetHomeAddress`, or 0. */
export function homeAddress(): u32 {
  return homeAddressAt;
}

/** An inner packet begins. */
export function forgetHomeAddress(): void {
  homeAddressAt = 0;
}

/** Reads the layer from octet `start` to octet `end`. */
export function read(layer: u32, start: u32, end: u32): void {
  readJudged(layer, start, end, Reason.None, start);
}

/** Reads a layer that the engine would refuse for `verdict`, because of octet `place`. */
export function readJudged(layer: u32, start: u32, end: u32, verdict: Reason, place: u32): void {
  const endBit = end * 8;
  let bit = start * 8;
  records.layer(layer, bit, endBit - bit);
  records.problem(verdict, place * 8);
  elements = u32.MAX_VALUE;
  for (let row = fields.prefix(layer); row != 0 && !records.isFull(); row = fields.next(layer, row)) {
    const after = readRow(layer, row, bit, endBit);
    if (after == bit && isCut(row, bit, endBit)) {
      records.problem(cutReason(layer), bit);
      readRest(Field.Cut, bit, endBit);
      return;
    }
    bit = after;
  }
  if (bit < endBit) readRest(Field.Rest, bit, endBit);
  if (layer == Layer.HomeAddress && endBit - start * 8 >= 16 + ADDRESS_BITS) homeAddressAt = start + 2;
}

/** What is left, also nothing: the last bits of an octet whose other bits were a field, then octets. */
function readRest(field: Field, bit: u32, endBit: u32): void {
  const bits = (8 - (bit & 7)) & 7;
  if (bits > 0) records.number(field, FieldKind.Unsigned, bit, bits, bitfield.get(packet, bit, bits));
  if (bits == 0 || bit + bits < endBit)
    records.octets(field, FieldKind.Octets, bit + bits, endBit - bit - bits);
}

/** True when the field of a fixed width does not lie inside of the layer. */
function isCut(row: usize, bit: u32, endBit: u32): bool {
  switch (format.kind(row)) {
    case FieldKind.Options:
    case FieldKind.AddressList:
    case FieldKind.UnsignedList:
      return false;
    default:
      return bit + format.bits(row) > endBit;
  }
}

/** Reads a field, or the options, at `bit`; returns the bit behind, or `bit` when there is nothing. */
function readRow(layer: u32, row: usize, bit: u32, endBit: u32): u32 {
  const kind = format.kind(row);
  const bits = format.bits(row);
  switch (kind) {
    case FieldKind.Options:
      return readOptions(bits, bit, endBit);
    case FieldKind.AddressList:
    case FieldKind.UnsignedList:
      return readList(row, bit, endBit);
    case FieldKind.AnyAddress:
      return readAnyAddress(row, bit, endBit);
    default:
      break;
  }
  if (bits == 0) {
    if (bit < endBit) records.octets(format.field(row), kind, bit, endBit - bit);
    return endBit;
  }
  if (bit + bits > endBit) return bit;
  readFixed(row, kind, bit, bits);
  return bit + bits;
}

function readFixed(row: usize, kind: u32, bit: u32, bits: u32): void {
  if (kind == FieldKind.Octets || bits > 64) {
    records.octets(format.field(row), kind, bit, bits);
    return;
  }
  const value = bitfield.get(packet, bit, bits);
  if (kind == FieldKind.Count) elements = <u32>value;
  records.number(format.field(row), kind, bit, bits, value);
}

/** As many elements as there are, and no more than a Count field has said. */
function readList(row: usize, bit: u32, endBit: u32): u32 {
  const bits = format.bits(row);
  for (let left = elements; left > 0 && bit + bits <= endBit && !records.isFull(); left--) {
    readFixed(row, format.kind(row), bit, bits);
    bit += bits;
  }
  return bit;
}

function readAnyAddress(row: usize, bit: u32, endBit: u32): u32 {
  const bits = endBit - bit;
  if (bits != IPV4_ADDRESS_BITS && bits != ADDRESS_BITS) return bit;
  records.octets(format.field(row), FieldKind.AnyAddress, bit, bits);
  return endBit;
}

/** Reads options up to the end of the layer, or up to the first that overruns it. */
function readOptions(family: u32, bit: u32, endBit: u32): u32 {
  const end = endBit >> 3;
  let at = bit >> 3;
  records.enter();
  while (at < end && !records.isFull()) {
    const length = optionBytes(family, at, end);
    if (length == 0) break;
    read(fields.optionLayer(family, load<u8>(packet + at)), at, at + length);
    at += length;
  }
  records.leave();
  if (at < end) records.problem(overrunReason(family), at * 8);
  else if (family == LayerFamily.MobilityOption) {
    records.problem(mobilityOptions.check(packet + (bit >> 3), packet + end), bit);
  }
  return at * 8;
}

/** Octets of the option at `at`, or 0 when it does not lie before `end`. */
function optionBytes(family: u32, at: u32, end: u32): u32 {
  if (fields.optionLayer(family, load<u8>(packet + at)) == Layer.Pad1) return 1;
  if (at + 2 > end) return 0;
  const length = <u32>load<u8>(packet + at + 1);
  const octets = family == LayerFamily.NeighbourOption ? length * 8 : length + 2;
  return at + octets <= end ? octets : 0;
}

function overrunReason(family: u32): Reason {
  switch (family) {
    case LayerFamily.NeighbourOption:
      return Reason.NeighbourOptionLength;
    case LayerFamily.Option:
      return Reason.OptionOverrun;
    default:
      return Reason.MobilityOptionOverrun;
  }
}

/** Why a layer that is shorter than its fields is refused. */
function cutReason(layer: u32): Reason {
  if (layer == Layer.Ipv6) return Reason.Ipv6Truncated;
  if (layer == Layer.HomeAddress) return Reason.HomeAddressOptionLength;
  switch (fields.family(layer)) {
    case LayerFamily.MobilityMessage:
      return Reason.MobilityHeaderLen;
    case LayerFamily.MobilityOption:
    case LayerFamily.FlowSubOption:
      return Reason.MobilityOptionLength;
    case LayerFamily.Option:
      return Reason.OptionOverrun;
    case LayerFamily.Icmpv6:
      return Reason.Icmpv6Truncated;
    case LayerFamily.NeighbourOption:
      return Reason.NeighbourOptionLength;
    default:
      return Reason.ExtensionTruncated;
  }
}
