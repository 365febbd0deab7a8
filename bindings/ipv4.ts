/** Blocks of IPv4 addresses: what a home agent leases and routes. An address alone is IPv4-mapped (address.ts). */
import { AddressError, formatAnyAddress, ipv4Mapped, parseIpv4Address } from "./address.ts";

const BITS = 32;

/** Addresses that follow each other, as numbers; both ends belong to it. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

/** An IPv4-mapped address as a number. */
export function ipv4Number(address: Uint8Array): number {
  return new DataView(address.buffer, address.byteOffset).getUint32(12);
}

/** The IPv4-mapped address of a number. */
export function ipv4OfNumber(number: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, number);
  return ipv4Mapped(octets);
}

/** Reads "198.51.100.0/24" or "198.51.100.10-198.51.100.99"; throws AddressError. */
export function parseIpv4Block(text: string): Ipv4Range {
  const [start, end, ...more] = text.split("-");
  if (end !== undefined && more.length === 0) {
    const [first, last] = [start, end].map((address) => ipv4Number(parseIpv4Address(address)));
    if (first > last) throw new AddressError("ends before it begins");
    return { first, last };
  }
  const slash = text.indexOf("/");
  if (slash < 0) throw new AddressError("has neither a prefix length (/) nor an end (-)");
  const first = ipv4Number(parseIpv4Address(text.slice(0, slash)));
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]?)$/.test(digits) || Number(digits) > BITS) {
    throw new AddressError("has a prefix length that is no integer from 0 to 32");
  }
  const addresses = 2 ** (BITS - Number(digits));
  if (first % addresses !== 0) {
    const prefix = `${formatIpv4(first - (first % addresses))}/${digits}`;
    throw new AddressError(`has bits set behind its first ${digits} (the prefix is ${prefix})`);
  }
  return { first, last: first + addresses - 1 };
}

/**
 * The addresses of a block that hosts can have: of a prefix that leaves room for it, the first one stands for
 * the network and the last one for all its hosts (RFC 922 §7).
 */
export function hostsOf(text: string): Ipv4Range {
  const { first, last } = parseIpv4Block(text);
  const isPrefix = text.includes("/") && last - first > 1;
  return isPrefix ? { first: first + 1, last: last - 1 } : { first, last };
}

/** What is left of a range without one address: none, one or two ranges. */
export function withoutAddress({ first, last }: Ipv4Range, address: number): Ipv4Range[] {
  if (address < first || address > last) return [{ first, last }];
  return [{ first, last: address - 1 }, { first: address + 1, last }].filter((part) => part.first <= part.last);
}

/** Whether two ranges have an address in common. */
export function rangesOverlap(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The fewest prefixes that cover a range and nothing else: "198.51.100.0/24". */
export function prefixesOf({ first, last }: Ipv4Range): string[] {
  const prefixes: string[] = [];
  for (let at = first; at <= last; ) {
    let lengthBits = 0;
    while (at % 2 ** (BITS - lengthBits) !== 0 || at + 2 ** (BITS - lengthBits) - 1 > last) lengthBits++;
    prefixes.push(`${formatIpv4(at)}/${lengthBits}`);
    at += 2 ** (BITS - lengthBits);
  }
  return prefixes;
}

/** Why an IPv4-mapped address is not unicast and routable (RFC 6890 §2.2.2, RFC 1112 §4), or undefined if it is. */
export function whyNotRoutableIpv4(address: Uint8Array): string | undefined {
  const [a, b] = address.subarray(12);
  if (a === 0) return "is in the network 0.0.0.0/8, which means this host";
  if (a === 127) return "is a loopback address";
  if (a === 169 && b === 254) return "is a link-local address";
  if (a >= 240) return "is a reserved address";
  return a >= 224 ? "is a multicast address" : undefined;
}

function formatIpv4(number: number): string {
  return formatAnyAddress(ipv4OfNumber(number));
}
