/**
 * Answers echo requests (RFC 4443 §4.1, RFC 792), so that a node without an IP stack can be pinged. An answer is the
 * request with its addresses and its type changed: the sum of the addresses stays, so the checksum differs by the type.
 *
 *   IPv6 │ type 128 │ code 0 │ checksum │ identifier, sequence, data       → type 129
 *   IPv4 │ type 8   │ code 0 │ checksum │ identifier, sequence, data       → type 0
 */
import { ipv4Mapped } from "../../bindings/address.ts";
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, ipVersion } from "./packets.ts";

const ICMPV6 = 58;
const ICMPV4 = 1;
const ECHO_BYTES = 8;
const HOP_LIMIT = 64;
/** More fragments, and the fragment offset (RFC 791 §3.1). */
const FRAGMENT = 0x3fff;

/** The answer to an echo request to one of this node's addresses; undefined: the packet is something else. */
export function answerEcho(packet: Uint8Array, isOwn: (address: Uint8Array) => boolean): Uint8Array | undefined {
  return ipVersion(packet) === 6 ? answerIpv6(packet, isOwn) : ipVersion(packet) === 4 ? answerIpv4(packet, isOwn) : undefined;
}

function answerIpv6(packet: Uint8Array, isOwn: (address: Uint8Array) => boolean): Uint8Array | undefined {
  const lengthBytes = IPV6_HEADER_BYTES + ((packet[4] << 8) | packet[5]);
  const isEcho = packet[6] === ICMPV6 && packet[40] === 128 && packet[41] === 0;
  if (!isEcho || lengthBytes > packet.length || lengthBytes < IPV6_HEADER_BYTES + ECHO_BYTES) return undefined;
  if (packet[8] === 0xff || !isOwn(packet.subarray(24, 40))) return undefined;
  const answer = packet.slice(0, lengthBytes);
  answer.set(packet.subarray(24, 40), 8);
  answer.set(packet.subarray(8, 24), 24);
  answer[7] = HOP_LIMIT;
  answer[40] = 129;
  addToSum(answer, 42, -0x0100);
  return answer;
}

function answerIpv4(packet: Uint8Array, isOwn: (address: Uint8Array) => boolean): Uint8Array | undefined {
  const headerBytes = (packet[0] & 15) * 4;
  const lengthBytes = (packet[2] << 8) | packet[3];
  const isWhole = (((packet[6] << 8) | packet[7]) & FRAGMENT) === 0;
  // with options (a source route) nothing is answered
  if (headerBytes !== IPV4_HEADER_BYTES || !isWhole || packet[9] !== ICMPV4) return undefined;
  if (lengthBytes > packet.length || lengthBytes < IPV4_HEADER_BYTES + ECHO_BYTES) return undefined;
  if (packet[20] !== 8 || packet[21] !== 0 || !isOwn(ipv4Mapped(packet.subarray(16, 20)))) return undefined;
  const answer = packet.slice(0, lengthBytes);
  answer.set(packet.subarray(16, 20), 12);
  answer.set(packet.subarray(12, 16), 16);
  addToSum(answer, 10, (answer[8] - HOP_LIMIT) << 8);
  answer[8] = HOP_LIMIT;
  answer[20] = 0;
  addToSum(answer, 22, 0x0800);
  return answer;
}

/** Adds to the checksum at `at` what the packet has become less by (RFC 1624 §3). */
function addToSum(packet: Uint8Array, at: number, less: number): void {
  let sum = ((packet[at] << 8) | packet[at + 1]) + less;
  if (sum < 0) sum += 0xffff;
  sum = (sum & 0xffff) + (sum >> 16);
  packet[at] = sum >> 8;
  packet[at + 1] = sum & 0xff;
}
