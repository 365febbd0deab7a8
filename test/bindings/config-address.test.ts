import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AddressError, contains, formatAddress, formatPrefix, homeAgentsAnycast, isUniqueLocal, overlaps, parseAddress, parsePrefix,
  prefixOf, solicitedNodeGroup, whyNotRoutable,
} from "../../bindings/address.ts";

const addresses = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Addresses with many zero groups: the ones that "::" is for. */
const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 0xdb8, 0xffff), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));
const lengths = fc.integer({ min: 0, max: 128 });
const bits = fc.integer({ min: 0, max: 127 });

describe("addresses as text", () => {
  it.each([
    ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
    ["FF01:0:0:0:0:0:0:101", "ff01::101"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:13.1.68.3", "::d01:4403"],
    ["::FFFF:129.144.52.38", "::ffff:129.144.52.38"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ])("reads %s (RFC 4291 §2.2) and writes %s (RFC 5952 §4, §5)", (text, canonical) => {
    expect(formatAddress(parseAddress(text))).toBe(canonical);
  });

  it.each([
    ["", "is empty"],
    ["fe80::1%eth0", "has a zone (%), an address here has none"],
    ["2001:db8::/64", "has a prefix length (/), an address has none"],
    ["1::2::3", 'has "::" more than once'],
    [":::", "has an empty group"],
    [":1:2:3:4:5:6:7", "has an empty group"],
    ["1:2:3:4:5:6:7:", "has an empty group"],
    ["1:2:3:4:5:6:7", "has 7 groups, an address has 8"],
    ["1:2:3:4:5:6:7:8:9", "has 9 groups, an address has 8"],
    ["1:2:3:4::5:6:7:8", 'has 8 groups or more beside "::"'],
    ["12345::", "has a group that is not 1 to 4 hex digits"],
    ["g::", "has a group that is not 1 to 4 hex digits"],
    [" ::1", "has a group that is not 1 to 4 hex digits"],
    ["::1.2.3", "has a dotted tail that is no IPv4 address"],
    ["::1.2.3.256", "has a dotted tail that is no IPv4 address"],
    ["::01.2.3.4", "has a dotted tail that is no IPv4 address"],
    ["1.2.3.4::", "has a group that is not 1 to 4 hex digits"],
    ["192.0.2.1", "is an IPv4 address"],
  ])("refuses %j: %s", (text, why) => {
    expect(() => parseAddress(text)).toThrow(new AddressError(why));
  });

  it("reads what it wrote", () => {
    fc.assert(fc.property(fc.oneof(addresses, sparse), (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }));
  });

  it("writes what another RFC 5952 writer does", () => {
    fc.assert(fc.property(fc.oneof(addresses, sparse), (address) => {
      fc.pre(whyNotRoutable(address) !== "is an IPv4-mapped address"); // URLs have no dotted tail
      const full = Buffer.from(address).toString("hex").match(/..../g)!.join(":");
      expect(formatAddress(address)).toBe(new URL(`http://[${full}]`).hostname.slice(1, -1));
    }));
  });

  it("accepts exactly the texts that another parser accepts", () => {
    const pieces = fc.constantFrom(":", ":", "::", "0", "1", "ffff", "a", "12345", "1.2.3.4", ".", "g");
    fc.assert(fc.property(fc.array(pieces, { maxLength: 17 }).map((list) => list.join("")), (text) => {
      expect(accepts(text)).toBe(isIPv6(text));
    }), { numRuns: 2_000 });
  });
});

describe("prefixes", () => {
  it.each([
    ["2001:db8::", "has no prefix length (/)"],
    ["2001:db8::/", "has a prefix length that is no integer from 0 to 128"],
    ["2001:db8::/129", "has a prefix length that is no integer from 0 to 128"],
    ["2001:db8::/064", "has a prefix length that is no integer from 0 to 128"],
    ["2001:db8::1/64", "has bits set behind its first 64 (the prefix is 2001:db8::/64)"],
    ["2001:db8::/64/64", "has a prefix length that is no integer from 0 to 128"],
  ])("refuses %s: %s", (text, why) => {
    expect(() => parsePrefix(text)).toThrow(new AddressError(why));
  });

  it("are read as written", () => {
    fc.assert(fc.property(addresses, lengths, (address, lengthBits) => {
      const prefix = prefixOf(address, lengthBits);
      expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
    }));
  });

  it("contain exactly the addresses that begin with their bits", () => {
    fc.assert(fc.property(addresses, lengths, bits, (address, lengthBits, bit) => {
      const flipped = address.slice();
      flipped[bit >> 3] ^= 0x80 >> (bit & 7);
      expect(contains(prefixOf(address, lengthBits), address)).toBe(true);
      expect(contains(prefixOf(address, lengthBits), flipped)).toBe(bit >= lengthBits);
    }));
  });

  it("overlap exactly if the bits that both have are the same, in either order", () => {
    const few = fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: 0, max: 8 }))
      .map(([top, lengthBits]) => prefixOf(Uint8Array.from({ length: 16 }, () => top << 5), lengthBits));
    fc.assert(fc.property(few, few, (a, b) => {
      const common = Math.min(a.lengthBits, b.lengthBits);
      const same = a.address[0] >> (8 - common) === b.address[0] >> (8 - common);
      expect([overlaps(a, b), overlaps(b, a)]).toEqual([same, same]);
    }));
  });
});

describe("kinds of addresses", () => {
  it.each([
    ["ff02::1", "is a multicast address"],
    ["fe80::1", "is a link-local address"],
    ["febf::1", "is a link-local address"],
    ["::ffff:192.0.2.1", "is an IPv4-mapped address"],
    ["::", "is the unspecified address"],
    ["::1", "is the loopback address"],
    ["::2", undefined],
    ["fec0::1", undefined],
    ["2001:db8::1", undefined],
  ])("%s %s", (text, why) => {
    expect(whyNotRoutable(parseAddress(text))).toBe(why);
  });

  it("unique local are fc00::/7", () => {
    const kinds = ["fbff::", "fc00::1", "fdff::1", "fe00::"].map((text) => isUniqueLocal(parseAddress(text)));
    expect(kinds).toEqual([false, true, true, false]);
  });
});

function accepts(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch (error) {
    if (error instanceof AddressError) return false;
    throw error;
  }
}

describe("the anycast address of home agents", () => {
  it.each([
    ["2001:db8:100::/64", "2001:db8:100:0:fdff:ffff:ffff:fffe"],
    ["2001:db8:100::/48", "2001:db8:100:ffff:ffff:ffff:ffff:fffe"],
    ["2001:db8:100::/121", "2001:db8:100::7e"],
  ])("of %s is %s (RFC 2526 §2, §3)", (prefix, anycast) => {
    expect(formatAddress(homeAgentsAnycast(parsePrefix(prefix))!)).toBe(anycast);
  });

  it("has no room behind a longer prefix", () => {
    expect(homeAgentsAnycast(parsePrefix("2001:db8:100::/122"))).toBeUndefined();
  });
});

it("a solicited-node group ends like its address (RFC 4291 §2.7.1)", () => {
  expect(formatAddress(solicitedNodeGroup(parseAddress("4037::1:800:200e:8c6c")))).toBe("ff02::1:ff0e:8c6c");
});
