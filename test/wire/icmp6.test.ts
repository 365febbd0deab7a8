import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Icmpv6Type, NextHeader, ParameterProblemCode } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { CAREOF_ADDRESS, HOME_AGENT, packet, putAddresses, withChecksum } from "./reference.ts";

const { Icmpv6 } = NextHeader;

let wire: Wire;
let source: number;
let destination: number;

beforeAll(async () => {
  wire = await loadWire();
  [source, destination] = putAddresses(wire, CAREOF_ADDRESS, HOME_AGENT);
}, 60_000);

function message(text: string): Uint8Array {
  return withChecksum(CAREOF_ADDRESS, HOME_AGENT, hex(text), Icmpv6, 2);
}

function check(octets: Uint8Array): number {
  return wire.files.icmp6.check(wire.putAtEnd(octets), octets.length, source, destination);
}

describe("ICMPv6 messages (RFC 4443 §2.1)", () => {
  it("are read as drawn", () => {
    const { icmp6 } = wire.files;
    const echo = message("81 00 0000 beef cafe 0102030405");
    expect(check(echo)).toBe(Reason.None);
    const p = wire.putAtEnd(echo);
    expect([icmp6.type(p), icmp6.code(p), icmp6.isError(p)]).toEqual([Icmpv6Type.EchoReply, 0, 0]);
    expect([icmp6.identifier(p), icmp6.sequence(p)]).toEqual([0xbeef, 0xcafe]);
    expect(icmp6.body(p) - p).toBe(8);

    const tooBig = message("02 07 0000 000005dc 60");
    expect(check(tooBig)).toBe(Reason.None);
    const q = wire.putAtEnd(tooBig);
    expect([icmp6.type(q), icmp6.code(q), icmp6.isError(q), icmp6.value(q)]).toEqual([2, 7, 1, 1500]);
  });

  it("are refused when they are short or changed", () => {
    expect(check(new Uint8Array(0))).toBe(Reason.Icmpv6Truncated);
    expect(check(message("80 00 0000 000000"))).toBe(Reason.Icmpv6Truncated);
    const echo = message("80 00 0000 0001 0002 aabb");
    fc.assert(
      fc.property(fc.nat(echo.length * 8 - 1), (bit) => {
        const changed = echo.slice();
        changed[bit >> 3] ^= 0x80 >> (bit & 7);
        expect(check(changed)).toBe(Reason.Icmpv6Checksum);
      }),
    );
  });

  it("are echoed", () => {
    const { icmp6 } = wire.files;
    const data = wire.put(hex("0102030405"), wire.room + 64);
    const length = icmp6.buildEcho(wire.room, 128, 0xbeef, 0xcafe, source, destination, data, 5);
    expect(wire.get(wire.room, length)).toEqual(message("80 00 0000 beef cafe 0102030405"));
    icmp6.finish(wire.room, length, source, destination);
    expect(wire.get(wire.room, length)).toEqual(message("80 00 0000 beef cafe 0102030405"));
  });
});

describe("the packet with an ICMPv6 error (RFC 4443 §3)", () => {
  it("quotes the invoking packet, up to the minimum MTU (RFC 4443 §2.4(c))", () => {
    const { icmp6, ip6 } = wire.files;
    const invokingPacket = fc.nat(2000).map((length) => Uint8Array.from({ length }, (_, at) => at));
    fc.assert(
      fc.property(invokingPacket, fc.nat(0xffffffff), (invoking, value) => {
        const at = wire.put(invoking, wire.room + 0x1000);
        const { ParameterProblem } = Icmpv6Type;
        const { UnrecognizedOption } = ParameterProblemCode;
        const length = icmp6.buildError(
          wire.room, ParameterProblem, UnrecognizedOption, value, source, destination, at, invoking.length,
        );
        expect(length).toBe(Math.min(1280, 48 + invoking.length));
        expect(ip6.check(wire.room, length)).toBe(Reason.None);
        expect(ip6.totalLength(wire.room)).toBe(length);
        const pointer = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
        const body = concat(hex("04 02 0000"), pointer, invoking.slice(0, 1232));
        const expected = withChecksum(CAREOF_ADDRESS, HOME_AGENT, body, Icmpv6, 2);
        expect(wire.get(wire.room, length)).toEqual(packet(Icmpv6, expected));
      }),
    );
  });

  it("is known as an error, behind other headers and when cut, too (RFC 4443 §2.4(e.1))", () => {
    const { icmp6 } = wire.files;
    const isErrorPacket = (octets: Uint8Array) => icmp6.isErrorPacket(wire.putAtEnd(octets), octets.length);
    const error = packet(Icmpv6, message("01 00 0000 00000000"));
    expect(isErrorPacket(error)).toBe(1);
    expect(isErrorPacket(error.slice(0, 41))).toBe(1);
    expect(isErrorPacket(error.slice(0, 40))).toBe(0);
    const optioned = concat(hex("3a 00 01 04 00000000"), message("7f 00 0000 00000000"));
    expect(isErrorPacket(packet(NextHeader.Destination, optioned))).toBe(1);
    expect(isErrorPacket(packet(Icmpv6, message("80 00 0000 00000000")))).toBe(0);
    expect(isErrorPacket(packet(17, hex("01 00 0000 00000000")))).toBe(0);
  });
});

describe("Home Agent Address Discovery (RFC 6275 §6.5, §6.6)", () => {
  const FIRST = hex("20010db8 00010000 00000000 00000001");
  const SECOND = hex("20010db8 00010000 00000000 00000002");
  const REQUEST = message("90 00 0000 beef 0000");
  const REPLY = message(`91 00 0000 beef 0000
    20010db8 00010000 00000000 00000001
    20010db8 00010000 00000000 00000002`);

  it("requests (6275-6.5-1)", () => {
    const { homeAgentDiscovery: discovery, icmp6 } = wire.files;
    const p = wire.putAtEnd(REQUEST);
    expect(discovery.check(p, REQUEST.length, source, destination)).toBe(Reason.None);
    expect(discovery.identifier(p)).toBe(0xbeef);
    const end = discovery.buildRequest(wire.room, 0xbeef);
    icmp6.finish(wire.room, end - wire.room, source, destination);
    expect(wire.get(wire.room, end - wire.room)).toEqual(REQUEST);
  });

  it("replies with a list of home agents (6275-6.6-1)", () => {
    const { homeAgentDiscovery: discovery, icmp6 } = wire.files;
    const p = wire.putAtEnd(REPLY);
    expect(discovery.check(p, REPLY.length, source, destination)).toBe(Reason.None);
    expect(discovery.identifier(p)).toBe(0xbeef);
    expect(discovery.addressCount(REPLY.length)).toBe(2);
    expect(wire.get(discovery.address(p, 0), 16)).toEqual(FIRST);
    expect(wire.get(discovery.address(p, 1), 16)).toEqual(SECOND);
    let end = discovery.buildReply(wire.room, 0xbeef);
    end = discovery.appendAddress(end, wire.put(FIRST, wire.room + 256));
    end = discovery.appendAddress(end, wire.put(SECOND, wire.room + 256));
    icmp6.finish(wire.room, end - wire.room, source, destination);
    expect(wire.get(wire.room, end - wire.room)).toEqual(REPLY);
  });

  it("counts whole addresses only", () => {
    const { homeAgentDiscovery: discovery } = wire.files;
    const counts = [8, 23, 24, 39, 40, 1240].map((length) => discovery.addressCount(length));
    expect(counts).toEqual([0, 0, 1, 1, 2, 77]);
  });

  it("ignores Reserved and refuses another code (6275-6.5-1)", () => {
    const { homeAgentDiscovery: discovery } = wire.files;
    const verdict = (text: string) => {
      const octets = message(text);
      return discovery.check(wire.putAtEnd(octets), octets.length, source, destination);
    };
    expect(verdict("90 00 0000 beef ffff")).toBe(Reason.None);
    expect(verdict("90 01 0000 beef 0000")).toBe(Reason.Icmpv6Code);
    expect(verdict("90 00 0000 beef")).toBe(Reason.Icmpv6Truncated);
  });
});

describe("Mobile Prefix messages (RFC 6275 §6.7, §6.8)", () => {
  const PREFIX = "03 04 40 60 00015180 00003840 00000000 20010db8 00010000 00000000 00000000";

  it("solicit (6275-6.7-3, 6275-6.7-4)", () => {
    const { mobilePrefix, icmp6 } = wire.files;
    const solicitation = message("92 00 0000 1234 0000");
    const p = wire.putAtEnd(solicitation);
    expect(mobilePrefix.check(p, solicitation.length, source, destination)).toBe(Reason.None);
    expect(mobilePrefix.identifier(p)).toBe(0x1234);
    const end = mobilePrefix.buildSolicitation(wire.room, 0x1234);
    icmp6.finish(wire.room, end - wire.room, source, destination);
    expect(wire.get(wire.room, end - wire.room)).toEqual(solicitation);
  });

  it("advertise prefixes (6275-6.8-4, 6275-6.8-5)", () => {
    const { mobilePrefix, neighbourOptions: options, icmp6 } = wire.files;
    const advertisement = message(`93 00 0000 1234 8000 ${PREFIX}`);
    const p = wire.putAtEnd(advertisement);
    expect(mobilePrefix.check(p, advertisement.length, source, destination)).toBe(Reason.None);
    expect([mobilePrefix.hasFlag(p, 0x8000), mobilePrefix.hasFlag(p, 0x4000)]).toEqual([1, 0]);
    const option = options.find(p + 8, p + advertisement.length, 3);
    expect(option - p).toBe(8);
    expect(options.prefixLength(option)).toBe(64);

    const prefix = wire.put(hex("20010db8 00010000 00000000 00000000"), wire.room + 256);
    let end = mobilePrefix.buildAdvertisement(wire.room, 0x1234, 0x8000);
    end = options.appendPrefixInformation(end, 64, 0x60, 86_400_000, 14_400_000, prefix);
    icmp6.finish(wire.room, end - wire.room, source, destination);
    expect(wire.get(wire.room, end - wire.room)).toEqual(advertisement);
  });

  it("skip unknown options and refuse those without a length (6275-6.7-5, 6275-6.8-6)", () => {
    const { mobilePrefix, neighbourOptions: options } = wire.files;
    const unknown = message(`93 00 0000 1234 0000 fe 01 000000000000 ${PREFIX}`);
    const p = wire.putAtEnd(unknown);
    expect(mobilePrefix.check(p, unknown.length, source, destination)).toBe(Reason.None);
    expect(options.find(p + 8, p + unknown.length, 3) - p).toBe(16);
    for (const text of ["fe 00 000000000000", "fe 02 000000000000", "fe 01 0000"]) {
      const octets = message(`93 00 0000 1234 0000 ${text}`);
      const verdict = mobilePrefix.check(wire.putAtEnd(octets), octets.length, source, destination);
      expect(Reason[verdict]).toBe("NeighbourOptionLength");
    }
  });
});
