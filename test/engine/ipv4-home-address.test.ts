import { describe, expect, it } from "vitest";
import { Ipv4AddressStatus as Status } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { removeNode } from "../../bindings/commands.ts";
import { readBindings } from "../../bindings/status.ts";
import { HOME_ADDRESS, TUNNEL, type Node } from "./harness.ts";
import {
  AGENT_IPV4, PUBLIC, as, askByIpv6, askByUdp, dualStackAgent, giveIpv4, homeOf, ipv4HomeAddress, manyNodes,
  serveDualStack,
} from "./messages-ipv4.ts";
import { codec } from "./network.ts";

const STATIC = "192.0.2.200";
const ipv4Of = (agent: Node, home = HOME_ADDRESS) =>
  readBindings(agent.engine).find(({ homeAddress }) => homeAddress === home)?.ipv4HomeAddress;
const told = (agent: Node) => agent.events.filter(({ name }) => name === "Ipv4HomeAddress").map(({ fields }) => fields);

/** An IPv4 packet as the host's stack routes it into the tunnel device. */
function ipv4Packet(source: string, destination: string): Uint8Array {
  return codec.encode([
    { name: "ipv4", fields: { source, destination, protocol: 17 } },
    { name: "payload", fields: { data: new Uint8Array(40) } },
  ]);
}

describe("a dynamic IPv4 home address", () => {
  it("is allocated when 0.0.0.0 is asked for, and acknowledged (5555-2.3.1-1, 5555-2.3.1-2, 5555-2.3.1-3, 5555-2.5-1, 5555-3.2.1-3, 5555-4.5-4, 5555-4.5-9, 5555-4.5-12, 5555-4.5-14)", () => {
    const agent = dualStackAgent();
    const answer = askByIpv6(agent, { extra: [ipv4HomeAddress()] })!;
    expect(answer).toMatchObject({ status: 0, routedHome: HOME_ADDRESS, ipv4: [{ status: Status.Success, prefixLength: 32 }] });
    const [{ address }] = answer.ipv4;
    expect(ipv4Of(agent)).toBe(address);
    expect(told(agent)).toMatchObject([{ homeAddress: HOME_ADDRESS, ipv4HomeAddress: address, status: 0 }]);
    // The node may ask for it from now on, or again for any: it is the same one (5555-4.5-2).
    for (const asked of [address, "0.0.0.0"]) {
      expect(askByUdp(agent, { extra: [ipv4HomeAddress(asked)] })!.ipv4).toEqual([{ status: 0, prefixLength: 32, address }]);
    }
    expect(told(agent)).toHaveLength(1);
  });

  it("has an entry of its own with the same path (5555-2.3.2.1-4, 5555-2.3.2.1-5, 5555-2.3.2.1-7, 5555-2.3.2.2-2, 5555-2.3.2.2-7)", () => {
    const agent = dualStackAgent();
    const [{ address }] = askByUdp(agent, { from: PUBLIC, claimed: PUBLIC, extra: [ipv4HomeAddress()] })!.ipv4;
    agent.receive(TUNNEL, ipv4Packet("203.0.113.200", address));
    const [{ packet }] = agent.take();
    expect([packet[0] >> 4, packet[9], packet.subarray(12, 16).join("."), packet.subarray(16, 20).join(".")])
      .toEqual([4, 4, AGENT_IPV4, PUBLIC]);
    agent.datagrams = [];
    askByUdp(agent, { port: 4711, extra: [ipv4HomeAddress(address)] });
    agent.datagrams = [];
    agent.receive(TUNNEL, ipv4Packet("203.0.113.200", address));
    expect(agent.datagrams).toMatchObject([{ port: 4711 }]);
    expect(readBindings(agent.engine)).toMatchObject([{ ipv4HomeAddress: address, packetsOut: 2, bytesOut: 120 }]);
  });

  it("lasts as long as its lease, and so does the binding (RFC 5555 §2.5)", () => {
    const agent = dualStackAgent({ serve: { leaseMs: 101_000 } });
    expect(askByIpv6(agent, { lifetimeS: 600 })!.lifetimeS).toBe(600);
    expect(askByIpv6(agent, { lifetimeS: 600, extra: [ipv4HomeAddress()] })!.lifetimeS).toBe(100);
    expect(askByIpv6(agent, { lifetimeS: 40, extra: [ipv4HomeAddress()] })!.lifetimeS).toBe(40);
  });

  it("goes when an update no longer asks for it, or ends the binding (RFC 5555 §4.4.2.1)", () => {
    const agent = dualStackAgent();
    const [{ address }] = askByIpv6(agent, { extra: [ipv4HomeAddress()] })!.ipv4;
    expect(askByIpv6(agent)!.ipv4).toEqual([]);
    expect(ipv4Of(agent)).toBeUndefined();
    expect(askByIpv6(agent, { extra: [ipv4HomeAddress()] })!.ipv4[0].address).toBe(address);
    expect(askByIpv6(agent, { lifetimeS: 0, extra: [ipv4HomeAddress()] })!.ipv4).toEqual([{ status: 0, prefixLength: 32, address }]);
    agent.take();
    agent.receive(TUNNEL, ipv4Packet("203.0.113.200", address));
    expect(agent.take().filter(({ device }) => device !== TUNNEL)).toEqual([]);
  });

  it("is refused with status 132 when none is left (5555-4.5-10, 5555-3.2.1-1)", () => {
    const agent = dualStackAgent({ serve: { pools: [] } });
    expect(askByIpv6(agent, { extra: [ipv4HomeAddress()] })).toMatchObject({
      status: 0, ipv4: [{ status: Status.DynamicNotAvailable, prefixLength: 0, address: "0.0.0.0" }],
    });
    expect(agent.refused(Reason.Ipv4PoolExhausted)).toBe(1);
    expect(ipv4Of(agent)).toBeUndefined();
    expect(told(agent)).toMatchObject([{ status: Status.DynamicNotAvailable }]);
  });

  it("is refused where a person has said so (status 129)", () => {
    const agent = dualStackAgent();
    giveIpv4(agent, HOME_ADDRESS, undefined);
    for (const asked of ["0.0.0.0", STATIC]) {
      expect(askByIpv6(agent, { extra: [ipv4HomeAddress(asked)] })!.ipv4[0].status).toBe(Status.AdministrativelyProhibited);
    }
  });
});

describe("a static IPv4 home address", () => {
  it("is the node's that it was given to (5555-4.5-3, 5555-4.5-7, 5555-5-1)", () => {
    const agent = dualStackAgent({ nodes: manyNodes(2) });
    giveIpv4(agent, homeOf(0), STATIC);
    for (const asked of [STATIC, "0.0.0.0"]) {
      expect(askByUdp(agent, { ...as(0), extra: [ipv4HomeAddress(asked)] })!.ipv4).toEqual([{ status: 0, prefixLength: 32, address: STATIC }]);
    }
    // Nobody else's, and no other one.
    expect(askByUdp(agent, { ...as(1), extra: [ipv4HomeAddress(STATIC)] })).toMatchObject({
      status: 0, ipv4: [{ status: Status.IncorrectAddress, prefixLength: 0, address: STATIC }],
    });
    expect(askByUdp(agent, { ...as(0), extra: [ipv4HomeAddress("192.0.2.201")] })!.ipv4[0].status).toBe(Status.IncorrectAddress);
    expect(agent.refused(Reason.Ipv4HomeAddressNotOwned)).toBe(2);
    expect(ipv4Of(agent, homeOf(1))).toBeUndefined();
  });

  it("needs no pool, and no IPv4 of the home agent", () => {
    const agent = dualStackAgent({ serve: { pools: [], ipv4Address: undefined } });
    giveIpv4(agent, HOME_ADDRESS, STATIC);
    expect(askByIpv6(agent, { extra: [ipv4HomeAddress(STATIC)] })!.ipv4[0].status).toBe(Status.Success);
  });

  it("counts more than a lease of somebody else", () => {
    const agent = dualStackAgent({ nodes: manyNodes(2) });
    const [{ address }] = askByIpv6(agent, { ...as(0), extra: [ipv4HomeAddress()] })!.ipv4;
    giveIpv4(agent, homeOf(1), address);
    expect(ipv4Of(agent, homeOf(0))).toBeUndefined();
    expect(askByIpv6(agent, { ...as(1), extra: [ipv4HomeAddress()] })!.ipv4[0].address).toBe(address);
    const [other] = askByIpv6(agent, { ...as(0), extra: [ipv4HomeAddress()] })!.ipv4;
    expect(other.status).toBe(0);
    expect(other.address).not.toBe(address);
  });

  it("may be the one that the node has leased: its binding stays", () => {
    const agent = dualStackAgent();
    const [{ address }] = askByIpv6(agent, { extra: [ipv4HomeAddress()] })!.ipv4;
    giveIpv4(agent, HOME_ADDRESS, address);
    expect(ipv4Of(agent)).toBe(address);
    giveIpv4(agent, HOME_ADDRESS, STATIC);
    expect(ipv4Of(agent)).toBeUndefined();
    expect(askByIpv6(agent, { extra: [ipv4HomeAddress(STATIC)] })!.ipv4[0].status).toBe(0);
    giveIpv4(agent, HOME_ADDRESS, "dynamic");
    expect(ipv4Of(agent)).toBeUndefined();
    expect(askByIpv6(agent, { extra: [ipv4HomeAddress()] })!.ipv4[0].address).not.toBe(STATIC);
  });

  it("is given by commands that make sense", () => {
    const agent = dualStackAgent({ nodes: manyNodes(2) });
    giveIpv4(agent, homeOf(0), STATIC);
    giveIpv4(agent, homeOf(0), STATIC);
    expect(() => giveIpv4(agent, homeOf(1), STATIC)).toThrow(/AlreadyPresent/);
    expect(() => giveIpv4(agent, homeOf(1), AGENT_IPV4)).toThrow(/OutOfRange/);
    expect(() => giveIpv4(agent, homeOf(1), "224.0.0.5")).toThrow(/OutOfRange/);
    expect(() => giveIpv4(agent, homeOf(7), "192.0.2.7")).toThrow(/NotFound/);
    expect(() => serveDualStack(agent, { ipv4Address: undefined })).not.toThrow();
    removeNode(agent.engine, 0, agent.now);
    giveIpv4(agent, homeOf(1), STATIC);
  });
});

describe("IPv4 Home Address options that are refused", () => {
  it.each<[string, string, number, boolean, Status, Reason]>([
    ["a prefix length of 0 (5555-3.1.1-2)", "0.0.0.0", 0, false, Status.InvalidAddress, Reason.Ipv4HomeAddressInvalid],
    ["a prefix length above 32", "0.0.0.0", 33, false, Status.InvalidAddress, Reason.Ipv4HomeAddressInvalid],
    ["a group", "224.0.0.1", 32, false, Status.InvalidAddress, Reason.Ipv4HomeAddressInvalid],
    ["loopback", "127.0.0.1", 32, false, Status.InvalidAddress, Reason.Ipv4HomeAddressInvalid],
    ["a broadcast", "255.255.255.255", 32, false, Status.InvalidAddress, Reason.Ipv4HomeAddressInvalid],
    ["a prefix (5555-4.5-11)", "0.0.0.0", 24, true, Status.PrefixUnauthorized, Reason.Ipv4PrefixUnauthorized],
    ["a prefix with an address (5555-4.5-8)", "192.0.2.0", 24, false, Status.PrefixUnauthorized, Reason.Ipv4PrefixUnauthorized],
    ["an address of nobody (5555-4.5-7)", "192.0.2.99", 32, false, Status.IncorrectAddress, Reason.Ipv4HomeAddressNotOwned],
    ["a free one of the pool (5555-4.5-7)", "192.0.2.20", 32, false, Status.IncorrectAddress, Reason.Ipv4HomeAddressNotOwned],
  ])("%s", (_title, asked, prefixLength, wantsPrefix, status, reason) => {
    const agent = dualStackAgent();
    expect(askByUdp(agent, { extra: [ipv4HomeAddress(asked, prefixLength, wantsPrefix)] })).toMatchObject({
      status: 0, ipv4: [{ status, prefixLength: 0, address: asked }],
    });
    expect(agent.refused(reason)).toBe(1);
    expect(readBindings(agent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
    expect(ipv4Of(agent)).toBeUndefined();
  });

  it("are answered each for itself: an address, a prefix, and another address", () => {
    const agent = dualStackAgent();
    const answer = askByUdp(agent, {
      extra: [ipv4HomeAddress("0.0.0.0", 28, true), ipv4HomeAddress(), ipv4HomeAddress("0.0.0.0"), ipv4HomeAddress("10.1.1.1"), ipv4HomeAddress()],
    })!;
    expect(answer.ipv4.map(({ status }) => status))
      .toEqual([Status.PrefixUnauthorized, Status.Success, Status.ReasonUnspecified, Status.ReasonUnspecified]);
    expect(ipv4Of(agent)).toBe(answer.ipv4[1].address);
  });

  it("do not count for the P bit in a refresh (RFC 5555 §3.1.1)", () => {
    const agent = dualStackAgent();
    const [{ address }] = askByUdp(agent, { extra: [ipv4HomeAddress()] })!.ipv4;
    expect(askByUdp(agent, { extra: [ipv4HomeAddress(address, 32, true)] })!.ipv4[0].status).toBe(Status.Success);
    expect(askByUdp(agent, { extra: [ipv4HomeAddress("0.0.0.0", 32, true)] })!.ipv4[0].status).toBe(Status.PrefixUnauthorized);
  });

  it("are answered although the whole update is refused", () => {
    const agent = dualStackAgent({ budgets: { maxBindings: 1 }, nodes: manyNodes(2) });
    // There is room for one entry: the home address has it.
    expect(askByIpv6(agent, { ...as(0), extra: [ipv4HomeAddress()] })).toMatchObject({
      status: 0, ipv4: [{ status: Status.ReasonUnspecified, prefixLength: 0 }],
    });
    expect(agent.refused(Reason.BindingBudgetExhausted)).toBe(1);
    expect(askByIpv6(agent, { ...as(1), extra: [ipv4HomeAddress()] })).toMatchObject({
      status: 130, ipv4: [{ status: Status.ReasonUnspecified, prefixLength: 0, address: "0.0.0.0" }],
    });
  });
});
