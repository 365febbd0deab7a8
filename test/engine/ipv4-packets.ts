/** IPv4 packets made without the core (RFC 791, RFC 792, RFC 9293), and what a test wants to read of them. */
import { parseIpv4Address } from "../../bindings/address.ts";

/** The Internet checksum (RFC 1071), octet pair by octet pair. */
export function internetChecksum(octets: Uint8Array, sum = 0): number {
  for (let at = 0; at < octets.length; at += 2) sum += (octets[at] << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const set16 = (octets: Uint8Array, at: number, value: number) => octets.set([value >> 8, value & 255], at);
export const get16 = (octets: Uint8Array, at: number) => (octets[at] << 8) | octets[at + 1];

export interface Ipv4Fields {
  source: string;
  destination: string;
  protocol?: number;
  typeOfService?: number;
  timeToLive?: number;
  identification?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** Octets, a multiple of eight. */
  offset?: number;
  /** Octets of options, a multiple of four. */
  options?: Uint8Array;
}

/** A whole packet around `payload`. */
export function ipv4(fields: Ipv4Fields, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const { options = new Uint8Array(0), offset = 0 } = fields;
  const header = new Uint8Array(20 + options.length);
  header.set([0x40 | header.length / 4, fields.typeOfService ?? 0]);
  set16(header, 2, header.length + payload.length);
  set16(header, 4, fields.identification ?? 0x1234);
  set16(header, 6, (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0) | offset / 8);
  header.set([fields.timeToLive ?? 63, fields.protocol ?? 17], 8);
  header.set(parseIpv4Address(fields.source).subarray(12), 12);
  header.set(parseIpv4Address(fields.destination).subarray(12), 16);
  header.set(options, 20);
  set16(header, 10, internetChecksum(header));
  return Uint8Array.from([...header, ...payload]);
}

const dotted = (octets: Uint8Array) => octets.join(".");

/** What stands in a packet, whose header checksum must be right. */
export function readIpv4(packet: Uint8Array) {
  const headerBytes = (packet[0] & 15) * 4;
  if (packet[0] >> 4 !== 4 || internetChecksum(packet.subarray(0, headerBytes)) !== 0) throw new Error("no good IPv4 header");
  if (get16(packet, 2) !== packet.length) throw new Error("Total Length is not the packet's");
  return {
    source: dotted(packet.subarray(12, 16)), destination: dotted(packet.subarray(16, 20)), protocol: packet[9],
    typeOfService: packet[1], timeToLive: packet[8], identification: get16(packet, 4),
    dontFragment: (packet[6] & 0x40) !== 0, moreFragments: (packet[6] & 0x20) !== 0, offset: (get16(packet, 6) & 0x1fff) * 8,
    options: packet.slice(20, headerBytes), payload: packet.slice(headerBytes),
  };
}

/** An ICMP message over IPv4. */
export function icmp4(type: number, code: number, mtu: number, quoted: Uint8Array): Uint8Array {
  const message = Uint8Array.from([type, code, 0, 0, 0, 0, mtu >> 8, mtu & 255, ...quoted]);
  set16(message, 2, internetChecksum(message));
  return message;
}

/** A TCP segment with these options; `pseudoHeader` is the sum that the addresses make. */
export function tcp(flags: number, options: number[], pseudoHeader: number): Uint8Array {
  const segment = new Uint8Array(20 + options.length);
  segment.set([0x12, 0x34, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, (segment.length / 4) << 4, flags, 0xff, 0xff]);
  segment.set(options, 20);
  set16(segment, 16, internetChecksum(segment, pseudoHeader));
  return segment;
}

/** Sum of the pseudo-header of a segment of `length` octets between two addresses, four or 16 octets each. */
export function pseudoSum(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): number {
  let sum = protocol + length;
  for (const address of [source, destination]) for (let at = 0; at < address.length; at += 2) sum += get16(address, at);
  return sum;
}
