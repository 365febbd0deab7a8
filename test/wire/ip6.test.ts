import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { putAddresses } from "./reference.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

const FIGURE = hex(`
  6 a5 12345                          # version, traffic class, flow label
  0004 87 fe                          # payload length, next header, hop limit
  20010db8 00000000 00000000 00000001 # source
  20010db8 00000000 00000000 00000002 # destination
  3b 00 00 00                         # payload
`);

describe("the IPv6 header (RFC 8200 §3)", () => {
  it("is read octet by octet as drawn", () => {
    const { ip6 } = wire.files;
    const p = wire.putAtEnd(FIGURE);
    expect(ip6.check(p, FIGURE.length)).toBe(Reason.None);
    expect(ip6.version(p)).toBe(6);
    expect(ip6.trafficClass(p)).toBe(0xa5);
    expect(ip6.flowLabel(p)).toBe(0x12345);
    expect(ip6.payloadLength(p)).toBe(4);
    expect(ip6.totalLength(p)).toBe(44);
    expect(ip6.nextHeader(p)).toBe(135);
    expect(ip6.hopLimit(p)).toBe(254);
    expect(wire.get(ip6.source(p), 16)).toEqual(FIGURE.slice(8, 24));
    expect(wire.get(ip6.destination(p), 16)).toEqual(FIGURE.slice(24, 40));
  });

  it("may be followed by octets that are not of the packet", () => {
    const { ip6 } = wire.files;
    const p = wire.put(FIGURE);
    expect(ip6.check(p, FIGURE.length + 100)).toBe(Reason.None);
    expect(ip6.totalLength(p)).toBe(44);
  });

  it.each([
    ["no octet at all", 0, 6, Reason.Ipv6Truncated],
    ["39 octets", 39, 6, Reason.Ipv6Truncated],
    ["one octet of payload less than promised", 43, 6, Reason.Ipv6Truncated],
    ["version 4", 44, 4, Reason.NotIpv6],
    ["version 4, one octet", 1, 4, Reason.NotIpv6],
  ])("refuses %s", (_title, length, version, reason) => {
    const octets = FIGURE.slice(0, length);
    if (length > 0) octets[0] = (version << 4) | (octets[0] & 15);
    expect(wire.files.ip6.check(wire.putAtEnd(octets), length)).toBe(reason);
  });

  it("is written as it is read, each setter changing its own field only", () => {
    const { ip6 } = wire.files;
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const fields = fc.tuple(
      fc.nat(0xff), fc.nat(0xfffff), fc.nat(0xffff), fc.nat(0xff), fc.nat(0xff), address, address,
    );
    const read = (p: number) => [
      ip6.trafficClass(p), ip6.flowLabel(p), ip6.payloadLength(p), ip6.nextHeader(p), ip6.hopLimit(p),
      wire.get(ip6.source(p), 16), wire.get(ip6.destination(p), 16),
    ];
    fc.assert(
      fc.property(fields, fields, (first, second) => {
        const p = wire.room;
        const build = (f: typeof first) =>
          ip6.build(p, f[0], f[1], f[2], f[3], f[4], ...putAddresses(wire, f[5], f[6]));
        build(first);
        expect(ip6.version(p)).toBe(6);
        expect(read(p)).toEqual(first);

        const [source, destination] = putAddresses(wire, second[5], second[6]);
        ip6.setTrafficClass(p, second[0]);
        expect(read(p)).toEqual([second[0], ...first.slice(1)]);
        ip6.setFlowLabel(p, second[1]);
        expect(read(p)).toEqual([...second.slice(0, 2), ...first.slice(2)]);
        ip6.setPayloadLength(p, second[2]);
        ip6.setNextHeader(p, second[3]);
        ip6.setHopLimit(p, second[4]);
        ip6.setSource(p, source);
        ip6.setDestination(p, destination);
        expect(ip6.version(p)).toBe(6);
        expect(read(p)).toEqual(second);
      }),
    );
  });
});

describe("addresses", () => {
  it.each([
    ["20010db8 00000000 00000000 00000001", true],
    ["fd000000 00000000 00000000 00000001", true],
    ["00000000 00000000 00000000 00000000", false],
    ["00000000 00000000 00000000 00000001", false],
    ["00000000 00000000 00000000 00000002", true],
    ["fe800000 00000000 00000000 00000001", false],
    ["febf0000 00000000 00000000 00000001", false],
    ["fec00000 00000000 00000000 00000001", true],
    ["ff020000 00000000 00000000 00000001", false],
  ])("%s is unicast routable: %s (6275-4.6-1)", (address, routable) => {
    expect(wire.files.bytes.isUnicastRoutable(wire.putAtEnd(hex(address)))).toBe(routable ? 1 : 0);
  });

  it("share a prefix when their first bits are equal", () => {
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(address, fc.nat(127), fc.nat(128), (one, bit, length) => {
        const other = one.slice();
        other[bit >> 3] ^= 0x80 >> (bit & 7);
        const [a, b] = putAddresses(wire, one, other);
        expect(wire.files.bytes.samePrefix(a, b, length)).toBe(length <= bit ? 1 : 0);
        expect(wire.files.bytes.samePrefix(a, a, length)).toBe(1);
        expect(wire.files.bytes.sameAddress(a, b)).toBe(0);
      }),
    );
  });
});
