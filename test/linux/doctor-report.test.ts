/** Findings from fixed facts, the verdict, the table and JSON. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { judgeFirewall } from "../../platforms/linux/doctor/firewall.ts";
import { type HomeAgentFacts, judgeHomeAgent } from "../../platforms/linux/doctor/home-agent.ts";
import { type HostFacts, judgeHost } from "../../platforms/linux/doctor/host.ts";
import { tryPort } from "../../platforms/linux/doctor/udp-port.ts";
import { reportText } from "../../platforms/linux/doctor/report-text.ts";
import { bad, conclude, type DoctorReport, type Finding, good, note, type UplinkReport } from "../../platforms/linux/doctor/report.ts";
import { findRivals } from "../../platforms/linux/doctor/rivals.ts";
import type { HomeAgentConfig } from "../../platforms/node/index.ts";

const HOST: HostFacts = {
  kernel: "6.1.0",
  missing: [],
  trials: {
    tun: true, tunOffload: "udp", packetFilter: true, routingRules: true, trains: { send: true, receive: true },
  },
  clock: { synchronised: true, maximumErrorMs: 3.2 },
};

const brief = (findings: readonly Finding[]) => findings.map(({ check, verdict }) => `${check}: ${verdict}`);

describe("this host", () => {
  it("has all that is needed", () => {
    expect(brief(judgeHost(HOST))).toEqual([
      "privileges: good", "TUN: good", "packet filter: good", "routing rules: good", "offloads: good", "clock: good",
    ]);
  });

  it("lacks privileges, devices and offloads: each with what to do", () => {
    const findings = judgeHost({
      ...HOST,
      missing: [{ what: "CAP_NET_RAW", neededFor: "packet sockets", remedy: "run as root" }],
      trials: { ...HOST.trials, tun: "open /dev/net/tun: ENOENT", tunOffload: "tcp", trains: { send: true, receive: false } },
      clock: { synchronised: false },
    });
    expect(brief(findings)).toEqual([
      "privileges: bad", "TUN: bad", "packet filter: good", "routing rules: good", "offloads: warning", "offloads: warning", "clock: note",
    ]);
    expect(findings[0]).toMatchObject({ finding: "CAP_NET_RAW is missing, which is needed for packet sockets.", advice: "Run as root." });
    expect(findings[4].advice).toBe("Take Linux 6.2 or later for speed.");
    for (const { finding, advice } of findings) for (const text of [finding, advice]) expect(text).toMatch(/^[A-Z].*\.$/);
  });

  it("says what was not tried", () => {
    const trials = { trains: { send: true, receive: true }, untried: "make a network namespace: EPERM" } as HostFacts["trials"];
    expect(brief(judgeHost({ ...HOST, trials }))).toEqual([
      "privileges: good", "TUN: unknown", "packet filter: unknown", "routing rules: unknown", "offloads: unknown", "clock: good",
    ]);
  });

  it("has programs that are in the way", () => {
    const processes = [{ processId: 7, name: "mip6d" }, { processId: 8, name: "radvd" }, { processId: 9, name: "sshd" }];
    expect(brief(findRivals("mobile-node", processes))).toEqual(["other daemons: warning"]);
    expect(brief(findRivals("home-agent", processes))).toEqual(["other daemons: warning", "other daemons: warning"]);
    expect(brief(findRivals("correspondent", []))).toEqual(["other daemons: good"]);
  });

  it("has a port taken, and the doctor says by whom", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    expect(tryPort("127.0.0.1", port)).toMatchObject({ free: false, code: "EADDRINUSE", owner: { processId: process.pid } });
    await new Promise<void>((resolve) => socket.close(resolve));
    expect(tryPort("127.0.0.1", port)).toEqual({ free: true });
    expect(tryPort("192.0.2.77", port)).toMatchObject({ free: false, code: "EADDRNOTAVAIL" });
  });
});

describe("the firewall of a home agent", () => {
  const UDP = { name: "UDP port 4191", family: "ip", protocol: "udp", number: 17, port: 4191 } as const;
  const MOBILITY = { name: "Mobility Headers", family: "ip6", protocol: "mobility-header", number: 135 } as const;
  const chain = (policy: string, family = "inet") =>
    ({ chain: { family, table: "filter", name: "input", type: "filter", hook: "input", policy } });
  const rule = (...expr: object[]) => ({ rule: { family: "inet", table: "filter", chain: "input", expr } });
  const dport = (right: unknown) => ({ match: { op: "==", left: { payload: { protocol: "udp", field: "dport" } }, right } });
  const l4proto = (right: unknown) => ({ match: { op: "==", left: { meta: { key: "l4proto" } }, right } });
  const judge = (...entries: object[]) => judgeFirewall({ nftables: entries }, [UDP, MOBILITY]);

  it.each([
    ["no rules at all", [], ["good"]],
    ["a chain that accepts", [chain("accept"), rule(dport(53), { drop: null })], ["good"]],
    ["a chain that drops what no rule accepts", [chain("drop")], ["warning", "warning"]],
    ["the port is accepted, Mobility Headers are not", [chain("drop"), rule(dport(4191), { accept: null })], ["warning"]],
    ["both are accepted, in a set and a range",
      [chain("drop"), rule(dport({ set: [53, { range: [4190, 4192] }] }), { accept: null }), rule(l4proto({ set: [135, 41] }), { accept: null })],
      ["good"]],
    ["a rule drops the port", [chain("accept"), rule(dport(4191), { drop: null })], ["bad"]],
    ["a rule rejects Mobility Headers by name", [chain("accept"), rule(l4proto("mobility-header"), { reject: null })], ["bad"]],
    ["everything is accepted by a rule", [chain("drop"), rule({ counter: {} }, { accept: null })], ["good"]],
    ["a rule in a chain that is jumped to",
      [chain("drop"), rule({ jump: { target: "more" } }),
        { rule: { family: "inet", table: "filter", chain: "more", expr: [dport(4191), { accept: null }] } },
        { rule: { family: "inet", table: "filter", chain: "more", expr: [l4proto(135), { accept: null }] } }],
      ["good"]],
    ["rules of the other family are not about it", [chain("drop", "ip6")], ["warning"]],
  ])("%s", (_, entries, verdicts) => {
    expect(judge(...entries).map(({ verdict }) => verdict)).toEqual(verdicts);
  });

  it("cannot be read", () => {
    expect(judgeFirewall(undefined, [UDP])).toMatchObject([{ verdict: "unknown" }]);
  });
});

describe("the host of a home agent", () => {
  const config = {
    role: "home-agent", address: "2001:db8:100::1", homePrefixes: ["2001:db8:100::/64"], tunnel: "mext0", ipv4Address: "192.0.2.1",
    ipv4Pools: ["198.51.100.0/24"], udpOverIpv6: false, probes: true, homeLink: {}, nodes: [],
  } as unknown as HomeAgentConfig;
  const address = (text: string, more = {}) => ({
    interface: "eth0", interfaceIndex: 2, address: text, prefixLength: 64, scope: "global", tentative: false, duplicate: false,
    deprecated: false, permanent: true, ...more,
  } as const);
  const facts: HomeAgentFacts = {
    addresses: [address("192.0.2.1")], links: ["lo", "eth0"], routes: [], ipv6Forwarding: false, ipv4Forwarding: true,
    ports: [{ address: "192.0.2.1", state: { free: true } }], ruleset: { nftables: [] }, daemon: undefined,
  };
  const judge = (more: Partial<HomeAgentFacts>, other = {}) => brief(judgeHomeAgent({ ...config, ...other }, { ...facts, ...more }));

  it("is well", () => {
    expect(judge({})).toEqual([
      "address: good", "IPv4 address: good", "port 4191: good", "home prefix: note", "IPv4 pool: note", "forwarding: note", "firewall: good",
    ]);
  });

  it.each([
    [{ addresses: [] }, {}, "IPv4 address: bad"],
    [{ addresses: [address("10.0.0.1")] }, { ipv4Address: "10.0.0.1" }, "IPv4 address: warning"],
    [{ addresses: [address("192.0.2.1"), address("2001:db8:100::1", { duplicate: true })] }, {}, "address: bad"],
    [{ ports: [{ address: "192.0.2.1", state: { free: false, code: "EADDRINUSE", owner: { processId: 9, name: "x" } } }] }, {}, "port 4191: bad"],
    [{ ports: [{ address: "192.0.2.1", state: { free: false, code: "EADDRINUSE", owner: { processId: 9, name: "x" } } }], daemon: 9 }, {}, "port 4191: good"],
    [{ routes: [{ destination: "2001:db8:100::/64", interface: "eth1" }] }, {}, "home prefix: bad"],
    [{}, { homeLink: { interface: "eth7" } }, "home link: bad"],
    [{}, { ipv4Address: undefined }, "IPv4 address: note"],
  ])("%j with %j: %s", (more, other, expected) => {
    expect(judge(more, other)).toContain(expected);
  });
});

describe("the report", () => {
  const uplink: UplinkReport = {
    interface: "wlan0",
    way: "UdpIpv4",
    ways: [
      { way: "Ipv6", passage: "absent", why: "wlan0 has no global IPv6 address", allowed: true },
      { way: "UdpIpv4", passage: "passes", allowed: true, roundTripMs: 23.44, pathMtu: 1492, linkMtu: 1500, seenAddress: "203.0.113.7", seenPort: 61_034 },
    ],
    findings: [good("link", "wlan0 is up, MTU 1500."), note("NAT", "A NAT shows this host as 203.0.113.7.")],
  };
  const head = { format: 1, version: "1.2.3", file: "mobile-node.toml", role: "mobile-node" } as const;
  const draft = { ...head, host: [good("TUN", "TUN devices can be made.")], uplinks: [uplink] };

  it.each<[string, Partial<DoctorReport>, boolean, RegExp]>([
    ["a way", {}, true, /works here: in UDP over IPv4 by wlan0\./],
    ["no privileges", { host: [bad("privileges", "CAP_NET_RAW is missing.", "Run as root.")] }, false, /see privileges\. The home agent is reached/],
    ["no way", { uplinks: [{ ...uplink, way: undefined }] }, false, /reached in no way by wlan0\./],
    ["no uplink", { uplinks: [] }, false, /none of its uplinks/],
    ["not tried", { uplinks: [{ ...uplink, way: undefined, ways: [{ way: "Ipv6", passage: "untried", allowed: true }] }] }, false, /may work here/],
    ["another role", { role: "correspondent", uplinks: undefined }, true, /A correspondent works here/],
  ])("concludes: %s", (_, more, works, conclusion) => {
    expect(conclude({ ...draft, ...more })).toMatchObject({ works, conclusion: expect.stringMatching(conclusion) });
  });

  it("is a table for people: what to do stands below what is not well", () => {
    const report = conclude({ ...draft, host: [...draft.host, bad("privileges", "CAP_NET_RAW is missing.", "Run as root.")] });
    expect(reportText(report)).toBe(
      `mobile-node  mobile-node.toml  mext 1.2.3

THIS HOST
  ok       TUN         TUN devices can be made.
  BAD      privileges  CAP_NET_RAW is missing.
                       → Run as root.

UPLINK wlan0
  ok       link  wlan0 is up, MTU 1500.
  note     NAT   A NAT shows this host as 203.0.113.7.

WAY               PACKETS  ROUND TRIP  PATH MTU  SEEN AS
in plain IPv6     absent   -           -         -
in UDP over IPv4  passes   23.4 ms     1492      203.0.113.7 port 61034

BAD  A mobile node does not work here: see privileges. The home agent is reached in UDP over IPv4 by wlan0.
`,
    );
  });
});
