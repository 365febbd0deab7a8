import { beforeAll, describe, expect, it } from "vitest";
import { Codec, EncodeError, type LayerInput, valueOf } from "../../bindings/codec.ts";
import { fromHex, loadCodecModule, toHex } from "../internals/load-codec.ts";

let codec: Codec;

beforeAll(async () => {
  codec = new Codec(await loadCodecModule());
}, 60_000);

const IPV6: LayerInput = { name: "ipv6", fields: { source: "2001:db8:2::20", destination: "2001:db8:1::1" } };

function encodeBehindIpv6(...layers: LayerInput[]): string {
  return toHex(codec.encode([IPV6, ...layers]).subarray(40));
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
              prefix: "2001:db8:1::1",
              prefixLength: 64,
              onLink: true,
              autonomous: true,
              routerAddress: true,
              validLifetime: 3600,
              preferredLifetime: 1800,
            },
          },
          { name: "advertisement-interval", fields: { interval: 1000 } },
          { name: "home-agent-information", fields: { preference: 10, lifetime: 1800 } },
          { name: "source-link-layer-address", fields: { linkLayerAddress: "02:00:5e:00:53:01" } },
        ],
      },
    ]);
    expect(toHex(packet)).toBe(
      "60000000" +
        "00483aff" +
        "fe800000000000000000000000000001" +
        "ff020000000000000000000000000001" +
        "8600e018" +
        "40200708" +
        "00000000" +
        "00000000" +
        "030440e0" +
        "00000e10" +
        "00000708" +
        "00000000" +
        "20010db8000100000000000000000001" +
        "07010000" +
        "000003e8" +
        "08010000" +
        "000a0708" +
        "010102005e005301",
    );
    expect(codec.dissect(packet)[1]).toMatchObject({ checksum: "good", length: 72 });
    expect(codec.dissect(packet).some(({ problem }) => problem)).toBe(false);
  });

  it("aligns options and pads the message (RFC 6275 §6.2)", () => {
    const update = encodeBehindIpv6({
      name: "binding-update",
      fields: { sequence: 7, acknowledge: true, homeRegistration: true, lifetime: 105, checksum: 0 },
      options: [
        { name: "alternate-careof-address", fields: { careofAddress: "2001:db8:2::20" } },
        { name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 2 } },
        {
          name: "binding-authorization-data",
          fields: { authenticator: fromHex("00112233445566778899aabb") },
        },
      ],
    });
    expect(update).toBe(
      "3b0605000000" +
        "0007" +
        "c000" +
        "0069" +
        "0100" +
        "0310" +
        "20010db8000200000000000000000020" + // PadN to 8n + 6
        "0404" +
        "00010002" +
        "0102" +
        "0000" +
        "050c" +
        "00112233445566778899aabb",
    );
  });

  it("puts the Home Address option at 8n + 6 and takes its address into the checksum (RFC 6275 §6.1.1)", () => {
    const packet = codec.encode([
      IPV6,
      {
        name: "destination-options",
        options: [{ name: "home-address", fields: { address: "2001:db8:1::10" } }],
      },
      { name: "binding-refresh-request" },
    ]);
    expect(toHex(packet.subarray(40, 64))).toBe(
      "8702" + "01020000" + "c910" + "20010db8000100000000000000000010",
    );
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
    expect(layers.map(({ checksum }) => checksum)).toEqual([
      "good",
      "good",
      undefined,
      "good",
      undefined,
    ]);
  });

  it("gives UDP over IPv4 the checksum of RFC 768, or none when it is told", () => {
    const header: LayerInput = { name: "ipv4", fields: { source: "192.0.2.1", destination: "192.0.2.2" } };
    const udp = (fields = {}): LayerInput[] =>
      [header, { name: "udp", fields: { sourcePort: 1, destinationPort: 2, ...fields } }];
    // c000 + 0201 + c000 + 0202 + 0011 + 0008, and 0001 + 0002 + 0008, and the carry
    expect(toHex(codec.encode(udp()).subarray(26))).toBe("7bd7");
    expect(codec.dissect(codec.encode(udp()))[1].checksum).toBe("good");
    expect(codec.dissect(codec.encode(udp({ checksum: 0 })))[1].checksum).toBe("not checkable");
  });

  it("writes ICMPv4 with a checksum without pseudo-header (RFC 792), and reads it", () => {
    const header: LayerInput = { name: "ipv4", fields: { source: "192.0.2.1", destination: "192.0.2.2" } };
    const echo = codec.encode([header, { name: "icmpv4-echo-request", fields: { identifier: 1, sequence: 2 } }]);
    expect(toHex(echo.subarray(20))).toBe("0800f7fc00010002");
    expect(echo[9]).toBe(1);
    const tooBig = codec.encode([
      header, { name: "icmpv4-destination-unreachable", fields: { code: 4, mtu: 1400 } },
      { name: "payload", fields: { data: echo } },
    ]);
    expect(toHex(tooBig.subarray(20, 28))).toMatch(/^0304....00000578$/);
    const layers = codec.dissect(tooBig);
    expect(layers.map(({ name }) => name)).toEqual(["ipv4", "icmpv4-destination-unreachable", "payload"]);
    expect(layers[1].checksum).toBe("good");
    tooBig[30] ^= 1;
    expect(codec.dissect(tooBig)[1].checksum).toBe("bad");
  });

  it("sends a UDP checksum of zero as ones (RFC 8200 §8.1)", () => {
    const udp = (data: string): string =>
      encodeBehindIpv6({ name: "udp" }, { name: "payload", fields: { data: fromHex(data) } }).slice(12, 16);
    // What the checksum is over zeros makes the sum all ones when it stands in the payload.
    expect(udp(udp("0000"))).toBe("ffff");
  });

  it("writes what it is told, also when that is wrong", () => {
    const packet = codec.encode([
      {
        name: "ipv6",
        fields: { source: "::", destination: "ff02::1", payloadLength: 99, nextHeader: 1, version: 5 },
      },
      { name: "binding-error", fields: { headerLen: 7, payloadProto: 41, checksum: 0xbeef, status: 1 } },
    ]);
    expect(toHex(packet)).toBe(
      "50000000" +
        "00630140" +
        "0".repeat(32) +
        "ff020000000000000000000000000001" +
        "2907" +
        "0700" +
        "beef" +
        "0100" +
        "0".repeat(32),
    );
  });

  it("writes types that have no name", () => {
    expect(
      encodeBehindIpv6({
        name: "mobility-message-77",
        fields: { checksum: 0, data: fromHex("aabb") },
        options: [],
      }),
    ).toBe("3b004d000000aabb");
    expect(
      encodeBehindIpv6({
        name: "binding-refresh-request",
        fields: { checksum: 0 },
        options: [{ name: "mobility-option-200", fields: { data: fromHex("0102") } }],
      }),
    ).toBe("3b01000000000000" + "c8020102" + "01020000");
  });

  it.each<[string, LayerInput[], string]>([
    ["a layer that does not exist", [{ name: "binding-upgrade" }], 'there is no layer "binding-upgrade"'],
    [
      "a field that does not exist",
      [{ name: "ipv6", fields: { hops: 1 } }],
      'ipv6.hops: there is no field "hops"',
    ],
    [
      "a field of another layer",
      [{ name: "ipv6", fields: { lifetime: 1 } }],
      "ipv6.lifetime: this layer has no such field",
    ],
    [
      "a number that is too large",
      [{ name: "ipv6", fields: { hopLimit: 256 } }],
      "ipv6.hopLimit: the number does not fit",
    ],
    ["a negative number", [{ name: "ipv6", fields: { hopLimit: -1 } }], "ipv6.hopLimit: -1 does not fit"],
    ["a fraction", [{ name: "ipv6", fields: { hopLimit: 1.5 } }], "ipv6.hopLimit: 1.5 is no integer"],
    [
      "a wrong address",
      [{ name: "ipv6", fields: { source: "2001:db8::1::2" } }],
      'ipv6.source: has "::" more than once',
    ],
    [
      "an IPv4 address where IPv6 belongs",
      [{ name: "ipv6", fields: { source: "192.0.2.1" } }],
      "ipv6.source: the value has not",
    ],
    [
      "an option of another family",
      [{ name: "binding-update", options: [{ name: "mtu", fields: { mtu: 1280 } }] }],
      "mtu: does not belong here",
    ],
    [
      "an option in a header without options",
      [{ name: "ipv6", options: [{ name: "pad-n" }] }],
      "pad-n: does not belong here",
    ],
    [
      "an option that is too long",
      [
        {
          name: "binding-update",
          options: [{ name: "signature", fields: { signature: new Uint8Array(256) } }],
        },
      ],
      "signature: becomes too long for its length field",
    ],
    [
      "a packet that is too long",
      [{ name: "payload", fields: { data: new Uint8Array(65_793) } }],
      "payload.data: the packet becomes too long",
    ],
  ])("refuses %s", (_, layers, message) => {
    expect(() => codec.encode(layers)).toThrowError(EncodeError);
    expect(() => codec.encode(layers)).toThrowError(message);
  });
});
