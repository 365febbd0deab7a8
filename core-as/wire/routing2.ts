/**
 * The type 2 routing header (RFC 6275 §6.4.1).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+---------------+---------------+
 *   |  Next Header  | Hdr Ext Len=2 |Routing Type=2 |Segments Left=1|  0
 *   +---------------+---------------+---------------+---------------+
 *   |                           Reserved                            |  4
 *   +---------------------------------------------------------------+
 *   |                         Home Address                          |  8
 *   +---------------------------------------------------------------+ 24
 *
 * The first four octets are those of every routing header (RFC 8200 §4.4).
 */
import { ROUTING_TYPE_2 } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ADDRESS_BYTES, copyAddress, get8, isUnicastRoutable, set8, set32 } from "./bytes";

const NEXT_HEADER: usize = 0;
export const HDR_EXT_LEN: usize = NEXT_HEADER + 1;
export const ROUTING_TYPE: usize = HDR_EXT_LEN + 1;
export const SEGMENTS_LEFT: usize = ROUTING_TYPE + 1;
const RESERVED: usize = SEGMENTS_LEFT + 1;
const HOME_ADDRESS: usize = RESERVED + 4;

/** Octets of a type 2 routing header. */
export const LENGTH_BYTES: usize = HOME_ADDRESS + ADDRESS_BYTES;

const HDR_EXT_LEN_VALUE: u32 = <u32>(LENGTH_BYTES >> 3) - 1;
const SEGMENTS_LEFT_VALUE: u32 = 1;

/**
 * Looks at a routing header of type 2 that lies whole in the packet. After `Reason.None` it holds
 * one home address; whether that is the node's own is for the node to say (RFC 6275 §11.3.3).
 */
export function check(p: usize): Reason {
  if (get8(p + HDR_EXT_LEN) != HDR_EXT_LEN_VALUE) return Reason.RoutingType2Length; // 6275-6.4.1-2
  if (segmentsLeft(p) != SEGMENTS_LEFT_VALUE) return Reason.RoutingType2SegmentsLeft; // 6275-6.4.1-3
  if (!isUnicastRoutable(homeAddress(p))) return Reason.RoutingType2NotRoutable; // 6275-6.4-2, 6275-6.4-3
  return Reason.None;
}

export function nextHeader(p: usize): u32 {
  return get8(p + NEXT_HEADER);
}

/** Routing Type of any routing header. */
export function routingType(p: usize): u32 {
  return get8(p + ROUTING_TYPE);
}

/** Segments Left of any routing header. */
export function segmentsLeft(p: usize): u32 {
  return get8(p + SEGMENTS_LEFT);
}

/** Pointer to the Home Address. */
export function homeAddress(p: usize): usize {
  return p + HOME_ADDRESS;
}

/** Writes the header, 24 octets (6275-6.4.1-1, 6275-6.4.1-2, 6275-6.4.1-3). */
export function build(p: usize, nextHeader: u32, homeAddress: usize): void {
  set8(p + NEXT_HEADER, nextHeader);
  set8(p + HDR_EXT_LEN, HDR_EXT_LEN_VALUE);
  set8(p + ROUTING_TYPE, ROUTING_TYPE_2);
  set8(p + SEGMENTS_LEFT, SEGMENTS_LEFT_VALUE);
  set32(p + RESERVED, 0);
  copyAddress(p + HOME_ADDRESS, homeAddress);
}
