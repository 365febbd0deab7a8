import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { readBindings, readUpdates } from "../../bindings/status.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, type Node, homeAgent, mobileNode } from "./harness.ts";
import { bindingUpdate, ntp, readAcknowledgement } from "./messages.ts";
import { arrive, exchange, register } from "./network.ts";
import { setWallClock } from "../../bindings/commands.ts";

const concat = (parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const at = (ms: number) => ntp(EPOCH + ms);

/** A home agent that was restarted `afterMs` later, with another monotonic clock and these records. */
function restarted(records: Uint8Array, afterMs = 0): Node {
  const agent = homeAgent();
  agent.now = 77_000;
  setWallClock(agent.engine, EPOCH + 1000 + afterMs, agent.now);
  expect(agent.engine.importState(records, agent.now)).toBe(records.length);
  return agent;
}

describe("state outlives a restart", () => {
  it("as the records that the host was ordered to keep, in their order", () => {
    const agent = homeAgent();
    agent.receive(ACCESS, bindingUpdate({ sequence: 5 }));
    agent.receive(ACCESS, bindingUpdate({ sequence: 6, source: "2001:db8:b::17", timestamp: at(1100) }));
    const [binding] = readBindings(restarted(concat(agent.kept), 100_000).engine);
    expect(binding).toMatchObject({ homeAddress: HOME_ADDRESS, careofAddress: "2001:db8:b::17", sequence: 6, remainingMs: 500_000, ageMs: 100_000 });
  });

  it("as an export, with the same content", () => {
    const agent = homeAgent();
    agent.receive(ACCESS, bindingUpdate({ sequence: 5 }));
    const exported = agent.engine.exportState();
    const other = restarted(exported);
    expect(readBindings(other.engine)).toEqual(readBindings(agent.engine));
    expect(other.engine.exportState()).toEqual(exported);
  });

  it("with its replay protection (4285-6-10)", () => {
    const agent = homeAgent();
    const update = bindingUpdate({ sequence: 5 });
    agent.receive(ACCESS, update);
    agent.receive(ACCESS, bindingUpdate({ sequence: 6, lifetimeS: 0, timestamp: at(1100) }));
    const again = restarted(concat(agent.kept), 200);
    expect(readBindings(again.engine)).toEqual([]);
    again.receive(ACCESS, update);
    expect(again.refused(Reason.TimestampInvalid)).toBe(1);
    expect(readBindings(again.engine)).toEqual([]);
  });

  it("but not a binding that has ended or whose node may no longer register", () => {
    const agent = homeAgent();
    agent.receive(ACCESS, bindingUpdate({ lifetimeS: 40 }));
    expect(readBindings(restarted(concat(agent.kept), 40_001).engine)).toEqual([]);
    const strict = homeAgent({ nodes: [{ id: 0, homeAddresses: [parseAddress("2001:db8:100::99")], security: { authentication: "none" } }] });
    strict.engine.importState(concat(agent.kept), strict.now);
    expect(readBindings(strict.engine)).toEqual([]);
  });

  it("an imported binding ends in its time, and carries packets until then", () => {
    const agent = homeAgent();
    agent.receive(ACCESS, bindingUpdate({ lifetimeS: 40 }));
    const again = restarted(concat(agent.kept), 30_000);
    again.advance(9_000);
    expect(readBindings(again.engine)).toHaveLength(1);
    again.advance(2_000);
    expect(readBindings(again.engine)).toEqual([]);
  });

  it("is kept before it is promised", () => {
    const agent = homeAgent();
    const order: string[] = [];
    agent.keep = () => { order.push("keep"); };
    agent.transmit = () => { order.push("transmit"); };
    agent.receive(ACCESS, bindingUpdate());
    expect(order).toEqual(["keep", "keep", "transmit"]); // timestamp, binding, acknowledgement
  });

  it("for a mobile node too: it goes on with its sequence number and its clock", () => {
    const agent = homeAgent();
    const mobile = mobileNode();
    setWallClock(mobile.engine, EPOCH + 61_000, mobile.now); // a minute ahead
    register(mobile, agent);
    const again = mobileNode({ seed: 9 });
    setWallClock(again.engine, EPOCH + 61_000, again.now);
    again.engine.importState(concat(mobile.kept), again.now);
    const before = readUpdates(mobile.engine)[0].sequence;
    again.advance(10);
    agent.advance(10);
    arrive(again);
    expect(readUpdates(again.engine)[0].sequence).toBe((before + 1) & 0xffff);
    exchange(again, agent);
    expect(readUpdates(again.engine)[0].state).toBe("Registered");
    expect(again.events.some(({ name }) => name === "ClockAdjusted")).toBe(false);
  });

  it("survives records that are damaged, cut or unknown", () => {
    const agent = homeAgent();
    agent.receive(ACCESS, bindingUpdate());
    const good = concat(agent.kept);
    fc.assert(fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }), fc.nat(good.length),
      (changes, length) => {
        const records = good.slice();
        for (const [where, value] of changes) records[where] = value;
        const other = homeAgent();
        expect(other.engine.importState(records.subarray(0, length), other.now)).toBeLessThanOrEqual(length);
        expect(readBindings(other.engine).length).toBeLessThanOrEqual(1);
        other.receive(ACCESS, bindingUpdate({ source: "2001:db8:b::1", sequence: 7, timestamp: at(1200) }));
        other.advance(10_000_000_000);
        expect(readBindings(other.engine)).toEqual([]);
      },
    ), { numRuns: 300 });
  });

  it("comes in pieces, however much there is", () => {
    const count = 3000;
    const nodes = Array.from({ length: count }, (_, id) => ({
      id, homeAddresses: [Uint8Array.from([...parseAddress("2001:db8:100::").subarray(0, 14), id >> 8, id & 255]).map((octet, index) => index === 13 ? 1 : octet)],
      security: { authentication: "none" as const },
    }));
    const budgets = { maxBindings: count, maxNodes: count };
    const agent = homeAgent({ nodes, budgets });
    for (const { homeAddresses: [home], id } of nodes) {
      const text = Array.from({ length: 8 }, (_, part) => ((home[part * 2] << 8) | home[part * 2 + 1]).toString(16)).join(":");
      agent.receive(ACCESS, bindingUpdate({ home: text, source: `2001:db8:a::${(id + 1).toString(16)}`, key: null, identity: null, timestamp: null }));
    }
    expect(readBindings(agent.engine)).toHaveLength(count);
    const other = homeAgent({ nodes, budgets });
    const records = agent.engine.exportState();
    expect(records.length).toBeGreaterThan(65536 * 2);
    expect(other.engine.importState(records, other.now)).toBe(records.length);
    expect(readBindings(other.engine)).toEqual(readBindings(agent.engine));
  });

  it("readAcknowledgement agrees with what the engine signs after an import", () => {
    const agent = homeAgent();
    agent.receive(ACCESS, bindingUpdate({ sequence: 5 }));
    const again = restarted(concat(agent.kept));
    again.receive(ACCESS, bindingUpdate({ sequence: 4, timestamp: at(1300) }));
    expect(readAcknowledgement(again.take()[0].packet, CAREOF)).toMatchObject({ status: 135, sequence: 5, signed: true });
  });
});
