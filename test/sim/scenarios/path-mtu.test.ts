import { describe, expect, it } from "vitest";
import { StreamReceiver, StreamSender } from "../../../platforms/sim/stream.ts";
import { expectAgreement } from "./invariants.ts";
import { pingHome, tellRegistered } from "./story.ts";

const IPV6_AND_ECHO_BYTES = 48;

/**
 * A registered mobile node behind a backbone that takes only the minimum of IPv6, which nobody knows before.
 */
function narrow(seed: number) {
  const story = tellRegistered(seed);
  story.topology.backbone.conditions.mtuBytes = 1280;
  const echo = (packetBytes: number) => pingHome(story, 1000, packetBytes - IPV6_AND_ECHO_BYTES);
  return { ...story, echo };
}

describe("a path that got narrower", () => {
  it("is learnt from Packet Too Big, and the correspondent is told", () => {
    const { network, correspondent, homeAgent, invariants, echo } = narrow(1);
    const told: (number | undefined)[] = [];
    correspondent.onIcmpError(({ mtuBytes }) => told.push(mtuBytes));
    const ping = echo(1400);
    network.run(2500);
    expect(ping.received).toBe(0);
    expect(new Set(told)).toEqual(new Set([1280]));
    expect(homeAgent.bindings[0].pathMtu).toBe(1280);
    invariants.check();
  });

  it("carries packets of 1,280 octets in fragments, both ways", () => {
    const { network, invariants, echo } = narrow(2);
    const ping = echo(1280);
    network.run(5900);
    expect(ping.lost).toBeLessThanOrEqual(2); // one each way until the path is known
    expect(ping.lostBetween(2000, network.nowMs)).toBe(0);
    invariants.check();
  });

  it("carries a stream through a handover", () => {
    const { network, correspondent, mobileNode, visited, topology, invariants } = narrow(3);
    const receiver = new StreamReceiver(mobileNode, 7000);
    const sender = new StreamSender(correspondent, {
      from: correspondent.address, to: mobileNode.homeAddress, port: 7000, totalBytes: 1_000_000,
    });
    network.run(300);
    mobileNode.move(visited[1].link, 50);
    expect(network.runUntil(() => sender.done, 60_000)).toBe(true);
    expect([receiver.receivedBytes, receiver.intact, receiver.hash]).toEqual([1_000_000, true, sender.hash]);
    expectAgreement(topology);
    invariants.check();
  });
});

describe("a home agent that is cut off", () => {
  it("for longer than the lifetime: both sides forget the binding, and make a new one", () => {
    const story = tellRegistered(4, { mobileNode: { lifetimeMs: 20_000 } });
    const { topology, network, homeAgent, mobileNode, invariants } = story;
    const link = homeAgent.port.link!;
    link.divide([homeAgent.port]);
    network.run(25_000);
    expect(homeAgent.bindings).toEqual([]);
    expect(mobileNode.registration!.remainingMs).toBe(0);
    link.divide();
    // MAX_BINDACK_TIMEOUT and a round trip
    expect(network.runUntil(() => mobileNode.registered, 33_000)).toBe(true);
    const ping = pingHome(story, 100);
    network.run(950);
    expect(ping.lost).toBe(0);
    expectAgreement(topology);
    invariants.check();
  });
});
