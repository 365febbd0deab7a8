import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, HOME_ADDRESS, HOME_AGENT, TUNNEL } from "./harness.ts";
import { DualNetwork, PRIVATE_IPV4, PUBLIC_IPV4 } from "./dual-stack.ts";
import { codec, echo } from "./network.ts";

const BLOCKED = { ipv6: false } as const;

/** When Binding Updates left, from `sinceMs` on, and how. */
function updatesOf(network: DualNetwork, sinceMs = 0) {
  return network.log.filter(({ atMs, packet }) => atMs >= sinceMs && isUpdate(packet)).map(({ atMs, kind }) => [Math.round(atMs - sinceMs), kind]);
}
const isUpdate = (packet: Uint8Array) => packet[0] >> 4 === 6 && codec.dissect(packet).some(({ name }) => name === "binding-update");
const chosen = (network: DualNetwork) => network.mobile.events.filter(({ name }) => name === "PathChosen");

/** A dual-stack network with both addresses there. */
function dualStack(passes: Partial<DualNetwork["passes"]> = {}, options: ConstructorParameters<typeof DualNetwork>[0] = {}) {
  const network = new DualNetwork(options);
  Object.assign(network.passes, passes);
  network.linkUp();
  network.ipv6();
  network.ipv4(PUBLIC_IPV4);
  network.pump();
  return network;
}

describe("the path to the home agent", () => {
  it("is the IPv6 one where both work (5555-2.3.1-5, 5555-4.1-1, 5555-4.4.1-1, 5555-4.4.2-5, 5555-5-3, 5555-5.1-2)", () => {
    const network = dualStack();
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: "2001:db8:a::17", encapsulation: "Ipv6", obstacle: "None" });
    expect(network.uplink.paths).toEqual({ Ipv6: "None", UdpIpv6: "NotConfigured", Ipv4: "NotNeeded", UdpIpv4: "NotNeeded" });
  });

  it("is the IPv4 one after three Binding Updates by IPv6 without an answer (5555-4.4.1-2, 5555-4.4.1-3)", () => {
    const network = dualStack(BLOCKED);
    network.advance(6100);
    expect(updatesOf(network, 1000)).toEqual([[0, "mobility"], [1500, "mobility"], [4500, "mobility"], [6000, "udp4"]]);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PUBLIC_IPV4, encapsulation: "Ipv4", obstacle: "NoAnswer" });
    expect(network.uplink.paths).toEqual({ Ipv6: "NoAnswer", UdpIpv6: "NotConfigured", Ipv4: "None", UdpIpv4: "NotNeeded" });
    expect(network.carries()).toBe(true);
  });

  it("returns to IPv6 when a probe shows that it works again, never for a try", () => {
    const network = dualStack(BLOCKED);
    network.advance(40_000);
    expect(network.update.encapsulation).toBe("Ipv4");
    network.passes.ipv6 = true;
    const since = network.mobile.now;
    network.advance(130_000);
    expect(network.update).toMatchObject({ careofAddress: "2001:db8:a::17", encapsulation: "Ipv6", obstacle: "None" });
    expect(updatesOf(network, since).filter(([, kind]) => kind === "mobility")).toHaveLength(1);
    expect(chosen(network).at(-1)).toMatchObject({ device: ACCESS, fields: { encapsulation: "Ipv6", before: "Ipv4", obstacle: "NotNeeded" } });
    expect(network.carries()).toBe(true);
  });

  it("asks again by probes, each time after twice as long, up to sixteenfold", () => {
    const network = dualStack(BLOCKED, { reach: { retryMs: 10_000 } });
    network.advance(1_500_000);
    const probes = network.log.filter(({ kind, packet }) => kind === "mobility" && !isUpdate(packet)).map(({ atMs }) => atMs);
    const rounds = probes.filter((atMs, index) => index === 0 || atMs - probes[index - 1] > 5000);
    const waits = rounds.slice(1).map((atMs, index) => Math.round((atMs - rounds[index]) / 1000));
    expect(waits.slice(0, 4)).toEqual([24, 44, 84, 164]); // from the end of a round, which takes 3.5 s
    expect(new Set(waits.slice(4))).toEqual(new Set([164]));
  });

  it("takes IPv4 at once where its address is there first, and IPv6 once a probe came back", () => {
    const network = new DualNetwork();
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.pump();
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PUBLIC_IPV4 });
    network.ipv6();
    expect(network.update.careofAddress).toBe(PUBLIC_IPV4);
    expect(network.uplink.paths.Ipv6).toBe("BeingTried");
    network.advance(10);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: "2001:db8:a::17", encapsulation: "Ipv6" });
  });

  it("stays with IPv4 in the next network, where IPv6 failed before (5555-4.4.1-4)", () => {
    const network = dualStack(BLOCKED);
    network.advance(8000);
    network.linkDown();
    network.advance(1000);
    const since = network.mobile.now;
    network.linkUp();
    network.ipv6("2001:db8:b::");
    network.ipv4("198.51.100.99");
    network.advance(500);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: "198.51.100.99", obstacle: "FailedBefore" });
    expect(updatesOf(network, since)).toContainEqual([0, "udp4"]);
    network.passes.ipv6 = true; // and the probes of the new network are on their way
    network.advance(3000);
    expect(network.update).toMatchObject({ careofAddress: "2001:db8:b::17", obstacle: "None" });
  });

  it("uses what there is, though it failed before, when there is nothing else", () => {
    const network = dualStack(BLOCKED);
    network.advance(8000);
    network.linkDown();
    network.passes.ipv6 = true;
    network.linkUp();
    network.ipv6("2001:db8:b::");
    network.pump();
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: "2001:db8:b::17" });
  });

  it("loses its IPv6 address: IPv4 at once", () => {
    const network = dualStack();
    network.ipv6("2001:db8:a::", ACCESS, { lifetime: 2, valid: 2, preferred: 2 });
    network.noRouter();
    network.advance(2500);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PUBLIC_IPV4 });
    expect(network.uplink.paths.Ipv6).toBe("NoAddress");
  });

  it("goes by UDP over IPv6 where Mobility Headers are dropped, if that is configured (5555-3.1.3-1, 5555-4.4.1-3)", () => {
    const network = dualStack({ mobility: false, ipv4: false }, { reach: { udpIpv6: true } });
    network.advance(6100);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: "2001:db8:a::17", encapsulation: "UdpIpv6", obstacle: "NoAnswer" });
    expect(readBindings(network.agent.engine)).toMatchObject([{ encapsulation: "UdpIpv6", careofAddress: "2001:db8:a::17" }]);
    expect(network.carries()).toBe(true);
    network.passes.mobility = true;
    network.advance(60_000);
    expect(network.update).toMatchObject({ encapsulation: "Ipv6", obstacle: "None" });
    expect(network.carries()).toBe(true);
  });

  it("goes by UDP over IPv4 where protocol 41 is dropped, and comes back when it passes (5555-4.4.1-3)", () => {
    const network = dualStack({ ipv6: false, tunnel4: false });
    network.advance(8500);
    expect(network.update).toMatchObject({ careofAddress: PUBLIC_IPV4, encapsulation: "UdpIpv4", obstacle: "NothingPasses", nat: "None" });
    expect(network.carries()).toBe(true);
    network.passes.tunnel4 = true;
    network.advance(70_000);
    expect(network.update).toMatchObject({ encapsulation: "Ipv4" });
    expect(network.carries()).toBe(true);
  });

  it("leaves IPv6 where messages pass and tunnels do not", () => {
    const network = dualStack({ tunnel6: false });
    network.advance(2000);
    expect(network.update).toMatchObject({ careofAddress: PUBLIC_IPV4, encapsulation: "Ipv4", obstacle: "NothingPasses" });
    expect(network.carries()).toBe(true);
    network.advance(600_000);
    expect(network.update.careofAddress).toBe(PUBLIC_IPV4); // though messages by IPv6 are answered all the time
    network.passes.tunnel6 = true;
    network.advance(500_000);
    expect(network.update).toMatchObject({ encapsulation: "Ipv6", obstacle: "None" });
  });

  it("is not doubted for a home agent that answers no probe", () => {
    const network = dualStack({ tunnel6: false }, { serve: { probes: false } });
    network.passes.tunnel6 = false;
    network.advance(5000);
    expect(network.update.encapsulation).toMatch(/Ipv[46]/);
    expect(network.update.state).toBe("Registered");
  });

  it("is proved by a Binding Error of a home agent that does not know probes", () => {
    const network = dualStack(BLOCKED, { serve: { probes: false } });
    network.advance(8000);
    expect(network.update.careofAddress).toBe(PUBLIC_IPV4);
    network.passes.ipv6 = true;
    network.advance(60_000);
    expect(network.update).toMatchObject({ encapsulation: "Ipv6" });
  });

  it("is not proved by forged Binding Errors of a home agent that was heard to know probes", () => {
    const network = dualStack(BLOCKED, { reach: { retryMs: 10_000 } });
    network.advance(8000);
    expect(network.update).toMatchObject({ careofAddress: PUBLIC_IPV4, encapsulation: "Ipv4" });
    const before = chosen(network).length;
    const forged = codec.encode([
      { name: "ipv6", fields: { source: HOME_AGENT, destination: "2001:db8:a::17", hopLimit: 64 } },
      { name: "binding-error", fields: { status: 2, homeAddress: HOME_ADDRESS } },
    ]);
    for (let second = 0; second < 300; second++) {
      network.mobile.receive(ACCESS, forged);
      network.advance(1000);
    }
    expect(network.log.filter(({ atMs, kind }) => atMs > 10_000 && kind === "mobility").length).toBeGreaterThan(3); // it asked
    expect(updatesOf(network, 10_000).filter(([, kind]) => kind === "mobility")).toEqual([]);
    expect(chosen(network)).toHaveLength(before);
  });

  it("is tried in turn where nothing works, and found soon when something does", () => {
    const network = dualStack({ ipv6: false, ipv4: false });
    network.advance(120_000);
    expect(network.update.state).toBe("Registering");
    network.passes.ipv4 = true;
    network.advance(13_000);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PUBLIC_IPV4 });
    const gaps = updatesOf(network).map(([atMs]) => atMs as number).map((atMs, index, all) => atMs - (all[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(33_000);
  });

  it("comes back soon over the only one there is (UDP blocked for 10 s)", () => {
    const network = new DualNetwork();
    network.useNat();
    network.linkUp();
    network.ipv4(PRIVATE_IPV4);
    network.pump();
    network.passes.udp4 = false;
    network.advance(300_000); // the next Binding Update is unanswered
    network.passes.udp4 = true;
    network.advance(13_000);
    expect(network.update.state).toBe("Registered");
    expect(network.carries()).toBe(true);
  });

  it.each([["IPv6 goes dark", { ipv6: false }], ["tunnels over IPv6 no longer pass", { tunnel6: false }]])("is another one soon after %s, while there is traffic", (_, passes) => {
    const network = dualStack();
    network.advance(20_000);
    expect(network.carries()).toBe(true);
    Object.assign(network.passes, passes);
    const [since, from] = [network.mobile.now, network.atAgent.length];
    while (network.mobile.now - since < 13_000) {
      network.carries();
      network.advance(500);
    }
    expect(network.update.careofAddress).toBe(PUBLIC_IPV4);
    expect(network.atAgent.length).toBeGreaterThan(from);
    expect(network.carries()).toBe(true);
  });

  it("is asked about ever more rarely by who only sends", () => {
    const network = dualStack();
    network.advance(20_000);
    const since = network.mobile.now;
    for (let second = 0; second < 600; second++) {
      network.mobile.receive(TUNNEL, echo(HOME_ADDRESS, "2001:db8:200::5"));
      network.advance(1000);
    }
    expect(updatesOf(network, since).length).toBeLessThanOrEqual(9);
    expect(network.update.careofAddress).toBe("2001:db8:a::17");
  });

  it("is that of the better uplink, whatever its encapsulation", () => {
    const network = new DualNetwork({ mobile: { uplinks: 2 } });
    network.linkUp(ACCESS + 1);
    network.ipv6("2001:db8:b::", ACCESS + 1);
    network.pump();
    expect(network.update.careofAddress).toContain("2001:db8:b::");
    network.linkUp(ACCESS);
    network.ipv4(PUBLIC_IPV4, ACCESS);
    network.advance(60_000);
    expect(network.update).toMatchObject({ device: ACCESS, careofAddress: PUBLIC_IPV4 });
    network.linkDown(ACCESS);
    network.pump();
    expect(network.update.careofAddress).toContain("2001:db8:b::");
    expect(network.carries()).toBe(true);
  });

  it("is not over IPv4 while the home agent's IPv6 address is not known (RFC 5555 §2.1)", () => {
    const network = new DualNetwork({ mobile: { homeAgent: parseAddress("::") } });
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.advance(5000);
    expect(updatesOf(network)).toEqual([]);
    expect(network.uplink.paths.UdpIpv4).toBe("NotConfigured");
  });
});
