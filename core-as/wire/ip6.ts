/**
 * The IPv6 header (RFC 8200 §3).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+---------------+---------------------------------------+
 *   |Version| Traffic Class |              Flow Label               |  0
 *   +-------+---------------+-------+---------------+---------------+
 *   |        Payload Length         |  Next Header  |   Hop Limit   |  4
 *   +-------------------------------+---------------+---------------+
 *   |                        Source Address                         |  8
 *   +---------------------------------------------------------------+
 *   |                      Destination Address                      | 24
 *   +---------------------------------------------------------------+ 40
 */
import { Reason } from "../abi/reasons";
import { ADDRESS_BYTES, copyAddress, get8, get16, get32, set8, set16, set32 } from "./bytes";

const VERSION_CLASS_LABEL: usize = 0;
const PAYLOAD_LENGTH: usize = VERSION_CLASS_LABEL + 4;
export const NEXT_HEADER: usize = PAYLOAD_LENGTH + 2;
const HOP_LIMIT: usize = NEXT_HEADER + 1;
export const SOURCE: usize = HOP_LIMIT + 1;
export const DESTINATION: usize = SOURCE + ADDRESS_BYTES;

/** Octets of the IPv6 header. */
export const LENGTH_BYTES: usize = DESTINATION + ADDRESS_BYTES;

const VERSION: u32 = 6;

/** Hop limit of packets for which nothing else says otherwise (the value IANA assigned). */
export const DEFAULT_HOP_LIMIT: u32 = 64;

/**
 * Looks at the `length` octets at `p`. After `Reason.None` no getter can fail and the whole packet,
 * `totalLength` octets, is there; octets behind it are not part of it.
 */
export function check(p: usize, length: u32): Reason {
  if (length == 0) return Reason.Ipv6Truncated;
  if (version(p) != VERSION) return Reason.NotIpv6;
  if (length < <u32>LENGTH_BYTES || length < totalLength(p)) return Reason.Ipv6Truncated;
  return Reason.None;
}

export function version(p: usize): u32 {
  return get8(p) >> 4;
}

export function trafficClass(p: usize): u32 {
  return (get16(p) >> 4) & 0xff;
}

export function flowLabel(p: usize): u32 {
  return get32(p) & 0xfffff;
}

/** Octets behind the IPv6 header. */
export function payloadLength(p: usize): u32 {
  return get16(p + PAYLOAD_LENGTH);
}

/** Octets of the packet, header included. */
export function totalLength(p: usize): u32 {
  return <u32>LENGTH_BYTES + payloadLength(p);
}

export function nextHeader(p: usize): u32 {
  return get8(p + NEXT_HEADER);
}

export function hopLimit(p: usize): u32 {
  return get8(p + HOP_LIMIT);
}

/** Pointer to the Source Address. */
export function source(p: usize): usize {
  return p + SOURCE;
}

/** Pointer to the Destination Address. */
export function destination(p: usize): usize {
  return p + DESTINATION;
}

export function setTrafficClass(p: usize, value: u32): void {
  set32(p, (get32(p) & 0xf00fffff) | ((value & 0xff) << 20));
}

export function setFlowLabel(p: usize, value: u32): void {
  set32(p, (get32(p) & 0xfff00000) | (value & 0xfffff));
}

export function setPayloadLength(p: usize, value: u32): void {
  set16(p + PAYLOAD_LENGTH, value);
}

export function setNextHeader(p: usize, value: u32): void {
  set8(p + NEXT_HEADER, value);
}

export function setHopLimit(p: usize, value: u32): void {
  set8(p + HOP_LIMIT, value);
}

export function setSource(p: usize, address: usize): void {
  copyAddress(p + SOURCE, address);
}

export function setDestination(p: usize, address: usize): void {
  copyAddress(p + DESTINATION, address);
}

/** Writes a header of 40 octets; `source` and `destination` are pointers outside of it. */
export function build(
  p: usize,
  trafficClass: u32,
  flowLabel: u32,
  payloadLength: u32,
  nextHeader: u32,
  hopLimit: u32,
  source: usize,
  destination: usize,
): void {
  set32(p, (VERSION << 28) | ((trafficClass & 0xff) << 20) | (flowLabel & 0xfffff));
  setPayloadLength(p, payloadLength);
  setNextHeader(p, nextHeader);
  setHopLimit(p, hopLimit);
  setSource(p, source);
  setDestination(p, destination);
}
