import { describe, expect, it } from "vitest";
import {
  DROP_IPV4_TUNNELS, DROP_IPV6_TUNNELS, DROP_MOBILITY_HEADERS, DROP_UDP, Firewall, type FirewallRule,
} from "../../../platforms/sim/firewall.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import { ipv4HomeAddressOf } from "../../../platforms/sim/topology.ts";
import type { VisitedKind } from "../../../platforms/sim/visited.ts";
import {
  BEST, begin, type DualStackStory, type DualStackStorySettings, enter, expectBoundTogether, pingBoth, reachesBoth,
  refusals, sessions, statusIn, tellDualStack,
} from "./dual-stack-story.ts";

/** A story in one network, with a firewall on its router. */
function behindFirewall(
  seed: number, kind: VisitedKind, rules: FirewallRule[], settings: DualStackStorySettings = {}, stateful = true,
) {
  const story = tellDualStack(seed, [kind], settings);
  const { router, port } = story.at(0)!;
  const firewall = new Firewall(story.network.clock, [port], rules, { stateful });
  router.firewall = firewall;
  return { ...story, firewall };
}

/** Runs until packets go by `encapsulation`; how long it took. */
function until({ network, mobileNode }: DualStackStory, encapsulation: string, limitMs: number): number {
  const sinceMs = network.nowMs;
  network.runUntil(() => mobileNode.registered && mobileNode.registration!.encapsulation === encapsulation, limitMs);
  expect(mobileNode.registration!.encapsulation).toBe(encapsulation);
  return network.nowMs - sinceMs;
}

const NO_NATIVE = [DROP_MOBILITY_HEADERS, DROP_IPV6_TUNNELS, DROP_IPV4_TUNNELS];

describe("a firewall that opens", () => {
  it("to Mobility Headers and tunnels: the node returns to native IPv6, and no packet is lost", () => {
    const story = tellDualStack(1, ["udp-ipv6"]);
    begin(story);
    const { network, at, mobileNode, invariants } = story;
    expect(statusIn(story, 0)).toEqual(BEST["udp-ipv6"]);
    const pings = pingBoth(story, 100);
    network.run(60_000);
    expect(mobileNode.registration!.encapsulation).toBe("UdpIpv6");
    at(0)!.router.firewall!.rules = [];
    until(story, "Ipv6", 16 * 30_000);
    network.run(5000);
    for (const ping of pings) expect(ping.lostBetween(20_000, network.nowMs - 1000)).toBe(0);
    expectBoundTogether(story);
    invariants.check();
  });

  it("at once when it opens soon: the first probe comes after the retry interval", () => {
    const story = behindFirewall(2, "ipv6", NO_NATIVE, { dualStack: { reach: { retryMs: 10_000 } } });
    begin(story);
    expect(story.mobileNode.registration!.encapsulation).toBe("UdpIpv6");
    story.firewall.rules = [];
    expect(until(story, "Ipv6", 60_000)).toBeLessThan(12_000);
    expect(story.mobileNode.uplinkStatus[0].paths).toMatchObject({ Ipv6: "None", UdpIpv6: "NotNeeded" });
  });
});

describe("a dual-stack network", () => {
  it("whose IPv6 lets nothing pass: IPv4 is used after three attempts each (5555-4.4.1-3), and IPv6 again later", () => {
    const ipv6 = { name: "IPv6", matches: (packet: Uint8Array) => packet[0] >> 4 === 6 };
    const story = behindFirewall(3, "dual-stack", [ipv6], {}, false);
    begin(story);
    const { mobileNode, firewall, invariants } = story;
    const { encapsulation, obstacle } = mobileNode.registration!;
    expect([encapsulation, obstacle]).toEqual(["Ipv4", "NoAnswer"]);
    expect(mobileNode.uplinkStatus[0].paths).toMatchObject({ Ipv6: "NoAnswer", UdpIpv6: "NoAnswer" });
    expect(reachesBoth(story)).toEqual([true, true]);
    firewall.rules = [];
    until(story, "Ipv6", 16 * 30_000);
    expect(reachesBoth(story)).toEqual([true, true]);
    expectBoundTogether(story);
    invariants.check();
  });

  it("that is asked for IPv4 alone, or for IPv6 alone", () => {
    for (const [reach, encapsulation] of [[{ ipv6: false }, "Ipv4"], [{ ipv4: false }, "Ipv6"]] as const) {
      const story = tellDualStack(4, ["dual-stack"], { dualStack: { reach: { udpIpv6: false, ...reach } } });
      begin(story);
      story.network.run(5000);
      expect(story.mobileNode.registration!.encapsulation).toBe(encapsulation);
      expect(reachesBoth(story)).toEqual([true, true]);
    }
  });

  it("in which the node asks for UDP over IPv4 (flag F, 5555-3.2.2-3)", () => {
    const story = tellDualStack(5, ["ipv4"], { dualStack: { reach: { forceUdp: true } } });
    begin(story);
    const { encapsulation, nat, obstacle } = story.mobileNode.registration!;
    expect([encapsulation, nat, obstacle]).toEqual(["UdpIpv4", "None", "UdpForced"]);
    expect(reachesBoth(story)).toEqual([true, true]);
  });

  it("in which it may not (status 144, 5555-4.4.2-10): without", () => {
    const story = tellDualStack(6, ["ipv4"], {
      dualStack: { reach: { forceUdp: true }, serve: { mayForceUdp: false } },
    });
    begin(story);
    expect(story.mobileNode.registration!.encapsulation).toBe("Ipv4");
    expect(reachesBoth(story)).toEqual([true, true]);
  });
});

describe("public IPv4", () => {
  it("that lets no tunnel pass: UDP, after what was tunnelled has not come through; and back when it does", () => {
    const story = behindFirewall(7, "ipv4", [DROP_IPV6_TUNNELS, DROP_IPV4_TUNNELS], {}, false);
    begin(story);
    const { network, mobileNode, firewall, invariants } = story;
    expect(until(story, "UdpIpv4", 10_000)).toBeLessThan(5000);
    const { nat, obstacle } = mobileNode.registration!;
    expect([nat, obstacle]).toEqual(["None", "NothingPasses"]);
    expect(reachesBoth(story)).toEqual([true, true]);
    firewall.rules = [];
    until(story, "Ipv4", 16 * 30_000);
    network.run(5000);
    expect(reachesBoth(story)).toEqual([true, true]);
    expectBoundTogether(story);
    invariants.check();
  });

  it("behind a stateful firewall: what the node has asked for comes back", () => {
    const story = behindFirewall(8, "ipv4", []);
    begin(story);
    const { network, invariants } = story;
    network.run(5000);
    const both = sessions(story, 200_000);
    expect(network.runUntil(() => both.every(({ done }) => done), 30_000)).toBe(true);
    for (const session of both) session.expectIntact();
    invariants.check();
  });
});

describe("UDP that is blocked for 10 s", () => {
  it.each(["nat", "ipv4"] as const)("while the node stays (%s): two sessions survive", (kind) => {
    const story = behindFirewall(9, kind, [], {}, false);
    begin(story);
    const { network, firewall, invariants } = story;
    const both = sessions(story, 800_000);
    network.run(3000);
    firewall.rules = [DROP_UDP];
    network.run(10_000);
    firewall.rules = [];
    expect(network.runUntil(() => both.every(({ done }) => done), 60_000)).toBe(true);
    for (const session of both) {
      session.expectIntact();
      expect(session.receiver.longestGapMs).toBeLessThan(kind === "ipv4" ? 1000 : 13_000);
    }
    network.run(5000);
    expect(statusIn(story, 0)).toEqual(BEST[kind]);
    invariants.check();
  });
});

describe("a path that is narrower than its first link", () => {
  it.each(["ipv6", "ipv4", "nat", "udp-ipv6"] as const)("%s: large packets of both families pass in the end", (kind) => {
    const story = tellDualStack(10, [kind], { backbone: { mtuBytes: 1380 } });
    begin(story);
    const { network, correspondent, mobileNode, invariants } = story;
    const { address, ipv4Address } = correspondent;
    const home4 = ipv4HomeAddressOf(1);
    const pings = [
      new Ping(correspondent, { from: ipv4Address!, to: home4, everyMs: 500, dataBytes: 1252 }),
      new Ping(mobileNode, { from: home4, to: ipv4Address!, everyMs: 500, dataBytes: 1252 }),
      new Ping(correspondent, { from: address, to: mobileNode.homeAddress, everyMs: 500, dataBytes: 1232 }),
      new Ping(mobileNode, { from: mobileNode.homeAddress, to: address, everyMs: 500, dataBytes: 1232 }),
    ];
    network.run(20_000);
    for (const ping of pings) expect(ping.lostBetween(10_000, network.nowMs - 1000)).toBe(0);
    invariants.check();
  });
});

describe("a real home link", () => {
  it("answers ARP for the node that is away, and the node takes its address back at home and leaves again", () => {
    const story = tellDualStack(11, ["nat", "home"]);
    begin(story);
    const { network, topology, mobileNode, invariants } = story;
    const neighbour = topology.neighbour!;
    const ping = new Ping(neighbour, { from: neighbour.ipv4Address!, to: ipv4HomeAddressOf(1), everyMs: 100 });
    network.run(5000);
    expect(ping.lost).toBeLessThanOrEqual(1);
    for (const [place, isAtHome] of [[1, true], [0, false], [1, true]] as const) {
      mobileNode.move(enter(story, place), 50);
      network.run(8000);
      expect(mobileNode.isAtHome).toBe(isAtHome);
      const settledMs = network.nowMs;
      network.run(2000);
      expect(ping.lostBetween(settledMs, network.nowMs - 100)).toBe(0);
    }
    const before = refusals(story);
    network.run(5000);
    expect(refusals(story)).toEqual(before);
    invariants.check();
  });
});

describe("two uplinks, the preferred one behind a NAT and the other one with IPv6", () => {
  it("take over from each other, and the node returns to the preferred one", () => {
    const story = tellDualStack(12, ["nat", "ipv6"], { uplinks: 2 });
    const { network, mobileNode, visited: [preferred, other], invariants } = story;
    mobileNode.start();
    mobileNode.attach(preferred.link, mobileNode.uplinks[0]);
    mobileNode.attach(other.link, mobileNode.uplinks[1]);
    until(story, "UdpIpv4", 10_000);
    network.run(3000);
    expect(mobileNode.registration).toMatchObject({ device: 1, encapsulation: "UdpIpv4" });
    const both = sessions(story, 1_200_000);
    network.run(3000);
    mobileNode.detach(mobileNode.uplinks[0]);
    network.run(3000);
    expect(mobileNode.registration).toMatchObject({ device: 2, encapsulation: "Ipv6" });
    mobileNode.attach(preferred.link, mobileNode.uplinks[0]);
    network.run(6000);
    expect(mobileNode.registration).toMatchObject({ device: 1, encapsulation: "UdpIpv4" });
    expect(network.runUntil(() => both.every(({ done }) => done), 60_000)).toBe(true);
    for (const session of both) {
      session.expectIntact();
      expect(session.receiver.longestGapMs).toBeLessThan(1000);
    }
    expectBoundTogether(story);
    invariants.check();
  });
});
