/** A mobile node that registers nothing and only asks: the engine of a doctor. */
import { describe, expect, it } from "vitest";
import { parseAnyAddress } from "../../bindings/address.ts";
import { type ProbeSettings, probe, REACH_DEFAULTS, setReach } from "../../bindings/commands.ts";
import { readBindings, readUpdates } from "../../bindings/status.ts";
import { AGENT_IPV4, DualNetwork, PUBLIC_IPV4 } from "./dual-stack.ts";
import { ACCESS } from "./harness.ts";

function asking() {
  const network = new DualNetwork({ reach: { udpIpv6: true, probesOnly: true } });
  network.linkUp();
  network.ipv6();
  network.ipv4(PUBLIC_IPV4);
  network.pump();
  return network;
}

function answered(network: DualNetwork, settings: Omit<ProbeSettings, "device" | "number">): boolean {
  const before = network.mobile.events.filter(({ name }) => name === "ProbeAnswered").length;
  probe(network.mobile.engine, { device: ACCESS, number: 1, ...settings }, network.mobile.now);
  network.pump();
  return network.mobile.events.filter(({ name }) => name === "ProbeAnswered").length > before;
}

describe("an engine that only probes", () => {
  it("sends nothing to the home agent by itself, and registers nothing", () => {
    const network = asking();
    network.advance(600_000);
    expect(network.log.filter(({ kind }) => kind !== "ipv6")).toEqual([]);
    expect(network.mobile.events.filter(({ name }) => ["BindingUpdateSent", "RegistrationState"].includes(name))).toEqual([]);
    expect(readUpdates(network.mobile.engine)).toMatchObject([{ state: "Idle" }]);
    expect(readBindings(network.agent.engine)).toEqual([]);
  });

  it("is no guest of its home link either", () => {
    const network = new DualNetwork({ reach: { probesOnly: true } });
    network.linkUp();
    network.ipv6("2001:db8:100::");
    network.advance(60_000);
    expect(network.mobile.events.map(({ name }) => name)).not.toContain("HomeReached");
    expect(network.log.filter(({ kind }) => kind !== "ipv6")).toEqual([]);
  });

  it.each(["Ipv6", "UdpIpv6", "Ipv4", "UdpIpv4"] as const)("is answered over %s without a binding", (encapsulation) => {
    const network = asking();
    expect(answered(network, { encapsulation })).toBe(true);
    expect(answered(network, { encapsulation, tunnelled: true })).toBe(true);
    expect(readBindings(network.agent.engine)).toEqual([]);
  });

  it("tells Mobility Headers from tunnelled packets", () => {
    const network = asking();
    network.passes.tunnel6 = false;
    expect([answered(network, { encapsulation: "Ipv6" }), answered(network, { encapsulation: "Ipv6", tunnelled: true })]).toEqual([true, false]);
    Object.assign(network.passes, { tunnel6: true, mobility: false });
    expect([answered(network, { encapsulation: "Ipv6" }), answered(network, { encapsulation: "Ipv6", tunnelled: true })]).toEqual([false, true]);
  });

  it("may be pointed at another IPv4 address of the home agent", () => {
    const network = asking();
    const settings = { ...REACH_DEFAULTS, probesOnly: true, homeAgentIpv4: parseAnyAddress("192.0.2.99") };
    setReach(network.mobile.engine, settings, network.mobile.now);
    probe(network.mobile.engine, { device: ACCESS, encapsulation: "UdpIpv4", number: 1 }, network.mobile.now);
    expect(network.mobile.datagrams.splice(0)).toMatchObject([{ address: parseAnyAddress("192.0.2.99") }]);
    setReach(network.mobile.engine, { ...settings, homeAgentIpv4: parseAnyAddress(AGENT_IPV4) }, network.mobile.now);
    expect(answered(network, { encapsulation: "UdpIpv4" })).toBe(true);
  });

  it("needs a family to ask by", () => {
    const network = asking();
    const settings = { ...REACH_DEFAULTS, ipv6: false, ipv4: false, probesOnly: true };
    expect(() => setReach(network.mobile.engine, settings, network.mobile.now)).toThrow("OutOfRange");
  });
});
