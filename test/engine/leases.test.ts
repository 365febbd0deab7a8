import { describe, expect, it } from "vitest";
import { Ipv4AddressStatus as Status } from "../../core-as/abi/codes.ts";
import { State } from "../../core-as/abi/contract.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAnyAddress } from "../../bindings/address.ts";
import { addNode, removeNode, setHomeAgent } from "../../bindings/commands.ts";
import { readBindings } from "../../bindings/status.ts";
import { HOME_AGENT, type Node } from "./harness.ts";
import {
  as, askByIpv6, askByUdp, continueWith, dualStackAgent, giveIpv4, homeOf, ipv4HomeAddress, manyNodes, serveDualStack,
} from "./messages-ipv4.ts";

const pool = (first: string, addresses: number) => ({ pools: [{ first: parseAnyAddress(first), addresses }] });
const SMALL = pool("192.0.2.16", 3);

function ask(agent: Node, index: number, asked = "0.0.0.0") {
  return askByIpv6(agent, { ...as(index), extra: [ipv4HomeAddress(asked)] })!.ipv4[0];
}

const bound = (agent: Node) => Object.fromEntries(readBindings(agent.engine).map((each) => [each.homeAddress, each.ipv4HomeAddress]));

describe("leases of IPv4 home addresses", () => {
  it("are each somebody's alone, until none is left (5555-4.5-10)", () => {
    const agent = dualStackAgent({ nodes: manyNodes(5), serve: SMALL });
    const given = [0, 1, 2].map((index) => ask(agent, index).address);
    expect(given.toSorted()).toEqual(["192.0.2.16", "192.0.2.17", "192.0.2.18"]);
    expect([ask(agent, 3), ask(agent, 4)]).toMatchObject([{ status: Status.DynamicNotAvailable }, { status: Status.DynamicNotAvailable }]);
    expect(agent.refused(Reason.Ipv4PoolExhausted)).toBe(2);
    expect([0, 1, 2].map((index) => ask(agent, index).address)).toEqual(given);
  });

  it("are none that is static, the home agent's own, or names a whole network", () => {
    const agent = dualStackAgent({
      nodes: manyNodes(6), serve: { ipv4Address: parseAnyAddress("192.0.3.1"), ...pool("192.0.2.254", 6) }, // … .254, .255, .0, .1, .2, .3
    });
    giveIpv4(agent, homeOf(5), "192.0.3.2");
    expect([0, 1, 2].map((index) => ask(agent, index)).map(({ status, address }) => [status, address]).toSorted())
      .toEqual([[0, "192.0.2.254"], [0, "192.0.3.3"], [132, "0.0.0.0"]]);
  });

  it("go to somebody else only after their end, the first that ended first", () => {
    const agent = dualStackAgent({ nodes: manyNodes(4), serve: { ...SMALL, leaseMs: 100_000 } });
    const [first, second] = [ask(agent, 0).address, ask(agent, 1).address];
    agent.advance(1000);
    ask(agent, 2);
    agent.advance(40_000);
    ask(agent, 0); // renewed
    agent.advance(58_000);
    expect(ask(agent, 3).status).toBe(Status.DynamicNotAvailable);
    agent.advance(1500);
    expect(ask(agent, 3)).toMatchObject({ status: 0, address: second });
    expect(ask(agent, 1).address).not.toBe(second);
    expect(bound(agent)[homeOf(0)]).toBe(first);
  });

  it("are remembered after the binding's end and after their own", () => {
    const agent = dualStackAgent({ nodes: manyNodes(2), serve: { ...SMALL, leaseMs: 100_000 } });
    const { address } = ask(agent, 0);
    askByIpv6(agent, { ...as(0), lifetimeS: 0 });
    agent.advance(300_000);
    ask(agent, 1);
    expect(ask(agent, 0)).toMatchObject({ status: 0, address });
    // Asked for by name as well, for it is its own still (5555-4.5-7).
    agent.advance(300_000);
    expect(ask(agent, 0, address)).toMatchObject({ status: 0, address });
  });

  it("that still fit survive a change of the pools, others and their bindings end", () => {
    const agent = dualStackAgent({ nodes: manyNodes(3), serve: SMALL });
    const given = [0, 1, 2].map((index) => ask(agent, index).address);
    serveDualStack(agent, pool("192.0.2.17", 3));
    agent.advance(10);
    const kept = given.map((address) => (address === "192.0.2.16" ? undefined : address));
    expect([0, 1, 2].map((index) => bound(agent)[homeOf(index)])).toEqual(kept);
    const loser = given.indexOf("192.0.2.16");
    // It hears of it with its next update: the address that it has is nobody's now.
    expect(ask(agent, loser, "192.0.2.16").status).toBe(Status.IncorrectAddress);
    expect(ask(agent, loser).address).toBe("192.0.2.19");
    serveDualStack(agent, { pools: [] });
    agent.advance(10);
    expect(Object.values(bound(agent))).toEqual([undefined, undefined, undefined]);
  });

  it("are free again when their node goes, and it loses what it has bound", () => {
    const agent = dualStackAgent({ nodes: manyNodes(4), serve: SMALL });
    const given = [0, 1, 2].map((index) => ask(agent, index).address);
    removeNode(agent.engine, 1, agent.now);
    expect(ask(agent, 3)).toMatchObject({ status: 0, address: given[1] });
    addNode(agent.engine, manyNodes(4)[1], agent.now);
    expect(ask(agent, 1).status).toBe(Status.DynamicNotAvailable);
  });

  it("are kept by the host, with each change", () => {
    const agent = dualStackAgent({ nodes: manyNodes(1), serve: SMALL });
    const kinds = () => agent.kept.splice(0).map((record) => record[0]);
    kinds();
    ask(agent, 0);
    expect(kinds()).toEqual([State.Node, State.Lease, State.Binding]);
    removeNode(agent.engine, 0, agent.now);
    expect(kinds()).toEqual([State.Binding, State.Lease]);
  });

  it("number as many as the budget of nodes allows", () => {
    const agent = dualStackAgent({ nodes: manyNodes(40), budgets: { maxNodes: 40, maxBindings: 200 }, serve: pool("10.0.0.0", 1 << 24) });
    const given = new Set(Array.from({ length: 40 }, (_, index) => ask(agent, index).address));
    expect(given.size).toBe(40);
  });
});

describe("a home agent that starts again", () => {
  /** Another one with the same settings, which takes `records`. */
  function restarted(agent: Node, records: Uint8Array[], settings = SMALL): Node {
    const next = dualStackAgent({ nodes: manyNodes(4), serve: settings });
    next.advance(agent.now - next.now);
    for (const record of records) next.engine.importState(record, next.now);
    continueWith(next, agent);
    return next;
  }

  it("has all bindings with ports, NATs and IPv4 home addresses, and all leases", () => {
    const agent = dualStackAgent({ nodes: manyNodes(4), serve: SMALL });
    askByUdp(agent, { ...as(0), extra: [ipv4HomeAddress()] });
    agent.advance(30_000);
    askByUdp(agent, { ...as(0), extra: [ipv4HomeAddress()] });
    ask(agent, 1);
    ask(agent, 2);
    askByIpv6(agent, { ...as(2), lifetimeS: 0 });
    const before = readBindings(agent.engine);
    // As they were exported, as they were kept, and with the leases behind the bindings.
    for (const records of [[agent.engine.exportState()], agent.kept, agent.kept.toSorted((a, b) => a[0] - b[0])]) {
      const next = restarted(agent, records.flat());
      const after = readBindings(next.engine).toSorted((a, b) => (a.homeAddress < b.homeAddress ? -1 : 1));
      if (records.length === 1) expect(after).toMatchObject(before.map(({ packetsIn: _in, packetsOut: _out, ...rest }) => rest));
      expect(after[0]).toMatchObject({ port: 40_000, encapsulation: "UdpIpv4", nat: true });
      expect(after.map(({ ipv4HomeAddress: address }) => address)).toEqual(before.map(({ ipv4HomeAddress: address }) => address));
      // The lease of the node that is not bound is its own still: nobody else gets it.
      expect(ask(next, 3).status).toBe(Status.DynamicNotAvailable);
      expect(ask(next, 2).status).toBe(0);
    }
  });

  it("takes no lease that is not in the pools any more, is somebody else's, or has ended", () => {
    const agent = dualStackAgent({ nodes: manyNodes(4), serve: SMALL });
    const given = [0, 1].map((index) => ask(agent, index).address);
    const records = [agent.engine.exportState()];
    const elsewhere = restarted(agent, records, pool("10.0.0.1", 4));
    expect(bound(elsewhere)).toEqual({ [homeOf(0)]: undefined, [homeOf(1)]: undefined });
    expect(ask(elsewhere, 0).address).toMatch(/^10\.0\.0\./);

    const taken = dualStackAgent({ nodes: manyNodes(4), serve: SMALL });
    giveIpv4(taken, homeOf(3), given[0]);
    taken.engine.importState(records[0], taken.now);
    expect(bound(taken)).toEqual({ [homeOf(0)]: undefined, [homeOf(1)]: given[1] });

    const late = restarted(agent, []);
    late.advance(86_400_000);
    late.engine.importState(records[0], late.now);
    expect(bound(late)).toEqual({});
    expect([0, 1, 2].map((index) => ask(late, index).status)).toEqual([0, 0, 0]);
  });

  it("is not confused by records that contradict each other", () => {
    const agent = dualStackAgent({ nodes: manyNodes(4), serve: SMALL });
    ask(agent, 0);
    const first = agent.kept.filter((record) => record[0] === State.Lease).at(-1)!;
    const stolen = first.slice();
    stolen.set(parseAnyAddress(homeOf(1)), 8);
    const other = first.slice();
    other[39] = other[39] === 16 ? 17 : 16;
    const next = restarted(agent, [first, stolen, other, first]);
    const given = [0, 1, 2].map((index) => ask(next, index).address);
    expect(new Set(given).size).toBe(3);
  });
});

describe("the home link, renumbered", () => {
  it("leaves a static IPv4 home address with the node, by its newest home address", () => {
    const agent = dualStackAgent({ nodes: manyNodes(1), serve: SMALL });
    giveIpv4(agent, homeOf(0), "192.0.2.200");
    ask(agent, 0);
    setHomeAgent(agent.engine, {
      address: parseAnyAddress(HOME_AGENT), maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
      homePrefixes: ["2001:db8:100::", "2001:db8:101::"].map((prefix) => ({ address: parseAnyAddress(prefix), length: 64 })),
    }, agent.now);
    const renumbered = homeOf(0).replace("100", "101");
    expect(askByIpv6(agent, { ...as(0), home: renumbered, extra: [ipv4HomeAddress()] })).toMatchObject({
      status: 0, ipv4: [{ status: 0, address: "192.0.2.200" }],
    });
    expect(bound(agent)).toEqual({ [homeOf(0)]: undefined, [renumbered]: "192.0.2.200" });
    askByIpv6(agent, { ...as(0), home: renumbered, lifetimeS: 0 });
    expect(ask(agent, 0)).toMatchObject({ status: 0, address: "192.0.2.200" });
  });
});
