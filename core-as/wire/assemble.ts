/**
 * Puts a packet together from records (`abi/fields`), the counterpart of `dissect`:
 *
 *   1. writes the headers in order, with their fields and options (`assemble-layer`);
 *   2. from the last header to the first, fills in what was not given and depends on what follows:
 *      lengths, next headers, and then the checksum, under which everything is in place by then.
 *
 * Whatever is given stands in the packet as it was given, so that wrong packets can be made.
 */
import { NextHeader } from "../abi/codes";
import {
  AssemblyRefusal,
  Field,
  FieldKind,
  Layer,
  LayerFamily,
  MAX_HEADERS,
  RecordKind,
} from "../abi/fields";
import * as writer from "./assemble-layer";
import * as given from "./assemble-records";
import * as checksums from "./checksum";
import * as link from "./dissect-link";
import * as fields from "./fields";
import * as bitfield from "./fields-bits";
import * as format from "./fields-format";
import * as ip4 from "./ip4";
import * as ip6 from "./ip6";
import * as mapped from "./mapped";
import * as routing2 from "./routing2";

/** What is kept of each header between the passes. */
const RECORD: usize = 0;
const START: usize = RECORD + 4;
const END: usize = START + 4;
/** Addresses of the pseudo-header that is in force behind this header, as pointers; 0: none. */
const SOURCE: usize = END + 4;
const DESTINATION: usize = SOURCE + 4;
const HEADER_BYTES: usize = DESTINATION + 4;

const headers: usize = memory.data(MAX_HEADERS * HEADER_BYTES, 4);
/** For each header, if it is an IPv4 one, its addresses as IPv4-mapped ones. */
const mappedAddresses: usize = memory.data(MAX_HEADERS * 32, 8);
let count: u32 = 0;
let output: usize = 0;
/** Where the packet ends: before a trailer. */
let packetEnd: u32 = 0;
let source: usize = 0;
let destination: usize = 0;

/**
 * Writes the packet of `length` records at `records` to `packet`; octets of fields are at `octets`.
 * Returns its length, or -(index of the record × 16 + AssemblyRefusal).
 */
export function assemble(records: usize, length: u32, octets: usize, packet: usize): i32 {
  fields.prepare();
  given.begin(records, length);
  writer.begin(octets, packet);
  output = packet;
  count = 0;
  source = destination = 0;
  if (length > 0 && given.kind(0) != RecordKind.Layer) return writer.refuse(0, AssemblyRefusal.Disorder);
  for (let layer = given.nextLayer(0); layer != given.NONE; layer = given.nextLayer(given.behind(layer))) {
    const refused = writeHeader(layer);
    if (refused != 0) return refused;
  }
  packetEnd = endOfPacket();
  for (let index = count; index > 0; index--) {
    const refused = complete(headers + (index - 1) * HEADER_BYTES, index);
    if (refused != 0) return refused;
  }
  return <i32>writer.lengthBytes();
}

function writeHeader(layer: u32): i32 {
  if (given.depth(layer) != 0) return writer.refuse(layer, AssemblyRefusal.OptionMisplaced);
  if (count == MAX_HEADERS) return writer.refuse(layer, AssemblyRefusal.TooManyHeaders);
  const header = headers + count * HEADER_BYTES;
  const start = writer.lengthBytes();
  const refused = writer.writeHeader(layer);
  if (refused != 0) return refused;
  count += 1;
  noteAddresses(layer, output + start);
  store<u32>(header, layer, RECORD);
  store<u32>(header, start, START);
  store<u32>(header, writer.lengthBytes(), END);
  store<u32>(header, <u32>source, SOURCE);
  store<u32>(header, <u32>destination, DESTINATION);
  return 0;
}

/**
 * The pseudo-header of what follows takes the home addresses of a Home Address option and of a type
 * 2 routing header (RFC 6275 §6.1.1).
 */
function noteAddresses(layer: u32, header: usize): void {
  switch (given.id(layer)) {
    case Layer.Ipv6:
      source = ip6.source(header);
      destination = ip6.destination(header);
      break;
    case Layer.Ipv4:
      source = mappedAddresses + count * mapped.PAIR_BYTES;
      destination = mapped.mapPair(source, ip4.source(header), ip4.destination(header));
      break;
    case Layer.RoutingType2:
      if (routing2.segmentsLeft(header) != 0) destination = routing2.homeAddress(header);
      break;
    case Layer.DestinationOptions:
      if (writer.homeAddress() != 0) source = output + writer.homeAddress();
      break;
    default:
      break;
  }
}

function endOfPacket(): u32 {
  const last = headers + (count - 1) * HEADER_BYTES;
  if (count > 0 && given.id(load<u32>(last, RECORD)) == Layer.Trailer) return load<u32>(last, START);
  return writer.lengthBytes();
}

/** Fills in what was not given; `behind` is the index of the next header. */
function complete(header: usize, behind: u32): i32 {
  const layer = load<u32>(header, RECORD);
  const id = given.id(layer);
  const start = load<u32>(header, START);
  if (given.isGiven(layer, Field.Cut)) return 0;
  let checksumRow: usize = 0;
  for (let row = fields.prefix(id); row != 0; row = fields.next(id, row)) {
    const kind = format.kind(row);
    if (given.isGiven(layer, format.field(row))) continue;
    if (kind == FieldKind.Checksum || kind == FieldKind.Ipv4Checksum) checksumRow = row;
    if (!isComputed(kind)) continue;
    const value = computed(header, kind, behind);
    if (!bitfield.fits(value, format.bits(row))) return writer.refuse(layer, AssemblyRefusal.LayerTooLong);
    bitfield.set(output, start * 8 + fields.bitOffset(id, row), format.bits(row), value);
  }
  if (checksumRow != 0) {
    bitfield.set(
      output,
      start * 8 + fields.bitOffset(id, checksumRow),
      16,
      checksum(header, format.kind(checksumRow)),
    );
  }
  return 0;
}

function isComputed(kind: u32): bool {
  switch (kind) {
    case FieldKind.NextHeader:
    case FieldKind.EtherType:
    case FieldKind.AddressFamily:
    case FieldKind.LengthBehind:
    case FieldKind.LengthToEnd:
    case FieldKind.Count:
      return true;
    default:
      return false;
  }
}

function computed(header: usize, kind: u32, behind: u32): u32 {
  switch (kind) {
    case FieldKind.NextHeader:
      return protocolOf(layerAt(behind));
    case FieldKind.EtherType:
      return link.etherType(layerAt(behind));
    case FieldKind.AddressFamily:
      return link.addressFamily(layerAt(behind));
    case FieldKind.LengthBehind:
      return packetEnd - load<u32>(header, END);
    case FieldKind.LengthToEnd:
      return packetEnd - load<u32>(header, START);
    default:
      return addressCount(load<u32>(header, RECORD));
  }
}

/** The layer id of the header with this index; Payload behind the last. */
function layerAt(index: u32): u32 {
  return index < count ? given.id(load<u32>(headers + index * HEADER_BYTES, RECORD)) : Layer.Payload;
}

/** The Next Header value of a layer. */
function protocolOf(layer: u32): u32 {
  switch (fields.family(layer)) {
    case LayerFamily.Header:
      return layer;
    case LayerFamily.MobilityMessage:
      return NextHeader.Mobility;
    case LayerFamily.Icmpv6:
      return NextHeader.Icmpv6;
    case LayerFamily.Icmpv4:
      return NextHeader.Icmpv4;
    case LayerFamily.Routing:
      return NextHeader.Routing;
    default:
      return NextHeader.None;
  }
}

function addressCount(layer: u32): u32 {
  let addresses: u32 = 0;
  let field = given.find(layer, Field.Address, layer + 1);
  for (; field != given.NONE; field = given.find(layer, Field.Address, field + 1)) addresses += 1;
  return addresses;
}

/** The checksum of a header whose checksum field is zero so far. */
function checksum(header: usize, kind: u32): u32 {
  const start = output + load<u32>(header, START);
  const length = load<u32>(header, END) - load<u32>(header, START);
  if (kind == FieldKind.Ipv4Checksum) return ~checksums.fold(checksums.sum(start, length)) & 0xffff;
  const from = load<u32>(header, SOURCE);
  const to = load<u32>(header, DESTINATION);
  const protocol = protocolOf(given.id(load<u32>(header, RECORD)));
  if (protocol == NextHeader.Icmpv4) {
    return ~checksums.fold(checksums.sum(start, packetEnd - load<u32>(header, START))) & 0xffff;
  }
  if (from == 0 || to == 0) return 0;
  // 6275-6.1.1-4: of a mobility message just its own octets, else up to the end of the packet
  const covered = protocol == NextHeader.Mobility ? length : packetEnd - load<u32>(header, START);
  const value = checksums.checksum(from, to, start, covered, protocol);
  return value == 0 && protocol == NextHeader.Udp ? 0xffff : value; // RFC 8200 §8.1
}
