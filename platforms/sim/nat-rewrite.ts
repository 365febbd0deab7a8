/** What a NAT writes into packets: addresses, ports, and the checksums over both (RFC 3022 §4.1). */
import { ICMPV4, ipHeaderBytes, nextHeader, TCP, UDP } from "./ip.ts";
import { get16, IPV4_DESTINATION, IPV4_SOURCE, set16, setHeaderChecksum, sum16 } from "./ip4.ts";
import { ICMP_ERROR_BYTES } from "./transport.ts";

/** Which end of a flow. */
export type End = "source" | "destination";

const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
const ICMP_CHECKSUM = 2;
const ICMP_IDENTIFIER = 4;

/** Gives one end of an IPv4 packet another address (IPv4-mapped) and port, or echo identifier, in place. */
export function rewriteFlow(packet: Uint8Array, end: End, address: Uint8Array, port: number): void {
  rewrite(packet, end, address, port);
  setHeaderChecksum(packet);
}

/**
 * Gives one end of an ICMP error another address, and one end of what it is about another address and port, in
 * place.
 */
export function rewriteQuoted(
  packet: Uint8Array, end: End, address: Uint8Array, quotedEnd: End, quotedAddress: Uint8Array, quotedPort: number,
): void {
  const at = ipHeaderBytes(packet);
  rewrite(packet.subarray(at + ICMP_ERROR_BYTES), quotedEnd, quotedAddress, quotedPort);
  setHeaderChecksum(packet.subarray(at + ICMP_ERROR_BYTES));
  packet.set(address.subarray(12), addressAt(end));
  setHeaderChecksum(packet);
  set16(packet, at + ICMP_CHECKSUM, 0);
  set16(packet, at + ICMP_CHECKSUM, ~sum16(packet.subarray(at)) & 0xffff);
}

function addressAt(end: End): number {
  return end === "source" ? IPV4_SOURCE : IPV4_DESTINATION;
}

function rewrite(packet: Uint8Array, end: End, address: Uint8Array, port: number): void {
  const protocol = nextHeader(packet);
  const at = ipHeaderBytes(packet);
  const place = addressAt(end);
  const before = packet.slice(place, place + 4);
  packet.set(address.subarray(12), place);
  const after = packet.subarray(place, place + 4);
  if (protocol === UDP || protocol === TCP) {
    const checksumAt = at + (protocol === UDP ? UDP_CHECKSUM : TCP_CHECKSUM);
    const portAt = end === "source" ? at : at + 2;
    const portBefore = packet.slice(portAt, portAt + 2);
    set16(packet, portAt, port);
    const isThere = checksumAt + 2 <= packet.length && !(protocol === UDP && get16(packet, checksumAt) === 0);
    if (!isThere) return;
    updateChecksum(packet, checksumAt, before, after);
    updateChecksum(packet, checksumAt, portBefore, packet.subarray(portAt, portAt + 2));
    if (protocol === UDP && get16(packet, checksumAt) === 0) set16(packet, checksumAt, 0xffff);
  } else if (protocol === ICMPV4) {
    const identifierAt = at + ICMP_IDENTIFIER;
    const identifierBefore = packet.slice(identifierAt, identifierAt + 2);
    set16(packet, identifierAt, port);
    updateChecksum(packet, at + ICMP_CHECKSUM, identifierBefore, packet.subarray(identifierAt, identifierAt + 2));
  }
}

/** RFC 1624 §3, equation 3. */
function updateChecksum(packet: Uint8Array, at: number, before: Uint8Array, after: Uint8Array): void {
  let sum = (~get16(packet, at) & 0xffff) + (~sum16(before) & 0xffff) + sum16(after);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  set16(packet, at, ~sum & 0xffff);
}
