/**
 * The shape of the header chain of an IPv6 packet (RFC 8200 §4): which headers extend it, and how
 * long each is. What stands in them is for `extension` to judge.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |  Next Header  |  Hdr Ext Len  |              ...              |  0
 *   +---------------+---------------+-------------------------------+
 */
import { NextHeader } from "../abi/codes";
import { get8 } from "./bytes";
import * as fragment from "./fragment";
import * as ip6 from "./ip6";

export const NEXT_HEADER: u32 = 0;
export const HDR_EXT_LEN: u32 = NEXT_HEADER + 1;

/** No extension header is shorter, and all but the Authentication Header are a multiple of it. */
export const UNIT_BYTES: u32 = 8;

/** Headers that are followed: a packet with more is an attack or an accident (RFC 8504 §5.3). */
export const MAX_HEADERS: u32 = 8;

/** True for the headers that stand between the IPv6 header and the upper layer. */
export function isExtension(nextHeader: u32): bool {
  switch (nextHeader) {
    case NextHeader.HopByHop:
    case NextHeader.Routing:
    case NextHeader.Fragment:
    case NextHeader.Authentication:
    case NextHeader.Destination:
      return true;
    default:
      return false;
  }
}

/** Octets of the extension header of this kind at `p`, of which the first eight can be read. */
export function lengthBytes(nextHeader: u32, p: usize): u32 {
  const hdrExtLen = get8(p + HDR_EXT_LEN);
  if (nextHeader == NextHeader.Fragment) return <u32>fragment.LENGTH_BYTES;
  if (nextHeader == NextHeader.Authentication) return (hdrExtLen + 2) * 4; // RFC 4302 §2.2
  return (hdrExtLen + 1) * UNIT_BYTES;
}

/**
 * Finds the upper layer of a packet, or of as much of it as an ICMPv6 error quotes, without judging
 * the headers before it. Returns the offset of the upper layer when it is `wanted` and begins inside
 * of `length`, else 0: also for a later fragment, and for a chain that is cut off.
 */
export function findUpper(packet: usize, length: u32, wanted: u32): u32 {
  if (length < <u32>ip6.LENGTH_BYTES) return 0;
  let protocol = ip6.nextHeader(packet);
  let at = <u32>ip6.LENGTH_BYTES;
  for (let headers: u32 = 0; isExtension(protocol); headers++) {
    if (headers == MAX_HEADERS || at + UNIT_BYTES > length) return 0;
    if (protocol == NextHeader.Fragment && fragment.offsetBytes(packet + at) != 0) return 0;
    const next = at + lengthBytes(protocol, packet + at);
    protocol = get8(packet + at + NEXT_HEADER);
    at = next;
  }
  return protocol == wanted && at < length ? at : 0;
}
