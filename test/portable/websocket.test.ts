/** Portable home agent and mobile nodes over real WebSockets of this machine. */
import { afterEach, describe, expect, it } from "vitest";
import { Bed, HOME_AGENT, homeAddressOf, ipv4HomeAddressOf, keyOf, ping, until } from "./bed.ts";

let bed: Bed | undefined;
afterEach(() => bed?.close());

describe("over WebSockets", () => {
  it("a mobile node registers, and pings its home agent", async () => {
    bed = await Bed.open(1);
    const node = await bed.mobileNode(0);
    await node.registered();
    expect(await ping(node, homeAddressOf(0), HOME_AGENT)).toBeLessThan(1000);
    const { bindings, underlays } = bed.agent.status();
    expect(bindings.find(({ homeAddress }) => homeAddress === homeAddressOf(0))).toMatchObject({
      encapsulation: "UdpIpv4", nat: true, identity: "car0@example.org",
    });
    expect(underlays[0]).toMatchObject({ connections: 1, trusted: 1 });
  });

  it("two mobile nodes ping each other, by IPv6 and IPv4", async () => {
    bed = await Bed.open(2);
    const [one, other] = [await bed.mobileNode(0), await bed.mobileNode(1)];
    await Promise.all([one.registered(), other.registered()]);
    await ping(one, homeAddressOf(0), homeAddressOf(1));
    await ping(other, homeAddressOf(1), homeAddressOf(0));
    await ping(one, ipv4HomeAddressOf(0), ipv4HomeAddressOf(1));
  });

  it("a node that moves to another connection keeps its binding", async () => {
    bed = await Bed.open(1);
    const underlay = bed.underlay();
    const node = await bed.mobileNode(0, [underlay]);
    await node.registered();
    const [before] = bed.agent.bindings;
    underlay.reconnect();
    const after = await until(() => bed!.agent.bindings.find(({ homeAddress, port }) => homeAddress === before.homeAddress && port !== before.port));
    expect(after.sequence).not.toBe(before.sequence);
    await until(() => node.isRegistered);
    await ping(node, homeAddressOf(0), HOME_AGENT);
    await until(() => bed!.hub.status().connections === 1);
  });

  it("deregisters at its end", async () => {
    bed = await Bed.open(1);
    const node = await bed.mobileNode(0);
    await node.registered();
    await node.stop();
    expect(bed.agent.bindings).toEqual([]);
    await until(() => bed!.hub.status().connections === 0);
  });

  it("a wrong key is refused, and its connection closed", async () => {
    bed = await Bed.open(1, { authenticationMs: 300 });
    const underlay = bed.underlay({ maxRetryMs: 60_000, firstRetryMs: 60_000 });
    const node = await bed.mobileNode(0, [underlay], { key: keyOf(9) });
    await until(() => underlay.status().lastClose);
    expect(underlay.status().lastClose).toEqual({ code: 1008, reason: "not authenticated" });
    expect(node.isRegistered).toBe(false);
    expect(bed.agent.bindings).toEqual([]);
    expect(bed.agent.status().refusals.map(({ reason }) => reason)).toContain("AuthenticationFailed");
    expect(bed.hub.status()).toMatchObject({ closed: { "not authenticated": 1 } });
  });
});
