/**
 * Addresses and prefixes of both families as the kernel takes them. The text forms are those of
 * bindings/address.ts; dotted IPv4 is there because a mobile node may have an IPv4 home address (RFC 5555).
 */

import { isIPv4 } from "node:net";
import { formatAddress, parseAddress } from "../../../bindings/address.ts";
import { AF_INET, AF_INET6 } from "./constants.ts";

/** An address block as netlink carries it; the family follows from the number of octets. */
export interface PrefixBytes {
  readonly address: Uint8Array;
  readonly lengthBits: number;
}

/** 16 octets of an IPv6 address or 4 of an IPv4 address; throws AddressError. */
export function addressBytes(text: string): Uint8Array {
  return isIPv4(text) ? Uint8Array.from(text.split(".").map(Number)) : parseAddress(text);
}

/** An address as text, by the number of its octets. */
export function addressText(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join(".") : formatAddress(bytes);
}

/** Reads "address/length"; a bare address is a prefix of its full length, a default route is "::/0". */
export function prefixBytes(text: string): PrefixBytes {
  const [host, length] = text.split("/");
  const address = addressBytes(host);
  const lengthBits = length === undefined ? address.length * 8 : Number(length);
  if (!Number.isInteger(lengthBits) || lengthBits < 0 || lengthBits > address.length * 8) {
    throw new RangeError(`${text} has a prefix length that its family does not allow`);
  }
  return { address, lengthBits };
}

/** "address/length". */
export function prefixText(address: Uint8Array, lengthBits: number): string {
  return `${addressText(address)}/${lengthBits}`;
}

/** AF_INET or AF_INET6. */
export function familyOf(address: Uint8Array): number {
  return address.length === 4 ? AF_INET : AF_INET6;
}

/** The unspecified address of a family: netlink leaves out the destination of a default route. */
export function unspecified(family: number): Uint8Array {
  return new Uint8Array(family === AF_INET ? 4 : 16);
}
