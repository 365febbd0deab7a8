/** What the engines send by IPv4, by UDP and about both is read by tshark and scapy as it was meant. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FieldValue, Layer } from "../../bindings/codec.ts";
import { LinkType } from "../../bindings/codec.ts";
import { writePcapng } from "../../bindings/pcapng-write.ts";
import { AGENT_IPV4, PRIVATE_IPV4, PUBLIC_IPV4 } from "./dual-stack.ts";
import { LINK_IPV4, LOCAL_PORT, NEIGHBOUR_IPV4, everythingSent } from "./dual-stack-life.ts";
import { HOME_ADDRESS, hex } from "./harness.ts";
import { codec } from "./network.ts";

const PYTHON = "/usr/bin/python3";
const hasTshark = spawnSync("tshark", ["--version"]).status === 0;
const hasScapy = spawnSync(PYTHON, ["-c", "import scapy"]).status === 0;
const TUNNEL_PORT = 4191;

const sent = everythingSent();
const folder = mkdtempSync(join(tmpdir(), "mext-peers-ipv4-"));
const file = join(folder, "sent.pcapng");
beforeAll(() => writeFileSync(file, writePcapng(sent.map(({ octets, linkType }) => ({ octets, linkType, originalLength: octets.length })))));
afterAll(() => rmSync(folder, { recursive: true }));

/** The layers of a packet, and of the one that an error quotes. */
function dissect(octets: Uint8Array, linkType = LinkType.Raw): Layer[] {
  const layers = codec.dissect(octets, linkType);
  const quoted = layers.at(-1)!;
  const isError = /too-big|unreachable/.test(layers.at(-2)?.name ?? "");
  return isError ? [...layers.slice(0, -1), ...dissect(octets.subarray(quoted.offset, quoted.offset + quoted.length))] : layers;
}

const dissected = sent.map(({ octets, linkType }) => dissect(octets, linkType));
const described = dissected.map((layers, index) => `frame ${index + 1}: ${layers.map(({ name }) => name).join(" ")}`);

/** True for IPv4 in UDP: tshark must be told. */
const isIpv4InUdp = (layers: readonly Layer[]) => layers.some(({ name }, index) => name === "udp" && layers[index + 1]?.name === "ipv4");

it("covers all encapsulations, and the messages and options of RFC 5555", () => {
  const chains = new Set(described.map((text) => text.replace(/^frame \d+: /, "")));
  for (const chain of [
    "ipv4 udp ipv6 binding-update", "ipv4 udp ipv6 binding-acknowledgement", "ipv4 udp ipv6 binding-error",
    "ipv4 udp ipv6 experimental-mobility-message", "ipv4 ipv6 experimental-mobility-message",
    "ipv6 destination-options experimental-mobility-message", "ipv6 routing-type2 binding-acknowledgement",
    "ipv4 udp ipv6 echo-request payload", "ipv4 udp ipv4 payload", "ipv4 ipv6 echo-request payload", "ipv4 ipv4 payload",
    "ipv6 ipv4 payload", "ipv6 udp ipv6 binding-update", "ipv6 udp ipv6 echo-request payload", "ipv6 udp ipv4 payload",
    "ipv4 icmpv4-destination-unreachable ipv4 payload", "ipv6 packet-too-big ipv6 echo-request payload", "ethernet arp",
  ]) expect(chains, chain).toContain(chain);
  for (const [index, layers] of dissected.entries()) {
    if (/unreachable|too-big/.test(described[index])) continue; // what is quoted is cut
    for (const { problem, checksum } of layers) expect([problem, checksum === "bad"], described[index]).toEqual([undefined, false]);
  }
});

it("has no IPv4-mapped address in an IPv6 header", () => {
  dissected.forEach((layers, index) => {
    for (const { fields } of layers.filter(({ name }) => name === "ipv6")) {
      for (const { value } of fields) expect(String(value), described[index]).not.toMatch(/^::ffff:/);
    }
  });
});

/**
 * A field of tshark, and where the codec has it: in one of these layers or options. mip6.auth.auth_data is left out: tshark
 * 4.0 shows two octets less than the Option Length says, which counts subtype, SPI and data (RFC 4285 §5).
 */
const FIELDS: readonly (readonly [tshark: string, layers: RegExp, field: string])[] = [
  ["ip.src", /^ipv4$/, "source"], ["ip.dst", /^ipv4$/, "destination"], ["ip.proto", /^ipv4$/, "protocol"], ["ip.ttl", /^ipv4$/, "timeToLive"],
  ["ip.len", /^ipv4$/, "totalLength"], ["ip.id", /^ipv4$/, "identification"], ["ip.flags.df", /^ipv4$/, "dontFragment"],
  ["ip.flags.mf", /^ipv4$/, "moreFragments"],
  ["ipv6.src", /^ipv6$/, "source"], ["ipv6.plen", /^ipv6$/, "payloadLength"], ["ipv6.nxt", /^ipv6$/, "nextHeader"],
  ["udp.srcport", /^udp$/, "sourcePort"], ["udp.dstport", /^udp$/, "destinationPort"], ["udp.length", /^udp$/, "length"],
  ["icmp.type", /^icmpv4-/, "type"], ["icmp.code", /^icmpv4-/, "code"], ["icmp.mtu", /^icmpv4-destination/, "mtu"],
  ["arp.opcode", /^arp$/, "operation"], ["arp.src.hw_mac", /^arp$/, "senderHardwareAddress"], ["arp.src.proto_ipv4", /^arp$/, "senderAddress"],
  ["arp.dst.hw_mac", /^arp$/, "targetHardwareAddress"], ["arp.dst.proto_ipv4", /^arp$/, "targetAddress"],
  ["mip6.mhtype", /^(binding-(update|acknowledgement|error)|experimental-mobility-message)$/, "mhType"],
  ["mip6.bu.seqnr", /^binding-update$/, "sequence"], ["mip6.bu.lifetime", /^binding-update$/, "lifetime"],
  ["mip6.bu.a_flag", /^binding-update$/, "acknowledge"], ["mip6.bu.h_flag", /^binding-update$/, "homeRegistration"],
  ["mip6.bu.l_flag", /^binding-update$/, "linkLocalAddressCompatibility"], ["mip6.bu.f_flag", /^binding-update$/, "forceUdpEncapsulation"],
  ["mip6.ba.status", /^binding-acknowledgement$/, "status"], ["mip6.ba.seqnr", /^binding-acknowledgement$/, "sequence"],
  ["mip6.ba.lifetime", /^binding-acknowledgement$/, "lifetime"],
  ["mip6.be.status", /^binding-error$/, "status"], ["mip6.be.haddr", /^binding-error$/, "homeAddress"],
  ["mip6.ipv4ha.preflen", /^ipv4-(home-address|address-acknowledgement)$/, "prefixLength"], ["mip6.ipv4ha.p_flag", /^ipv4-home-address$/, "requestPrefix"],
  ["mip6.ipv4ha.ha", /^ipv4-(home-address|address-acknowledgement)$/, "address"], ["mip6.ipv4aa.sts", /^ipv4-address-ack/, "status"],
  ["mip6.natd.f_flag", /^nat-detection$/, "udpEncapsulationRequired"], ["mip6.natd.refresh_t", /^nat-detection$/, "refreshTime"],
  ["mip6.ipv4coa.addr", /^ipv4-careof-address$/, "careofAddress"], ["mip6.acoa.acoa", /^alternate-careof-address$/, "careofAddress"],
  ["mip6.mnid.identifier", /^mobile-node-identifier$/, "identifier"], ["mip6.auth.mobility_spi", /^mobility-message-auth/, "securityParametersIndex"],
];
const CHECKS = ["_ws.malformed", "ip.checksum.status", "udp.checksum.status", "icmp.checksum.status", "icmpv6.checksum.status"];
/** Bits that must be zero. */
const RESERVED = ["mip6.ipv4ha.reserved", "mip6.natd.reserved", "mip6.ipv4coa.reserved", "mip6.bu.t_flag", "mip6.bu.m_flag", "mip6.bu.p_flag"];
const ARP_FIELDS = ["arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4", "arp.isannouncement"];

type Row = Record<string, string[]>;

/** What tshark says of each frame when UDP on our port carries what `inner` reads. */
function runTshark(inner: "ip" | "ipv6"): Row[] {
  const names = [...CHECKS, ...FIELDS.map(([name]) => name), ...RESERVED, "arp.isannouncement"];
  const options = ["ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.defragment:FALSE"];
  const output = execFileSync("tshark", [
    "-r", file, "-d", `udp.port==${TUNNEL_PORT},${inner}`, ...options.flatMap((option) => ["-o", option]),
    "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|", ...names.flatMap((name) => ["-e", name]),
  ], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return output.replace(/\n$/, "").split("\n").map((line) => {
    const values = line.split("\t");
    return Object.fromEntries(names.map((name, index) => [name, values[index] === "" ? [] : values[index].split("|")]));
  });
}

/** Both notations as one: numbers decimal, flags 0 and 1, octets hexadecimal, text as it is. */
function plain(value: FieldValue | undefined, name: string): string {
  if (name.endsWith("hw_mac")) return String(value instanceof Uint8Array ? hex(value) : value).replaceAll(":", "");
  if (value === "True" || value === true) return "1";
  if (value === "False" || value === false) return "0";
  if (value instanceof Uint8Array) return name === "mip6.mnid.identifier" ? new TextDecoder().decode(value) : hex(value);
  return typeof value === "string" && /^0x[0-9a-f]+$/.test(value) ? String(Number(value)) : String(value);
}

function ofCodec(layers: readonly Layer[], [name, pattern, fieldName]: (typeof FIELDS)[number]): string[] {
  return layers.flatMap((layer) => [layer, ...layer.options])
    .filter((layer) => pattern.test(layer.name))
    .flatMap(({ fields }) => fields.filter((field) => field.name === fieldName).map(({ value }) => plain(value, name)));
}

describe.skipIf(!hasTshark)("tshark (needs tshark)", () => {
  let rows: Row[] = [];
  beforeAll(() => {
    const [ipv6, ipv4] = [runTshark("ipv6"), runTshark("ip")];
    rows = ipv6.map((row, index) => (isIpv4InUdp(dissected[index]) ? ipv4[index] : row));
  }, 60_000);
  const values = (row: Row, ...names: string[]) => names.map((name) => row[name].map((value) => plain(value, name)).join(" "));
  const select = (name: string, value: string, ...names: string[]) => rows.filter((row) => row[name].includes(value)).map((row) => values(row, ...names));

  it("finds nothing malformed and no wrong checksum", () => {
    expect(rows).toHaveLength(sent.length);
    rows.forEach((row, index) => {
      expect(row["_ws.malformed"], described[index]).toEqual([]);
      for (const layer of ["ip", "udp", "icmp"]) {
        for (const status of row[`${layer}.checksum.status`]) expect(status, `${described[index]}: ${layer} checksum`).toBe("1");
      }
      expect(row["icmpv6.checksum.status"], described[index]).not.toContain("0");
      // Each header of the outside has a checksum that was looked at.
      const count = (name: string) => dissected[index].filter((layer) => layer.name === name).length;
      expect([row["ip.checksum.status"].length, row["udp.checksum.status"].length], described[index]).toEqual([count("ipv4"), count("udp")]);
    });
  });

  it("reads the same fields as the codec, in each packet", () => {
    const seen = new Set<string>();
    rows.forEach((row, index) => {
      for (const field of FIELDS) {
        const expected = ofCodec(dissected[index], field);
        if (expected.length > 0) seen.add(field[0]);
        expect(values(row, field[0]), `${described[index]}: ${field[0]}`).toEqual([expected.join(" ")]);
      }
    });
    expect([...seen].sort()).toEqual(FIELDS.map(([name]) => name).sort());
  });

  it("finds the reserved bits zero (5555-3.1.1-3, 5555-3.2.2-5)", () => {
    rows.forEach((row, index) => {
      for (const name of RESERVED) for (const value of row[name]) expect(Number(plain(value, name)), `${described[index]}: ${name}`).toBe(0);
    });
  });

  it("reads the Binding Updates of a mobile node with an IPv4 care-of address (RFC 5555 §3.1, 5555-4.2-1)", () => {
    const updates = select("mip6.mhtype", "5", "ip.src", "ip.dst", "udp.srcport", "udp.dstport", "ipv6.src", "mip6.bu.f_flag", "mip6.ipv4ha.ha",
      "mip6.ipv4ha.preflen", "mip6.ipv4coa.addr").filter(([source]) => source !== "");
    const way = (source: string) => [source, AGENT_IPV4, String(LOCAL_PORT), String(TUNNEL_PORT), HOME_ADDRESS];
    const home = "172.31.0.14";
    expect(updates).toEqual([
      [...way(PRIVATE_IPV4), "0", "0.0.0.0", "32", PRIVATE_IPV4], // behind a NAT
      [...way(PRIVATE_IPV4), "0", home, "32", PRIVATE_IPV4], // a keepalive
      [...way(PRIVATE_IPV4), "0", home, "32", PRIVATE_IPV4], // after a Binding Error
      [...way(PUBLIC_IPV4), "0", "0.0.0.0", "32", PUBLIC_IPV4], // without a NAT
      [...way(PUBLIC_IPV4), "1", "0.0.0.0", "32", PUBLIC_IPV4], // UDP forced
      [...way(PUBLIC_IPV4), "1", "0.0.0.0", "32", PUBLIC_IPV4], // UDP forced, which is refused
      [...way(PUBLIC_IPV4), "0", "0.0.0.0", "32", PUBLIC_IPV4],
    ]);
  });

  it("reads what acknowledgements say of IPv4 home addresses and NATs (RFC 5555 §3.2, 5555-3.2.1-1)", () => {
    const acknowledgements = select("mip6.mhtype", "6", "mip6.ba.status", "mip6.ipv4aa.sts", "mip6.ipv4ha.preflen", "mip6.ipv4ha.ha",
      "mip6.natd.f_flag", "mip6.natd.refresh_t");
    const none = "4294967295";
    for (const expected of [
      ["0", "0", "32", "172.31.0.14", "1", "25"], // NAT
      ["0", "0", "32", "172.31.0.14", "0", none], // no NAT
      ["0", "0", "32", "172.31.0.14", "1", none], // no NAT, but UDP wanted
      ["144", "128", "0", "0.0.0.0", "0", none], // UDP not to be forced
      ["0", "0", "32", "172.31.0.14", "", ""], // by IPv6
      ["0", "0", "32", "192.0.2.16", "1", "25"],
      ["0", "130", "0", "192.0.2.99", "0", none],
      ["0", "131", "0", "224.0.0.1", "1", "25"],
      ["0", "133 0 128", "0 32 0", "0.0.0.0 192.0.2.16 10.1.1.1", "1", "25"],
      ["0", "132", "0", "0.0.0.0", "1", "25"],
      ["0", "129", "0", "0.0.0.0", "1", "25"],
      ["0", "", "", "", "1", none], // forced by the home agent
    ]) expect(acknowledgements).toContainEqual(expected);
  });

  it("reads Binding Errors by UDP, and what is too large for a path over IPv4", () => {
    expect(select("mip6.mhtype", "7", "ip.src", "ip.dst", "udp.dstport", "ipv6.src", "mip6.be.status", "mip6.be.haddr"))
      .toEqual([[AGENT_IPV4, "203.0.113.9", "31000", "2001:db8:100::1", "1", HOME_ADDRESS]]);
    const errors = select("icmp.type", "3", "icmp.code", "icmp.mtu");
    expect(new Set(errors.map(String))).toEqual(new Set(["4,1472", "4,1480", "4,1460", "4,1452"])); // IPv4 and IPv6, with and without UDP
  });

  it("reads announcements and answers of the proxy (RFC 826, RFC 5227 §2.3)", () => {
    const messages = rows.filter((row) => row["arp.opcode"].length > 0).map((row) => values(row, ...ARP_FIELDS));
    const announcement = ["1", "020000000001", LINK_IPV4, "000000000000", LINK_IPV4, "1"];
    expect(messages).toEqual([
      announcement, announcement, announcement, ["2", "020000000001", LINK_IPV4, "020000000099", NEIGHBOUR_IPV4, "0"],
    ].map((message) => message.map((value) => (value === "0" ? expect.stringMatching(/^0?$/) : value))));
  });
});

describe.skipIf(!hasScapy)("scapy (needs scapy)", () => {
  it("reads each packet, and computes the same checksums and lengths", () => {
    // In a datagram of our port the inner packet is read apart. A Home Address option with padding puzzles scapy's checksum.
    const script = `
import sys, json
from scapy.all import Ether, IP, IPv6, UDP, ICMP, ARP, raw
from scapy.layers.inet import IPerror
from scapy.layers.inet6 import _MobilityHeader, _ICMPv6, IPerror6, IPv6ExtHdrDestOpt
def read(octets, names):
    packet = (IP if octets[0] >> 4 == 4 else IPv6)(octets)
    return walk(packet, octets, names)
def walk(packet, octets, names):
    if raw(packet) != octets: return "not the same octets"
    layer, isNative, inner = packet, False, None
    while layer:
        names.append(type(layer).__name__)
        if isinstance(layer, (IPerror, IPerror6)): break
        if isinstance(layer, IPv6ExtHdrDestOpt): isNative = True
        if isinstance(layer, IP): layer.len = layer.chksum = layer.ihl = None
        elif isinstance(layer, IPv6): layer.plen = None
        elif isinstance(layer, UDP):
            layer.len = layer.chksum = None
            if 4191 in (layer.sport, layer.dport): inner = raw(layer.payload); break
        elif isinstance(layer, ICMP): layer.chksum = None
        elif isinstance(layer, (_MobilityHeader, _ICMPv6)) and not isNative: layer.cksum = None
        layer = layer.payload
    if raw(packet) != octets: return "other checksums or lengths: " + raw(packet).hex()
    return read(inner, names) if inner else None
for line in sys.stdin:
    link, text = line.split()
    octets, names = bytes.fromhex(text), []
    problem = walk(Ether(octets), octets, names) if link == "1" else read(octets, names)
    print(json.dumps({"problem": problem, "names": names}))
`;
    const input = sent.map(({ octets, linkType }) => `${linkType} ${hex(octets)}`).join("\n");
    const lines = execFileSync(PYTHON, ["-c", script], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] }).trimEnd().split("\n");
    expect(lines).toHaveLength(sent.length);
    const seen = new Set<string>();
    lines.forEach((line, index) => {
      const { problem, names } = JSON.parse(line) as { problem: string | null; names: string[] };
      expect(problem, `${described[index]}: ${hex(sent[index].octets)}`).toBe(null);
      seen.add(names.join(" "));
    });
    for (const chain of [
      "IP UDP IPv6 MIP6MH_BU", "IP UDP IPv6 MIP6MH_BA", "IP UDP IPv6 MIP6MH_BE", "IP UDP IP Raw", "IP IP Raw", "IPv6 IP Raw",
      "IPv6 UDP IPv6 MIP6MH_BU", "IP IPv6 ICMPv6EchoRequest", "IP ICMP IPerror", "Ether ARP",
    ]) expect(seen, chain).toContain(chain);
  }, 60_000);
});
