/** The kinds of fields that name nodes and networks: addresses, blocks of them, and names. */
import {
  AddressError, formatAddress, formatAnyAddress, formatPrefix, parseAddress, parseAnyAddress, parseIpv4Address, parsePrefix,
  whyNotRoutable,
} from "../address.ts";
import { hostsOf, ipv4OfNumber, parseIpv4Block, whyNotRoutableIpv4 } from "../ipv4.ts";
import { type About, readText, Refusal } from "./field.ts";
import { show } from "./problem.ts";

/** An IPv6 address that packets can be routed to (6275-4.6-1); canonical text (RFC 5952). */
export function address(about: About) {
  return readText({ ...about, expected: "a routable unicast IPv6 address" }, readIpv6);
}

function readIpv6(value: string): string | Refusal {
  return refuseAddressError(value, () => {
    const bytes = parseAddress(value);
    const why = whyNotRoutable(bytes);
    return why === undefined ? formatAddress(bytes) : new Refusal(`is ${show(value)}, which ${why}`);
  });
}

/** An IPv6 prefix; canonical text. */
export function prefix(about: About) {
  const expected = 'an IPv6 prefix like "2001:db8:100::/64"';
  return readText({ ...about, expected }, (value) => {
    return refuseAddressError(value, () => formatPrefix(parsePrefix(value)));
  });
}

/** An IPv4 address that packets can be routed to; canonical text. */
export function ipv4Address(about: About) {
  return readText({ ...about, expected: AN_IPV4_ADDRESS }, readIpv4);
}

/** An IPv4 address that packets can be routed to, or one of some words. */
export function ipv4AddressOr<const W extends string>(words: readonly W[], about: About) {
  const expected = [AN_IPV4_ADDRESS, ...words.map((w) => JSON.stringify(w))].join(" or ");
  return readText({ ...about, expected }, (value) => words.find((w) => w === value) ?? readIpv4(value));
}

const AN_IPV4_ADDRESS = "a routable unicast IPv4 address";

function readIpv4(value: string): string | Refusal {
  return refuseAddressError(value, () => {
    const bytes = parseIpv4Address(value);
    const why = whyNotRoutableIpv4(bytes);
    return why === undefined ? formatAnyAddress(bytes) : new Refusal(`is ${show(value)}, which ${why}`);
  });
}

/** A block of IPv4 addresses, a prefix or a range, as it is. */
export function ipv4Block(about: About) {
  const expected = 'IPv4 addresses like "198.51.100.0/24" or "198.51.100.10-198.51.100.99"';
  return readText({ ...about, expected }, (value) => {
    return refuseAddressError(value, () => {
      parseIpv4Block(value);
      const { first, last } = hostsOf(value);
      const why = [first, last].map((number) => whyNotRoutableIpv4(ipv4OfNumber(number))).find(Boolean);
      return why === undefined ? value : new Refusal(`is ${show(value)}, where an address ${why}`);
    });
  });
}

/** Labels of letters, digits and hyphens; the last one is no number (RFC 1123 §2.1, RFC 3696 §2). */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]*[a-z][a-z0-9-]*(?<!-)$/i;

/** A domain name, in small letters. */
export function domainName(about: About) {
  return readText({ ...about, expected: 'a domain name like "example.com"' }, readName);
}

/** An IPv6 address as `address` has it, or the name of a host. */
export function addressOrName(about: About) {
  return readText({ ...about, expected: "a routable unicast IPv6 address or a host name" }, (value) => {
    if (/^\d+(\.\d+){3}$/.test(value)) return new Refusal(`is ${show(value)}, an IPv4 address (home_agent_ipv4 takes that, beside home_agent)`);
    return value.includes(":") ? readIpv6(value) : readName(value);
  });
}

function readName(value: string): string | Refusal {
  return HOST_NAME.test(value) ? value.toLowerCase() : new Refusal(value === "" ? "is empty" : `is ${show(value)}`);
}

/** An address of any family; canonical text. */
export function anyAddress(about: About) {
  return readText({ ...about, expected: "an IPv6 or IPv4 address" }, (value) => {
    return refuseAddressError(value, () => formatAnyAddress(parseAnyAddress(value)));
  });
}

function refuseAddressError<T>(value: string, read: () => T): T | Refusal {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    return new Refusal(value === "" ? error.message : `is ${show(value)}, which ${error.message}`);
  }
}
