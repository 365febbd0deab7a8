/** Router Advertisements of a home agent (RFC 4861 §6.2, RFC 6275 §7). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { HOME_LINK_DEFAULTS, setDevice, setHomeAgent, setHomeLink, setLink, shutdown } from "../../bindings/commands.ts";
import { Refusal } from "../../bindings/engine.ts";
import {
  ACCESS, HOME, HOME_ADDRESS, HOME_AGENT, LINK_ADDRESS, LINK_LOCAL, configureLink, homeLinkAgent, layersOf, solicitation, taken,
} from "./advertising.ts";
import { Node, TUNNEL, hex, homeAgent } from "./harness.ts";
import { addresses, codec } from "./network.ts";

const RA = "router-advertisement";

/** The moments, in ms from now, at which the node advertises within a time. */
function moments(node: Node, ms: number): number[] {
  const start = node.now;
  const found: number[] = [];
  const transmit = node.transmit.bind(node);
  node.transmit = (device, pointer, length) => {
    transmit(device, pointer, length);
    found.push(node.now - start);
  };
  node.advance(ms);
  node.transmit = transmit;
  return found;
}

const gaps = (times: number[]) => times.slice(1).map((time, index) => time - times[index]);

/** The options of the first advertisement that the node sends on its home link. */
function first(link: Parameters<typeof configureLink>[1] = {}, settings: Parameters<typeof homeLinkAgent>[0] = {}) {
  const node = homeLinkAgent({ link, ...settings });
  node.advance(500);
  const [{ packet, device }] = node.take();
  expect(device).toBe(HOME);
  const layers = layersOf(packet);
  const option = (name: string) => layers[RA].options.find((each) => each.name === name);
  return { packet, message: layers[RA], option, layers, prefixes: layers[RA].options.filter(({ name }) => name === "prefix-information") };
}

describe("an advertisement", () => {
  it("comes from the link-local address, goes to all nodes and has the H bit (RFC 6275 §7.1)", () => {
    const { packet, message, layers } = first();
    expect(addresses(packet)).toEqual([LINK_LOCAL, "ff02::1"]);
    expect(layers.ipv6.hopLimit).toBe(255);
    expect(message).toMatchObject({
      homeAgent: true, managedAddressConfiguration: false, otherConfiguration: false, routerLifetime: 1800, hopLimit: 64,
      reachableTime: 0, retransmissionTimer: 0,
    });
    expect(Object.values(layers).every(({ problem }) => problem === undefined)).toBe(true);
  });

  it("always has the link-layer address of its source (6275-7.5-11)", () => {
    expect(hex(first().option("source-link-layer-address")?.linkLayerAddress as Uint8Array)).toBe(hex(LINK_ADDRESS));
  });

  it("has all home prefixes, one at least with the R bit and our whole address (6275-7.2-1, 6275-7.2-2, 6275-8.3-5)", () => {
    const { prefixes } = first({}, {
      homePrefixes: [
        { address: parseAddress("2001:db8:100::"), length: 64 },
        { address: parseAddress("2001:db8:101::1"), length: 64, routerAddress: true, autonomous: false, validMs: 7_200_500, preferredMs: 3_600_500 },
        { address: parseAddress("2001:db8:102::77"), length: 60, onLink: false },
      ],
    });
    const forEver = { validLifetime: 0xffffffff, preferredLifetime: 0xffffffff };
    expect(prefixes).toMatchObject([
      { prefix: HOME_AGENT, prefixLength: 64, onLink: true, autonomous: true, routerAddress: true, ...forEver },
      { prefix: "2001:db8:101::1", prefixLength: 64, autonomous: false, routerAddress: true, validLifetime: 7200, preferredLifetime: 3600 },
      { prefix: "2001:db8:102::", prefixLength: 60, onLink: false, routerAddress: false, ...forEver },
    ]);
  });

  it("keeps its router addresses the same while its lifetimes count down (6275-7.2-3)", () => {
    const node = homeLinkAgent({ homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64, validMs: 3_600_000, preferredMs: 1_800_000 }] });
    node.advance(3_600_000 + 600_000); // the end, and the longest interval between two
    const seen = taken(node, RA).map((layers) => layers[RA].options.find(({ name }) => name === "prefix-information")!);
    expect(seen.length).toBeGreaterThan(6);
    expect(new Set(seen.map(({ prefix }) => prefix))).toEqual(new Set([HOME_AGENT]));
    const valid = seen.map(({ validLifetime }) => validLifetime as number);
    expect(valid[0]).toBe(3599);
    expect(valid).toEqual([...valid].sort((a, b) => b - a));
    expect(valid.at(-1)).toBe(0);
  });

  it("says how often it comes when it is to (6275-7.3-1, 6275-7.3-2, 6275-7.3-3, 6275-8.3-1, 6275-8.3-2)", () => {
    const { option, packet } = first({ minIntervalMs: 3000, maxIntervalMs: 4000 });
    expect(option("advertisement-interval")).toMatchObject({ interval: 4000, reserved: 0, length: 1 });
    expect(packet.length).toBe(40 + 16 + 8 + 8 + 32);
    expect(first({ intervalOption: false }).option("advertisement-interval")).toBeUndefined();
  });

  it.each([[70, 90], [199, 219], [200, 200]])("says of an interval of %i ms %i ms (6275-7.5-8)", (maxIntervalMs, interval) => {
    expect(first({ minIntervalMs: 30, maxIntervalMs, minDelayMs: 30 }).option("advertisement-interval")?.interval).toBe(interval);
  });

  it("has the Home Agent Information option only where something is not by default (6275-7.4-12, 6275-8.4-10)", () => {
    const name = "home-agent-information";
    expect(first().option(name)).toBeUndefined();
    expect(first({ homeAgentLifetimeMs: 1_800_000 }).option(name)).toBeUndefined();
    expect(first({ preference: -2 }).option(name)).toMatchObject({ preference: 0xfffe, lifetime: 1800, reserved: 0, length: 1 }); // 6275-7.4-1, 6275-7.4-2
    expect(first({ homeAgentLifetimeMs: 60_000 }).option(name)).toMatchObject({ preference: 0, lifetime: 60 });
  });

  it("never says a lifetime of zero that is not meant (6275-7.5-12, 6275-7.4-6)", () => {
    expect(first({ routerLifetimeMs: 300 }).message.routerLifetime).toBe(1);
    expect(first({ homeAgentLifetimeMs: 10 }).option("home-agent-information")?.lifetime).toBe(1);
    // No default router, and a home agent all the same.
    const { message, option } = first({ routerLifetimeMs: 0, homeAgentLifetimeMs: 60_000 });
    expect(message.routerLifetime).toBe(0);
    expect(option("home-agent-information")?.lifetime).toBe(60);
  });

  it("is one, with all options, also where there are most prefixes (6275-7.4-10)", () => {
    const homePrefixes = Array.from({ length: 16 }, (_, index) => ({ address: parseAddress(`2001:db8:${100 + index}::`), length: 64 }));
    const { packet, prefixes, option } = first({ preference: 1 }, { homePrefixes });
    expect(prefixes).toHaveLength(16);
    expect(option("home-agent-information")).toBeDefined();
    expect(packet.length).toBeLessThanOrEqual(1280);
  });

  it("has no link-layer address on a link that has none", () => {
    const node = homeAgent();
    configureLink(node, { device: ACCESS });
    node.advance(500);
    expect(taken(node, RA)[0][RA].options.map(({ name }) => name)).toEqual(["advertisement-interval", "prefix-information"]);
  });
});

describe("when it comes", () => {
  it("a few at the start, then at random moments between the intervals (RFC 4861 §6.2.4; 6275-7.5-5)", () => {
    const times = moments(homeLinkAgent(), 20_000_000);
    expect(times[0]).toBeLessThanOrEqual(500);
    expect(gaps(times).slice(0, 2)).toEqual([16_000, 16_000]);
    const later = gaps(times).slice(2);
    expect(later.length).toBeGreaterThan(30);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(198_000);
    expect(Math.max(...later)).toBeLessThanOrEqual(600_001);
    expect(new Set(later).size).toBeGreaterThan(later.length / 2);
  });

  it("every 50 ms where it is configured so (6275-7.5-3, 6275-7.5-4, 6275-8.3-3, 6275-8.3-4)", () => {
    const times = moments(homeLinkAgent({ link: { minIntervalMs: 30, maxIntervalMs: 70, minDelayMs: 30 } }), 10_000);
    expect(times.length).toBeGreaterThan(170);
    expect(times.length).toBeLessThan(230);
    expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(30);
    expect(Math.max(...gaps(times))).toBeLessThanOrEqual(72);
  });

  it("to who asks, within half a second", () => {
    const node = homeLinkAgent();
    node.advance(100_000);
    node.take();
    node.receive(HOME, solicitation());
    expect(node.take()).toEqual([]); // after a random delay, with those that others cause
    node.receive(HOME, solicitation({ source: "fe80::77" }));
    node.receive(HOME, solicitation({ source: "fe80::78", destination: LINK_LOCAL }));
    expect(moments(node, 3000)).toHaveLength(1);
    expect(addresses(node.take()[0].packet)).toEqual([LINK_LOCAL, "ff02::1"]);
  });

  it("not sooner than MinDelayBetweenRAs after the last one (RFC 6275 §13; 6275-13-1)", () => {
    for (const minDelayMs of [3000, 5000]) {
      const node = homeLinkAgent({ link: { minDelayMs } });
      node.advance(100_000);
      node.receive(HOME, solicitation());
      node.advance(500);
      node.receive(HOME, solicitation());
      const start = node.now - 500;
      const [next] = moments(node, 10_000);
      expect(next + node.now - 10_000 - start).toBeGreaterThanOrEqual(minDelayMs);
      expect(next).toBeLessThanOrEqual(minDelayMs + 1000);
    }
  });

  it("as soon as MinRtrAdvInterval where that is below three seconds (6275-13-2)", () => {
    const node = homeLinkAgent({ link: { minIntervalMs: 50, maxIntervalMs: 1_000_000, minDelayMs: 3000, unsolicited: false } });
    for (let count = 0; count < 5; count++) {
      node.receive(HOME, solicitation());
      expect(moments(node, 600)).toHaveLength(1);
    }
  });

  it("only when asked, where it is to be so (6275-7.5-9, 6275-7.5-10)", () => {
    const node = homeLinkAgent({ link: { unsolicited: false } });
    expect(moments(node, 10_000_000)).toEqual([]);
    node.receive(HOME, solicitation());
    expect(moments(node, 10_000_000)).toHaveLength(1);
  });

  it("never, where it is off", () => {
    const node = homeLinkAgent({ link: { advertise: false } });
    node.receive(HOME, solicitation());
    expect(moments(node, 10_000_000)).toEqual([]);
    expect(node.refused(Reason.MessageNotForThisRole)).toBe(1);
    shutdown(node.engine, node.now);
    expect(node.take()).toEqual([]);
  });

  it("not while the link is down, and anew when it is up", () => {
    const node = homeLinkAgent();
    node.advance(1000);
    setLink(node.engine, HOME, false, node.now);
    expect(moments(node, 1_000_000)).toEqual([]);
    setLink(node.engine, HOME, true, node.now);
    expect(moments(node, 40_000)).toHaveLength(3);
  });
});

describe("what changes", () => {
  it("is advertised soon; a prefix that is withdrawn has lifetimes of zero until it would have ended", () => {
    const node = homeLinkAgent({ homePrefixes: [
      { address: parseAddress("2001:db8:100::"), length: 64 }, { address: parseAddress("2001:db8:101::"), length: 64, validMs: 200_000 },
    ] });
    node.advance(100_000);
    node.take();
    const serve = (...prefixes: string[]) => setHomeAgent(node.engine, {
      address: parseAddress(HOME_AGENT), homePrefixes: prefixes.map((prefix) => ({ address: parseAddress(prefix), length: 64 })),
      maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
    }, node.now);
    const advertised = () => taken(node, RA)[0][RA].options.filter(({ name }) => name === "prefix-information")
      .map(({ prefix, validLifetime, preferredLifetime }) => [prefix, validLifetime, preferredLifetime]);
    serve("2001:db8:100::");
    node.advance(4000);
    expect(advertised()).toEqual([[HOME_AGENT, 0xffffffff, 0xffffffff], ["2001:db8:101::", 0, 0]]);
    serve("2001:db8:100::", "2001:db8:101::"); // it is back
    node.advance(4000);
    expect(advertised()).toEqual([[HOME_AGENT, 0xffffffff, 0xffffffff], ["2001:db8:101::", 0xffffffff, 0xffffffff]]);
    serve("2001:db8:100::", "2001:db8:101::"); // nothing new: nothing said
    node.advance(4000);
    expect(taken(node, RA)).toEqual([]);
  });

  it("and ends: a last one with a lifetime of zero, and none after it (RFC 4861 §6.2.5, 6275-7.4-8)", () => {
    const node = homeLinkAgent({ link: { preference: 3 } });
    node.advance(1000);
    node.take();
    shutdown(node.engine, node.now);
    const [last, ...more] = taken(node, RA);
    expect(more).toEqual([]);
    expect(last[RA]).toMatchObject({ routerLifetime: 0, homeAgent: true });
    expect(last[RA].options.map(({ name }) => name)).not.toContain("home-agent-information");
    expect(moments(node, 10_000_000)).toEqual([]);
  });

  it("to another link, or to silence: the former link is told", () => {
    const node = homeLinkAgent();
    setDevice(node.engine, { index: 3, kind: "access", mtu: 1500, up: true }, node.now);
    configureLink(node, { device: 3 });
    expect(node.take().map(({ device, packet }) => [device, layersOf(packet)[RA].routerLifetime])).toEqual([[HOME, 0]]);
    node.advance(500);
    expect(node.take().map(({ device }) => device)).toEqual([3]);
    configureLink(node, { device: 3, advertise: false });
    expect(node.take().map(({ device, packet }) => [device, layersOf(packet)[RA].routerLifetime])).toEqual([[3, 0]]);
  });

  it("says nothing before there is a home prefix", () => {
    const node = new Node(1);
    setDevice(node.engine, { index: HOME, kind: "access", mtu: 1500, up: true, linkAddress: LINK_ADDRESS }, node.now);
    configureLink(node);
    node.receive(HOME, solicitation());
    expect(moments(node, 100_000)).toEqual([]);
    setHomeAgent(node.engine, {
      address: parseAddress(HOME_AGENT), homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }],
      maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
    }, node.now);
    expect(moments(node, 500)).toHaveLength(1);
  });
});

describe("what is refused", () => {
  it.each([
    ["that came over a router", { hopLimit: 64 }, Reason.NeighbourHopLimit],
  ])("a solicitation %s", (_, options, reason) => {
    const node = homeLinkAgent();
    node.advance(100_000);
    node.take();
    node.receive(HOME, solicitation(options));
    expect(node.refused(reason)).toBe(1);
    expect(moments(node, 4000)).toEqual([]);
  });

  it("a damaged solicitation, and one on another device", () => {
    const node = homeLinkAgent();
    node.advance(100_000);
    node.take();
    const damaged = solicitation();
    damaged[44] ^= 1;
    node.receive(HOME, damaged);
    expect(node.refused(Reason.Icmpv6Checksum)).toBe(1);
    node.receive(ACCESS, solicitation());
    expect(node.refused(Reason.NotForUs)).toBe(1);
    node.receive(ACCESS, solicitation({ destination: HOME_AGENT }));
    expect(node.refused(Reason.MessageNotForThisRole)).toBe(1);
    expect(moments(node, 4000)).toEqual([]);
  });

  it("what else comes to the link-local address or to all nodes: that is the host's", () => {
    const node = homeLinkAgent({ link: { advertise: false } });
    for (const destination of [LINK_LOCAL, "ff02::1"]) {
      node.receive(HOME, codec.encode([{ name: "ipv6", fields: { source: "fe80::5", destination } }, { name: "udp" }]));
      node.receive(HOME, codec.encode([
        { name: "ipv6", fields: { source: "fe80::5", destination } }, { name: "ipv6", fields: { source: HOME_ADDRESS, destination: "2001:db8::1" } },
        { name: "echo-request" },
      ]));
    }
    expect(node.refused(Reason.NotForUs)).toBe(4);
    expect(node.take()).toEqual([]);
  });

  it.each([
    ["an interval below 30 ms", { minIntervalMs: 29, maxIntervalMs: 100 }],
    ["one below 70 ms", { minIntervalMs: 30, maxIntervalMs: 69 }],
    ["a larger least one than three quarters of the largest", { minIntervalMs: 76, maxIntervalMs: 100 }],
    ["one above half an hour", { maxIntervalMs: 1_800_001 }],
    ["a delay below 30 ms", { minDelayMs: 29 }],
    ["a router lifetime above 9000 s", { routerLifetimeMs: 9_000_001 }],
    ["no lifetime at all", { routerLifetimeMs: 0 }],
    ["a home agent lifetime of more than 16 bits", { homeAgentLifetimeMs: 65_536_000 }],
    ["a preference of more than 16 bits", { preference: 32_768 }],
    ["a preference of fewer", { preference: -32_769 }],
    ["what is no number", { minIntervalMs: Number.NaN }],
    ["an address that is not link-local", { linkLocal: parseAddress("2001:db8::1") }],
  ])("a home link with %s, and the former one stays", (_, link) => {
    const node = homeLinkAgent();
    expect(() => configureLink(node, link)).toThrow(Refusal[Refusal.OutOfRange]);
    expect(node.take()).toEqual([]);
    expect(moments(node, 500)).toHaveLength(1);
  });

  it("a home link on a tunnel device, or of another role", () => {
    const node = homeAgent();
    expect(() => configureLink(node, { device: TUNNEL })).toThrow(Refusal[Refusal.UnknownDevice]);
    expect(() => setHomeLink(new Node(2).engine, { ...HOME_LINK_DEFAULTS, device: ACCESS, linkLocal: parseAddress(LINK_LOCAL) }, 1000)).toThrow(Refusal[Refusal.WrongRole]);
  });
});
