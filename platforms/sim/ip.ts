/**
 * What forwarding needs to know of a packet, IPv6 or IPv4 (`ip4.ts`): its first header, and nothing behind it.
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
import {
  decrementTimeToLive, ipv4Destination, ipv4Protocol, ipv4Source, isIpv4, timeToLive, typeOfService,
} from "./ip4.ts";

/** Where the Next Header field is. */
export const NEXT_HEADER = 4 + 2;
const HOP_LIMIT = NEXT_HEADER + 1;
const SOURCE = HOP_LIMIT + 1;
const DESTINATION = SOURCE + 16;
const HEADER_BYTES = DESTINATION + 16;

/** Numbers of protocols. */
export const ICMPV4 = 1;
export const IPV4_IN_IP = 4;
export const TCP = 6;
export const UDP = 17;
export const IPV6_IN_IP = 41;
export const ICMPV6 = 58;
/** The Mobility Header (RFC 6275 §6.1). */
export const MOBILITY = 135;

/** Types of neighbour discovery. */
const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
const REDIRECT = 137;

export const UNSPECIFIED = parseAddress("::");
/** All of IPv4: the default route is ::ffff:0:0/96. */
export const IPV4_ANY = parseAddress("::ffff:0.0.0.0");
export const ALL_NODES = parseAddress("ff02::1");
export const ALL_ROUTERS = parseAddress("ff02::2");

/** Whether this can be a packet: every function below may then be used. */
export function isIp(packet: Uint8Array): boolean {
  return isIpv6(packet) || isIpv4(packet);
}

/** Whether this can be an IPv6 packet. */
export function isIpv6(packet: Uint8Array): boolean {
  return packet.length >= HEADER_BYTES && packet[0] >> 4 === 6;
}

/** The next header field of the IPv6 header, the protocol of the IPv4 one. */
export function nextHeader(packet: Uint8Array): number {
  return packet[0] >> 4 === 4 ? ipv4Protocol(packet) : packet[NEXT_HEADER];
}

/** The hop limit, or the time to live. */
export function hopLimit(packet: Uint8Array): number {
  return packet[0] >> 4 === 4 ? timeToLive(packet) : packet[HOP_LIMIT];
}

/** Traffic class or type of service. */
export function trafficClass(packet: Uint8Array): number {
  if (packet[0] >> 4 === 4) return typeOfService(packet);
  return ((packet[0] & 15) << 4) | (packet[1] >> 4);
}

/** The ICMPv6 type of a packet whose ICMPv6 header follows at once; undefined where none does. */
export function icmpType(packet: Uint8Array): number | undefined {
  const isIcmp = isIpv6(packet) && nextHeader(packet) === ICMPV6 && packet.length > HEADER_BYTES;
  return isIcmp ? packet[HEADER_BYTES] : undefined;
}

/** Whether a packet is a message of neighbour discovery: types 133 to 137 (RFC 4861 §4). */
export function isNeighbourDiscovery(packet: Uint8Array): boolean {
  const type = icmpType(packet);
  return type !== undefined && type >= ROUTER_SOLICITATION && type <= REDIRECT;
}

/** One hop less, in place. */
export function decrementHopLimit(packet: Uint8Array): void {
  if (packet[0] >> 4 === 4) decrementTimeToLive(packet);
  else packet[HOP_LIMIT]--;
}

/** The source address; of IPv6 as a view into the packet. */
export function sourceOf(packet: Uint8Array): Uint8Array {
  return packet[0] >> 4 === 4 ? ipv4Source(packet) : packet.subarray(SOURCE, DESTINATION);
}

/** The destination address; of IPv6 as a view into the packet. */
export function destinationOf(packet: Uint8Array): Uint8Array {
  return packet[0] >> 4 === 4 ? ipv4Destination(packet) : packet.subarray(DESTINATION, HEADER_BYTES);
}

/** Whether an address stands for an IPv4 one: ::ffff:0:0/96. */
export function isMapped(address: Uint8Array): boolean {
  return address[10] === 0xff && address[11] === 0xff && hasPrefix(address, IPV4_ANY, 80);
}

/** ff00::/8 (RFC 4291 §2.7), 224.0.0.0/4 and 255.255.255.255. */
export function isMulticast(address: Uint8Array): boolean {
  if (address[0] === 0xff) return true;
  if (!isMapped(address)) return false;
  return address[12] >> 4 === 14 || address.subarray(12).every((octet) => octet === 255);
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

/** Octets of the first header. */
export function ipHeaderBytes(packet: Uint8Array): number {
  return packet[0] >> 4 === 4 ? (packet[0] & 15) * 4 : HEADER_BYTES;
}

const SOLICITED_NODE = parseAddress("ff02::1:ff00:0");
