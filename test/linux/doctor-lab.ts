/**
 * The lab with IPv4 in it, and a router that has a NAT and firewalls as a test wants them:
 *
 *   home agent ─ eth0 ── home ── router ── net-a ── eth0 ─ mobile node
 *   2001:db8:1::2                                   2001:db8:a::…
 *   198.51.100.2                                    10.0.0.2
 */
import { execFileSync } from "node:child_process";
import type { DoctorReport, UplinkReport } from "../../platforms/linux/doctor/report.ts";
import { Lab, type Program, runToEnd } from "./lab.ts";
import { eventually, ip } from "./system/namespace.ts";

export const HOME_AGENT_IPV4 = "198.51.100.2";
export const MOBILE_IPV4 = "10.0.0.2";
export const ROUTER_IPV4 = "198.51.100.1";

export class DoctorLab extends Lab {
  constructor() {
    super();
    for (const [namespace, address, name] of [
      [this.home, `${HOME_AGENT_IPV4}/24`, "eth0"], [this.router, `${ROUTER_IPV4}/24`, "home"],
      [this.router, "10.0.0.1/24", "net-a"], [this.mobile, `${MOBILE_IPV4}/24`, "eth0"],
    ]) {
      ip("-n", namespace, "addr", "add", address, "dev", name);
    }
    ip("-n", this.home, "route", "add", "default", "via", ROUTER_IPV4);
    ip("-n", this.mobile, "route", "add", "default", "via", "10.0.0.1");
    this.inRouter("sysctl", "-qw", "net.ipv4.ip_forward=1");
  }

  inRouter(command: string, ...words: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.router, command, ...words], { encoding: "utf8" });
  }

  /** Rules of the router in place of those before, in the language of nft. */
  rules(text = ""): void {
    execFileSync("ip", ["netns", "exec", this.router, "nft", "-f", "-"], { input: `flush ruleset\n${text}` });
  }

  /** A chain that the router asks about packets that it forwards. */
  forward(...rules: string[]): void {
    this.rules(`table inet lab {\n chain forward {\n type filter hook forward priority 0\n ${rules.join("\n")}\n }\n }\n`);
  }

  /** A NAT for IPv4, which forgets after so many seconds of silence. */
  masquerade(seconds: number): void {
    this.rules('table ip lab {\n chain out {\n type nat hook postrouting priority 100\n oif "home" masquerade\n }\n }\n');
    for (const name of ["udp_timeout", "udp_timeout_stream"]) {
      this.inRouter("sysctl", "-qw", `net.netfilter.nf_conntrack_${name}=${seconds}`);
    }
  }

  /** Waits until the mobile node's kernel has an address that the router has advertised. */
  async addressed(): Promise<void> {
    await eventually(() => {
      const shown = ip("-n", this.mobile, "-6", "addr", "show", "dev", "eth0", "scope", "global");
      return (shown.includes("2001:db8:a:") && !shown.includes("tentative")) || undefined;
    });
  }

  dualHomeAgentConfig(more = ""): string {
    return this.homeAgentConfig(`ipv4_address = "${HOME_AGENT_IPV4}"\nudp_over_ipv6 = true\n${more}`);
  }

  dualMobileNodeConfig(more = ""): string {
    return this.mobileNodeConfig(`home_agent_ipv4 = "${HOME_AGENT_IPV4}"\n${more}\n[route_optimisation]\npolicy = "never"`);
  }

  async startDualHomeAgent(): Promise<Program> {
    const program = this.start(this.home, "home-agent", this.dualHomeAgentConfig());
    await program.logs("is running");
    return program;
  }

  /** What the doctor says about eth0 of the mobile node. */
  async diagnose(...words: string[]): Promise<{ code: number | null; report: DoctorReport; uplink: UplinkReport; errors: string }> {
    const program = this.start(this.mobile, "doctor", this.dualMobileNodeConfig(), "--interface", "eth0", "--json", ...words);
    const { code, output, errors } = await runToEnd(program);
    if (output === "") throw new Error(`the doctor ended with ${code}: ${errors}`);
    const report = JSON.parse(output) as DoctorReport;
    return { code, report, uplink: report.uplinks![0], errors };
  }
}

/** How each way was found. */
export function passages({ ways }: UplinkReport): Record<string, string> {
  return Object.fromEntries(ways.map(({ way, passage }) => [way, passage]));
}

/** The verdict of each check. */
export function verdicts({ findings }: UplinkReport): Record<string, string> {
  return Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
}
