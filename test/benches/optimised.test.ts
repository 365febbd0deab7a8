import { describe, expect, it } from "vitest";
import { readBindings, readPeers } from "../../bindings/status.ts";
import { BATCH, SIZES, WAYS } from "../../benches/optimised.ts";
import { TUNNEL } from "../../benches/home-agent.ts";
import { module } from "./core.ts";

const [ROUTING_INSERTED, ROUTING_REMOVED, OPTION_INSERTED, OPTION_REMOVED] = WAYS;

/** Runs a loaded way; returns what it sent, and the device of each packet. */
function outputs(way: ReturnType<(typeof WAYS)[number]["load"]>): { device: number; packet: Uint8Array }[] {
  const sent: { device: number; packet: Uint8Array }[] = [];
  const { engine, orders } = way.node;
  orders.taker = (device, pointer, length) => void sent.push({ device, packet: engine.memory.slice(pointer, pointer + length) });
  way.process();
  orders.taker = undefined;
  return sent;
}

/** Packets that took the direct way, as the core counts them, by the other end. */
function counted(way: ReturnType<(typeof WAYS)[number]["load"]>): number[] {
  const { engine } = way.node;
  const bindings = readBindings(engine).map(({ packetsIn, packetsOut }) => packetsIn + packetsOut);
  return bindings.length > 0 ? bindings : readPeers(engine).map(({ optimisedIn, optimisedOut }) => optimisedIn + optimisedOut);
}

describe.each(WAYS)("the direct way that is measured: $name", ({ load }) => {
  it.each(SIZES)("takes every packet of %i octets in every round, one of each binding, and refuses none", (octets) => {
    const way = load(module, octets);
    const before = counted(way);
    const events = way.node.orders.events;
    const records = way.node.orders.records;
    const tunnelled = readPeers(way.node.engine).map((peer) => peer.tunnelledIn + peer.tunnelledOut);
    expect(before).toHaveLength(BATCH);
    for (let round = 1; round <= 3; round++) {
      way.restore();
      way.process();
      expect(counted(way)).toEqual(before.map((count) => count + round));
    }
    expect(readPeers(way.node.engine).map((peer) => peer.tunnelledIn + peer.tunnelledOut)).toEqual(tunnelled);
    expect(way.node.engine.counters().slice(1).every((count) => count === 0)).toBe(true);
    expect(way.node.orders.events).toBe(events);
    expect(way.node.orders.records).toBe(records);
  });

  it("is the same again after the batch was restored", () => {
    const way = load(module, 64);
    const { engine } = way.node;
    const first = outputs(way);
    way.restore();
    way.packets.forEach((packet, slot) => {
      const at = engine.slotPointer(slot);
      expect(engine.memory.slice(at, at + packet.length)).toEqual(packet);
    });
    expect(outputs(way)).toEqual(first);
  });
});

describe.each([
  ["to a mobile node", ROUTING_INSERTED, ROUTING_REMOVED], ["from a mobile node", OPTION_INSERTED, OPTION_REMOVED],
] as const)("the two ends %s", (_, inserting, removing) => {
  it.each(SIZES)("add 24 octets to %i and take them away again", (octets) => {
    const [way, back] = [inserting.load(module, octets), removing.load(module, octets)];
    const sent = outputs(way);
    expect(sent.map(({ packet }) => packet.length)).toEqual(Array(BATCH).fill(octets + 24));
    // Node 0 with correspondent 0 is the pair that both ends have, but for the correspondent's address.
    const wire = back.packets[0].slice();
    const at = inserting === ROUTING_INSERTED ? 8 : 24;
    expect(Buffer.from(sent[0].packet.subarray(40, 64)).equals(wire.subarray(40, 64))).toBe(true);
    expect(sent[0].packet.subarray(0, at)).toEqual(wire.subarray(0, at));
    const delivered = outputs(back);
    expect(delivered.map(({ device }) => device)).toEqual(Array(BATCH).fill(TUNNEL));
    expect(delivered.map(({ packet }) => packet.length)).toEqual(Array(BATCH).fill(octets));
    expect(delivered[0].packet.subarray(48)).toEqual(way.packets[0].subarray(48));
  });
});
