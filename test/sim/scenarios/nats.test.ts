import { describe, expect, it } from "vitest";
import { formatAnyAddress } from "../../../bindings/address.ts";
import { NO_STATE } from "../../../platforms/sim/node.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import type { NatSettings } from "../../../platforms/sim/nat-mappings.ts";
import { ipv4HomeAddressOf } from "../../../platforms/sim/topology.ts";
import {
  BEST, begin, type DualStackStory, enter, expectBoundTogether, isSettled, pingBoth, reachesBoth, Session, sessions,
  statusIn, tellDualStack,
} from "./dual-stack-story.ts";

/** A round trip between a mobile node and the home agent. */
const ROUND_TRIP_MS = 14;

function behind(seed: number, nat: Partial<NatSettings> = {}, kind: "nat" | "short-nat" = "nat"): DualStackStory {
  const story = tellDualStack(seed, [kind], { dualStack: { nat } });
  begin(story);
  expect(statusIn(story, 0)).toEqual(BEST[kind]);
  return story;
}

describe("a NAT that reboots", () => {
  it.each(["IPv6", "IPv4"] as const)("costs a node that sends over %s one round trip", (family) => {
    const story = behind(1);
    const { network, at, homeAgent, mobileNode, invariants, correspondent } = story;
    const home = family === "IPv6" ? mobileNode.homeAddress : ipv4HomeAddressOf(1);
    const to = family === "IPv6" ? correspondent.address : correspondent.ipv4Address!;
    const ping = new Ping(mobileNode, { from: home, to, everyMs: 10 });
    network.run(5000);
    const before = homeAgent.bindings[0].port;
    const rebootedMs = network.nowMs;
    at(0)!.nat!.reboot();
    network.run(5000);
    ping.stop();
    network.run(1000);
    expect(homeAgent.bindings[0].port).not.toBe(before);
    // A packet by the new mapping, its Binding Error, the Binding Update; and what was on its way.
    expect(ping.lost).toBeGreaterThan(0);
    expect(ping.lostBetween(rebootedMs + 3 * ROUND_TRIP_MS, network.nowMs)).toBe(0);
    expect(reachesBoth(story)).toEqual([true, true]);
    expectBoundTogether(story);
    invariants.check();
  });

  // A Binding Error brings a Binding Update only 2 s after the last one: what forges errors gets no more.
  it.each([[3000, 1000], [700, 5000]])("every %d ms or later: two sessions survive", (pauseMs, limitMs) => {
    const story = behind(2);
    const { network, at, invariants } = story;
    const both = sessions(story, 1_500_000);
    for (let reboot = 0; reboot < 6; reboot++) {
      network.run(pauseMs + 37 * reboot);
      at(0)!.nat!.reboot();
    }
    expect(network.runUntil(() => both.every(({ done }) => done), 60_000)).toBe(true);
    for (const session of both) {
      session.expectIntact();
      expect(session.receiver.longestGapMs).toBeLessThan(limitMs);
    }
    invariants.check();
  });

  it("while the node is idle: it is reached again after the next keepalive at the latest", () => {
    const story = behind(3);
    const { network, at, mobileNode } = story;
    network.run(60_000);
    at(0)!.nat!.reboot();
    const { keepaliveS } = mobileNode.registration!;
    expect(keepaliveS).toBeGreaterThan(0);
    network.run(keepaliveS * 1000 + 1000);
    expect(reachesBoth(story)).toEqual([true, true]);
    expectBoundTogether(story);
  });
});

describe("an idle node behind a NAT that forgets after 30 s", () => {
  it("is always reached once the home agent has learnt what the NAT holds (5555-4.3-1)", () => {
    const story = behind(4, {}, "short-nat");
    const { network, homeAgent, mobileNode, invariants } = story;
    network.run(600_000); // learns
    const learnt = homeAgent.bindings[0];
    expect(learnt.natHeldS).toBeGreaterThanOrEqual(15);
    expect(learnt.natHeldS).toBeLessThan(30);
    expect(learnt.refreshS).toBeLessThan(30);
    expect(mobileNode.registration!.keepaliveS).toBe(learnt.refreshS);
    const random = network.random("visits");
    const lost: number[] = [];
    for (let visit = 0; visit < 100; visit++) {
      network.run(random.between(100, 60_000));
      const pings = pingBoth(story, 60_000);
      network.run(1000);
      for (const ping of pings) {
        ping.stop();
        if (ping.lost > 0) lost.push(network.nowMs);
      }
    }
    expect(lost).toEqual([]);
    expectBoundTogether(story);
    invariants.check();
  });

  it("behind one that holds for minutes, sends keepalives less and less often, up to the home agent's limit", () => {
    const story = behind(5);
    const { network, homeAgent, mobileNode } = story;
    network.run(1_200_000);
    expect(homeAgent.bindings[0].refreshS).toBe(110);
    let updates = 0;
    mobileNode.onEvent(({ name }) => name === "BindingUpdateSent" && updates++);
    network.run(600_000);
    expect(updates).toBeLessThanOrEqual(8);
    expect(reachesBoth(story)).toEqual([true, true]);
  });

  it("learns anew in the next network", () => {
    const story = tellDualStack(6, ["nat", "short-nat"]);
    begin(story);
    story.network.run(1_200_000);
    expect(story.homeAgent.bindings[0].refreshS).toBe(110);
    story.mobileNode.move(enter(story, 1), 50);
    story.network.run(2000);
    expect(isSettled(story.mobileNode)).toBe(true);
    expect(story.homeAgent.bindings[0].refreshS).toBe(25);
  });
});

describe("kinds of NATs", () => {
  const kinds = ["endpoint-independent", "address-dependent", "address-and-port-dependent"] as const;
  const all = kinds.flatMap((mapping) => kinds.map((filtering) => ({ mapping, filtering })));
  it.each(all)("mapping $mapping, filtering $filtering: two sessions pass", (settings) => {
    const story = behind(7, { ...settings, hairpinning: false });
    const { network, invariants } = story;
    const both = sessions(story, 200_000);
    expect(network.runUntil(() => both.every(({ done }) => done), 20_000)).toBe(true);
    for (const session of both) session.expectIntact();
    expectBoundTogether(story);
    invariants.check();
  });

  it("that let protocol 41 pass are found all the same: packets go by UDP", () => {
    const story = behind(8, { passes: [41, 4] });
    expect(reachesBoth(story)).toEqual([true, true]);
  });

  it("with a full table keep a node out until there is room", () => {
    const story = tellDualStack(9, ["nat"], { dualStack: { nat: { maxMappings: 0 } } });
    const { network, at, mobileNode } = story;
    mobileNode.start();
    mobileNode.attach(enter(story, 0));
    network.run(60_000);
    expect(mobileNode.registered).toBe(false);
    at(0)!.nat!.settings.maxMappings = 1;
    expect(network.runUntil(() => mobileNode.registered, 70_000)).toBe(true);
    expect(reachesBoth(story)).toEqual([true, true]);
  });
});

describe("two nodes behind the same NAT", () => {
  it.each([false, true])("are told apart, also when ports are preserved (%s)", (portPreservation) => {
    const story = tellDualStack(10, ["nat"], { mobileNodes: 2, dualStack: { nat: { portPreservation } } });
    const { topology, network, correspondent, homeAgent, invariants } = story;
    for (const node of topology.mobileNodes) {
      node.start();
      node.attach(enter(story, 0));
    }
    expect(network.runUntil(() => topology.mobileNodes.every(({ registered }) => registered), 10_000)).toBe(true);
    const ports = homeAgent.bindings.map(({ port }) => port);
    const from = homeAgent.bindings.map(({ careofAddress }) => careofAddress);
    expect([new Set(ports).size, new Set(from).size]).toEqual([2, 1]);
    const pings = topology.mobileNodes.flatMap(({ homeAddress }, index) => [
      new Ping(correspondent, { from: correspondent.address, to: homeAddress, everyMs: 50 }),
      new Ping(correspondent, { from: correspondent.ipv4Address!, to: ipv4HomeAddressOf(index + 1), everyMs: 50 }),
    ]);
    network.run(5000);
    for (const ping of pings) {
      ping.stop();
      expect(ping.lost).toBeLessThanOrEqual(1);
    }
    // They also reach each other, through the home agent.
    const [first, second] = topology.mobileNodes;
    const across = new Ping(first, { from: first.homeAddress, to: second.homeAddress, everyMs: 50 });
    const across4 = new Ping(first, { from: ipv4HomeAddressOf(1), to: ipv4HomeAddressOf(2), everyMs: 50 });
    network.run(2020);
    expect([across.lost, across4.lost].every((lost) => lost <= 1)).toBe(true);
    invariants.check();
  });
});

describe("a home agent that restarts", () => {
  const states: [string, Uint8Array | undefined][] = [["with its state", undefined], ["without", NO_STATE]];
  it.each(states)("%s: the node behind the NAT is reached again", (_, state) => {
    const story = behind(11);
    const { network, homeAgent, mobileNode, correspondent, invariants } = story;
    network.run(30_000);
    homeAgent.crash();
    network.run(5000);
    homeAgent.start(state);
    if (state === undefined) {
      network.run(500);
      expect(reachesBoth(story)).toEqual([true, true]);
    }
    // A node that sends is told at once that its mapping is not known.
    const home = mobileNode.homeAddress;
    const ping = new Ping(mobileNode, { from: home, to: correspondent.address, everyMs: 1000 });
    network.run(10_000);
    ping.stop();
    expect(ping.lost).toBeLessThanOrEqual(3);
    expect(reachesBoth(story)).toEqual([true, true]);
    expectBoundTogether(story);
    invariants.check();
  });
});

describe("a dynamic IPv4 home address", () => {
  it("comes from the pool, is kept over moves, and goes back in the end (5555-4.5-9)", () => {
    const story = tellDualStack(12, ["nat", "ipv6", "ipv4"], { dualStack: { homeAddresses: "dynamic" } });
    begin(story);
    const { network, mobileNode, homeAgent, invariants } = story;
    const leased = mobileNode.ipv4HomeAddress!;
    expect(formatAnyAddress(leased)).toMatch(/^203\.0\.113\.1[2-9]\d$/);
    expect(mobileNode.owns(leased)).toBe(true);
    const session = new Session(story, "IPv4", true, 600_000, 7000, leased);
    for (const next of [1, 2, 0]) {
      network.run(2000);
      mobileNode.move(enter(story, next), 50);
    }
    expect(network.runUntil(() => session.done, 60_000)).toBe(true);
    session.expectIntact();
    network.run(2000);
    expect(mobileNode.ipv4HomeAddress).toEqual(leased);
    mobileNode.shutdown();
    network.run(3000);
    expect(homeAgent.bindings).toEqual([]);
    expect(mobileNode.owns(leased)).toBe(false);
    invariants.check();
  });
});
