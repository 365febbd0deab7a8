/**
 * The lab with a correspondent node of its own, a real home link, and an uplink of the mobile node to it:
 *
 *   correspondent ─ eth0 ── net-d ── router (which has 2001:db8:c::1, a host without mext)
 *   home agent ─── eth1 ─┐
 *   mobile node ── eth2 ─┼─ home link 2001:db8:100::/64, a bridge
 *   neighbour ──── eth0 ─┘
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { DaemonStatus } from "../../platforms/linux/status.ts";
import { Lab, type Program } from "./lab.ts";
import { cable, eventually, ip, makeNamespace } from "./system/namespace.ts";

/** The host that runs `mext correspondent`. */
export const PEER = "2001:db8:d::2";

/** A host of the home link. */
export const NEIGHBOUR = "2001:db8:100::99";

export class WideLab extends Lab {
  readonly peer = makeNamespace("peer");
  readonly neighbour = makeNamespace("neighbour");

  constructor() {
    super();
    cable(this.peer, this.router, ["eth0", "net-d"]);
    ip("-n", this.peer, "addr", "add", `${PEER}/64`, "dev", "eth0", "nodad");
    ip("-n", this.peer, "-6", "route", "add", "default", "via", "2001:db8:d::1");
    ip("-n", this.router, "addr", "add", "2001:db8:d::1/64", "dev", "net-d", "nodad");
    ip("-n", this.router, "link", "add", "home-link", "type", "bridge", "mcast_snooping", "1");
    for (const [namespace, name, port] of [
      [this.home, "eth1", "hl-agent"], [this.mobile, "eth2", "hl-mobile"], [this.neighbour, "eth0", "hl-host"],
    ]) {
      cable(namespace, this.router, [name, port]);
      ip("-n", this.router, "link", "set", port, "master", "home-link");
    }
    execFileSync("ip", ["netns", "exec", this.router, "sysctl", "-qw", "net.ipv6.conf.home-link.disable_ipv6=1"]);
    ip("-n", this.router, "link", "set", "home-link", "up");
    ip("-n", this.mobile, "link", "set", "eth2", "down"); // away from home
    ip("-n", this.neighbour, "addr", "add", `${NEIGHBOUR}/64`, "dev", "eth0", "nodad");
  }

  correspondentConfig(more = ""): string {
    const control = join(this.folder, "correspondent.sock");
    return this.file(
      "correspondent.toml",
      `role = "correspondent"\naddresses = ["${PEER}"]\ncontrol = "${control}"\n${more}\n`,
    );
  }

  async startCorrespondent(more = ""): Promise<Program> {
    const program = this.start(this.peer, "correspondent", this.correspondentConfig(more));
    await program.logs("is running");
    return program;
  }

  statusOf(role: "home-agent" | "mobile-node" | "correspondent"): DaemonStatus {
    return this.status(role as "home-agent");
  }

  /** Waits until the mobile node's packets to this peer take the direct way. */
  async optimised(peer: string, seconds = 5): Promise<DaemonStatus> {
    return eventually(() => {
      const status = this.statusOf("mobile-node");
      return status.peers!.find(({ address }) => address === peer)?.optimised ? status : undefined;
    }, seconds);
  }

  /** Starts the mobile node with more in its file, such as another list of uplinks. */
  async startMobileNodeWith(more: string, uplinks = '["eth0", "eth1"]'): Promise<Program> {
    const path = this.mobileNodeConfig(more);
    execFileSync("sed", ["-i", `s/^uplinks = .*/uplinks = ${uplinks}/`, path]);
    const program = this.start(this.mobile, "mobile-node", path);
    await program.logs("is running");
    return program;
  }

  async startHomeAgentWith(more: string): Promise<Program> {
    const path = this.homeAgentConfig();
    const text = execFileSync("cat", [path], { encoding: "utf8" });
    const program = this.start(this.home, "home-agent", this.file("home-agent.toml", `${text}\n${more}\n`));
    await program.logs("is running");
    return program;
  }
}
