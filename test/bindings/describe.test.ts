import { beforeAll, describe, expect, it } from "vitest";
import { Codec, LinkType } from "../../bindings/codec.ts";
import { describe as describePacket, toJson } from "../../bindings/describe.ts";
import { fromHex, loadCodecModule } from "../internals/load-codec.ts";

let codec: Codec;

beforeAll(async () => {
  codec = new Codec(await loadCodecModule());
}, 60_000);

/** Written by hand: IPv6, Home Address option, Binding Update with the options of RFC 3963, 4283 and 4285. */
const BINDING_UPDATE = `
  60000000 0068 3c 40  20010db8000200000000000000000020  20010db8000100000000000000000001
  87 02 01020000  c9 10 20010db8000100000000000000000010
  3b 09 05 00 e629  0011 c400 0069
  06 12 00 30 20010db8000f00000000000000000000
  08 0f 01 6d6e406578616d706c652e6f7267
  00  0a 08 e000000080000000
  00  09 11 01 00000104 000102030405060708090a0b`;

/** From the home agent to the mobile node: type 2 routing header, refused. */
const ACKNOWLEDGEMENT = `
  60000000 0028 2b 40  20010db8000100000000000000000001  20010db8000200000000000000000020
  87 02 02 01 00000000 20010db8000100000000000000000010
  3b 01 06 00 da65  87 00 0011 0069  01020000`;

/** A Parameter Problem about the Home Address option (RFC 4443 §3.4), which quotes a Home Test Init. */
const PARAMETER_PROBLEM = `
  60000000 0058 3a 40  20010db8000100000000000000000001  20010db8000200000000000000000020
  04 02 84e5 0000002e
  60000000 0028 3c 40  20010db8000200000000000000000020  20010db8000100000000000000000001
  87 02 01020000  c9 10 20010db8000100000000000000000010
  3b 01 01 00 57ce 0000 0102030405060708`;

/** A Router Advertisement that a router has forwarded. */
const FORWARDED_ADVERTISEMENT = `
  60000000 0040 3a fe  fe800000000000000000000000000001  ff020000000000000000000000000001
  86 00 9aec  40 20 0708 00000000 00000000
  03 04 40 e0 ffffffff 00000708 00000000 20010db8000100000000000000000001
  08 01 0000 0005 003c
  19 01 000000000000`;

/** An option that overruns the message, behind a Binding Identifier option. */
const OVERRUN = `
  60000000 0028 87 40  20010db8000200000000000000000020  20010db8000100000000000000000001
  3b 04 06 00 c27d  a8 00 0000 0000
  23 14 0007 a5 03 20010db8000200000000000000000020
  01 3c 01020000`;

function lines(hex: string, verbose: boolean): string[] {
  return describePacket(codec.dissect(fromHex(hex)), { verbose, dissect: (inner) => codec.dissect(inner) });
}

describe("describe", () => {
  it.each([
    [
      "a Binding Update",
      BINDING_UPDATE,
      [
        "2001:db8:2::20 > 2001:db8:1::1: Destination Options home address 2001:db8:1::10: " +
          'Binding Update [AHR] seq 17 lifetime 420 s prefix 2001:db8:f::/48 node "mn@example.org"',
      ],
    ],
    [
      "a refusal",
      ACKNOWLEDGEMENT,
      [
        "2001:db8:1::1 > 2001:db8:2::20: Routing type 2 home address 2001:db8:1::10: " +
          "Binding Acknowledgement status 135 (sequence number out of window) seq 17 lifetime 420 s",
      ],
    ],
    [
      "an error and what it is about",
      PARAMETER_PROBLEM,
      [
        "2001:db8:1::1 > 2001:db8:2::20: Parameter Problem code 2 (unrecognized option) pointer 46: about " +
          "2001:db8:2::20 > 2001:db8:1::1: Destination Options home address 2001:db8:1::10: " +
          "Home Test Init cookie 0x0102030405060708",
      ],
    ],
    [
      "why a packet is refused",
      FORWARDED_ADVERTISEMENT,
      [
        "fe80::1 > ff02::1: Router Advertisement [H] lifetime 1800 s prefix 2001:db8:1::1/64",
        "  ! Router Advertisement: the hop limit of a neighbour discovery message is not 255 (RFC 4861 §6.1, octet 40)",
      ],
    ],
    [
      "where an option overruns",
      OVERRUN,
      [
        "2001:db8:2::20 > 2001:db8:1::1: " +
          "Binding Acknowledgement status 168 (MCoA bulk registration prohibited) seq 0 lifetime 0 s BID 7",
        "  ! Binding Acknowledgement: a mobility option runs past the end of the message (RFC 6275 §6.2.1, octet 74)",
      ],
    ],
  ])("sums up %s", (_, hex, expected) => {
    expect(lines(hex, false)).toEqual(expected);
  });

  it("says all when asked to", () => {
    expect(lines(BINDING_UPDATE, true).slice(1)).toEqual([
      "  IPv6 (0, 40 octets): hop limit 64, source 2001:db8:2::20, destination 2001:db8:1::1",
      "  Destination Options (40, 24 octets)",
      "    PadN (42, 4 octets): data 0000",
      "    Home Address (46, 18 octets): address 2001:db8:1::10",
      "  Binding Update (64, 80 octets): checksum 0xe629 (good), sequence 17, lifetime 420 s, " +
        "flags acknowledge + home registration + mobile router",
      "    Mobile Network Prefix (76, 20 octets): prefix length 48, prefix 2001:db8:f::",
      '    Mobile Node Identifier (96, 17 octets): subtype 1 (network access identifier), identifier "mn@example.org"',
      "    Pad1 (113, 1 octet)",
      "    Replay Protection (114, 10 octets): timestamp 2019-02-02T11:39:44.500Z",
      "    Pad1 (124, 1 octet)",
      "    Mobility Message Authentication (125, 19 octets): subtype 1 (mobile node home agent), " +
        "security parameters index 0x00000104, authentication data 000102030405060708090a0b",
    ]);
    expect(lines(FORWARDED_ADVERTISEMENT, true).slice(2)).toEqual([
      "  Router Advertisement (40, 64 octets): type 134, code 0, checksum 0x9aec (good), hop limit 64, " +
        "router lifetime 1800 s, reachable time 0 ms, retransmission timer 0 ms, flags home agent",
      "  ! Router Advertisement: the hop limit of a neighbour discovery message is not 255 (RFC 4861 §6.1, octet 40)",
      "    Prefix Information (56, 32 octets): prefix length 64, valid lifetime infinity, preferred lifetime 1800 s, " +
        "prefix 2001:db8:1::1, flags on link + autonomous + router address",
      "    Home Agent Information (88, 8 octets): preference 5, lifetime 60 s",
      "    Neighbour Option 25 (96, 8 octets): data 000000000000",
    ]);
  });

  it("names the checksum that is wrong", () => {
    const damaged = BINDING_UPDATE.replace("e629", "e62a");
    expect(lines(damaged, false)[1]).toBe(
      "  ! Binding Update: the checksum of the Mobility Header is wrong (RFC 6275 §9.2, octet 64)",
    );
  });

  it("leaves link headers to the details", () => {
    const packet = codec.encode([
      { name: "ethernet", fields: { destination: "33:33:00:00:00:01", source: "02:00:5e:00:53:01" } },
      { name: "ipv6", fields: { source: "fe80::1", destination: "ff02::1" } },
      { name: "echo-request", fields: { identifier: 7, sequence: 1 } },
    ]);
    expect(describePacket(codec.dissect(packet, LinkType.Ethernet), { verbose: true }).slice(0, 2)).toEqual([
      "fe80::1 > ff02::1: Echo Request id 7 seq 1",
      "  Ethernet (0, 14 octets): destination 33:33:00:00:00:01, source 02:00:5e:00:53:01, ether type 0x86dd",
    ]);
  });

  it("has words for octets that are no packet", () => {
    expect(lines("", false)).toEqual([
      "0 octets",
      "  ! Payload: the packet is shorter than its header or its Payload Length says (RFC 8200 §3, octet 0)",
    ]);
  });
});

describe("toJson", () => {
  it("has the fields by name, octets as hexadecimal digits, 64-bit numbers as text", () => {
    const [ipv6, routing, message] = toJson(codec.dissect(fromHex(ACKNOWLEDGEMENT))) as Record<
      string,
      never
    >[];
    expect(ipv6).toMatchObject({
      name: "ipv6",
      offset: 0,
      length: 40,
      fields: { source: "2001:db8:1::1", hopLimit: 64 },
    });
    expect(routing.fields).toMatchObject({ homeAddress: "2001:db8:1::10", segmentsLeft: 1 });
    expect(message).toEqual({
      name: "binding-acknowledgement",
      offset: 64,
      length: 16,
      checksum: "good",
      fields: {
        payloadProto: 59,
        headerLen: 1,
        mhType: 6,
        checksum: 0xda65,
        status: 135,
        keyManagementMobility: false,
        mobileRouter: false,
        proxyRegistration: false,
        typeLengthValueHeader: false,
        sequence: 17,
        lifetime: 105,
      },
      options: [{ name: "pad-n", offset: 76, length: 4, fields: { type: 1, length: 2, data: "0000" } }],
    });
    const [, problem] = toJson(codec.dissect(fromHex(PARAMETER_PROBLEM)).slice(0, 2)) as Record<
      string,
      never
    >[];
    expect(problem.fields).toMatchObject({ code: 2, pointer: 46 });
    const quoted = codec.dissect(fromHex(PARAMETER_PROBLEM).subarray(48));
    expect(JSON.stringify(toJson(quoted))).toContain('"homeInitCookie":"72623859790382856"');
  });

  it("carries the reason of a refusal", () => {
    const layers = toJson(codec.dissect(fromHex(OVERRUN))) as { problem?: object }[];
    expect(layers[1].problem).toEqual({
      reason: 45,
      section: "RFC 6275 §6.2.1",
      text: "a mobility option runs past the end of the message",
      offset: 74,
    });
  });

  it("has lists as arrays", () => {
    const packet = codec.encode([
      { name: "ipv6", fields: { source: "2001:db8::1", destination: "2001:db8::2" } },
      { name: "home-agent-address-discovery-reply", fields: { address: ["2001:db8::3", "2001:db8::4"] } },
    ]);
    const [, reply] = toJson(codec.dissect(packet)) as { fields: Record<string, unknown> }[];
    expect(reply.fields.address).toEqual(["2001:db8::3", "2001:db8::4"]);
  });
});
