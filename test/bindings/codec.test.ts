import { beforeAll, describe, expect, it } from "vitest";
import { Field, Layer as LayerId } from "../../core-as/abi/fields.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { Codec, EncodeError, type Layer, type LayerInput, LinkType, toInput, valueOf } from "../../bindings/codec.ts";
import { type CodecInternals, fromHex, loadCodecModule, toHex } from "../internals/load-codec.ts";

let module: WebAssembly.Module;
let codec: Codec;

beforeAll(async () => {
  module = await loadCodecModule();
  codec = new Codec(module);
}, 60_000);

const IPV6: LayerInput = { name: "ipv6", fields: { source: "2001:db8:2::20", destination: "2001:db8:1::1" } };

function encodeBehindIpv6(...layers: LayerInput[]): string {
  return toHex(codec.encode([IPV6, ...layers]).subarray(40));
}

function problemOf(layers: Layer[]): Reason | undefined {
  return layers.find(({ problem }) => problem)?.problem?.reason;
}

describe("encode", () => {
  it("writes a Router Advertisement with the flags and options of RFC 6275 §7", () => {
    const packet = codec.encode([
      { name: "ipv6", fields: { source: "fe80::1", destination: "ff02::1", hopLimit: 255 } },
      {
        name: "router-advertisement",
        fields: { hopLimit: 64, homeAgent: true, routerLifetime: 1800 },
        options: [
          {
            name: "prefix-information",
            fields: {
              prefix: "2001:db8:1::1", prefixLength: 64, onLink: true, autonomous: true, routerAddress: true,
              validLifetime: 3600, preferredLifetime: 1800,
            },
          },
          { name: "advertisement-interval", fields: { interval: 1000 } },
          { name: "home-agent-information", fields: { preference: 10, lifetime: 1800 } },
          { name: "source-link-layer-address", fields: { linkLayerAddress: "02:00:5e:00:53:01" } },
        ],
      },
    ]);
    expect(toHex(packet)).toBe(
      "60000000" + "00483aff" + "fe800000000000000000000000000001" + "ff020000000000000000000000000001" +
        "8600e018" + "40200708" + "00000000" + "00000000" +
        "030440e0" + "00000e10" + "00000708" + "00000000" + "20010db8000100000000000000000001" +
        "07010000" + "000003e8" + "08010000" + "000a0708" + "010102005e005301",
    );
    expect(codec.dissect(packet)[1]).toMatchObject({ checksum: "good", length: 72 });
    expect(problemOf(codec.dissect(packet))).toBeUndefined();
  });

  it("aligns options and pads the message (RFC 6275 §6.2)", () => {
    const update = encodeBehindIpv6({
      name: "binding-update",
      fields: { sequence: 7, acknowledge: true, homeRegistration: true, lifetime: 105, checksum: 0 },
      options: [
        { name: "alternate-careof-address", fields: { careofAddress: "2001:db8:2::20" } },
        { name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 2 } },
        { name: "binding-authorization-data", fields: { authenticator: fromHex("00112233445566778899aabb") } },
      ],
    });
    expect(update).toBe(
      "3b0605000000" + "0007" + "c000" + "0069" +
        "0100" + "0310" + "20010db8000200000000000000000020" + // PadN to 8n + 6
        "0404" + "00010002" + "0102" + "0000" + "050c" + "00112233445566778899aabb",
    );
  });

  it("puts the Home Address option at 8n + 6 and takes its address into the checksum (RFC 6275 §6.1.1)", () => {
    const packet = codec.encode([
      IPV6,
      { name: "destination-options", options: [{ name: "home-address", fields: { address: "2001:db8:1::10" } }] },
      { name: "binding-refresh-request" },
    ]);
    expect(toHex(packet.subarray(40, 64))).toBe("8702" + "01020000" + "c910" + "20010db8000100000000000000000010");
    const direct = codec.encode([
      { name: "ipv6", fields: { source: "2001:db8:1::10", destination: "2001:db8:1::1" } },
      { name: "binding-refresh-request" },
    ]);
    expect(toHex(packet.subarray(64))).toBe(toHex(direct.subarray(40)));
    expect(codec.dissect(packet)[2].checksum).toBe("good");
  });

  it("takes the home address of a type 2 routing header as the destination (RFC 6275 §6.4.1)", () => {
    const packet = codec.encode([
      IPV6,
      { name: "routing-type2", fields: { homeAddress: "2001:db8:1::10" } },
      { name: "udp", fields: { sourcePort: 2000, destinationPort: 1000 } },
      { name: "payload", fields: { data: fromHex("68656c6c6f") } },
    ]);
    expect(toHex(packet.subarray(40, 64))).toBe("1102020100000000" + "20010db8000100000000000000000010");
    const layers = codec.dissect(packet);
    expect(layers.map(({ name }) => name)).toEqual(["ipv6", "routing-type2", "udp", "payload"]);
    expect(layers[2]).toMatchObject({ checksum: "good" });
    expect(valueOf(layers[2], "length")).toBe(13);
  });

  it("tunnels: an inner IPv6 header follows the outer one, and in RFC 5555 UDP and IPv4", () => {
    const inner: LayerInput[] = [
      { name: "ipv6", fields: { source: "2001:db8:1::10", destination: "2001:db8:3::30" } },
      { name: "echo-request", fields: { identifier: 1, sequence: 2 } },
      { name: "payload", fields: { data: fromHex("0102030405") } },
    ];
    const plain = codec.encode([IPV6, ...inner]);
    expect(toHex(plain.subarray(4, 8))).toBe("0035" + "29" + "40");
    expect(codec.dissect(plain).map(({ name }) => name)).toEqual(["ipv6", "ipv6", "echo-request", "payload"]);
    const overIpv4 = codec.encode([
      { name: "ipv4", fields: { source: "192.0.2.9", destination: "198.51.100.1" } },
      { name: "udp", fields: { sourcePort: 4191, destinationPort: 4191 } },
      ...inner,
    ]);
    const layers = codec.dissect(overIpv4);
    expect(layers.map(({ name }) => name)).toEqual(["ipv4", "udp", "ipv6", "echo-request", "payload"]);
    expect(layers.map(({ checksum }) => checksum)).toEqual(["good", "not checkable", undefined, "good", undefined]);
  });

  it("writes what it is told, also when that is wrong", () => {
    const packet = codec.encode([
      { name: "ipv6", fields: { source: "::", destination: "ff02::1", payloadLength: 99, nextHeader: 1, version: 5 } },
      { name: "binding-error", fields: { headerLen: 7, payloadProto: 41, checksum: 0xbeef, status: 1 } },
    ]);
    expect(toHex(packet)).toBe(
      "50000000" + "00630140" + "0".repeat(32) + "ff020000000000000000000000000001" +
        "2907" + "0700" + "beef" + "0100" + "0".repeat(32),
    );
  });

  it("writes types that have no name", () => {
    expect(encodeBehindIpv6({
      name: "mobility-message-77", fields: { checksum: 0, data: fromHex("aabb") }, options: [],
    })).toBe("3b004d000000aabb");
    expect(encodeBehindIpv6({
      name: "binding-refresh-request", fields: { checksum: 0 },
      options: [{ name: "mobility-option-200", fields: { data: fromHex("0102") } }],
    })).toBe("3b01000000000000" + "c8020102" + "01020000");
  });

  it.each<[string, LayerInput[], string]>([
    ["a layer that does not exist", [{ name: "binding-upgrade" }], 'there is no layer "binding-upgrade"'],
    ["a field that does not exist", [{ name: "ipv6", fields: { hops: 1 } }], 'ipv6.hops: there is no field "hops"'],
    ["a field of another layer", [{ name: "ipv6", fields: { lifetime: 1 } }], "ipv6.lifetime: this layer has no such field"],
    ["a number that is too large", [{ name: "ipv6", fields: { hopLimit: 256 } }], "ipv6.hopLimit: the number does not fit"],
    ["a negative number", [{ name: "ipv6", fields: { hopLimit: -1 } }], "ipv6.hopLimit: -1 does not fit"],
    ["a fraction", [{ name: "ipv6", fields: { hopLimit: 1.5 } }], "ipv6.hopLimit: 1.5 is no integer"],
    ["a wrong address", [{ name: "ipv6", fields: { source: "2001:db8::1::2" } }], 'ipv6.source: has "::" more than once'],
    ["an IPv4 address where IPv6 belongs", [{ name: "ipv6", fields: { source: "192.0.2.1" } }], "ipv6.source: the value has not"],
    ["an option of another family",
      [{ name: "binding-update", options: [{ name: "mtu", fields: { mtu: 1280 } }] }], "mtu: does not belong here"],
    ["an option in a header without options",
      [{ name: "ipv6", options: [{ name: "pad-n" }] }], "pad-n: does not belong here"],
    ["an option that is too long",
      [{ name: "binding-update", options: [{ name: "signature", fields: { signature: new Uint8Array(256) } }] }],
      "signature: becomes too long for its length field"],
    ["a packet that is too long",
      [{ name: "payload", fields: { data: new Uint8Array(65_793) } }], "payload.data: the packet becomes too long"],
  ])("refuses %s", (_, layers, message) => {
    expect(() => codec.encode(layers)).toThrowError(EncodeError);
    expect(() => codec.encode(layers)).toThrowError(message);
  });
});

describe("dissect", () => {
  it("reads Ethernet with a VLAN tag, and keeps the padding of the link apart", () => {
    const layers: LayerInput[] = [
      { name: "ethernet", fields: { destination: "33:33:00:00:00:01", source: "02:00:5e:00:53:01" } },
      { name: "vlan-tag", fields: { vlan: 42, priority: 3 } },
      IPV6,
      { name: "binding-refresh-request" },
      { name: "trailer", fields: { data: fromHex("000000000000") } },
    ];
    const packet = codec.encode(layers);
    const read = codec.dissect(packet, LinkType.Ethernet);
    expect(read.map(({ name }) => name)).toEqual(layers.map(({ name }) => name));
    expect(valueOf(read[1], "vlan")).toBe(42);
    expect(valueOf(read[2], "payloadLength")).toBe(8);
    expect(read[3].checksum).toBe("good");
  });

  it.each([
    [LinkType.LinuxCooked, "0000 0001 0006 02005e0053010000 86dd"],
    [LinkType.LinuxCooked2, "86dd 0000 00000002 0001 00 06 02005e0053010000"],
    [LinkType.BsdNull, "1e000000"],
    [LinkType.BsdNull, "0000000a"],
    [LinkType.BsdLoop, "0000001c"],
    [LinkType.Ipv6, ""],
    [LinkType.Raw, ""],
  ])("reads link type %i", (linkType, header) => {
    const packet = codec.encode([IPV6, { name: "echo-reply" }]);
    const layers = codec.dissect(Buffer.concat([fromHex(header), packet]), linkType);
    expect(layers.slice(-2).map(({ name }) => name)).toEqual(["ipv6", "echo-reply"]);
    expect(layers.at(-1)?.checksum).toBe("good");
  });

  it.each<[string, string, Reason]>([
    ["an empty packet", "", Reason.Ipv6Truncated],
    ["IPv4 where IPv6 belongs", "60", Reason.Ipv6Truncated],
    ["another version", "70".padEnd(80, "0"), Reason.NotIpv6],
    ["a Payload Length that is too large", "6000000000090040".padEnd(80, "0"), Reason.Ipv6Truncated],
  ])("says why %s is refused", (_, hex, reason) => {
    expect(problemOf(codec.dissect(fromHex(hex), LinkType.Ipv6))).toBe(reason);
  });

  it.each<[string, LayerInput[], Reason]>([
    ["6275-6.4.1-3: segments left", [{ name: "routing-type2", fields: { segmentsLeft: 2, homeAddress: "2001:db8::1" } }],
      Reason.RoutingType2SegmentsLeft],
    ["an unknown MH Type", [{ name: "mobility-message-200" }], Reason.MobilityTypeUnrecognized],
    ["6275-9.2-5: Payload Proto", [{ name: "binding-refresh-request", fields: { payloadProto: 58 } }],
      Reason.MobilityPayloadProto],
    ["6275-9.2-8: Header Len", [{ name: "binding-refresh-request", fields: { mhType: 5 } }], Reason.MobilityHeaderLen],
    ["a wrong checksum", [{ name: "binding-refresh-request", fields: { checksum: 1 } }], Reason.MobilityChecksum],
    ["a wrong option length", [{ name: "binding-update", options: [
      { name: "binding-refresh-advice", fields: { refreshInterval: 1, rest: fromHex("0000") } },
    ] }], Reason.MobilityOptionLength],
    ["an ICMPv6 checksum", [{ name: "echo-request", fields: { checksum: 1 } }], Reason.Icmpv6Checksum],
    ["a hop limit below 255", [{ name: "neighbour-solicitation", fields: { target: "2001:db8::1" } }],
      Reason.NeighbourHopLimit],
  ])("says what the engine says: %s", (_, layers, reason) => {
    expect(problemOf(codec.dissect(codec.encode([IPV6, ...layers])))).toBe(reason);
  });

  it("does not judge the checksum of a fragment", () => {
    const fragment = (moreFragments: boolean): Layer[] => codec.dissect(codec.encode([
      IPV6, { name: "fragment", fields: { moreFragments } }, { name: "echo-request" },
    ]));
    expect(fragment(true)[2].checksum).toBe("not checkable");
    expect(fragment(false)[2].checksum).toBe("good");
  });

  it("says when a packet has more than fits", () => {
    const data = new Uint8Array(2030);
    const layers = codec.dissect(codec.encode([
      IPV6,
      { name: "hop-by-hop", fields: { headerExtensionLength: 253, rest: data } },
      { name: "destination-options", fields: { headerExtensionLength: 253, rest: data } },
    ]));
    expect(layers.at(-1)).toMatchObject({ name: "more", fields: [] });
    expect(layers.reduce((sum, layer) => sum + layer.options.length, 0)).toBeGreaterThan(1000);
  });

  it("leaves packets as they are when layers are written again", () => {
    const packet = codec.encode([IPV6, { name: "home-agent-switch", fields: { address: ["2001:db8::1", "2001:db8::2"] } }]);
    const layers = codec.dissect(packet);
    expect(layers[1].fields.filter(({ name }) => name === "address").map(({ value }) => value))
      .toEqual(["2001:db8::1", "2001:db8::2"]);
    expect(valueOf(layers[1], "addressCount")).toBe(2);
    expect(toHex(codec.encode(layers.map(toInput)))).toBe(toHex(packet));
  });
});

describe("tables of fields", () => {
  it("are where the headers' own drawings have them", () => {
    const { fieldOffset } = new WebAssembly.Instance(module).exports as unknown as CodecInternals;
    const at = (layer: LayerId, field: Field) => fieldOffset(layer, field) / 8;
    expect(at(LayerId.Ipv6, Field.Destination)).toBe(24); // RFC 8200 §3
    expect(at(LayerId.RoutingType2, Field.HomeAddress)).toBe(8); // RFC 6275 §6.4.1
    expect(at(LayerId.Fragment, Field.Identification)).toBe(4); // RFC 8200 §4.5
    expect(at(LayerId.HomeTest, Field.HomeKeygenToken)).toBe(16); // RFC 6275 §6.1.5
    expect(at(LayerId.BindingUpdate, Field.Lifetime)).toBe(10); // RFC 6275 §6.1.7
    expect(at(LayerId.BindingAcknowledgement, Field.Sequence)).toBe(8); // RFC 6275 §6.1.8
    expect(at(LayerId.BindingError, Field.HomeAddress)).toBe(8); // RFC 6275 §6.1.9
    expect(at(LayerId.PrefixInformation, Field.Prefix)).toBe(16); // RFC 4861 §4.6.2
    expect(fieldOffset(LayerId.PrefixInformation, Field.RouterAddress)).toBe(26); // RFC 6275 §7.2
    expect(fieldOffset(LayerId.RouterAdvertisement, Field.HomeAgent)).toBe(42); // RFC 6275 §7.1
    expect(fieldOffset(LayerId.Ipv6, Field.Lifetime)).toBe(-1);
  });
});
