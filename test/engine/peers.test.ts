/** What the engines send is read by tshark and scapy as it was meant, with checksums they agree with. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LinkType } from "../../bindings/codec.ts";
import { setLink, shutdown } from "../../bindings/commands.ts";
import { writePcapng } from "../../bindings/pcapng-write.ts";
import { HOME, advertisement, bind as bindNode, discoveryRequest, homeLinkAgent, listenerReport, prefixSolicitation, solicitation } from "./advertising.ts";
import { ACCESS, CORRESPONDENT, type Node, TUNNEL, homeAgent, mobileNode } from "./harness.ts";
import { bind, bindingUpdate as correspondentUpdate, correspondentNode, homeAddressOption } from "./correspondent-peer.ts";
import { bindingUpdate, ntp } from "./messages.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, arrive, codec, echo, exchange } from "./network.ts";

const PYTHON = "/usr/bin/python3";
const hasTshark = spawnSync("tshark", ["--version"]).status === 0;
const hasScapy = spawnSync(PYTHON, ["-c", "import scapy"]).status === 0;

/** Everything that a home agent, a mobile node and a correspondent node send in a life with all that can happen in it. */
function everythingSent(): Uint8Array[] {
  const sent: Uint8Array[] = [];
  const record = (node: Node) => {
    const transmit = node.transmit.bind(node);
    node.transmit = (device, pointer, length) => {
      transmit(device, pointer, length);
      sent.push(node.engine.memory.slice(pointer, pointer + length));
    };
    return node;
  };
  const agent = record(homeAgent({ refreshAdviceMs: 60_000 }));
  const mobile = record(mobileNode());
  arrive(mobile); // router solicitation, neighbour solicitation, Binding Update, Acknowledgement
  exchange(mobile, agent);
  agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
  mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT, 1300));
  agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1450)); // Packet Too Big
  agent.receive(TUNNEL, echo(CORRESPONDENT, "2001:db8:100::99")); // unreachable
  agent.receive(ACCESS, codec.encode([
    { name: "ipv6", fields: { source: "2001:db8:ff::1", destination: HOME_AGENT } }, { name: "packet-too-big", fields: { mtu: 1280 } },
    { name: "payload", fields: { data: sent.findLast((packet) => packet[6] === 41)! } },
  ]));
  agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1232)); // perhaps fragments
  agent.receive(ACCESS, bindingUpdate({ key: new Uint8Array(16), sequence: 1 })); // 146
  agent.receive(ACCESS, bindingUpdate({ sequence: 1, timestamp: ntp(0) })); // 144
  agent.receive(ACCESS, bindingUpdate({ home: "2001:db8:101::1" })); // 132
  agent.receive(ACCESS, codec.encode([
    { name: "ipv6", fields: { source: "2001:db8:b::17", destination: HOME_AGENT } },
    { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] }, { name: "udp" },
  ])); // Binding Error
  agent.advance(580_000); // Binding Refresh Requests
  setLink(mobile.engine, ACCESS, false, mobile.now);
  arrive(mobile, "2001:db8:b::");
  shutdown(mobile.engine, mobile.now);

  const correspondent = record(correspondentNode());
  const { homeToken, careofToken } = bind(correspondent, { lifetimeS: 60 }); // Home Test, Care-of Test, Acknowledgement
  correspondent.receive(ACCESS, correspondentUpdate({ homeToken, careofToken })); // 135
  correspondent.receive(ACCESS, correspondentUpdate({ homeToken, careofToken, sequence: 2, indices: [homeToken.index, 0] })); // 137
  correspondent.receive(ACCESS, correspondentUpdate({ homeToken, indices: null, data: null, flags: { homeRegistration: true } })); // 139
  correspondent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS)); // type 2 routing header
  correspondent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1450)); // Packet Too Big
  for (const source of [CAREOF, "2001:db8:b::17"]) { // to the host; Binding Error
    correspondent.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source, destination: CORRESPONDENT } }, homeAddressOption(HOME_ADDRESS), { name: "echo-request" },
    ]));
  }
  correspondent.advance(60_000); // Binding Refresh Requests
  correspondent.receive(ACCESS, correspondentUpdate({ homeToken, source: HOME_ADDRESS, home: null, lifetimeS: 0, sequence: 3 })); // from home
  const router = record(homeLinkAgent({ link: { preference: 7, homeAgentLifetimeMs: 600_000, minIntervalMs: 3000, maxIntervalMs: 4000 } }));
  bindNode(router, { lifetimeS: 3600 });
  router.receive(HOME, advertisement());
  router.receive(HOME, solicitation());
  router.advance(1500); // Router Advertisement; duplicate address detection is over
  router.receive(ACCESS, discoveryRequest()); // Home Agent Address Discovery Reply
  router.receive(ACCESS, prefixSolicitation()); // Mobile Prefix Advertisement
  router.receive(ACCESS, listenerReport("ff0e::1234"));
  router.receive(HOME, echo(CORRESPONDENT, "ff0e::1234"));
  router.advance(125_000); // listener query in the tunnel
  shutdown(router.engine, router.now);
  return sent;
}

const sent = everythingSent();
const folder = mkdtempSync(join(tmpdir(), "mext-peers-"));
const file = join(folder, "sent.pcapng");
beforeAll(() => writeFileSync(file, writePcapng(sent.map((octets) => ({ octets, linkType: LinkType.Raw, originalLength: octets.length })))));
afterAll(() => rmSync(folder, { recursive: true }));

it("covers the messages of all roles", () => {
  const names = new Set(sent.flatMap((packet) => codec.dissect(packet).map(({ name }) => name)));
  for (const name of [
    "router-solicitation", "neighbour-solicitation", "binding-update", "binding-acknowledgement", "binding-error",
    "binding-refresh-request", "home-test", "careof-test", "packet-too-big", "destination-unreachable", "routing-type2", "destination-options",
    "binding-refresh-request", "packet-too-big", "destination-unreachable", "routing-type2", "destination-options",
    "router-advertisement", "home-agent-address-discovery-reply", "mobile-prefix-advertisement",
  ]) expect(names, name).toContain(name);
});

it("gives no mobility message a binding's way: a Home Address option only in Binding Updates, a routing header only in acknowledgements (6275-6.1-1, 6275-6.1-2)", () => {
  for (const packet of sent) {
    const names = codec.dissect(packet).map(({ name }) => name);
    const isMessage = names.some((name) => /^(home|careof)-test$|^binding-/.test(name)) && packet[6] !== 58;
    if (isMessage && names.includes("destination-options")) expect(names).toContain("binding-update");
    if (isMessage && names.includes("routing-type2")) expect(names).toContain("binding-acknowledgement");
  }
});

it("has every mobility message at a multiple of 8 octets, its options behind the fixed part (6275-6.1.1-5, 6275-6.1.1-6)", () => {
  const fixedBytes: Record<string, number> = {
    "binding-refresh-request": 8, "home-test-init": 16, "careof-test-init": 16, "home-test": 24, "careof-test": 24,
    "binding-update": 12, "binding-acknowledgement": 12, "binding-error": 24,
  };
  const seen = new Set<string>();
  for (const packet of sent) {
    for (const { name, offset, options } of codec.dissect(packet)) {
      if (!(name in fixedBytes)) continue;
      seen.add(name);
      expect(offset % 8, name).toBe(0);
      for (const option of options) expect(option.offset, `${name}: ${option.name}`).toBeGreaterThanOrEqual(offset + fixedBytes[name]);
    }
  }
  expect([...seen].sort()).toEqual(Object.keys(fixedBytes).filter((name) => !name.endsWith("-init")).sort());
});

describe.skipIf(!hasTshark)("tshark (needs tshark)", () => {
  it("finds nothing malformed and no wrong checksum", () => {
    const rows = execFileSync("tshark", [
      "-r", file, "-o", "ipv6.use_geoip:FALSE", "-T", "fields", "-e", "frame.number", "-e", "_ws.malformed", "-e", "icmpv6.checksum.status",
      "-e", "mip6.mhtype", "-e", "ipv6.src", "-e", "mip6.bu.seqnr", "-e", "mip6.ba.status",
    ], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
    expect(rows).toHaveLength(sent.length);
    for (const [frame, malformed, status] of rows) {
      expect(malformed, `frame ${frame}`).toBe("");
      // 0 is bad, 1 good; 2 stands for packets quoted in errors and for fragments, which cannot be checked.
      expect(status.split(","), `frame ${frame}: ICMPv6 checksum`).not.toContain("0");
    }
    const types = rows.map((row) => row[3]);
    for (const type of ["0", "3", "4", "5", "6", "7"]) expect(types, `Mobility Header type ${type}`).toContain(type);
    const statuses = new Set(rows.map((row) => row[6]));
    for (const status of ["0", "146", "144", "132", "135", "137", "139"]) expect(statuses, `status ${status}`).toContain(status);
  });
});

describe.skipIf(!hasTshark)("tshark reads what a home agent advertises (needs tshark)", () => {
  const read = (filter: string, ...fields: string[]) => execFileSync("tshark", [
    "-r", file, "-Y", filter, "-T", "fields", ...fields.flatMap((field) => ["-e", `icmpv6.${field}`]),
  ], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  const set = expect.stringMatching(/^(1|True)$/);
  const clear = expect.stringMatching(/^(0|False)$/);

  it("Router Advertisements (RFC 6275 §7)", () => {
    const [first, ...others] = read(
      "icmpv6.type == 134 && ipv6.src == fe80::1", "nd.ra.flag.h", "nd.ra.router_lifetime", "opt.src_linkaddr", "opt.advertisement_interval",
      "opt.home_agent_preference", "opt.home_agent_lifetime", "opt.prefix", "opt.prefix.flag.r", "opt.prefix.valid_lifetime",
    );
    expect(first).toEqual([set, "1800", "02:00:00:00:00:01", "4000", "7", "600", HOME_AGENT, set, "4294967295"]);
    expect(others.at(-1)!.slice(0, 2)).toEqual([set, "0"]);
  });

  it("Home Agent Address Discovery Replies (§6.6)", () => {
    const [[identifier, addresses]] = read("icmpv6.type == 145", "mip6.identifier", "mip6.home_agent_address");
    expect(Number(identifier)).toBe(0x1234);
    expect(addresses.split(",")).toEqual([HOME_AGENT, "2001:db8:100::2"]);
  });

  it("Mobile Prefix Advertisements (§6.8)", () => {
    const [[identifier, managed, other, prefix, router]] = read(
      "icmpv6.type == 147", "mip6.identifier", "mip6.flag.m", "mip6.flag.o", "opt.prefix", "opt.prefix.flag.r",
    );
    expect(Number(identifier)).toBe(0x4321);
    expect([managed, other, prefix, router]).toEqual([clear, clear, HOME_AGENT, set]);
  });

  it("listener queries (RFC 3810 §5.1)", () => {
    const [[delay, group, robustness, interval, sources]] = read(
      "icmpv6.type == 130", "mld.maximum_response_code", "mld.multicast_address", "mld.flag.qrv", "mld.qqi", "mld.nb_sources",
    );
    expect([delay, group, Number(robustness), interval, sources]).toEqual(["10000", "::", 2, "125", "0"]);
  });
});

describe.skipIf(!hasScapy)("scapy (needs scapy)", () => {
  it("reads each packet, and computes the same checksums and lengths", () => {
    // scapy looks for a Home Address option only where it is alone in its header: the padding is taken out for the checksum.
    const script = `
import sys, json
from scapy.all import IPv6, raw
from scapy.layers.inet6 import _MobilityHeader, _ICMPv6, IPv6ExtHdrFragment, IPv6ExtHdrDestOpt, HAO
for line in sys.stdin:
    packet = IPv6(bytes.fromhex(line))
    fragment = packet.haslayer(IPv6ExtHdrFragment)
    packet.plen = None
    again = raw(packet).hex()
    layer, given, computed = packet, None, None
    while layer and not fragment:
        if isinstance(layer, IPv6ExtHdrDestOpt):
            layer.options = [option for option in layer.options if isinstance(option, HAO)]
        if isinstance(layer, (_MobilityHeader, _ICMPv6)):
            given = layer.cksum
            del layer.cksum
            rebuilt = IPv6(raw(packet))
            while not isinstance(rebuilt, (_MobilityHeader, _ICMPv6)):
                rebuilt = rebuilt.payload
            computed = rebuilt.cksum
            break
        layer = layer.payload
    print(json.dumps({"again": again, "given": given, "computed": computed}))
`;
    const input = sent.map((packet) => Buffer.from(packet).toString("hex")).join("\n");
    const lines = execFileSync(PYTHON, ["-c", script], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] }).trimEnd().split("\n");
    expect(lines).toHaveLength(sent.length);
    let checked = 0;
    lines.forEach((line, index) => {
      const { again, given, computed } = JSON.parse(line) as { again: string; given: number | null; computed: number | null };
      const name = `packet ${index}: ${codec.dissect(sent[index]).map((layer) => layer.name)}`;
      expect(again, name).toBe(Buffer.from(sent[index]).toString("hex"));
      expect(computed, name).toBe(given);
      if (computed !== null) checked++;
    });
    expect(checked).toBeGreaterThan(sent.length - 3); // all but the fragments
  });
});
