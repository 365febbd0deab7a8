/**
 * ICMPv6 messages (RFC 4443): errors and echo, which share one shape.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |     Code      |           Checksum            |  0
 *   +---------------+---------------+-------------------------------+
 *   |   unused, MTU or Pointer of an error; Identifier, Sequence    |  4
 *   +---------------------------------------------------------------+
 *   |             Invoking packet of an error, data of an echo ...  |  8
 *   +---------------------------------------------------------------+
 */
import { MINIMUM_MTU, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, get16, get32, set8, set16, set32 } from "./bytes";
import * as chain from "./chain";
import * as checksums from "./checksum";
import * as ip6 from "./ip6";

const TYPE: usize = 0;
const CODE: usize = TYPE + 1;
const CHECKSUM: usize = CODE + 1;
const VALUE: usize = CHECKSUM + 2;
const IDENTIFIER: usize = VALUE;
const SEQUENCE: usize = IDENTIFIER + 2;
const BODY: usize = VALUE + 4;

/** Octets of the part that every message handled here has. */
export const LENGTH_BYTES: usize = BODY;

/** Types below this one are errors (RFC 4443 §2.1). */
const INFORMATIONAL_MIN: u32 = 128;

/** The most octets of a packet with an error message: it fits the minimum MTU (RFC 4443 §2.4(c)). */
export const MAX_ERROR_BYTES: u32 = MINIMUM_MTU;

const ERROR_HEADERS_BYTES: u32 = <u32>(ip6.LENGTH_BYTES + LENGTH_BYTES);

/**
 * Looks at the `length` octets of an ICMPv6 message. After `Reason.None` its checksum is right and
 * no getter of this file can fail. `source` and `destination` are those that the upper layer sees:
 * home addresses from a Home Address option or a type 2 routing header replace the ones in the IPv6
 * header (RFC 6275 §9.3.1, §11.3.3).
 */
export function check(p: usize, length: u32, source: usize, destination: usize): Reason {
  if (length < <u32>LENGTH_BYTES) return Reason.Icmpv6Truncated;
  if (!checksums.verify(source, destination, p, length, NextHeader.Icmpv6)) return Reason.Icmpv6Checksum;
  return Reason.None;
}

/** One of `Icmpv6Type`, or a type that is not known here. */
export function type(p: usize): u32 {
  return get8(p + TYPE);
}

export function code(p: usize): u32 {
  return get8(p + CODE);
}

/** True for an error message. */
export function isError(p: usize): bool {
  return type(p) < INFORMATIONAL_MIN;
}

/** The 32 bits behind the checksum: MTU of a Packet Too Big, Pointer of a Parameter Problem. */
export function value(p: usize): u32 {
  return get32(p + VALUE);
}

/** Identifier of an echo, and of the messages of RFC 6275 §6.5 to §6.8. */
export function identifier(p: usize): u32 {
  return get16(p + IDENTIFIER);
}

/** Sequence Number of an echo. */
export function sequence(p: usize): u32 {
  return get16(p + SEQUENCE);
}

/** Pointer to the invoking packet of an error, as far as it is there, or to the data of an echo. */
export function body(p: usize): usize {
  return p + BODY;
}

/**
 * True when the packet of `length` octets, or as much of it as is there, carries an ICMPv6 error: no
 * error may be sent about it (RFC 4443 §2.4(e.1)).
 */
export function isErrorPacket(packet: usize, length: u32): bool {
  const at = chain.findUpper(packet, length, NextHeader.Icmpv6);
  return at != 0 && isError(packet + at);
}

/** Writes the first eight octets of a message, with a checksum of zero. */
export function begin(p: usize, type: u32, code: u32, value: u32): void {
  set8(p + TYPE, type);
  set8(p + CODE, code);
  set16(p + CHECKSUM, 0);
  set32(p + VALUE, value);
}

/** Sets the checksum of a message of `length` octets; addresses as for `check`. Returns `length`. */
export function finish(p: usize, length: u32, source: usize, destination: usize): u32 {
  set16(p + CHECKSUM, 0);
  set16(p + CHECKSUM, checksums.checksum(source, destination, p, length, NextHeader.Icmpv6));
  return length;
}

/**
 * Writes a whole packet, IPv6 header first, that carries an error message about a packet of
 * `invokingLength` octets, of which it quotes as much as fits (RFC 4443 §2.4(c)). `value` is the MTU
 * of a Packet Too Big, the Pointer of a Parameter Problem, else 0. Source and destination are pointers
 * outside of the new packet. Returns its length, at most `MAX_ERROR_BYTES`.
 */
export function buildError(
  packet: usize,
  type: u32,
  code: u32,
  value: u32,
  source: usize,
  destination: usize,
  invokingPacket: usize,
  invokingLength: u32,
): u32 {
  const quoted = min(invokingLength, MAX_ERROR_BYTES - ERROR_HEADERS_BYTES);
  const length = <u32>LENGTH_BYTES + quoted;
  const p = packet + ip6.LENGTH_BYTES;
  memory.copy(p + BODY, invokingPacket, quoted);
  begin(p, type, code, value);
  ip6.build(packet, 0, 0, length, NextHeader.Icmpv6, ip6.DEFAULT_HOP_LIMIT, source, destination);
  finish(p, length, source, destination);
  return <u32>ip6.LENGTH_BYTES + length;
}

/** Writes an echo message of `type`, without an IPv6 header, and returns its length. */
export function buildEcho(
  p: usize,
  type: u32,
  identifier: u32,
  sequence: u32,
  source: usize,
  destination: usize,
  data: usize,
  dataLength: u32,
): u32 {
  memory.copy(p + BODY, data, dataLength);
  begin(p, type, 0, (identifier << 16) | (sequence & 0xffff));
  return finish(p, <u32>LENGTH_BYTES + dataLength, source, destination);
}
