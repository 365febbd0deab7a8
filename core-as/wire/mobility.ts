/**
 * The Mobility Header (RFC 6275 §6.1.1): what all mobility messages begin with.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+---------------+---------------+
 *   | Payload Proto |  Header Len   |    MH Type    |   Reserved    |  0
 *   +---------------+---------------+---------------+---------------+
 *   |           Checksum            |         Message Data ...      |  4
 *   +-------------------------------+-------------------------------+
 *
 * A receiver calls `verifyChecksum`, then `check`, then `mobility-options.check`: the order of
 * RFC 6275 §9.2. A sender calls the `build` of the message, which gives the end of its fixed part, appends options
 * there (6275-6.1.1-5), then `finish`. As all headers before it are multiples of 8 octets long, so is the offset of a
 * message in its packet (6275-6.1.1-6).
 */
import { MobilityHeaderType, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, get16, set8, set16 } from "./bytes";
import * as checksums from "./checksum";
import * as options from "./mobility-options";

const PAYLOAD_PROTO: usize = 0;
const HEADER_LEN: usize = PAYLOAD_PROTO + 1;
const MH_TYPE: usize = HEADER_LEN + 1;
const RESERVED: usize = MH_TYPE + 1;
export const CHECKSUM: usize = RESERVED + 1;

/** Where the Message Data begins. */
export const MESSAGE_DATA: usize = CHECKSUM + 2;

/** Octets of the shortest Mobility Header, and the unit of its length. */
export const UNIT_BYTES: u32 = 8;

/** No MH Type has this one: what `minimumBytes` answers for a type that is not known. */
const UNKNOWN: u32 = 0;

/**
 * Verifies the checksum of the `upperLength` octets behind the last IPv6 extension header. `source`
 * is the address in the Home Address option when the packet has one, else the Source Address;
 * `destination` is the final one, so the home address when the packet has a type 2 routing header
 * (RFC 6275 §6.1.1; 6275-6.1.1-4).
 *
 * After `Reason.None` all `lengthBytes` octets of the Mobility Header are there. A message with
 * another answer is discarded in silence (6275-9.2-2).
 */
export function verifyChecksum(source: usize, destination: usize, p: usize, upperLength: u32): Reason {
  if (upperLength < UNIT_BYTES || upperLength < lengthBytes(p)) return Reason.MobilityTruncated;
  if (!checksums.verify(source, destination, p, lengthBytes(p), NextHeader.Mobility)) {
    return Reason.MobilityChecksum;
  }
  return Reason.None;
}

/**
 * The checks of RFC 6275 §9.2 that come after the checksum. After `Reason.None` the getters of the
 * message file for `type(p)` cannot fail, and its options lie between their start and `end(p)`.
 * Octets behind `end(p)` are not part of the message.
 */
export function check(p: usize, upperLength: u32): Reason {
  if (upperLength < UNIT_BYTES || upperLength < lengthBytes(p)) return Reason.MobilityTruncated;
  const minimum = minimumBytes(type(p));
  if (minimum == UNKNOWN) return Reason.MobilityTypeUnrecognized; // 6275-9.2-3
  if (payloadProto(p) != NextHeader.None) return Reason.MobilityPayloadProto; // 6275-9.2-5
  if (lengthBytes(p) < minimum) return Reason.MobilityHeaderLen; // 6275-9.2-8
  return Reason.None;
}

/**
 * Where the Pointer of the Parameter Problem that answers `reason` points, as an offset from the
 * Mobility Header (6275-9.2-7, 6275-9.2-10). Only `MobilityPayloadProto` and `MobilityHeaderLen`
 * are answered so.
 */
export function errorOffset(reason: Reason): u32 {
  return reason == Reason.MobilityHeaderLen ? <u32>HEADER_LEN : <u32>PAYLOAD_PROTO;
}

/** The least octets of a message of this type (RFC 6275 §6.1.2 to §6.1.9, and probes), or 0 for an unknown type. */
export function minimumBytes(type: u32): u32 {
  switch (type) {
    case MobilityHeaderType.BindingRefreshRequest:
      return 8;
    case MobilityHeaderType.HomeTestInit:
    case MobilityHeaderType.CareofTestInit:
    case MobilityHeaderType.BindingUpdate:
    case MobilityHeaderType.BindingAcknowledgement:
    case MobilityHeaderType.Experimental: // RFC 5096 §3; `path-probe.isProbe` says whether it is one of ours
      return 16;
    case MobilityHeaderType.HomeTest:
    case MobilityHeaderType.CareofTest:
    case MobilityHeaderType.BindingError:
      return 24;
    default:
      return UNKNOWN;
  }
}

export function payloadProto(p: usize): u32 {
  return get8(p + PAYLOAD_PROTO);
}

/** Octets of the Mobility Header, from its Header Len. */
export function lengthBytes(p: usize): u32 {
  return (get8(p + HEADER_LEN) + 1) * UNIT_BYTES;
}

/** Pointer to the end of the message and of its options. */
export function end(p: usize): usize {
  return p + lengthBytes(p);
}

/** The MH Type. */
export function type(p: usize): u32 {
  return get8(p + MH_TYPE);
}

export function checksum(p: usize): u32 {
  return get16(p + CHECKSUM);
}

export function setChecksum(p: usize, value: u32): void {
  set16(p + CHECKSUM, value);
}

/**
 * Writes the first six octets of a message, with a checksum of zero (6275-6.1.1-1, 6275-6.1.1-3).
 * Header Len is set by `setEnd` or `finish`.
 */
export function begin(p: usize, type: u32): void {
  set8(p + PAYLOAD_PROTO, NextHeader.None);
  set8(p + HEADER_LEN, 0);
  set8(p + MH_TYPE, type);
  set8(p + RESERVED, 0);
  set16(p + CHECKSUM, 0);
}

/**
 * Pads the message that ends at `end` to a multiple of 8 octets, sets its Header Len and returns its
 * length (6275-6.1.1-2). An authenticator is computed after this, with the checksum still zero.
 * The message is at most 2048 octets.
 */
export function setEnd(p: usize, end: usize): u32 {
  const length = <u32>(options.pad(p, end, UNIT_BYTES, 0) - p);
  set8(p + HEADER_LEN, length / UNIT_BYTES - 1);
  return length;
}

/**
 * `setEnd`, then the checksum over the pseudo-header with `source` and `destination`, which are
 * chosen as for `verifyChecksum`. Returns the length of the message in octets.
 */
export function finish(p: usize, end: usize, source: usize, destination: usize): u32 {
  const length = setEnd(p, end);
  setChecksum(p, 0);
  setChecksum(p, checksums.checksum(source, destination, p, length, NextHeader.Mobility));
  return length;
}
