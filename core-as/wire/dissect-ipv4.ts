/**
 * The IPv4 header (RFC 791 §3.1), as far as taking packets apart and putting them together needs it.
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
 *   |              Source Address, Destination Address              | 12
 *   +---------------------------------------------------------------+ 20
 */
import { Verdict } from "../abi/fields";
import { get8, get16 } from "./bytes";
import * as checksums from "./checksum";
import * as mapped from "./mapped";

const VERSION_IHL: usize = 0;
const TOTAL_LENGTH: usize = VERSION_IHL + 2;
const FLAGS_OFFSET: usize = TOTAL_LENGTH + 4;
const PROTOCOL: usize = FLAGS_OFFSET + 3;
export const CHECKSUM: usize = PROTOCOL + 1;
const SOURCE: usize = CHECKSUM + 2;
const DESTINATION: usize = SOURCE + 4;

/** Octets of a header without options. */
export const MIN_BYTES: u32 = <u32>CHECKSUM + 10;

const FRAGMENT_OFFSET_MASK: u32 = 0x1fff;
const MORE_FRAGMENTS: u32 = 0x2000;

/** Octets of both addresses of a header as IPv4-mapped ones. */
export const MAPPED_BYTES: usize = 32;

/** Octets of the header, of which the first is there. */
export function lengthBytes(p: usize): u32 {
  return (get8(p + VERSION_IHL) & 15) * 4;
}

/** Octets of the packet, header included. */
export function totalLength(p: usize): u32 {
  return get16(p + TOTAL_LENGTH);
}

/** True for a fragment that is not the first. */
export function isLaterFragment(p: usize): bool {
  return (get16(p + FLAGS_OFFSET) & FRAGMENT_OFFSET_MASK) != 0;
}

/** True for a packet that is not whole. */
export function isFragment(p: usize): bool {
  return (get16(p + FLAGS_OFFSET) & (MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) != 0;
}

/**
 * Writes source and destination as IPv4-mapped addresses to `to`, and returns a pointer to the destination. The
 * sum of a pseudo-header with these is that of the IPv4 pseudo-header (RFC 768): 0xffff adds nothing.
 */
export function mapAddresses(p: usize, to: usize): usize {
  mapped.map(to, p + SOURCE);
  mapped.map(to + 16, p + DESTINATION);
  return to + 16;
}

export function protocol(p: usize): u32 {
  return get8(p + PROTOCOL);
}

/** Whether the checksum of the header is right, which is `length` octets long. */
export function verdict(p: usize, length: u32): Verdict {
  return checksums.fold(checksums.sum(p, length)) == 0xffff ? Verdict.Good : Verdict.Bad;
}
