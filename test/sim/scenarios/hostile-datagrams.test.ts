import { describe, expect, it } from "vitest";
import { parseAnyAddress } from "../../../bindings/address.ts";
import { isArp } from "../../../platforms/sim/arp.ts";
import { Host } from "../../../platforms/sim/host.ts";
import { destinationOf, sameAddress } from "../../../platforms/sim/ip.ts";
import { ipv4HomeAddressOf } from "../../../platforms/sim/topology.ts";
import { begin, type DualStackStory, expectBoundTogether, sessions, tellDualStack } from "./dual-stack-story.ts";

const PORT = 4191;

/** A story behind a NAT, with two streams under way, and somebody on the backbone who means harm. */
function scene(seed: number) {
  const story = tellDualStack(seed, ["nat"]);
  begin(story);
  const { network, topology } = story;
  const attacker = new Host(network, "attacker", topology.backbone, "2001:db8::bad", "2001:db8::1")
    .addIpv4("192.0.2.66", "192.0.2.1");
  const heard: Uint8Array[] = [];
  network.watch((record) => {
    if (record.kind !== "frame" || record.link !== "backbone" || record.from !== "visited router 1") return;
    if (isArp(record.packet) || !sameAddress(destinationOf(record.packet), story.homeAgent.ipv4Address!)) return;
    heard.push(record.packet.slice());
  });
  const streams = sessions(story, 800_000);
  const refused = (reason: string) =>
    story.homeAgent.refusals.find((each) => each.reason === reason)?.packets ?? 0;
  return { ...story, story, attacker, heard, streams, refused };
}

function expectUnharmed(story: DualStackStory, streams: ReturnType<typeof sessions>): void {
  const { network, invariants } = story;
  expect(network.runUntil(() => streams.every(({ done }) => done), 30_000)).toBe(true);
  for (const stream of streams) {
    stream.expectIntact();
    expect(stream.receiver.longestGapMs).toBeLessThan(1000);
  }
  expectBoundTogether(story);
  invariants.check();
}

describe("somebody who sends datagrams to the home agent", () => {
  it("with a bound home address inside, from elsewhere: nothing is delivered, and the binding stays", () => {
    const { story, network, attacker, correspondent, mobileNode, homeAgent, streams, refused } = scene(1);
    let delivered = 0;
    correspondent.onUdp(9, () => delivered++);
    let answers = 0;
    attacker.onUdp(4242, () => answers++);
    const { packets } = network;
    const inner = [
      packets.udp(mobileNode.homeAddress, correspondent.address, 9, 9, new Uint8Array(100)),
      packets.udp(ipv4HomeAddressOf(1), correspondent.ipv4Address!, 9, 9, new Uint8Array(100)),
    ];
    const before = homeAgent.bindings[0].port;
    for (let count = 0; count < 1000; count++) {
      network.run(1);
      const outer = packets.udp(attacker.ipv4Address!, homeAgent.ipv4Address!, 4242, PORT, inner[count % 2]);
      attacker.send(outer);
    }
    network.run(100);
    expect(delivered).toBe(0);
    expect(refused("MappingUnknown")).toBe(1000);
    expect(answers).toBeLessThan(200); // Binding Errors, not too many
    expect(homeAgent.bindings[0].port).toBe(before);
    expectUnharmed(story, streams);
  });

  it("replays Binding Updates of the node from its own address: refused, and the way stays as it was", () => {
    const { story, network, attacker, homeAgent, heard, streams } = scene(2);
    network.run(2000);
    const updates = heard.filter((packet) => network.packets.describe(packet).includes("Binding Update"));
    const before = homeAgent.bindings[0].port;
    for (const packet of [...updates, ...updates]) {
      const payload = packet.subarray(28);
      attacker.send(network.packets.udp(attacker.ipv4Address!, homeAgent.ipv4Address!, 4242, PORT, payload));
      network.run(10);
    }
    expect(homeAgent.bindings[0].port).toBe(before);
    expectUnharmed(story, streams);
  });

  it("sends rubbish of all lengths: every datagram is refused with a reason", () => {
    const { story, network, attacker, homeAgent, mobileNode, streams } = scene(3);
    const random = network.random("rubbish");
    const total = () => homeAgent.refusals.reduce((sum, { packets }) => sum + packets, 0);
    const before = total();
    const count = 500;
    for (let index = 0; index < count; index++) {
      const payload = random.bytes(random.integer(1, 200));
      payload[0] = random.pick([0x45, 0x60, 0x00, 0xff, payload[0]]);
      attacker.send(network.packets.udp(attacker.ipv4Address!, homeAgent.ipv4Address!, 4242, PORT, payload));
      network.run(2);
    }
    network.run(100);
    expect(total() - before).toBe(count);
    expect(homeAgent.recoveries + mobileNode.recoveries).toBe(0);
    expect(parseAnyAddress(homeAgent.bindings[0].careofAddress)).toEqual(story.at(0)!.nat!.outsideAddress);
    expectUnharmed(story, streams);
  });
});
