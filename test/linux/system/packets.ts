/** IPv6 packets made by hand, independent of the core, so that both ends of a test do not share an error. */

import { addressBytes } from "../../../platforms/linux/system/address-text.ts";

export const DESTINATION_OPTIONS = 60;
export const ROUTING = 43;
export const MOBILITY = 135;
export const IPV6_IN_IPV6 = 41;
export const ICMPV6 = 58;
export const NO_NEXT_HEADER = 59;

/** A header or payload: its protocol number and its octets, of which the first is overwritten to chain. */
export interface Part {
  readonly protocol: number;
  readonly bytes: Uint8Array;
}

/** Chains an IPv6 header and the parts; the last part's own next header stays as it is. */
export function ipv6(source: string, destination: string, ...parts: Part[]): Uint8Array {
  const payload = Buffer.concat(parts.map(({ bytes }, index) => {
    const copy = Buffer.from(bytes);
    if (index + 1 < parts.length) copy[0] = parts[index + 1].protocol;
    return copy;
  }));
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = parts[0]?.protocol ?? NO_NEXT_HEADER;
  header[7] = 64;
  header.set(addressBytes(source), 8);
  header.set(addressBytes(destination), 24);
  return Buffer.concat([header, payload]);
}

/** Destination options with a Home Address option behind PadN (RFC 6275 §6.3). */
export function homeAddressOption(home: string): Part {
  const bytes = Uint8Array.of(59, 2, 1, 2, 0, 0, 0xc9, 16, ...addressBytes(home));
  return { protocol: DESTINATION_OPTIONS, bytes };
}

/** A type 2 routing header, one segment left (RFC 6275 §6.4). */
export function type2Routing(home: string): Part {
  return { protocol: ROUTING, bytes: Uint8Array.of(59, 2, 2, 1, 0, 0, 0, 0, ...addressBytes(home)) };
}

/** A Binding Refresh Request (RFC 6275 §6.1.2), checksum left zero: the kernel does not look. */
export function mobilityHeader(): Part {
  return { protocol: MOBILITY, bytes: Uint8Array.of(59, 0, 0, 0, 0, 0, 0, 0) };
}

export function tunnelled(packet: Uint8Array): Part {
  return { protocol: IPV6_IN_IPV6, bytes: packet };
}

/** An ICMPv6 message with code 0. */
export function icmpv6(source: string, destination: string, type: number, body: Uint8Array): Part {
  return upperLayer(source, destination, ICMPV6, Buffer.concat([Uint8Array.of(type, 0, 0, 0), body]), 2);
}

/** An upper-layer packet with the checksum over its pseudo-header (RFC 8200 §8.1). */
export function upperLayer(
  source: string, destination: string, protocol: number, header: Uint8Array, checksumOffset: number,
): Part {
  const bytes = Buffer.from(header);
  const addresses = Buffer.concat([addressBytes(source), addressBytes(destination)]);
  let sum = bytes.length + protocol;
  for (const part of [addresses, bytes]) {
    part.forEach((octet, index) => (sum += index % 2 === 0 ? octet << 8 : octet));
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes.writeUInt16BE(~sum & 0xffff, checksumOffset);
  return { protocol, bytes };
}
