import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAnyPrefix, parseIpv4Address, prefixOf } from "../../bindings/address.ts";
import {
  hostsOf, ipv4Number, ipv4OfNumber, parseIpv4Block, prefixesOf, rangesOverlap, withoutAddress,
} from "../../bindings/ipv4.ts";

const number = fc.integer({ min: 0, max: 0xffff_ffff });
const range = fc.tuple(number, number).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const of = (text: string) => ipv4Number(parseIpv4Address(text));

describe("blocks of IPv4 addresses", () => {
  it("are prefixes or ranges", () => {
    expect(parseIpv4Block("198.51.100.0/30")).toEqual({ first: of("198.51.100.0"), last: of("198.51.100.3") });
    expect(parseIpv4Block("0.0.0.0/0")).toEqual({ first: 0, last: 0xffff_ffff });
    expect(parseIpv4Block("10.0.0.1-10.0.0.1")).toEqual({ first: of("10.0.0.1"), last: of("10.0.0.1") });
  });

  it("have hosts: not the first and last address of a prefix that has more than two (RFC 922 §7)", () => {
    expect(hostsOf("198.51.100.0/30")).toEqual({ first: of("198.51.100.1"), last: of("198.51.100.2") });
    expect(hostsOf("198.51.100.0/31")).toEqual({ first: of("198.51.100.0"), last: of("198.51.100.1") });
    expect(hostsOf("198.51.100.7/32")).toEqual({ first: of("198.51.100.7"), last: of("198.51.100.7") });
    expect(hostsOf("198.51.100.0-198.51.100.9")).toEqual({ first: of("198.51.100.0"), last: of("198.51.100.9") });
  });

  it("can be without one address", () => {
    fc.assert(fc.property(range, number, (whole, address) => {
      const parts = withoutAddress(whole, address);
      const isInside = rangesOverlap(whole, { first: address, last: address });
      const size = (all: typeof parts) => all.reduce((sum, { first, last }) => sum + last - first + 1, 0);
      expect(size(parts)).toBe(size([whole]) - (isInside ? 1 : 0));
      expect(parts.some(({ first, last }) => first > last || (first <= address && address <= last))).toBe(false);
    }));
  });

  it("are covered by prefixes, each of them as large as it can be", () => {
    expect(prefixesOf(parseIpv4Block("198.51.100.0/24"))).toEqual(["198.51.100.0/24"]);
    expect(prefixesOf(parseIpv4Block("198.51.100.10-198.51.100.17")))
      .toEqual(["198.51.100.10/31", "198.51.100.12/30", "198.51.100.16/31"]);
    fc.assert(fc.property(range, (whole) => {
      const parts = prefixesOf(whole).map(parseIpv4Block);
      expect(parts[0].first).toBe(whole.first);
      expect(parts.at(-1)!.last).toBe(whole.last);
      parts.slice(1).forEach(({ first }, at) => expect(first).toBe(parts[at].last + 1));
      expect(parts.length).toBeLessThanOrEqual(62);
    }));
  });

  it("are written as IPv4 where an IPv4-mapped prefix stands for them", () => {
    fc.assert(fc.property(number, (each) => {
      const text = formatAnyPrefix(prefixOf(ipv4OfNumber(each), 120));
      expect(parseIpv4Block(text)).toEqual({ first: each - (each % 256), last: each - (each % 256) + 255 });
    }));
    expect(formatAnyPrefix({ address: new Uint8Array(16), lengthBits: 0 })).toBe("::/0");
  });
});
