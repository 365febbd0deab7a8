import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { readPcap } from "../../bindings/pcap.ts";
import { readBindings, readRefusals } from "../../bindings/status.ts";
import { setDevice, addNode, setHomeAgent } from "../../bindings/commands.ts";
import { Role } from "../../bindings/engine.ts";
import { ACCESS, Node, TUNNEL } from "./harness.ts";
import { addresses, codec } from "./network.ts";

// A real pair: two Linux machines with the kernel's Mobile IPv6 and the UMIP daemon, seen on the foreign link.
const file = process.env.MEXT_SHARED && `${process.env.MEXT_SHARED}/captures/umip/registration.pcap`;
const AGENT = "2001:db8:1::1";
const HOME = "2001:db8:1::1234";
const CAREOF = "2001:db8:2:0:5054:ff:fe00:234";

const ipv6Packets = () => [...readPcap(new Uint8Array(readFileSync(file as string)))].map(({ octets }) => octets.subarray(14))
  .filter((packet) => packet[0] >> 4 === 6);
const has = (packet: Uint8Array, name: string) => codec.dissect(packet).some((layer) => layer.name === name);

function agentOfTheCapture(): Node {
  const agent = new Node(Role.HomeAgent);
  setDevice(agent.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, agent.now);
  setHomeAgent(agent.engine, {
    address: parseAddress(AGENT), homePrefixes: [{ address: parseAddress("2001:db8:1::"), length: 64 }],
    maxLifetimeMs: 262_140_000, refreshAdviceMs: 0, replayWindowMs: 7000,
  }, agent.now);
  addNode(agent.engine, { id: 0, homeAddresses: [parseAddress(HOME)], security: { authentication: "none" } }, agent.now);
  return agent;
}

describe.skipIf(!file || !existsSync(file))("the home agent of a real Linux pair (needs MEXT_SHARED)", () => {
  it("answers each Binding Update of the mobile node with the octets that UMIP answered", () => {
    const agent = agentOfTheCapture();
    const packets = ipv6Packets();
    const updates = packets.filter((packet) => has(packet, "binding-update") && addresses(packet)[1] === AGENT);
    const answers = packets.filter((packet) => has(packet, "binding-acknowledgement"));
    expect([updates.length, answers.length]).toEqual([6, 6]);
    updates.forEach((packet, index) => {
      agent.advance(1000);
      agent.receive(ACCESS, packet);
      // Beside it there are queries for multicast listeners, which UMIP had not.
      const mine = agent.take().find((sent) => has(sent.packet, "binding-acknowledgement"))!;
      // All but flow label and hop limit: addresses, routing header, status, sequence, lifetime, checksum.
      expect(mine.packet.subarray(8)).toEqual(answers[index].subarray(8));
      expect([mine.packet[4], mine.packet[5], mine.packet[6]]).toEqual([...answers[index].subarray(4, 7)]);
    });
    expect(readBindings(agent.engine)).toMatchObject([{ homeAddress: HOME, careofAddress: CAREOF, remainingMs: 40_000 }]);
    expect(readRefusals(agent.engine)).toEqual([]);
  });

  it("takes its echo replies out of the tunnel, and tunnels the requests as UMIP did", () => {
    const agent = agentOfTheCapture();
    const packets = ipv6Packets();
    agent.receive(ACCESS, packets.find((packet) => has(packet, "binding-update"))!);
    agent.take();
    const replies = packets.filter((packet) => has(packet, "echo-reply"));
    const requests = packets.filter((packet) => has(packet, "echo-request"));
    expect([replies.length, requests.length]).toEqual([2, 2]);
    for (const packet of replies) {
      agent.receive(ACCESS, packet);
      expect(agent.take()).toEqual([{ device: TUNNEL, packet: packet.subarray(40) }]);
    }
    for (const packet of requests) {
      agent.receive(TUNNEL, packet.subarray(40));
      const [{ packet: mine }] = agent.take();
      expect(mine.subarray(8)).toEqual(Uint8Array.from(packet.subarray(8)));
    }
    expect(readBindings(agent.engine)).toMatchObject([{ packetsIn: 2, packetsOut: 2 }]);
  });
});
