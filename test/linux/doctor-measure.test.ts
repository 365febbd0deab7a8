/** What the doctor makes of networks of every kind: measured in virtual time, and judged. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { measure, type Measurement, type MeasureOptions } from "../../platforms/linux/doctor/measure.ts";
import { silences } from "../../platforms/linux/doctor/nat-lifetime.ts";
import { judgeNetwork } from "../../platforms/linux/doctor/network.ts";
import type { UplinkReport, Way } from "../../platforms/linux/doctor/report.ts";
import type { UplinkFacts } from "../../platforms/linux/doctor/uplink.ts";
import { FakeProber, LOCAL, type Network } from "./doctor-network.ts";

const ALL: readonly Way[] = ["Ipv6", "UdpIpv6", "Ipv4", "UdpIpv4"];
const UPLINK: UplinkFacts = {
  name: "eth0",
  link: { index: 2, name: "eth0", mtuBytes: 1500, up: true, lowerUp: true, loopback: false, macAddress: "02:00:00:00:00:01" },
  ipv6Disabled: false, ipv6: ["2001:db8:a::2"], ipv4: [LOCAL], ipv4Routers: ["10.0.0.1"], ipv6Routers: ["fe80::1"], atHome: false,
};

async function measured(network: Network, options: Partial<MeasureOptions> = {}): Promise<Measurement> {
  const result = measure(new FakeProber(network), {
    linkMtu: 1500, silenceS: 16, silenceSteps: 3, allowed: ["Ipv6", "Ipv4", "UdpIpv4"], progress: () => {}, ...options,
  });
  await vi.runAllTimersAsync();
  return result;
}

async function judged(network: Network, options: Partial<MeasureOptions> = {}, echoed?: boolean): Promise<UplinkReport> {
  const expected = { replayWindowMs: 7000, keepaliveFloorMs: 15_000, keepaliveCeilingMs: 110_000, homeAgentName: "2001:db8::1", echoed };
  return judgeNetwork(UPLINK, await measured(network, options), expected);
}

const verdicts = ({ findings }: UplinkReport) => Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
const sentence = ({ findings }: UplinkReport, wanted: string) => findings.find(({ check }) => check === wanted)?.finding;

describe("the doctor in a network", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("an open one: every way passes, no NAT, packets of the interface's size", async () => {
    const report = await judged({ clockAheadMs: -120 });
    expect(report.way).toBe("Ipv6");
    expect(report.ways.map(({ passage, pathMtu }) => [passage, pathMtu])).toEqual(ALL.map(() => ["passes", 1500]));
    expect(report.nat).toMatchObject({ present: false, filtering: "endpoint-independent" });
    expect(report.lifetime).toEqual({ heldS: 16, triedS: 16 });
    expect(report.clockAheadMs).toBe(-120);
    expect(verdicts(report)).toMatchObject({
      "native IPv6": "good", "Mobility Header": "good", "IPv6 in IPv6": "good", "UDP over IPv6": "note",
      "UDP over IPv4": "good", "plain IPv4": "good", NAT: "good", "NAT lifetime": "good", "clock skew": "good",
    });
  });

  it.each([
    [{}, { mapping: "endpoint-independent", filtering: "endpoint-independent", portPreservation: false, pooling: "paired" }],
    [{ preservesPorts: true }, { mapping: "endpoint-independent", portPreservation: true }],
    [{ addresses: 2 }, { pooling: "arbitrary", addresses: ["203.0.113.7", "203.0.113.8"] }],
  ])("a NAT seen from two addresses of the home agent: %j", async (nat, expected) => {
    expect((await measured({ nat, destinations: 2 })).nat).toMatchObject({ present: true, unknown: [], ...expected });
  });

  it("filtering of a NAT depends on the source", async () => {
    expect((await measured({ nat: {}, filtering: "address-dependent", destinations: 2 })).nat).toMatchObject({
      mapping: "endpoint-independent", filtering: "depends on the destination",
    });
  });

  it("a mapping that depends on the destination hides the filtering, and it says so", async () => {
    const { nat } = await measured({ nat: { dependsOnDestination: true }, destinations: 2 });
    expect(nat).toMatchObject({ mapping: "depends on the destination", unknown: [expect.stringContaining("Filtering")] });
    expect(nat).not.toHaveProperty("filtering");
  });

  it("with one address of the home agent the kind of a NAT cannot be known, and it says so", async () => {
    const report = await judged({ nat: {}, passes: ["UdpIpv4"] });
    expect(report.nat).toMatchObject({ present: true, portPreservation: false, destinations: 1 });
    expect(report.nat).not.toHaveProperty("mapping");
    expect(sentence(report, "NAT kind")).toContain("cannot be known with one address");
    expect(report.way).toBe("UdpIpv4");
  });

  it("a firewall that keeps states, and no NAT", async () => {
    const report = await judged({ filtering: "address-dependent", lifetimeS: 12 });
    expect(report.nat).toMatchObject({ present: false, filtering: "depends on the destination" });
    expect(report.lifetime).toEqual({ heldS: 9, lostS: 16, triedS: 16 });
    expect(verdicts(report)["NAT lifetime"]).toBe("note"); // native IPv6 does not need it
  });

  it("a NAT that forgets faster than keepalives come", async () => {
    const report = await judged({ nat: {}, passes: ["UdpIpv4"], lifetimeS: 12 });
    expect(report.findings.find(({ check }) => check === "NAT lifetime")).toMatchObject({
      verdict: "warning", advice: "Set floor in [keepalive] to less than 16 s.",
    });
  });

  it("the long test narrows the lifetime down", async () => {
    const { lifetime } = await measured({ nat: {}, lifetimeS: 100 }, { silenceS: 300, silenceSteps: 25 });
    expect(lifetime!.heldS).toBeLessThan(100);
    expect(lifetime!.lostS).toBeGreaterThanOrEqual(100);
    expect(lifetime!.lostS! / lifetime!.heldS).toBeLessThan(1.25);
    expect(lifetime!.triedS).toBeLessThan(150); // longer ones need not be waited for
  });

  it("silences go from short to long, and are few where asked for", () => {
    expect(silences(16, 3)).toEqual([5, 9, 16]);
    expect(silences(300, 25)).toHaveLength(25);
    expect(silences(3, 3)).toEqual([3]);
    expect(silences(60, 1)).toEqual([60]);
  });

  it("Mobility Headers are dropped: IPv6 is there, UDP is the way", async () => {
    const report = await judged({ passes: ["UdpIpv6", "UdpIpv4"] }, { allowed: ALL }, true);
    expect(report.way).toBe("UdpIpv6");
    expect(verdicts(report)).toMatchObject({ "native IPv6": "good", "Mobility Header": "warning", "plain IPv4": "note" });
  });

  it("Mobility Headers pass, and tunnelled packets do not", async () => {
    const report = await judged({ ipv6Tunnelled: false });
    expect(report.way).toBe("Ipv4");
    expect(verdicts(report)).toMatchObject({ "Mobility Header": "good", "IPv6 in IPv6": "warning" });
  });

  it("plain IPv4 is no way without UDP, nor through a NAT", async () => {
    expect((await judged({ passes: ["Ipv4"] })).way).toBeUndefined();
    expect((await judged({ passes: ["Ipv4", "UdpIpv4"], nat: {} })).way).toBe("UdpIpv4");
  });

  it("only a way passes that the configuration does not use", async () => {
    const report = await judged({ passes: ["UdpIpv6"] }, {}, true);
    expect(report.way).toBeUndefined();
    expect(report.findings.find(({ check }) => check === "home agent")).toMatchObject({
      verdict: "bad", finding: expect.stringContaining("in UDP over IPv6"),
    });
    expect(report.findings.find(({ check }) => check === "UDP over IPv6")!.advice).toContain("udp_over_ipv6 = true");
  });

  it("nothing answers", async () => {
    const report = await judged({ passes: [] }, {}, false);
    expect(report.way).toBeUndefined();
    expect(report).not.toHaveProperty("nat");
    expect(verdicts(report)).toMatchObject({ "native IPv6": "warning", "home agent": "bad" });
  });

  it("ways that there are not are no fault, ways that could not be tried are unknown", async () => {
    const { ways } = await measured({ absent: { Ipv6: "no address", UdpIpv6: "no address" } });
    expect(ways.map(({ passage }) => passage)).toEqual(["absent", "absent", "passes", "passes"]);
    expect(verdicts(await judged({ absent: { Ipv6: "no address", UdpIpv6: "no address" } }))["native IPv6"]).toBe("note");
  });

  it.each([[1500, 1500], [1492, 1492], [1420, 1420], [1400, 1396], [1280, 1276]])(
    "path MTU %i, of which probes in UDP over IPv4 show %i", async (mtu, shown) => {
      const { ways } = await measured({ mtu, passes: ["UdpIpv4"] });
      expect(ways.find(({ way }) => way === "UdpIpv4")).toMatchObject({ linkMtu: 1500, pathMtu: shown });
    });

  it("an interface with a large MTU is measured as far as probes go", async () => {
    const { ways } = await measured({ mtu: 9000 }, { linkMtu: 9000 });
    expect(ways[0].pathMtu).toBe(2048);
  });

  it("lost packets are asked for again", async () => {
    const report = await judged({ loses: 5 });
    expect(report.ways.map(({ passage, pathMtu }) => [passage, pathMtu])).toEqual(ALL.map(() => ["passes", 1500]));
    expect(report.lifetime).toEqual({ heldS: 16, triedS: 16 });
  });

  it("clocks that differ by more than the home agent takes", async () => {
    const report = await judged({ clockAheadMs: 12_345 });
    expect(verdicts(report)["clock skew"]).toBe("warning");
    expect(sentence(report, "clock skew")).toContain("12.3 s ahead of");
  });

  it("an uplink that is not there, off, or at home is not asked", () => {
    const expected = { keepaliveFloorMs: 15_000, keepaliveCeilingMs: 110_000, homeAgentName: "x" };
    expect(verdicts(judgeNetwork({ ...UPLINK, link: undefined }, undefined, expected))).toEqual({ link: "bad" });
    expect(verdicts(judgeNetwork({ ...UPLINK, link: { ...UPLINK.link!, up: false } }, undefined, expected))).toEqual({ link: "bad" });
    expect(verdicts(judgeNetwork({ ...UPLINK, atHome: true }, undefined, expected))).toMatchObject({ home: "note" });
  });
});
