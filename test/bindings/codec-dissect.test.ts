import { beforeAll, describe, expect, it } from "vitest";
import { Field, Layer as LayerId } from "../../core-as/abi/fields.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { Codec, type Layer, type LayerInput, LinkType, toInput, valueOf } from "../../bindings/codec.ts";
import { type CodecInternals, fromHex, loadCodecModule, toHex } from "../internals/load-codec.ts";

let codec: Codec;

beforeAll(async () => {
  codec = new Codec(await loadCodecModule());
}, 60_000);

const IPV6: LayerInput = { name: "ipv6", fields: { source: "2001:db8:2::20", destination: "2001:db8:1::1" } };

function problemOf(layers: Layer[]): Reason | undefined {
  return layers.find(({ problem }) => problem)?.problem?.reason;
}

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
    [LinkType.BsdNull, "18000000"],
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
    [
      "6275-6.4.1-3: segments left",
      [{ name: "routing-type2", fields: { segmentsLeft: 2, homeAddress: "2001:db8::1" } }],
      Reason.RoutingType2SegmentsLeft,
    ],
    ["an unknown MH Type", [{ name: "mobility-message-200" }], Reason.MobilityTypeUnrecognized],
    [
      "6275-9.2-5: Payload Proto",
      [{ name: "binding-refresh-request", fields: { payloadProto: 58 } }],
      Reason.MobilityPayloadProto,
    ],
    [
      "6275-9.2-8: Header Len",
      [{ name: "binding-refresh-request", fields: { mhType: 5 } }],
      Reason.MobilityHeaderLen,
    ],
    [
      "a wrong checksum",
      [{ name: "binding-refresh-request", fields: { checksum: 1 } }],
      Reason.MobilityChecksum,
    ],
    [
      "a wrong option length",
      [
        {
          name: "binding-update",
          options: [
            { name: "binding-refresh-advice", fields: { refreshInterval: 1, rest: fromHex("0000") } },
          ],
        },
      ],
      Reason.MobilityOptionLength,
    ],
    ["an ICMPv6 checksum", [{ name: "echo-request", fields: { checksum: 1 } }], Reason.Icmpv6Checksum],
    [
      "a hop limit below 255",
      [{ name: "neighbour-solicitation", fields: { target: "2001:db8::1" } }],
      Reason.NeighbourHopLimit,
    ],
  ])("says what the engine says: %s", (_, layers, reason) => {
    expect(problemOf(codec.dissect(codec.encode([IPV6, ...layers])))).toBe(reason);
  });

  it("takes what a later fragment carries as it is", () => {
    const layers = codec.dissect(
      codec.encode([
        IPV6,
        { name: "fragment", fields: { nextHeader: 58, fragmentOffset: 10 } },
        { name: "payload", fields: { data: fromHex("80000000") } },
      ]),
    );
    expect(layers.map(({ name }) => name)).toEqual(["ipv6", "fragment", "payload"]);
  });

  it("does not judge the checksum of a fragment", () => {
    const fragment = (moreFragments: boolean): Layer[] =>
      codec.dissect(
        codec.encode([IPV6, { name: "fragment", fields: { moreFragments } }, { name: "echo-request" }]),
      );
    expect(fragment(true)[2].checksum).toBe("not checkable");
    expect(fragment(false)[2].checksum).toBe("good");
  });

  it("says when a packet has more than fits", () => {
    const data = new Uint8Array(2030);
    const layers = codec.dissect(
      codec.encode([
        IPV6,
        { name: "hop-by-hop", fields: { headerExtensionLength: 253, rest: data } },
        { name: "destination-options", fields: { headerExtensionLength: 253, rest: data } },
      ]),
    );
    expect(layers.at(-1)).toMatchObject({ name: "more", fields: [] });
    expect(layers.reduce((sum, layer) => sum + layer.options.length, 0)).toBeGreaterThan(1000);
  });

  it("leaves packets as they are when layers are written again", () => {
    const packet = codec.encode([
      IPV6,
      { name: "home-agent-switch", fields: { address: ["2001:db8::1", "2001:db8::2"] } },
    ]);
    const layers = codec.dissect(packet);
    expect(layers[1].fields.filter(({ name }) => name === "address").map(({ value }) => value)).toEqual([
      "2001:db8::1",
      "2001:db8::2",
    ]);
    expect(valueOf(layers[1], "addressCount")).toBe(2);
    expect(toHex(codec.encode(layers.map(toInput)))).toBe(toHex(packet));
  });
});

describe("tables of fields", () => {
  it("are where the headers' own drawings have them", async () => {
    const module = await loadCodecModule();
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
