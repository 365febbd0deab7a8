import { describe, expect, it } from "vitest";
import type { MobileNodeSettings } from "../../../bindings/commands.ts";
import { destinationOf, nextHeader, sameAddress, sourceOf } from "../../../platforms/sim/ip.ts";
import { MobileNode } from "../../../platforms/sim/mobile-node.ts";
import { Stack } from "../../../platforms/sim/stack.ts";
import { homeAddressOf, securityOf, type Topology } from "../../../platforms/sim/topology.ts";
import { expectAgreement } from "./invariants.ts";
import { reaches, tellRegistered } from "./story.ts";

const DESTINATION_OPTIONS = 60;
const PROTECTIONS = ["timestamp", "sequence"] as const;

/** A mobile node that the topology does not know, in the second visited network. */
function impostor(topology: Topology, settings: Partial<MobileNodeSettings>): MobileNode {
  const known = topology.mobileNodes[0].settings;
  const node = new MobileNode(topology.network, "impostor", { ...known, ...settings });
  node.start();
  node.attach(topology.visited[1].link);
  return node;
}

/** What the home agent refused, by reason. */
function watchRefusals({ homeAgent }: Topology): string[] {
  const reasons: string[] = [];
  homeAgent.onEvent(({ name, fields }) => name === "BindingRefused" && reasons.push(String(fields.reason)));
  return reasons;
}

/** Every Binding Update on its way to the home agent, as an eavesdropper in the visited networks has it. */
function recordUpdates({ network, homeAgent }: Topology): Uint8Array[] {
  const recorded: Uint8Array[] = [];
  network.watch((record) => {
    if (record.kind !== "frame" || !record.from.startsWith("mobile node")) return;
    const { packet } = record;
    const isForHomeAgent = sameAddress(destinationOf(packet), homeAgent.settings.address);
    if (isForHomeAgent && nextHeader(packet) === DESTINATION_OPTIONS) recorded.push(packet.slice());
  });
  return recorded;
}

describe("a home agent refuses", () => {
  it("a node with the wrong key", () => {
    const story = tellRegistered(1, { mobileNodes: 1 });
    const refused = watchRefusals(story.topology);
    const security = { ...securityOf(1), key: new Uint8Array(16).fill(0xee) };
    const node = impostor(story.topology, { security });
    story.network.run(60_000);
    expect(node.registered).toBe(false);
    expect(new Set(refused)).toEqual(new Set(["AuthenticationFailed"]));
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("a node that does not authenticate", () => {
    const story = tellRegistered(2);
    const refused = watchRefusals(story.topology);
    const node = impostor(story.topology, { security: { authentication: "none" } });
    story.network.run(60_000);
    expect(node.registered).toBe(false);
    expect(refused.length).toBeGreaterThan(0);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("an authorised node that wants the home address of another one (6275-5.1-3)", () => {
    const story = tellRegistered(3, { mobileNodes: 2 });
    const refused = watchRefusals(story.topology);
    const node = impostor(story.topology, { homeAddress: homeAddressOf(1), security: securityOf(2) });
    story.network.run(60_000);
    expect(node.registered).toBe(false);
    expect(new Set(refused)).toEqual(new Set(["HomeAddressNotOwned"]));
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology, [story.mobileNode]);
    story.invariants.check();
  });

  it.each(PROTECTIONS)("a replayed update, with replay protection by %s", (replayProtection) => {
    const story = tellRegistered(4, { replayProtection });
    const { topology, network, visited, mobileNode, homeAgent } = story;
    const recorded = recordUpdates(topology);
    const eavesdropper = new Stack(network, "eavesdropper");
    const port = eavesdropper.addPort("tap");
    port.attach(visited[0].link);
    mobileNode.move(visited[1].link);
    network.run(3000);
    mobileNode.move(visited[0].link);
    network.run(3000);
    mobileNode.move(visited[1].link);
    network.run(3000);
    expect(recorded.length).toBeGreaterThanOrEqual(3);
    const before = homeAgent.bindings[0];
    for (const update of [...recorded]) {
      port.send(update.slice(), visited[0].port.addresses[1].address);
      network.run(500);
    }
    expect(homeAgent.bindings[0].careofAddress).toBe(before.careofAddress);
    expect(homeAgent.bindings[0].sequence).toBe(before.sequence);
    expect(homeAgent.bindings[0].remainingMs).toBeLessThan(before.remainingMs);
    network.run(30_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(topology);
    story.invariants.check();
  });

  it("a replayed update after the node has deregistered", () => {
    const story = tellRegistered(5);
    const { topology, network, visited, mobileNode, homeAgent } = story;
    const recorded = recordUpdates(topology);
    const eavesdropper = new Stack(network, "eavesdropper");
    const port = eavesdropper.addPort("tap");
    port.attach(visited[0].link);
    mobileNode.move(visited[1].link);
    network.run(2000);
    mobileNode.shutdown();
    network.run(1000);
    expect(homeAgent.bindings).toEqual([]);
    for (const update of [...recorded]) port.send(update.slice(), visited[0].port.addresses[1].address);
    network.run(1000);
    expect(homeAgent.bindings).toEqual([]);
    story.invariants.check();
  });
});

describe("a mobile node", () => {
  it.each(PROTECTIONS)("ignores a replayed acknowledgement, by %s (6275-11.7.3-1)", (replayProtection) => {
    const { topology, network, visited, mobileNode, homeAgent, invariants } =
      tellRegistered(6, { replayProtection, mobileNode: { lifetimeMs: 20_000 } });
    const acknowledgements: Uint8Array[] = [];
    network.watch((record) => {
      if (record.kind !== "frame" || record.to !== mobileNode.name) return;
      const isFromHomeAgent = sameAddress(sourceOf(record.packet), homeAgent.settings.address);
      const isTunnelled = record.packet[6] === 41; // the home agent's question for groups
      if (isFromHomeAgent && !isTunnelled) acknowledgements.push(record.packet.slice());
    });
    network.run(20_000); // one refresh
    homeAgent.port.conditions = { loss: 1 }; // from here on the home agent is not heard
    expect(network.runUntil(() => !mobileNode.registered, 20_000)).toBe(true);
    const replayer = new Stack(network, "replayer");
    const port = replayer.addPort("tap");
    port.attach(visited[0].link);
    expect(acknowledgements.length).toBe(1);
    port.send(acknowledgements[0].slice(), destinationOf(acknowledgements[0]));
    network.run(500);
    expect(mobileNode.registered).toBe(false);
    homeAgent.port.conditions = undefined;
    network.run(70_000);
    expectAgreement(topology);
    invariants.check();
  });
});
