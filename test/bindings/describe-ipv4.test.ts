import { beforeAll, describe, expect, it } from "vitest";
import { Codec, type LayerInput, LinkType } from "../../bindings/codec.ts";
import { describe as describePacket } from "../../bindings/describe.ts";
import { loadCodecModule } from "../internals/load-codec.ts";

let codec: Codec;

beforeAll(async () => {
  codec = new Codec(await loadCodecModule());
}, 60_000);

const AGENT = "192.0.2.1";
const CAREOF = "10.0.0.17";
const HOME = { source: "2001:db8:100::17", destination: "2001:db8:100::1" };
const BACK = { source: HOME.destination, destination: HOME.source };

const up: LayerInput[] = [
  { name: "ipv4", fields: { source: CAREOF, destination: AGENT } }, { name: "udp", fields: { sourcePort: 50_000, destinationPort: 4191 } },
  { name: "ipv6", fields: HOME },
];
const down: LayerInput[] = [
  { name: "ipv4", fields: { source: AGENT, destination: CAREOF } }, { name: "udp", fields: { sourcePort: 4191, destinationPort: 50_000 } },
  { name: "ipv6", fields: BACK },
];

function lines(layers: LayerInput[], verbose = false): string[] {
  return describePacket(codec.dissect(codec.encode(layers)), { verbose, dissect: (inner) => codec.dissect(inner) });
}

const acknowledgement = (status: number, prefixLength: number, nat: { udpEncapsulationRequired: boolean; refreshTime: number }): LayerInput => ({
  name: "binding-acknowledgement", fields: { sequence: 100, lifetime: 150 }, options: [
    { name: "ipv4-address-acknowledgement", fields: { status, prefixLength, address: "192.0.2.200" } }, { name: "nat-detection", fields: nat },
  ],
});

describe("describe of the messages of RFC 5555", () => {
  it("sums up a Binding Update by UDP with its IPv4 addresses", () => {
    const update: LayerInput = {
      name: "binding-update", fields: { sequence: 100, acknowledge: true, homeRegistration: true, forceUdpEncapsulation: true, lifetime: 150 },
      options: [
        { name: "ipv4-careof-address", fields: { careofAddress: CAREOF } }, { name: "ipv4-home-address", fields: { prefixLength: 32, address: "0.0.0.0" } },
      ],
    };
    expect(lines([...up, update])).toEqual([
      "10.0.0.17 > 192.0.2.1: UDP 50000 > 4191: 2001:db8:100::17 > 2001:db8:100::1: " +
        "Binding Update [AHF] seq 100 lifetime 600 s IPv4 care-of address 10.0.0.17 IPv4 home address 0.0.0.0/32",
    ]);
  });

  it.each([
    ["a NAT", 0, 32, true, 25, "IPv4 home address 192.0.2.200/32 NAT refresh 25 s UDP encapsulation required"],
    ["no NAT", 0, 32, false, 0xffff_ffff, "IPv4 home address 192.0.2.200/32 NAT refresh not needed"],
    ["a refused address", 130, 0, false, 0xffff_ffff, "IPv4 home address 192.0.2.200 status 130 (incorrect address) NAT refresh not needed"],
  ])("sums up what an acknowledgement says of %s", (_, status, prefixLength, udpEncapsulationRequired, refreshTime, expected) => {
    expect(lines([...down, acknowledgement(status, prefixLength, { udpEncapsulationRequired, refreshTime })])).toEqual([
      "192.0.2.1 > 10.0.0.17: UDP 4191 > 50000: 2001:db8:100::1 > 2001:db8:100::17: " +
        `Binding Acknowledgement status 0 (accepted) seq 100 lifetime 600 s ${expected}`,
    ]);
  });

  it("says what of the outer headers is worth a word", () => {
    expect(lines([...down, acknowledgement(0, 32, { udpEncapsulationRequired: true, refreshTime: 25 })], true).slice(1)).toEqual([
      expect.stringMatching(/^ {2}IPv4 \(0, 20 octets\): identification 0x0000, fragment offset 0 octets, time to live 64, protocol 17 \(UDP\), checksum 0x[0-9a-f]{4} \(good\), source 192\.0\.2\.1, destination 10\.0\.0\.17$/),
      expect.stringMatching(/^ {2}UDP \(20, 8 octets\): source port 4191, destination port 50000, checksum 0x[0-9a-f]{4} \(good\)$/),
      "  IPv6 (28, 40 octets): hop limit 64, source 2001:db8:100::1, destination 2001:db8:100::17",
      expect.stringMatching(/^ {2}Binding Acknowledgement \(68, 32 octets\): checksum 0x[0-9a-f]{4} \(good\), status 0 \(accepted\), sequence 100, lifetime 600 s$/),
      "    IPv4 Address Acknowledgement (80, 8 octets): status 0 (success), prefix length 32, address 192.0.2.200",
      "    NAT Detection (88, 8 octets): refresh time 25 s, flags UDP encapsulation required",
      expect.stringMatching(/^ {4}PadN/),
    ]);
  });

  it("sums up data in a datagram and plainly, and an error about what is too large", () => {
    const inner: LayerInput[] = [{ name: "ipv4", fields: { source: "172.31.0.10", destination: "192.0.2.250", protocol: 253 } }];
    const data: LayerInput = { name: "payload", fields: { data: new Uint8Array(8) } };
    expect(lines([...up.slice(0, 2), ...inner, data])).toEqual([
      "10.0.0.17 > 192.0.2.1: UDP 50000 > 4191: 172.31.0.10 > 192.0.2.250: 8 octets",
    ]);
    expect(lines([up[0], ...inner, data])).toEqual(["10.0.0.17 > 192.0.2.1: 172.31.0.10 > 192.0.2.250: 8 octets"]);
    const error: LayerInput = { name: "icmpv4-destination-unreachable", fields: { code: 4, mtu: 1472 } };
    expect(lines([
      { name: "ipv4", fields: { source: "192.0.2.250", destination: "172.31.0.10" } }, error,
      { name: "payload", fields: { data: codec.encode([...inner, data]) } },
    ])).toEqual([
      "192.0.2.250 > 172.31.0.10: ICMPv4 Destination Unreachable code 4 (fragmentation needed) mtu 1472: about 172.31.0.10 > 192.0.2.250: 8 octets",
    ]);
  });
});

describe("describe of ARP (RFC 826)", () => {
  const ethernet: LayerInput = { name: "ethernet", fields: { destination: "ff:ff:ff:ff:ff:ff", source: "02:00:00:00:00:01" } };
  const announcement: LayerInput = {
    name: "arp", fields: { senderHardwareAddress: "02:00:00:00:00:01", senderAddress: "192.0.2.40", targetAddress: "192.0.2.40" },
  };

  it("says who asks about whom, and what is padding", () => {
    const packet = codec.encode([ethernet, announcement]);
    expect(Buffer.from(packet.subarray(12)).toString("hex")).toBe("0806000108000604000102000000" + "0001c0000228000000000000c0000228");
    const padded = Uint8Array.from([...packet, ...new Uint8Array(18)]);
    expect(describePacket(codec.dissect(padded, LinkType.Ethernet), { verbose: true })).toEqual([
      "ARP 1 (request) of 192.0.2.40 about 192.0.2.40",
      "  Ethernet (0, 14 octets): destination ff:ff:ff:ff:ff:ff, source 02:00:00:00:00:01, ether type 0x0806",
      "  ARP (14, 28 octets): hardware type 1, protocol type 0x0800, hardware address length 6, protocol address length 4, operation 1 (request), " +
        "sender hardware address 02:00:00:00:00:01, sender address 192.0.2.40, target hardware address 00:00:00:00:00:00, target address 192.0.2.40",
      expect.stringMatching(/^ {2}Trailer \(42, 18 octets\)/),
    ]);
  });

  it("leaves what is cut or for other links as octets", () => {
    const packet = codec.encode([ethernet, announcement]);
    expect(codec.dissect(packet.subarray(0, 41), LinkType.Ethernet).map(({ name }) => name)).toEqual(["ethernet", "payload"]);
    packet[18] = 8;
    expect(codec.dissect(packet, LinkType.Ethernet).map(({ name }) => name)).toEqual(["ethernet", "payload"]);
  });
});
