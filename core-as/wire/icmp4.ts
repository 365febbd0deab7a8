/**
 * ICMP over IPv4 (RFC 792): its errors, which all have the shape of Destination Unreachable.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |     Code      |           Checksum            |  0
 *   +---------------+---------------+-------------------------------+
 *   |            unused             |         Next-Hop MTU          |  4
 *   +-------------------------------+-------------------------------+
 *   |     IPv4 header and first octets of the invoking packet ...   |  8
 *   +---------------------------------------------------------------+
 *
 * The Next-Hop MTU is that of "fragmentation needed" (RFC 1191 §4).
 */
import { Icmpv4Type, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, get16, set8, set16, set32 } from "./bytes";
import * as checksums from "./checksum";
import * as ip4 from "./ip4";

const TYPE: usize = 0;
const CODE: usize = TYPE + 1;
const CHECKSUM: usize = CODE + 1;
const NEXT_HOP_MTU: usize = CHECKSUM + 4;
const BODY: usize = NEXT_HOP_MTU + 2;

/** Octets of the part that every message has. */
export const LENGTH_BYTES: usize = BODY;

/** The most octets of a packet with an error message (RFC 1812 §4.3.2.3). */
export const MAX_ERROR_BYTES: u32 = 576;

const ERROR_HEADERS_BYTES: u32 = <u32>(ip4.LENGTH_BYTES + LENGTH_BYTES);

/** After `Reason.None` the checksum of the message of `length` octets is right and no getter can fail. */
export function check(p: usize, length: u32): Reason {
  const isWhole = length >= <u32>LENGTH_BYTES && checksums.fold(checksums.sum(p, length)) == 0xffff;
  return isWhole ? Reason.None : Reason.Icmpv4Malformed;
}

/** One of `Icmpv4Type`, or a type that is not known here. */
export function type(p: usize): u32 {
  return get8(p + TYPE);
}

export function code(p: usize): u32 {
  return get8(p + CODE);
}

/** MTU of the link that the invoking packet did not fit; 0: a router of before RFC 1191. */
export function nextHopMtu(p: usize): u32 {
  return get16(p + NEXT_HOP_MTU);
}

/**
 * The MTU that an error about a packet of `invokingLength` octets means: a router of before RFC 1191 says none, and
 * the next smaller one that links have is taken (RFC 1191 §5).
 */
export function reportedMtu(p: usize, invokingLength: u32): u32 {
  const said = nextHopMtu(p);
  if (said != 0) return said;
  if (invokingLength > 4352) return 4352;
  if (invokingLength > 1492) return 1492;
  return invokingLength > 1006 ? 1006 : 576;
}

/** Pointer to the invoking packet of an error, as far as it is there. */
export function body(p: usize): usize {
  return p + BODY;
}

/** True for the types that are about another packet: no error may be sent about one (RFC 1122 §3.2.2). */
export function isError(type: u32): bool {
  switch (type) {
    case Icmpv4Type.DestinationUnreachable:
    case Icmpv4Type.SourceQuench:
    case Icmpv4Type.Redirect:
    case Icmpv4Type.TimeExceeded:
    case Icmpv4Type.ParameterProblem:
      return true;
    default:
      return false;
  }
}

/**
 * Writes a whole packet, IPv4 header first, with an error about a packet of `invokingLength` octets, of which it
 * quotes as much as fits. `mtu` is the Next-Hop MTU, 0 for other errors. Returns its length, at most
 * `MAX_ERROR_BYTES`.
 */
export function buildError(
  packet: usize, type: u32, code: u32, mtu: u32, source: usize, destination: usize, invoking: usize,
  invokingLength: u32,
): u32 {
  const quoted = min(invokingLength, MAX_ERROR_BYTES - ERROR_HEADERS_BYTES);
  const length = <u32>LENGTH_BYTES + quoted;
  const p = packet + ip4.LENGTH_BYTES;
  memory.copy(p + BODY, invoking, quoted);
  set8(p + TYPE, type);
  set8(p + CODE, code);
  set32(p + CHECKSUM, 0); // and what is unused
  set16(p + NEXT_HOP_MTU, mtu);
  set16(p + CHECKSUM, ~checksums.fold(checksums.sum(p, length)));
  const total = <u32>ip4.LENGTH_BYTES + length;
  ip4.build(packet, 0, total, 0, true, ip4.DEFAULT_TIME_TO_LIVE, NextHeader.Icmpv4, source, destination);
  return total;
}
