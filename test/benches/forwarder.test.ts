import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { BATCH, loadedForwarder, loadedHomeAgent } from "../../benches/encapsulate.ts";
import { ACCESS, HOME_AGENT, HomeAgent, TUNNEL, careofAddress, homeAddress } from "../../benches/home-agent.ts";
import { fill, toHomeAgent, toMobileNode } from "../../benches/packets.ts";
import { BigIntMap, StringMap, TypedTable } from "../../benches/peers/binding-maps.ts";
import { CHECKSUMS, FASTEST_CHECKSUM } from "../../benches/peers/checksum.ts";
import { Forwarder } from "../../benches/peers/forwarder.ts";
import { module } from "./core.ts";

const FLOW_LABEL = [1, 2, 3];
const maps = [() => new BigIntMap(), () => new StringMap(), () => new TypedTable(BATCH)];

/** What the core makes of one packet: its outputs, and the reason that it counted. */
function throughCore(device: number, packet: Uint8Array): { packets: Uint8Array[]; reason: number } {
  const homeAgent = new HomeAgent(module, { nodes: BATCH, bindings: BATCH });
  const { engine } = homeAgent;
  const packets: Uint8Array[] = [];
  homeAgent.orders.transmit = (_device, pointer, length) => void packets.push(engine.memory.slice(pointer, pointer + length));
  fill(engine, device, [packet]);
  engine.processSlots(homeAgent.now, 1);
  return { packets, reason: Math.max(0, engine.counters().findIndex((count, reason) => reason > 0 && count > 0)) };
}

/** The same of the peer. */
function throughPeer(device: number, packet: Uint8Array, map = maps[0](), checksum = FASTEST_CHECKSUM): { packets: Uint8Array[]; reason: number } {
  const peer = new Forwarder(1, 2048, BATCH, HOME_AGENT, map, checksum);
  for (let index = 0; index < BATCH; index++) peer.bind(index, homeAddress(index), careofAddress(index), Infinity);
  peer.fill(0, packet);
  if (device === ACCESS) peer.receiveAll(0, 1);
  else peer.sendAll(0, 0, 1);
  const packets = Array.from({ length: peer.outputCount }, (_, index) => {
    const at = peer.outputs[index * 2];
    return peer.memory.bytes.slice(at, at + peer.outputs[index * 2 + 1]);
  });
  return { packets, reason: Math.max(0, peer.counters.findIndex((count, reason) => reason > 0 && count > 0)) };
}

function withoutFlowLabel(packet: Uint8Array): Buffer {
  const copy = Buffer.from(packet);
  copy[FLOW_LABEL[0]] &= 0xf0;
  copy[FLOW_LABEL[1]] = copy[FLOW_LABEL[2]] = 0;
  return copy;
}

function changed(packet: Uint8Array, at: number, value: number): Uint8Array {
  const copy = packet.slice();
  copy[at] = value;
  return copy;
}

describe("the plain JavaScript home agent", () => {
  it.each(maps.map((map) => [map().name, map] as const))("encapsulates as the core does: %s", (_, map) => {
    for (const octets of [64, 512, 1400]) {
      for (let node = 0; node < BATCH; node++) {
        const packet = toMobileNode(node, octets);
        const [core] = throughCore(TUNNEL, packet).packets;
        const [peer] = throughPeer(TUNNEL, packet, map()).packets;
        expect(core).toHaveLength(octets + 40);
        expect(withoutFlowLabel(peer).equals(withoutFlowLabel(core))).toBe(true);
      }
    }
  });

  it("gives the packets of a flow one label, and flows different ones, as the core does", () => {
    for (const through of [throughCore, throughPeer]) {
      const label = (packet: Uint8Array) => withoutVersion(through(TUNNEL, packet).packets[0]);
      const labels = Array.from({ length: BATCH }, (_, node) => label(toMobileNode(node, 64)));
      expect(label(toMobileNode(0, 1400))).toBe(labels[0]);
      expect(new Set(labels).size).toBeGreaterThan(BATCH - 4);
    }
  });

  it.each(CHECKSUMS.map((checksum) => [checksum.name, checksum] as const))("accepts and refuses the checksums that the core does: %s", (_, checksum) => {
    for (const octets of [64, 65, 67, 1399, 1400]) {
      const packet = toHomeAgent(octets, octets);
      // A right checksum gets as far as the question whether a home agent wants the message.
      expect(throughCore(ACCESS, packet).reason).toBe(Reason.MessageNotForThisRole);
      expect(throughPeer(ACCESS, packet, maps[0](), checksum).reason).toBe(Reason.MessageNotForThisRole);
      for (const at of [8, 44, 45, octets - 1]) {
        const damaged = changed(packet, at, packet[at] ^ 0x10);
        expect(throughCore(ACCESS, damaged).reason).toBe(Reason.Icmpv6Checksum);
        expect(throughPeer(ACCESS, damaged, maps[0](), checksum).reason).toBe(Reason.Icmpv6Checksum);
      }
    }
  });

  it.each([
    ["no IP", TUNNEL, changed(toMobileNode(1, 64), 0, 0x50)],
    ["cut off", TUNNEL, toMobileNode(1, 64).subarray(0, 63)],
    ["a group", TUNNEL, changed(toMobileNode(1, 64), 24, 0xff)],
    ["nobody bound", TUNNEL, toMobileNode(BATCH, 64)],
    ["too big", TUNNEL, toMobileNode(1, 1461)],
    ["for somebody else", ACCESS, toMobileNode(1, 64)],
    ["another upper layer", ACCESS, changed(toHomeAgent(1, 64), 6, 17)],
  ])("refuses for the reason that the core gives: %s", (_, device, packet) => {
    const { reason } = throughCore(device, packet);
    expect(reason).not.toBe(Reason.None);
    expect(throughPeer(device, packet).reason).toBe(reason);
  });

  it("does the whole batch that is measured, and the core does too", () => {
    const homeAgent = loadedHomeAgent(module);
    homeAgent.engine.processSlots(homeAgent.now, 2 * BATCH);
    const peer = loadedForwarder(new StringMap(), FASTEST_CHECKSUM);
    peer.receiveAll(0, BATCH);
    peer.sendAll(homeAgent.now, BATCH, 2 * BATCH);
    expect(homeAgent.orders.packets).toBe(BATCH);
    expect(homeAgent.orders.octets).toBe(BATCH * 1440);
    expect(homeAgent.engine.counters()[Reason.MessageNotForThisRole]).toBe(BATCH);
    expect(peer.outputCount).toBe(BATCH);
    expect(peer.counters[Reason.MessageNotForThisRole]).toBe(BATCH);
    expect(peer.outputs[0]).toBe(peer.slotPointer(BATCH) - 40);
  });
});

function withoutVersion(packet: Uint8Array): number {
  return ((packet[1] & 0x0f) << 16) | (packet[2] << 8) | packet[3];
}
