/**
 * What forwarding needs to know of a packet: the fixed IPv6 header, and nothing behind it.
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
 *
 * RFC 8200 §3. Everything else is read and built by the core (`packets.ts`).
 */
import { parseAddress } from "../../bindings/address.ts";

/** Where the Next Header field is. */
export const NEXT_HEADER = 4 + 2;
const HOP_LIMIT = NEXT_HEADER + 1;
const SOURCE = HOP_LIMIT + 1;
const DESTINATION = SOURCE + 16;
const HEADER_BYTES = DESTINATION + 16;

/** Next Header of ICMPv6, and types of neighbour discovery. */
export const ICMPV6 = 58;
const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
const REDIRECT = 137;

export const UNSPECIFIED = parseAddress("::");
export const ALL_NODES = parseAddress("ff02::1");
export const ALL_ROUTERS = parseAddress("ff02::2");

/** Whether this can be an IPv6 packet: every function below may then be used. */
export function isIpv6(packet: Uint8Array): boolean {
  return packet.length >= HEADER_BYTES && packet[0] >> 4 === 6;
}

/** The next header field of the IPv6 header. */
export function nextHeader(packet: Uint8Array): number {
  return packet[NEXT_HEADER];
}

/** The hop limit. */
export function hopLimit(packet: Uint8Array): number {
  return packet[HOP_LIMIT];
}

/** The ICMPv6 type of a packet whose ICMPv6 header follows at once; undefined where none does. */
export function icmpType(packet: Uint8Array): number | undefined {
  return nextHeader(packet) === ICMPV6 && packet.length > HEADER_BYTES ? packet[HEADER_BYTES] : undefined;
}

/** Whether a packet is a message of neighbour discovery: types 133 to 137 (RFC 4861 §4). */
export function isNeighbourDiscovery(packet: Uint8Array): boolean {
  const type = icmpType(packet);
  return type !== undefined && type >= ROUTER_SOLICITATION && type <= REDIRECT;
}

/** One hop less, in place. */
export function decrementHopLimit(packet: Uint8Array): void {
  packet[HOP_LIMIT]--;
}

/** The source address, as a view into the packet. */
export function sourceOf(packet: Uint8Array): Uint8Array {
  return packet.subarray(SOURCE, DESTINATION);
}

/** The destination address, as a view into the packet. */
export function destinationOf(packet: Uint8Array): Uint8Array {
  return packet.subarray(DESTINATION, HEADER_BYTES);
}

/** ff00::/8 (RFC 4291 §2.7). */
export function isMulticast(address: Uint8Array): boolean {
  return address[0] === 0xff;
}

/** fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && (address[1] & 0xc0) === 0x80;
}

/** Compares from the end, where addresses differ first. */
export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = 15; index >= 0; index--) if (a[index] !== b[index]) return false;
  return true;
}

/** Whether `address` begins with the first `lengthBits` bits of `prefix`. */
export function hasPrefix(address: Uint8Array, prefix: Uint8Array, lengthBits: number): boolean {
  const whole = lengthBits >> 3;
  for (let index = 0; index < whole; index++) if (address[index] !== prefix[index]) return false;
  const rest = lengthBits & 7;
  return rest === 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) === 0;
}

/** The solicited-node multicast address of `address` (RFC 4291 §2.7.1). */
export function solicitedNodeOf(address: Uint8Array): Uint8Array {
  const group = SOLICITED_NODE.slice();
  group.set(address.subarray(13), 13);
  return group;
}

/** Whether `group` is the solicited-node multicast address of `address` (RFC 4291 §2.7.1). */
export function isSolicitedNodeOf(group: Uint8Array, address: Uint8Array): boolean {
  return hasPrefix(group, SOLICITED_NODE, 104) &&
    group[13] === address[13] && group[14] === address[14] && group[15] === address[15];
}

const SOLICITED_NODE = parseAddress("ff02::1:ff00:0");
