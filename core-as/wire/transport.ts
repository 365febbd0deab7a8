/**
 * TCP and UDP headers behind an IP header of either version, as far as segmentation needs them (RFC 9293 §3.1,
 * RFC 768).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------------------------------+-------------------------------+
 *   |          Source Port          |       Destination Port        |  0   both
 *   +-------------------------------+-------------------------------+
 *   |                        Sequence Number                        |  4   TCP
 *   +---------------------------------------------------------------+
 *   |                    Acknowledgment Number                      |  8
 *   +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
 *   | Offset| Rsrvd |C E U A P R S F|            Window             | 12
 *   +-------+-------+---------------+-------------------------------+
 *   |           Checksum            |        Urgent Pointer         | 16
 *   +-------------------------------+-------------------------------+
 *   |                          Options ...                          | 20
 *   +-------------------------------+-------------------------------+
 *   |            Length             |           Checksum            |  4   UDP
 *   +-------------------------------+-------------------------------+
 */
import { NextHeader } from "../abi/codes";
import { get8, get16, get32, set8, set16, set32 } from "./bytes";
import * as checksums from "./checksum";
import * as ip4 from "./ip4";
import * as ip6 from "./ip6";

const PORTS: usize = 0;
const SEQUENCE: usize = PORTS + 4;
const ACKNOWLEDGEMENT: usize = SEQUENCE + 4;
const OFFSET: usize = ACKNOWLEDGEMENT + 4;
const FLAGS: usize = OFFSET + 1;
const WINDOW: usize = FLAGS + 1;
export const TCP_CHECKSUM: usize = WINDOW + 2;
const URGENT: usize = TCP_CHECKSUM + 2;
/** Octets of a TCP header without options. */
export const TCP_BYTES: u32 = <u32>URGENT + 2;

const LENGTH: usize = PORTS + 4;
export const UDP_CHECKSUM: usize = LENGTH + 2;
/** Octets of a UDP header. */
export const UDP_BYTES: u32 = <u32>UDP_CHECKSUM + 2;

export const FIN: u32 = 0x01;
export const SYN: u32 = 0x02;
export const RST: u32 = 0x04;
export const PSH: u32 = 0x08;
export const ACK: u32 = 0x10;
export const URG: u32 = 0x20;
/** RFC 3168 §6.1.2 */
export const CWR: u32 = 0x80;

/** Both ports in one number, for comparison. */
export function ports(p: usize): u32 {
  return load<u32>(p + PORTS);
}

export function sequence(p: usize): u32 {
  return get32(p + SEQUENCE);
}

/** Octets of the TCP header: not checked. */
export function tcpHeaderBytes(p: usize): u32 {
  return (get8(p + OFFSET) >> 4) * 4;
}

export function flags(p: usize): u32 {
  return get8(p + FLAGS);
}

/** Octets of a UDP datagram with its header, as that says. */
export function udpLength(p: usize): u32 {
  return get16(p + LENGTH);
}

export function setSequence(p: usize, value: u32): void {
  set32(p + SEQUENCE, value);
}

export function setFlags(p: usize, value: u32): void {
  set8(p + FLAGS, value);
}

export function setUdpLength(p: usize, value: u32): void {
  set16(p + LENGTH, value);
}

/** Where the checksum stands in a header of `protocol`, TCP or UDP. */
export function checksumOffset(protocol: u32): usize {
  return protocol == NextHeader.Tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
}

/** True when both TCP headers, of `bytes` each, differ in nothing but sequence number, PSH, FIN and checksum. */
export function sameTcp(p: usize, other: usize, bytes: u32): bool {
  if (load<u32>(p, ACKNOWLEDGEMENT) != load<u32>(other, ACKNOWLEDGEMENT)) return false;
  // offset, flags and window, in the order of the machine
  const differing = load<u32>(p, OFFSET) ^ load<u32>(other, OFFSET);
  if ((differing & ~((FIN | PSH) << 8)) != 0) return false;
  if (load<u16>(p, URGENT) != load<u16>(other, URGENT)) return false;
  for (let at = <usize>TCP_BYTES; at < bytes; at += 4) if (load<u32>(p + at) != load<u32>(other + at)) return false;
  return true;
}

/**
 * The sum of the pseudo-header that a message of `protocol`, `length` octets long, has in the IPv6 or IPv4 packet at
 * `packet` (RFC 8200 §8.1, RFC 9293 §3.1).
 */
export function pseudoHeader(packet: usize, length: u32, protocol: u32): u64 {
  if (ip6.version(packet) == 6) {
    return checksums.pseudoHeader(ip6.source(packet), ip6.destination(packet), length, protocol);
  }
  return checksums.sumWords(ip4.source(packet), 8) + bswap<u32>(length) + bswap<u32>(protocol);
}

/** True when the TCP or UDP message of `length` octets at `p` has the checksum that it should have. */
export function verify(packet: usize, p: usize, length: u32, protocol: u32): bool {
  return checksums.fold(pseudoHeader(packet, length, protocol) + checksums.sum(p, length)) == 0xffff;
}
