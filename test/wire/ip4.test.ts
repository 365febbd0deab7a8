import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { hex, loadWire, type Wire } from "../internals/load-wire.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

/** The checksum by hand: 45b8 + 0024 + beef + 4000 + 4029 + c633 + 6401 + cb00 + 7107, folded and complemented. */
const FIGURE = hex(`
  4 5 b8 0024         # version, header length, type of service, total length
  beef 4000           # identification; don't fragment
  40 29 14cd          # time to live, protocol 41, checksum
  c6336401            # 198.51.100.1
  cb007107            # 203.0.113.7
  00010203 04050607 08090a0b 0c0d0e0f
`);

/** The checksum as RFC 1071 §4.1 has it. */
function sum(octets: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < octets.length; at += 2) total += (octets[at] << 8) | (octets[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

describe("the IPv4 header (RFC 791 §3.1)", () => {
  it("is read octet by octet as drawn", () => {
    const { ip4 } = wire.files;
    const p = wire.putAtEnd(FIGURE);
    expect(sum(FIGURE.subarray(0, 20))).toBe(0xffff);
    expect(ip4.check(p, FIGURE.length)).toBe(Reason.None);
    expect(ip4.version(p)).toBe(4);
    expect(ip4.headerBytes(p)).toBe(20);
    expect(ip4.typeOfService(p)).toBe(0xb8);
    expect(ip4.totalLength(p)).toBe(36);
    expect(ip4.identification(p)).toBe(0xbeef);
    expect([ip4.dontFragment(p), ip4.moreFragments(p), ip4.isFragment(p), ip4.isLaterFragment(p)]).toEqual([1, 0, 0, 0]);
    expect(ip4.timeToLive(p)).toBe(64);
    expect(ip4.protocol(p)).toBe(41);
    expect([...wire.get(ip4.source(p), 4)]).toEqual([198, 51, 100, 1]);
    expect([...wire.get(ip4.destination(p), 4)]).toEqual([203, 0, 113, 7]);
  });

  it.each([
    ["no octet at all", 0, 0x45, Reason.Ipv4Truncated],
    ["19 octets", 19, 0x45, Reason.Ipv4Truncated],
    ["one octet less than the total length", 35, 0x45, Reason.Ipv4Truncated],
    ["a header of 16 octets", 36, 0x44, Reason.Ipv4HeaderLength],
    ["a header longer than the packet", 36, 0x4f, Reason.Ipv4HeaderLength],
    ["another version", 36, 0x65, Reason.Ipv4HeaderLength],
  ])("refuses %s", (_title, length, first, reason) => {
    const octets = FIGURE.slice(0, length);
    if (length > 0) octets[0] = first;
    expect(wire.files.ip4.check(wire.putAtEnd(octets), length)).toBe(reason);
  });

  it("refuses a total length that is less than the header", () => {
    const octets = FIGURE.slice();
    octets[3] = 19;
    expect(wire.files.ip4.check(wire.putAtEnd(octets), 36)).toBe(Reason.Ipv4HeaderLength);
  });

  it("refuses every single wrong bit of the header by its checksum (RFC 1122 §3.2.1.2)", () => {
    for (let bit = 32; bit < 160; bit++) {
      const octets = FIGURE.slice();
      octets[bit >> 3] ^= 0x80 >> (bit & 7);
      expect(wire.files.ip4.check(wire.putAtEnd(octets), 36)).toBe(Reason.Ipv4Checksum);
    }
  });

  it("is written as it is read, with a right checksum after every change", () => {
    const { ip4 } = wire.files;
    const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
    const fields = fc.record({
      typeOfService: fc.nat(255), totalLength: fc.integer({ min: 20, max: 65535 }), identification: fc.nat(65535), dontFragment: fc.boolean(),
      timeToLive: fc.nat(255), protocol: fc.nat(255), source: address, destination: address, other: fc.nat(255),
    });
    fc.assert(fc.property(fields, (each) => {
      const p = wire.room + 0x1000;
      const source = wire.put(each.source);
      const destination = wire.put(each.destination, wire.room + 4);
      ip4.build(p, each.typeOfService, each.totalLength, each.identification, each.dontFragment ? 1 : 0, each.timeToLive, each.protocol, source, destination);
      expect(sum(wire.get(p, 20))).toBe(0xffff);
      expect([ip4.typeOfService(p), ip4.totalLength(p), ip4.identification(p), ip4.dontFragment(p), ip4.timeToLive(p), ip4.protocol(p)])
        .toEqual([each.typeOfService, each.totalLength, each.identification, each.dontFragment ? 1 : 0, each.timeToLive, each.protocol]);
      ip4.setTypeOfService(p, each.other);
      expect([ip4.typeOfService(p), sum(wire.get(p, 20))]).toEqual([each.other, 0xffff]);
      ip4.setFragment(p, 100, 8 * each.other, 1);
      expect([ip4.totalLength(p), ip4.fragmentOffsetBytes(p), ip4.moreFragments(p), ip4.dontFragment(p), sum(wire.get(p, 20))])
        .toEqual([100, 8 * each.other, 1, 0, 0xffff]);
    }));
  });

  it("tells what stays on its link and what goes to many", () => {
    const { ip4 } = wire.files;
    const is = (name: string, ...octets: number[]) => ip4[name](wire.put(Uint8Array.from(octets)));
    expect([is("isLinkLocal", 169, 254, 0, 1), is("isLinkLocal", 169, 253, 255, 255)]).toEqual([1, 0]);
    expect([is("isMulticast", 224, 0, 0, 1), is("isMulticast", 239, 255, 255, 255), is("isMulticast", 240, 0, 0, 1), is("isMulticast", 223, 0, 0, 1)]).toEqual([1, 1, 0, 0]);
  });
});

describe("ICMP over IPv4 (RFC 792)", () => {
  /** Destination Unreachable, fragmentation needed, next-hop MTU 1400 (RFC 1191 §4), quoting four octets: 0304 + 0578 + 4500. */
  const ERROR = hex("03 04 b283 0000 0578 45000000");

  it("is read octet by octet as drawn", () => {
    const { icmp4 } = wire.files;
    const p = wire.putAtEnd(ERROR);
    expect(sum(ERROR)).toBe(0xffff);
    expect(icmp4.check(p, ERROR.length)).toBe(Reason.None);
    expect([icmp4.type(p), icmp4.code(p), icmp4.nextHopMtu(p), icmp4.body(p) - p]).toEqual([3, 4, 1400, 8]);
  });

  it.each([["cut", ERROR.slice(0, 7)], ["damaged", ERROR.map((octet, at) => at === 7 ? 0x79 : octet)], ["empty", new Uint8Array(0)]])("refuses one that is %s", (_name, octets) => {
    expect(wire.files.icmp4.check(wire.putAtEnd(octets), octets.length)).toBe(Reason.Icmpv4Malformed);
  });

  it.each([[9000, 4352], [4352, 1492], [1500, 1492], [1492, 1006], [600, 576]])("takes %i octets without an MTU for %i (RFC 1191 §5)", (length, mtu) => {
    expect(wire.files.icmp4.reportedMtu(wire.put(hex("03 04 fcfb 00000000")), length)).toBe(mtu);
    expect(wire.files.icmp4.reportedMtu(wire.put(ERROR), length)).toBe(1400);
  });

  it("is about another packet or not (RFC 1122 §3.2.2)", () => {
    expect([0, 3, 4, 5, 8, 11, 12, 13].map((type) => wire.files.icmp4.isError(type))).toEqual([0, 1, 1, 1, 0, 1, 1, 0]);
  });

  it("quotes as much as 576 octets hold (RFC 1812 §4.3.2.3)", () => {
    const { icmp4 } = wire.files;
    const invoking = Uint8Array.from({ length: 1500 }, (_, at) => at & 255);
    const [source, destination] = [wire.put(Uint8Array.of(192, 0, 2, 1)), wire.put(Uint8Array.of(192, 0, 2, 2), wire.room + 4)];
    const at = wire.put(invoking, wire.room + 0x1000);
    const out = wire.room + 0x2000;
    for (const [length, expected] of [[1500, 576], [28, 56]]) {
      expect(icmp4.buildError(out, 3, 4, 1400, source, destination, at, length)).toBe(expected);
      const packet = wire.get(out, expected);
      expect([sum(packet.subarray(0, 20)), sum(packet.subarray(20))]).toEqual([0xffff, 0xffff]);
      expect([packet[9], ...packet.subarray(20, 22), ...packet.subarray(24, 28)]).toEqual([1, 3, 4, 0, 0, 0x05, 0x78]);
      expect(packet.subarray(28)).toEqual(invoking.subarray(0, expected - 28));
    }
  });
});
