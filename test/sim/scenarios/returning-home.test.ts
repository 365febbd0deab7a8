import { describe, expect, it } from "vitest";
import { nextHeader } from "../../../platforms/sim/ip.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import { ADVERTISERS, expectAtHome, type HomeLinkStory, tellWithHomeLink } from "./home-link-story.ts";
import { isOptimised, stream } from "./optimised-story.ts";
import { expectAgreement } from "./invariants.ts";

const IPV6_IN_IPV6 = 41;

/** Echo requests from the neighbour on the home link to the home address. */
function pingFromNeighbour({ neighbour, mobileNode }: HomeLinkStory): Ping {
  return new Ping(neighbour, { from: neighbour.address, to: mobileNode.homeAddress, everyMs: 50 });
}

describe.each(ADVERTISERS)("a mobile node whose home link has %s for a router", (advertiser) => {
  it("is reached from its neighbours while it is away: the home agent answers for it", () => {
    const story = tellWithHomeLink(1, advertiser);
    const { network, topology, invariants } = story;
    const ping = pingFromNeighbour(story);
    network.run(2000);
    ping.stop();
    network.run(100);
    expect(ping.lost).toBe(0);
    expectAgreement(topology);
    invariants.check();
  });

  it("returns home: neighbours reach it without the home agent, and the stream goes on", () => {
    const story = tellWithHomeLink(2, advertiser);
    const { network, homeAgent, homeLink, mobileNode, correspondent, invariants } = story;
    const { sender, expectIntact } = stream(story, 3_000_000, correspondent);
    const ping = pingFromNeighbour(story);
    network.run(2000);
    const leftAtMs = network.nowMs;
    mobileNode.move(homeLink, 50);
    expect(network.runUntil(() => mobileNode.isAtHome, 5000)).toBe(true);
    network.run(3000);
    expectAtHome(story);
    expect(ping.firstAnswerMs(leftAtMs)! - leftAtMs).toBeLessThan(3000);
    const settledMs = network.nowMs;
    const toMobileNode = { tunnelled: 0 };
    network.watch((record) => {
      if (record.kind !== "frame" || record.from !== homeAgent.name) return;
      if (nextHeader(record.packet) === IPV6_IN_IPV6) toMobileNode.tunnelled++;
    });
    network.run(2000);
    expect(ping.lostBetween(settledMs, network.nowMs - 100)).toBe(0);
    expect(toMobileNode.tunnelled).toBe(0);
    expect(network.runUntil(() => sender.done, 60_000)).toBe(true);
    expectIntact();
    invariants.check();
  });

  it("leaves home again, several times", () => {
    const story = tellWithHomeLink(3, advertiser);
    const { network, homeLink, visited, mobileNode, topology, invariants } = story;
    const ping = pingFromNeighbour(story);
    for (let round = 0; round < 4; round++) {
      mobileNode.move(homeLink, 20);
      network.run(5000);
      expectAtHome(story);
      mobileNode.move(visited[round % 2].link, 20);
      network.run(5000);
      expect(mobileNode.isAtHome).toBe(false);
      expectAgreement(topology);
    }
    const settledMs = network.nowMs;
    network.run(1000);
    expect(ping.lostBetween(settledMs, network.nowMs - 100)).toBe(0);
    invariants.check();
  });

  it("takes back its optimised routes when it returns, and has them again when it leaves", () => {
    const story = tellWithHomeLink(4, advertiser);
    const { network, homeLink, visited, mobileNode, peer, topology, routes, invariants } = story;
    const { sender, expectIntact } = stream(story, 8_000_000);
    expect(network.runUntil(() => isOptimised(story), 5000)).toBe(true);
    mobileNode.move(homeLink, 50);
    network.run(5000);
    expectAtHome(story);
    expect(peer.bindings).toEqual([]);
    const before = routes.optimisedOut;
    network.run(1000);
    expect(routes.optimisedOut).toBe(before);
    mobileNode.move(visited[1].link, 50);
    expect(network.runUntil(() => isOptimised(story), 20_000)).toBe(true);
    expect(network.runUntil(() => sender.done, 60_000)).toBe(true);
    expectIntact();
    expectAgreement(topology);
    routes.check();
    invariants.check();
  });

  it("begins at home, with no binding anywhere", () => {
    const story = tellWithHomeLink(5, advertiser);
    const { network, homeLink, mobileNode, visited, topology, invariants } = story;
    mobileNode.crash();
    network.run(700_000); // the binding ends
    mobileNode.start();
    mobileNode.attach(homeLink);
    expect(network.runUntil(() => mobileNode.isAtHome, 5000)).toBe(true);
    network.run(3000);
    expectAtHome(story);
    mobileNode.move(visited[1].link, 20);
    expect(network.runUntil(() => mobileNode.registered, 10_000)).toBe(true);
    network.run(2000);
    expectAgreement(topology);
    invariants.check();
  });
});
