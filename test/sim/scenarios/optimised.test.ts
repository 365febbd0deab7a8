import { describe, expect, it } from "vitest";
import { NO_STATE } from "../../../platforms/sim/node.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import { expectAgreement } from "./invariants.ts";
import { countFrames, isOptimised, stream, tellOptimising } from "./optimised-story.ts";

describe("a route between a mobile node and a correspondent node", () => {
  it("is optimised once there is traffic; then nothing goes through the home agent", () => {
    const story = tellOptimising(1);
    const { network, homeAgent, topology, routes, invariants } = story;
    const { sender, expectIntact } = stream(story, 2_000_000);
    expect(network.runUntil(() => isOptimised(story), 5000)).toBe(true);
    network.run(100); // what is still in the tunnel
    const relayed = countFrames(story, homeAgent.name);
    expect(network.runUntil(() => sender.done, 60_000)).toBe(true);
    expectIntact();
    expect(relayed.count).toBeLessThan(10); // tests and advertisements of prefixes, no data
    expect(routes.optimisedIn).toBeGreaterThan(1000);
    expect(routes.optimisedOut).toBeGreaterThan(1000);
    expectAgreement(topology);
    routes.check();
    invariants.check();
  });

  it("stays in the tunnel with one that knows nothing of mobility", () => {
    const story = tellOptimising(2);
    const { network, correspondent, mobileNode, topology, invariants } = story;
    const { sender, expectIntact } = stream(story, 500_000, correspondent);
    expect(network.runUntil(() => sender.done, 60_000)).toBe(true);
    expectIntact();
    const [status] = mobileNode.peers;
    expect([status.state, status.obstacle, status.optimised]).toEqual(["Refused", "NotSupported", false]);
    expectAgreement(topology);
    invariants.check();
  });

  it("follows the mobile node, and the stream goes on", () => {
    const story = tellOptimising(3);
    const { network, mobileNode, visited, topology, routes, invariants } = story;
    const { sender, receiver, expectIntact } = stream(story, 6_000_000);
    for (let move = 1; move <= 4; move++) {
      network.run(2000);
      expect(isOptimised(story), `optimised before move ${move}`).toBe(true);
      mobileNode.move(visited[move % 2].link, 50);
    }
    expect(network.runUntil(() => sender.done, 120_000)).toBe(true);
    expectIntact();
    expect(receiver.longestGapMs).toBeLessThan(1500);
    expect(isOptimised(story)).toBe(true);
    expectAgreement(topology);
    routes.check();
    invariants.check();
  });

  it.each([["with", undefined], ["without", NO_STATE]] as const)(
    "falls back when the correspondent node restarts %s its state, and is optimised again", (_, state) => {
      const story = tellOptimising(4);
      const { network, peer, topology, routes, invariants } = story;
      const { sender, expectIntact } = stream(story, 8_000_000);
      network.run(2000);
      expect(isOptimised(story)).toBe(true);
      const states: unknown[] = [];
      story.mobileNode.onEvent(({ name, fields }) => name === "PeerState" && states.push(fields.state));
      peer.crash();
      network.run(500);
      peer.start(state);
      expect(peer.bindings).toEqual([]);
      // The restarted node's own packets go through the home agent; the mobile node hears of it by a Binding
      // Error.
      const fellBack = () => states.includes("Tunnelled") || states.includes("Testing");
      expect(network.runUntil(fellBack, 20_000)).toBe(true);
      expect(network.runUntil(() => isOptimised(story), 20_000)).toBe(true);
      expect(network.runUntil(() => sender.done, 120_000)).toBe(true);
      expectIntact();
      expectAgreement(topology);
      routes.check();
      invariants.check();
    });

  it("ends in order when the mobile node shuts down", () => {
    const story = tellOptimising(5);
    const { network, peer, mobileNode, homeAgent, routes, invariants } = story;
    stream(story, 300_000);
    expect(network.runUntil(() => isOptimised(story), 5000)).toBe(true);
    network.run(3000);
    mobileNode.shutdown();
    network.run(5000);
    expect(homeAgent.bindings).toEqual([]);
    expect(peer.bindings).toEqual([]);
    routes.check();
    invariants.check();
  });

  it("is kept up as long as there is traffic, for longer than a lifetime", () => {
    const story = tellOptimising(6, { advertising: {} });
    const { network, peer, homeAgent, mobileNode, routes, topology, invariants } = story;
    const ping = new Ping(peer, { from: peer.address, to: mobileNode.homeAddress, everyMs: 400 });
    expect(network.runUntil(() => isOptimised(story), 10_000)).toBe(true);
    let ended = 0;
    peer.onEvent(({ name }) => name === "BindingEnded" && ended++);
    const relayed = countFrames(story, homeAgent.name);
    network.run(1000_000);
    ping.stop();
    network.run(1000);
    expect([ended, ping.lost]).toEqual([0, 0]);
    expect(relayed.count).toBeLessThan(50); // Home Test Init and Home Test, refreshes
    expect(isOptimised(story)).toBe(true);
    expectAgreement(topology);
    routes.check();
    invariants.check();
  });
});
