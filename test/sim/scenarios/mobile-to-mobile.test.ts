import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../bindings/address.ts";
import type { MobileNode } from "../../../platforms/sim/mobile-node.ts";
import { StreamReceiver, StreamSender } from "../../../platforms/sim/stream.ts";
import { expectAgreement } from "./invariants.ts";
import { tellRegistered } from "./story.ts";

/** Two mobile nodes in two visited networks, each a correspondent node of the other. */
function tellTwo(seed: number) {
  const story = tellRegistered(seed, {
    mobileNodes: 2, visitedNetworks: 3,
    routeOptimisation: { routes: { policy: "automatic" }, correspondent: {} },
  });
  const { network, topology, visited } = story;
  const [first, second] = topology.mobileNodes;
  second.start();
  second.attach(visited[1].link);
  expect(network.runUntil(() => second.registered, 10_000)).toBe(true);
  const receiver = new StreamReceiver(first, 7000);
  const totalBytes = 4_000_000;
  const sender = new StreamSender(second, {
    from: second.homeAddress, to: first.homeAddress, port: 7000, totalBytes, windowSegments: 3,
  });
  const expectIntact = () =>
    expect([receiver.receivedBytes, receiver.intact, receiver.hash]).toEqual([totalBytes, true, sender.hash]);
  return { ...story, first, second, sender, expectIntact };
}

/** Whether packets from `a` to `b` take the direct way. */
function isOptimised(a: MobileNode, b: MobileNode): boolean {
  const peer = a.peers.find(({ address }) => address === formatAddress(b.homeAddress));
  const binding = b.bindings.find(({ homeAddress }) => homeAddress === formatAddress(a.homeAddress));
  return peer?.optimised === true && binding?.careofAddress === a.registration?.careofAddress;
}

function isOptimisedBothWays(a: MobileNode, b: MobileNode): boolean {
  return isOptimised(a, b) && isOptimised(b, a);
}

describe("two mobile nodes", () => {
  it("talk by the direct way, both ways (6275-9.3.1-6)", () => {
    const { network, first, second, homeAgent, topology, sender, expectIntact, invariants } = tellTwo(1);
    expect(network.runUntil(() => isOptimisedBothWays(first, second), 10_000)).toBe(true);
    network.run(200);
    let relayed = 0;
    network.watch((record) => record.kind === "frame" && record.from === homeAgent.name && relayed++);
    expect(network.runUntil(() => sender.done, 60_000)).toBe(true);
    expect(relayed).toBeLessThan(20);
    expectIntact();
    expectAgreement(topology);
    invariants.check();
  });

  it("find each other again when both move at the same time", () => {
    const { network, first, second, visited, topology, sender, expectIntact, invariants } = tellTwo(2);
    expect(network.runUntil(() => isOptimisedBothWays(first, second), 10_000)).toBe(true);
    for (let move = 0; move < 3; move++) {
      first.move(visited[(move + 1) % 3].link, 20);
      second.move(visited[(move + 2) % 3].link, 20);
      network.run(3000);
    }
    expect(network.runUntil(() => sender.done, 120_000)).toBe(true);
    expectIntact();
    expectAgreement(topology);
    expect(isOptimisedBothWays(first, second)).toBe(true);
    invariants.check();
  });

  it("meet in one network", () => {
    const { network, first, second, visited, topology, sender, expectIntact, invariants } = tellTwo(3);
    network.run(1000);
    first.move(visited[1].link, 20);
    expect(network.runUntil(() => sender.done, 120_000)).toBe(true);
    expectIntact();
    expect(isOptimisedBothWays(first, second)).toBe(true);
    expectAgreement(topology);
    invariants.check();
  });
});
