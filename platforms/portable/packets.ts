/** What a portable node reads of the packets inside its tunnel: addresses, and what a router does to them. */
import { ipv4Mapped } from "../../bindings/address.ts";

/** Largest packet that a portable node takes from an underlay or the program, octets. */
export const MAX_PACKET_BYTES = 2048;

export const IPV6_HEADER_BYTES = 40;
export const IPV4_HEADER_BYTES = 20;

/** 4, 6, or 0 for what is no whole IP header. */
export function ipVersion(packet: Uint8Array): 0 | 4 | 6 {
  const version = packet.length === 0 ? 0 : packet[0] >> 4;
  if (version === 6 && packet.length >= IPV6_HEADER_BYTES) return 6;
  return version === 4 && packet.length >= IPV4_HEADER_BYTES ? 4 : 0;
}

/** 16 octets, IPv4 as IPv4-mapped; undefined: this is no IP packet. */
export function destinationOf(packet: Uint8Array): Uint8Array | undefined {
  switch (ipVersion(packet)) {
    case 6:
      return packet.slice(24, 40);
    case 4:
      return ipv4Mapped(packet.subarray(16, 20));
    default:
      return undefined;
  }
}

/**
 * Counts a router in an IP packet, in place (RFC 8200 §3, RFC 791 §3.2). False when it may go no further.
 */
export function passRouter(packet: Uint8Array): boolean {
  if (ipVersion(packet) === 6) {
    if (packet[7] <= 1) return false;
    packet[7]--;
    return true;
  }
  if (packet[8] <= 1) return false;
  packet[8]--;
  // RFC 1624 §3: the word with the time to live is less by 0x0100, so the checksum is more by that
  const sum = ((packet[10] << 8) | packet[11]) + 0x100;
  const folded = (sum & 0xffff) + (sum >> 16);
  packet[10] = folded >> 8;
  packet[11] = folded & 0xff;
  return true;
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
