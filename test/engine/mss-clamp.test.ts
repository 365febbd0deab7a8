import { beforeAll, describe, expect, it } from "vitest";
import { Encapsulation } from "../../bindings/engine.ts";
import { parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import { CORRESPONDENT, HOME_ADDRESS, TUNNEL } from "./harness.ts";
import { CORRESPONDENT_IPV4, ENCAPSULATIONS, HOME_IPV4, build, carry, left, pair } from "./encapsulated-pair.ts";
import { get16, internetChecksum, ipv4, pseudoSum, tcp } from "./ipv4-packets.ts";
import { codec } from "./network.ts";

beforeAll(build, 60_000);

const SYN = 2;
const ACK = 16;
const MSS_1460 = [2, 4, 0x05, 0xb4];

const pseudo6 = (source: string, destination: string, length: number) => pseudoSum(parseAddress(source), parseAddress(destination), 6, length);
const pseudo4 = (source: string, destination: string, length: number) =>
  pseudoSum(parseAnyAddress(source).subarray(12), parseAnyAddress(destination).subarray(12), 6, length);

function segment6(options: number[], flags = SYN, source = CORRESPONDENT, destination = HOME_ADDRESS): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination, hopLimit: 60, nextHeader: 6 } },
    { name: "payload", fields: { data: tcp(flags, options, pseudo6(source, destination, 20 + options.length)) } },
  ]);
}

function segment4(options: number[], flags = SYN, source = CORRESPONDENT_IPV4, destination = HOME_IPV4): Uint8Array {
  return ipv4({ source, destination, protocol: 6, dontFragment: true }, tcp(flags, options, pseudo4(source, destination, 20 + options.length)));
}

/** The segment size at `at` of the TCP header, and whether the checksum is right. */
function read(packet: Uint8Array, at = 22): [size: number, isGood: boolean] {
  const isIpv4 = packet[0] >> 4 === 4;
  const segment = packet.subarray(isIpv4 ? 20 : 40);
  const sum = isIpv4
    ? pseudoSum(packet.subarray(12, 16), packet.subarray(16, 20), 6, segment.length)
    : pseudoSum(packet.subarray(8, 24), packet.subarray(24, 40), 6, segment.length);
  return [get16(segment, at), internetChecksum(segment, sum) === 0];
}

describe.each(ENCAPSULATIONS)("TCP begins by %s with segments that fit", (_name, encapsulation, overhead) => {
  it("in both directions and of both families (RFC 9293 §3.7.1)", () => {
    const [mobile, agent] = pair(encapsulation);
    const room = 1500 - overhead;
    for (const [make, headers] of [[segment6, 60], [segment4, 40]] as const) {
      const request = make(MSS_1460);
      agent.receive(TUNNEL, request);
      const [{ inner }] = left(agent, encapsulation);
      expect(read(inner)).toEqual([Math.min(1460, room - headers), true]);
      carry(mobile, encapsulation, "home agent", request); // from a home agent that does not clamp
      expect(read(mobile.take()[0].packet)).toEqual([Math.min(1460, room - headers), true]);
      const answer = make === segment6
        ? segment6(MSS_1460, SYN | ACK, HOME_ADDRESS, CORRESPONDENT) : segment4(MSS_1460, SYN | ACK, HOME_IPV4, CORRESPONDENT_IPV4);
      mobile.receive(TUNNEL, answer);
      expect(read(left(mobile, encapsulation)[0].inner)).toEqual([Math.min(1460, room - headers), true]);
      carry(agent, encapsulation, "mobile node", answer);
      expect(read(agent.take()[0].packet)).toEqual([Math.min(1460, room - headers), true]);
    }
  });
});

describe("a TCP segment", () => {
  const out = (packet: Uint8Array): Uint8Array => {
    const [, agent] = pair(Encapsulation.UdpIpv4, { pathMtu: 1400 });
    agent.receive(TUNNEL, packet);
    return left(agent, Encapsulation.UdpIpv4)[0].inner;
  };

  it.each([
    ["that begins nothing", segment6(MSS_1460, ACK)],
    ["with a segment size that fits", segment6([2, 4, 0x04, 0xb0])],
    ["without options", segment6([])],
    ["whose options end before", segment6([0, 2, 4, 0x05, 0xb4, 0, 0, 0])],
    ["whose option has another length", segment6([2, 3, 0x05, 0xb4])],
    ["whose option has no length", segment6([5, 0, 2, 4, 0x05, 0xb4, 0, 0])],
    ["by IPv4 that begins nothing", segment4(MSS_1460, ACK)],
    ["that is a later fragment by IPv4", ipv4({ source: CORRESPONDENT_IPV4, destination: HOME_IPV4, protocol: 6, offset: 800 }, tcp(SYN, MSS_1460, 0))],
    ["that is cut", ipv4({ source: CORRESPONDENT_IPV4, destination: HOME_IPV4, protocol: 6 }, tcp(SYN, MSS_1460, 0).slice(0, 22))],
    ["cut before its flags", ipv4({ source: CORRESPONDENT_IPV4, destination: HOME_IPV4, protocol: 6 }, tcp(SYN, MSS_1460, 0).slice(0, 12))],
  ])("%s stays as it is", (_name, packet) => {
    expect(out(packet)).toEqual(packet);
  });

  it.each([1, 2, 3])("has its option behind %i others that do nothing", (count) => {
    const options = [...new Array(count).fill(1), ...MSS_1460, ...new Array(8 - 4 - count).fill(0)];
    expect(read(out(segment6(options)), 22 + count)).toEqual([1400 - 28 - 60, true]);
    expect(read(out(segment4(options)), 22 + count)).toEqual([1400 - 28 - 40, true]);
  });

  it("is found behind an extension header", () => {
    const segment = tcp(SYN, MSS_1460, pseudo6(CORRESPONDENT, HOME_ADDRESS, 24));
    const packet = codec.encode([
      { name: "ipv6", fields: { source: CORRESPONDENT, destination: HOME_ADDRESS, hopLimit: 60 } },
      { name: "destination-options", fields: { nextHeader: 6 }, options: [] }, { name: "payload", fields: { data: segment } },
    ]);
    const inner = out(packet);
    expect(get16(inner, inner.length - 2)).toBe(1400 - 28 - 60);
  });

  it("by IPv6 never begins below what 1280 octets allow", () => {
    const [, agent] = pair(Encapsulation.UdpIpv4, { pathMtu: 600 });
    agent.receive(TUNNEL, segment6(MSS_1460));
    agent.receive(TUNNEL, segment4(MSS_1460));
    expect(left(agent, Encapsulation.UdpIpv4).map(({ inner }) => read(inner))).toEqual([[1220, true], [600 - 28 - 40, true]]);
  });
});
