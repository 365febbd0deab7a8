/**
 * The IPv4 header (RFC 791 §3.1): around tunnel packets, and of what mobile nodes send from IPv4 home addresses.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-------+---------------+-------------------------------+
 *   |Version|  IHL  |Type of Service|         Total Length          |  0
 *   +-------+-------+---------------+-+-+-+-------------------------+
 *   |        Identification         |0|D|M|     Fragment Offset     |  4
 *   +---------------+---------------+-+-+-+-------------------------+
 *   | Time to Live  |   Protocol    |        Header Checksum        |  8
 *   +---------------+---------------+-------------------------------+
 *   |                        Source Address                         | 12
 *   +---------------------------------------------------------------+
 *   |                      Destination Address                      | 16
 *   +---------------------------------------------------------------+ 20
 *   |                         Options ...                           |
 *   +---------------------------------------------------------------+
 *
 * An address here is a pointer to four octets.
 */
import { Reason } from "../abi/reasons";
import { get8, get16, set8, set16 } from "./bytes";
import * as checksums from "./checksum";

const VERSION_IHL: usize = 0;
const TYPE_OF_SERVICE: usize = VERSION_IHL + 1;
const TOTAL_LENGTH: usize = TYPE_OF_SERVICE + 1;
const IDENTIFICATION: usize = TOTAL_LENGTH + 2;
const FLAGS_OFFSET: usize = IDENTIFICATION + 2;
const TIME_TO_LIVE: usize = FLAGS_OFFSET + 2;
const PROTOCOL: usize = TIME_TO_LIVE + 1;
export const CHECKSUM: usize = PROTOCOL + 1;
const SOURCE: usize = CHECKSUM + 2;
const DESTINATION: usize = SOURCE + 4;

/** Octets of a header without options: what this node writes, and the least that there is. */
export const LENGTH_BYTES: usize = DESTINATION + 4;
/** Octets of the largest header. */
export const MAX_LENGTH_BYTES: u32 = 60;

const VERSION: u32 = 4;
const DONT_FRAGMENT: u32 = 0x4000;
const MORE_FRAGMENTS: u32 = 0x2000;
const FRAGMENT_OFFSET_MASK: u32 = 0x1fff;
const FRAGMENT_UNIT_BYTES: u32 = 8;

/** Time to live of packets for which nothing else says otherwise (the value IANA assigned). */
export const DEFAULT_TIME_TO_LIVE: u32 = 64;

/**
 * Looks at the `length` octets at `p`, which are of version 4. After `Reason.None` no getter can fail, the header
 * checksum is right and the whole packet, `totalLength` octets, is there; octets behind it are not part of it.
 */
export function check(p: usize, length: u32): Reason {
  const unread = checkQuoted(p, length);
  if (unread != Reason.None) return unread;
  if (length < totalLength(p)) return Reason.Ipv4Truncated;
  return isChecksumRight(p, headerBytes(p)) ? Reason.None : Reason.Ipv4Checksum;
}

/**
 * The same for what an ICMP error quotes of a packet: the whole header is there and the payload may be cut off.
 * Routers change fields before they quote it, so its checksum says nothing.
 */
export function checkQuoted(p: usize, length: u32): Reason {
  if (length < <u32>LENGTH_BYTES) return Reason.Ipv4Truncated;
  const header = headerBytes(p);
  if (version(p) != VERSION || header < <u32>LENGTH_BYTES || totalLength(p) < header) return Reason.Ipv4HeaderLength;
  return length < header ? Reason.Ipv4Truncated : Reason.None;
}

/** Whether the checksum of the header is right, which is `length` octets long. */
export function isChecksumRight(p: usize, length: u32): bool {
  return checksums.fold(checksums.sumWords(p, length)) == 0xffff;
}

export function version(p: usize): u32 {
  return get8(p + VERSION_IHL) >> 4;
}

/** Octets of the header, of which the first is there. */
export function headerBytes(p: usize): u32 {
  return (get8(p + VERSION_IHL) & 15) * 4;
}

/** DSCP and ECN (RFC 2474 §3, RFC 3168 §5), as the traffic class of IPv6. */
export function typeOfService(p: usize): u32 {
  return get8(p + TYPE_OF_SERVICE);
}

/** Octets of the packet, header included. */
export function totalLength(p: usize): u32 {
  return get16(p + TOTAL_LENGTH);
}

export function identification(p: usize): u32 {
  return get16(p + IDENTIFICATION);
}

/** True when no router may make fragments of the packet. */
export function dontFragment(p: usize): bool {
  return (get16(p + FLAGS_OFFSET) & DONT_FRAGMENT) != 0;
}

export function moreFragments(p: usize): bool {
  return (get16(p + FLAGS_OFFSET) & MORE_FRAGMENTS) != 0;
}

/** Where the payload stands in that of the whole packet, octets. */
export function fragmentOffsetBytes(p: usize): u32 {
  return (get16(p + FLAGS_OFFSET) & FRAGMENT_OFFSET_MASK) * FRAGMENT_UNIT_BYTES;
}

/** True for a part of a larger packet. */
export function isFragment(p: usize): bool {
  return (get16(p + FLAGS_OFFSET) & (MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) != 0;
}

/** True for a fragment that is not the first. */
export function isLaterFragment(p: usize): bool {
  return (get16(p + FLAGS_OFFSET) & FRAGMENT_OFFSET_MASK) != 0;
}

export function timeToLive(p: usize): u32 {
  return get8(p + TIME_TO_LIVE);
}

export function protocol(p: usize): u32 {
  return get8(p + PROTOCOL);
}

/** Pointer to the Source Address. */
export function source(p: usize): usize {
  return p + SOURCE;
}

/** Pointer to the Destination Address. */
export function destination(p: usize): usize {
  return p + DESTINATION;
}

/** Sets DSCP and ECN; the checksum follows. */
export function setTypeOfService(p: usize, value: u32): void {
  const before = checksums.sumWords(p, 2);
  set8(p + TYPE_OF_SERVICE, value);
  set16(p + CHECKSUM, checksums.update(get16(p + CHECKSUM), before, checksums.sumWords(p, 2)));
}

/** Makes the packet the fragment of `totalLength` octets whose payload stands at `offsetBytes`, a multiple of eight. */
export function setFragment(p: usize, totalLength: u32, offsetBytes: u32, more: bool): void {
  set16(p + TOTAL_LENGTH, totalLength);
  set16(p + FLAGS_OFFSET, (more ? MORE_FRAGMENTS : 0) | offsetBytes / FRAGMENT_UNIT_BYTES);
  setChecksum(p, headerBytes(p));
}

/** Makes the packet one of `totalLength` octets with its own identification. */
export function setSegment(p: usize, totalLength: u32, identification: u32): void {
  set16(p + TOTAL_LENGTH, totalLength);
  set16(p + IDENTIFICATION, identification);
  setChecksum(p, headerBytes(p));
}

/** Gives the header a new length of `octets`, a multiple of four: options may be gone. The checksum is to follow. */
export function setHeaderBytes(p: usize, octets: u32): void {
  set8(p + VERSION_IHL, (VERSION << 4) | octets / 4);
}

/** Writes a header of 20 octets; `source` and `destination` are pointers outside of it. */
export function build(
  p: usize,
  typeOfService: u32,
  totalLength: u32,
  identification: u32,
  dontFragment: bool,
  timeToLive: u32,
  protocol: u32,
  source: usize,
  destination: usize,
): void {
  set8(p + VERSION_IHL, (VERSION << 4) | <u32>LENGTH_BYTES / 4);
  set8(p + TYPE_OF_SERVICE, typeOfService);
  set16(p + TOTAL_LENGTH, totalLength);
  set16(p + IDENTIFICATION, identification);
  set16(p + FLAGS_OFFSET, dontFragment ? DONT_FRAGMENT : 0);
  set8(p + TIME_TO_LIVE, timeToLive);
  set8(p + PROTOCOL, protocol);
  store<u32>(p + SOURCE, load<u32>(source));
  store<u32>(p + DESTINATION, load<u32>(destination));
  setChecksum(p, <u32>LENGTH_BYTES);
}

function setChecksum(p: usize, header: u32): void {
  set16(p + CHECKSUM, 0);
  set16(p + CHECKSUM, ~checksums.fold(checksums.sumWords(p, header)));
}

/** True for 169.254/16, which stays on its link (RFC 3927 §2.7). */
export function isLinkLocal(address: usize): bool {
  return get16(address) == 0xa9fe;
}

/** True for 224/4. */
export function isMulticast(address: usize): bool {
  return get8(address) >> 4 == 14;
}

/** True for 255.255.255.255. */
export function isBroadcast(address: usize): bool {
  return load<u32>(address) == 0xffffffff;
}
