import { describe, expect, it } from "vitest";
import { parseAnyAddress } from "../../bindings/address.ts";
import { readBindings } from "../../bindings/status.ts";
import { CORRESPONDENT, ACCESS, HOME_ADDRESS, type Node, TUNNEL } from "./harness.ts";
import { NAT, NAT_PORT, PUBLIC, askByUdp, dualStackAgent, ipv4HomeAddress, serveDualStack } from "./messages-ipv4.ts";
import { echo } from "./network.ts";

const binding = (agent: Node) => readBindings(agent.engine)[0];
const changes = (agent: Node) => agent.events.filter(({ name }) => name === "MappingChanged").map(({ fields }) => fields);

/** After `seconds` of silence a Binding Update comes from `port`; returns what the mobile node is told. */
function after(agent: Node, seconds: number, port = NAT_PORT): number {
  agent.advance(seconds * 1000);
  return askByUdp(agent, { port })!.nat!.refreshS;
}

/** A packet of the mobile node out of the tunnel. */
function hear(agent: Node, port = NAT_PORT): void {
  agent.engine.receiveDatagrams(agent.now, ACCESS, echo(HOME_ADDRESS, CORRESPONDENT), { address: parseAnyAddress(NAT), port });
}

describe("how long a mobile node behind a NAT may be silent (5555-3.2.2-1, 5555-3.2.2-6)", () => {
  it("grows with the silences that its mapping survives, up to what people have set", () => {
    const agent = dualStackAgent();
    expect(after(agent, 0)).toBe(25);
    expect([after(agent, 25), after(agent, 37), after(agent, 55), after(agent, 82), after(agent, 110)]).toEqual([37, 55, 82, 110, 110]);
    expect(binding(agent)).toMatchObject({ natHeldS: 110, natLostS: 0, refreshS: 110 });
    expect(after(agent, 3)).toBe(110);
  });

  it("shrinks when the mapping was gone after a silence, and stays below that (RFC 5555 §4.3)", () => {
    const agent = dualStackAgent();
    after(agent, 0);
    after(agent, 25);
    expect(after(agent, 37, 40_001)).toBe(25);
    expect(changes(agent)).toEqual([
      { homeAddress: HOME_ADDRESS, careofAddress: NAT, port: 40_001, silenceS: 37, adviceS: 25 },
    ]);
    expect(binding(agent)).toMatchObject({ port: 40_001, natHeldS: 25, natLostS: 37 });
    // From now on it grows with what is survived alone.
    expect([after(agent, 25, 40_001), after(agent, 26, 40_001), after(agent, 20, 40_001)]).toEqual([25, 26, 26]);
    // Until the NAT is seen to be better than that.
    expect(after(agent, 40, 40_001)).toBe(60);
    expect(binding(agent)).toMatchObject({ natHeldS: 40, natLostS: 0 });
  });

  it("is halved when not even the first silence was survived", () => {
    const agent = dualStackAgent();
    after(agent, 0);
    expect(after(agent, 25, 40_001)).toBe(12);
    expect(after(agent, 12, 40_001)).toBe(12);
    expect(after(agent, 13, 40_002)).toBe(12);
    expect(binding(agent)).toMatchObject({ natHeldS: 12, natLostS: 13 });
  });

  it("is not learnt from a silence in which something was sent to the mobile node", () => {
    const agent = dualStackAgent();
    after(agent, 0);
    agent.advance(20_000);
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
    expect(after(agent, 20)).toBe(25);
    expect(binding(agent).natHeldS).toBe(0);
    expect(after(agent, 30)).toBe(45);
  });

  it("is learnt from packets of the tunnel as well", () => {
    const agent = dualStackAgent();
    after(agent, 0);
    agent.advance(24_000);
    hear(agent);
    expect(binding(agent)).toMatchObject({ natHeldS: 24, refreshS: 36 });
    agent.advance(60_000);
    hear(agent, 41_000); // by another mapping: not the one that was silent
    expect(binding(agent)).toMatchObject({ natHeldS: 24, natLostS: 0 });
    expect(after(agent, 0, 41_000)).toBe(30);
    expect(binding(agent)).toMatchObject({ natHeldS: 24, natLostS: 60 });
  });

  it("begins anew in another network, and where the NAT or the socket is another one", () => {
    const agent = dualStackAgent();
    after(agent, 0);
    after(agent, 25);
    after(agent, 37);
    expect(askByUdp(agent, { claimed: "10.9.9.9" })!.nat!.refreshS).toBe(25);
    expect(binding(agent)).toMatchObject({ natHeldS: 0, natLostS: 0 });
    after(agent, 25);
    expect(askByUdp(agent, { from: "198.51.100.10" })!.nat!.refreshS).toBe(25);
    expect(binding(agent)).toMatchObject({ natHeldS: 0 });
    expect(askByUdp(agent, { from: PUBLIC, claimed: PUBLIC })!.nat!.refreshS).toBe(0xffffffff);
    expect(binding(agent)).toMatchObject({ refreshS: 0, nat: false });
  });

  it("begins anew where longer silences were survived, and not when the mobile node has another socket", () => {
    const agent = dualStackAgent();
    after(agent, 0);
    expect(after(agent, 40)).toBe(60);
    expect(after(agent, 2, 50_000)).toBe(60);
    expect(binding(agent)).toMatchObject({ natHeldS: 40, natLostS: 0, port: 50_000 });
    expect(after(agent, 30, 50_001)).toBe(25);
    expect(binding(agent)).toMatchObject({ natHeldS: 0, natLostS: 0, port: 50_001 });
    expect(changes(agent).map(({ silenceS, adviceS }) => [silenceS, adviceS])).toEqual([[2, 60], [30, 25]]);
  });

  it("is what people have set when nothing is to be learnt, and follows them", () => {
    const agent = dualStackAgent({ serve: { firstRefreshMs: 60_000, refreshMs: 60_000 } });
    expect([after(agent, 0), after(agent, 60), after(agent, 90)]).toEqual([60, 60, 60]);
    serveDualStack(agent, { firstRefreshMs: 20_000, refreshMs: 40_000 });
    expect(after(agent, 100)).toBe(40);
  });

  it("is told with an IPv4 home address too, and learnt from either family's silence", () => {
    const agent = dualStackAgent();
    askByUdp(agent, { extra: [ipv4HomeAddress()] });
    agent.advance(25_000);
    expect(askByUdp(agent, { extra: [ipv4HomeAddress()] })!.nat!.refreshS).toBe(37);
  });

  it("is refused to be set to what makes no sense", () => {
    const agent = dualStackAgent();
    for (const wrong of [
      { firstRefreshMs: 0 }, { firstRefreshMs: 200_000 }, { refreshMs: Number.POSITIVE_INFINITY }, { refreshMs: Number.NaN },
      { leaseMs: 1000 }, { leaseMs: Number.NaN }, { ipv4Address: parseAnyAddress("224.0.0.1") }, { ipv4Address: parseAnyAddress("2001:db8::1") },
      { pools: [{ first: parseAnyAddress("192.0.2.1"), addresses: 0 }] }, { pools: [{ first: parseAnyAddress("2001:db8::"), addresses: 4 }] },
      { pools: [{ first: parseAnyAddress("223.255.255.0"), addresses: 257 }] }, { pools: [{ first: parseAnyAddress("192.0.2.0"), addresses: 0xffffffff }] },
    ]) expect(() => serveDualStack(agent, wrong), JSON.stringify(wrong)).toThrow(/OutOfRange/);
    expect(() => serveDualStack(agent, { leaseMs: Number.POSITIVE_INFINITY })).not.toThrow();
  });
});
