/** `mext doctor` in real networks: namespaces, a NAT and firewalls of nftables, and a home agent that answers. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DoctorLab, HOME_AGENT_IPV4, MOBILE_IPV4, passages, ROUTER_IPV4, verdicts } from "./doctor-lab.ts";
import { HOME_ADDRESS, type Program, runToEnd } from "./lab.ts";
import { cannotRun, ip } from "./system/namespace.ts";

const PASSES = { Ipv6: "passes", UdpIpv6: "passes", Ipv4: "passes", UdpIpv4: "passes" };
const IPV6_IS_IN_THE_WAY = "meta nfproto ipv6 drop";

describe.skipIf(cannotRun)(`mext doctor${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: DoctorLab;
  let homeAgent: Program;
  let before: string;
  beforeAll(async () => {
    lab = new DoctorLab();
    homeAgent = await lab.startDualHomeAgent();
    await lab.addressed();
    before = lab.state(lab.mobile);
  });
  afterEach(() => lab.rules());
  afterAll(() => lab?.remove());

  it("an open network with both families: every way passes, and nothing of the host has changed", async () => {
    const { code, report, uplink, errors } = await lab.diagnose("--seconds", "1");
    expect(code).toBe(0);
    expect(report).toMatchObject({ works: true, conclusion: "A mobile node works here: in plain IPv6 by eth0." });
    expect(uplink).toMatchObject({ interface: "eth0", way: "Ipv6", nat: { present: false, filtering: "endpoint-independent" } });
    expect(passages(uplink)).toEqual(PASSES);
    expect(uplink.ways.map(({ pathMtu }) => pathMtu)).toEqual([1500, 1500, 1500, 1500]);
    expect(uplink.ways[3]).toMatchObject({ seenAddress: MOBILE_IPV4, seenPort: expect.any(Number) });
    expect(verdicts(uplink)).toMatchObject({ "Mobility Header": "good", "IPv6 in IPv6": "good", NAT: "good" });
    expect(Math.abs(uplink.clockAheadMs!)).toBeLessThan(100);
    expect(errors).toContain("… eth0: asking the home agent by every way\n");
    expect(lab.state(lab.mobile)).toBe(before);
    expect(lab.status("home-agent").bindings).toEqual([]); // it has only asked
  });

  it("a firewall that keeps states: only answers come in", async () => {
    lab.forward("ct state established,related accept", 'iif "home" drop');
    const { uplink } = await lab.diagnose("--seconds", "1");
    expect(passages(uplink)).toEqual(PASSES);
    expect(uplink.nat).toMatchObject({ present: false, filtering: "depends on the destination" });
  });

  it("a NAT: its kind as far as one address of the home agent shows it, and for how long it remembers", async () => {
    lab.masquerade(4);
    const { code, uplink } = await lab.diagnose("--seconds", "8");
    expect(code).toBe(0);
    expect(passages(uplink)).toEqual(PASSES); // protocol 41 goes through this kind of NAT, one host at a time
    expect(uplink.nat).toMatchObject({ present: true, pooling: "paired", addresses: [ROUTER_IPV4], destinations: 1, unknown: [expect.stringContaining("cannot be known")] });
    expect(uplink.lifetime!.heldS).toBeLessThan(5);
    expect(uplink.lifetime!.lostS).toBe(5);
    expect(verdicts(uplink)).toMatchObject({ NAT: "note", "NAT kind": "note" });
  });

  it("a NAT and no IPv6: UDP over IPv4 is the way, and the NAT forgets faster than keepalives come", async () => {
    lab.masquerade(4);
    lab.inRouter("nft", "add table ip6 lab; add chain ip6 lab forward { type filter hook forward priority 0; policy drop; }");
    const { code, uplink } = await lab.diagnose("--seconds", "8");
    expect([code, uplink.way]).toEqual([0, "UdpIpv4"]);
    expect(verdicts(uplink)).toMatchObject({ "native IPv6": "warning", "UDP over IPv4": "good", "NAT lifetime": "warning" });
  });

  it("a firewall that drops Mobility Headers", async () => {
    lab.forward("exthdr dst exists drop", "meta l4proto 135 drop");
    const { code, uplink } = await lab.diagnose("--seconds", "0");
    expect([code, uplink.way]).toEqual([0, "Ipv4"]);
    expect(passages(uplink)).toEqual({ ...PASSES, Ipv6: "blocked" });
    expect(verdicts(uplink)).toMatchObject({ "native IPv6": "good", "Mobility Header": "warning", "UDP over IPv6": "note" });
  });

  it("a firewall that lets echo requests pass, and nothing else of IPv6", async () => {
    ip("netns", "exec", lab.mobile, "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647");
    lab.forward("meta l4proto ipv6-icmp accept", IPV6_IS_IN_THE_WAY);
    const { uplink } = await lab.diagnose("--seconds", "0");
    expect(passages(uplink)).toMatchObject({ Ipv6: "blocked", UdpIpv6: "blocked" });
    expect(verdicts(uplink)).toMatchObject({ "native IPv6": "good", "Mobility Header": "warning" });
  });

  it("a firewall that drops IPv6 in IPv6, and lets Mobility Headers pass", async () => {
    lab.forward("ip6 nexthdr 41 drop");
    const { uplink } = await lab.diagnose("--seconds", "0");
    expect(uplink.way).toBe("Ipv4");
    expect(verdicts(uplink)).toMatchObject({ "Mobility Header": "good", "IPv6 in IPv6": "warning" });
  });

  it("a firewall that drops UDP: native IPv6 is there, IPv4 is no way", async () => {
    lab.forward("udp dport 4191 drop");
    const { code, uplink } = await lab.diagnose();
    expect([code, uplink.way]).toEqual([0, "Ipv6"]);
    expect(passages(uplink)).toEqual({ ...PASSES, UdpIpv6: "blocked", UdpIpv4: "blocked" });
    expect(uplink).not.toHaveProperty("nat");
    lab.forward("udp dport 4191 drop", IPV6_IS_IN_THE_WAY);
    const again = await lab.diagnose();
    expect([again.code, again.uplink.way, again.report.works]).toEqual([1, undefined, false]);
    expect(verdicts(again.uplink)).toMatchObject({ "UDP over IPv4": "warning", "home agent": "bad" });
  });

  it("a smaller path MTU, by each way", async () => {
    ip("-n", lab.router, "link", "set", "home", "mtu", "1404");
    try {
      const { uplink } = await lab.diagnose("--seconds", "0");
      expect(uplink.ways.map(({ way, linkMtu, pathMtu }) => [way, linkMtu, pathMtu])).toEqual([
        ["Ipv6", 1500, 1400], ["UdpIpv6", 1500, 1400], ["Ipv4", 1500, 1404], ["UdpIpv4", 1500, 1404],
      ]);
    } finally {
      ip("-n", lab.router, "link", "set", "home", "mtu", "1500");
      for (const host of [lab.home, lab.mobile]) for (const family of ["-4", "-6"]) ip("-n", host, family, "route", "flush", "cache");
    }
  });

  it("a table for people", async () => {
    const { code, output } = await runToEnd(lab.start(lab.mobile, "doctor", lab.dualMobileNodeConfig(), "--interface", "eth0", "--seconds", "1"));
    expect(code).toBe(0);
    expect(output).toMatch(/^mobile-node {2}\S+ {2}mext \S+\n\nTHIS HOST\n {2}ok {7}privileges/);
    expect(output).toMatch(/^in UDP over IPv4 +passes +[\d.]+ ms +1500 +10\.0\.0\.2 port \d+$/m);
    expect(output).toMatch(/\n\nok {2}A mobile node works here: in plain IPv6 by eth0\.\n$/);
  });

  it("without privileges it tries UDP over IPv4, and says what it could not", async () => {
    const words = ["--reuid=65534", "--clear-groups", "--bounding-set=-all", process.execPath, new URL("../../dist/mext.js", import.meta.url).pathname];
    const config = lab.file("open.toml", "");
    lab.dualMobileNodeConfig();
    ip("netns", "exec", lab.mobile, "sh", "-c", `chmod 755 ${lab.folder}; install -m 644 ${lab.folder}/mobile-node.toml ${config}`);
    const { code, output, errors } = await runToEnd(lab.run(lab.mobile, "setpriv", [...words, "doctor", config, "--interface", "eth0", "--seconds", "1", "--json"]));
    expect(errors).toContain("asking the home agent");
    const report = JSON.parse(output);
    expect([code, report.works]).toEqual([1, false]);
    expect(report.conclusion).toMatch(/see privileges.*The home agent is reached in UDP over IPv4 by eth0\./);
    expect(passages(report.uplinks[0])).toEqual({ Ipv6: "untried", UdpIpv6: "untried", Ipv4: "untried", UdpIpv4: "passes" });
  });

  it("runs beside the daemon, and disturbs it in nothing", async () => {
    const daemon = lab.start(lab.mobile, "mobile-node", lab.dualMobileNodeConfig());
    await daemon.logs("is running");
    const registered = await lab.registered("2001:db8:a:");
    const { code, report, uplink } = await lab.diagnose("--seconds", "1");
    expect([code, uplink.way]).toEqual([0, "Ipv6"]);
    expect(passages(uplink)).toEqual(PASSES);
    expect(report.host).toContainEqual(expect.objectContaining({ check: "daemon", finding: expect.stringContaining(`process ${daemon.child.pid}`) }));
    const after = lab.status("mobile-node");
    expect(after.updates![0]).toMatchObject({ state: "Registered", careofAddress: registered.updates![0].careofAddress });
    expect(after.updates![0].sequence).toBe(registered.updates![0].sequence);
    expect(lab.status("home-agent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS, sequence: registered.updates![0].sequence }]);
    expect(lab.ping(lab.mobile, "2001:db8:c::1")).toBe(true);
    await daemon.stop();
  });

  it("a home agent's host: the daemon runs, its port is its own", async () => {
    const { code, output } = await runToEnd(lab.start(lab.home, "doctor", lab.dualHomeAgentConfig(), "--json"));
    const { host, works } = JSON.parse(output);
    const found = Object.fromEntries(host.map(({ check, verdict }: { check: string; verdict: string }) => [check, verdict]));
    expect([code, works]).toEqual([0, true]);
    expect(found).toMatchObject({ address: "good", "IPv4 address": "good", "port 4191": "good", forwarding: "good", firewall: "good" });
  });

  it("nothing answers", async () => {
    await homeAgent.stop();
    const { code, report, uplink } = await lab.diagnose();
    expect([code, report.works, uplink.way]).toEqual([1, false, undefined]);
    expect(passages(uplink)).toEqual({ Ipv6: "blocked", UdpIpv6: "blocked", Ipv4: "blocked", UdpIpv4: "blocked" });
    expect(verdicts(uplink)).toMatchObject({ "home agent": "bad" });
    expect(report.conclusion).toBe("A mobile node does not work here: the home agent is reached in no way by eth0.");
  });

  it("a home agent's host with port 4191 taken, and a firewall in front of it", async () => {
    const script = `require("dgram").createSocket("udp4").bind(4191, "${HOME_AGENT_IPV4}", () => console.log("ready"))`;
    const other = lab.run(lab.home, process.execPath, ["-e", script]);
    await other.logs("ready");
    const nft = (text: string) => ip("netns", "exec", lab.home, "nft", text);
    nft('add table inet fw; add chain inet fw input { type filter hook input priority 0; policy drop; }; add rule inet fw input udp dport 53 accept');
    try {
      const { code, output } = await runToEnd(lab.start(lab.home, "doctor", lab.dualHomeAgentConfig()));
      expect(code).toBe(1);
      expect(output).toMatch(new RegExp(`BAD +port 4191 +UDP port 4191 at ${HOME_AGENT_IPV4} is taken by .*process ${other.child.pid}`));
      expect(output).toContain("none is seen to accept UDP port 4191.");
      expect(output).toContain("nft add rule inet fw input udp dport 4191 accept");
    } finally {
      nft("delete table inet fw");
      await other.kill();
    }
  });
});
