/**
 * An internet of both families, and networks of every kind that a mobile node meets, between which its one uplink is
 * plugged:
 *
 *   home agent ─ eth0 ── internet, which is also the correspondent node 2001:db8:c::1 and 203.0.113.9
 *              └ eth1 ── home link 2001:db8:100::/64, 198.51.100.0/24
 *   ipv6       2001:db8:a1::/64
 *   dual       2001:db8:b1::/64, 198.18.2.0/24
 *   public     198.18.3.0/24
 *   nat        10.0.4.0/24, masqueraded by nftables
 *   nat30      10.0.5.0/24, the same; mappings end after 30 s (netfilter's own timeout), and each has another port
 *   blocked    10.0.6.0/24, as nat; UDP is dropped for the first 10 s after a move to it
 *   firewall   2001:db8:e1::/64, where only UDP and ICMPv6 errors pass
 *
 * The uplink's interface is in a bridge of the network that it is in: changing the bridge is a move. The test plays
 * the DHCP client; router advertisements come as in other labs.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { HOME_ADDRESS, HOME_AGENT, KEY, Lab, type Program } from "./lab.ts";
import { advertise } from "./advertise.ts";
import { cable, ip, makeNamespace } from "./system/namespace.ts";

export const HOME_AGENT_IPV4 = "192.0.2.2";
export const IPV4_HOME_ADDRESS = "198.51.100.17";
export const CORRESPONDENT_IPV4 = "203.0.113.9";

interface Network {
  /** Advertised here: a /64. */
  readonly prefix?: string;
  /** What DHCP gives: address with length, and gateway. */
  readonly dhcp?: readonly [address: string, gateway: string];
}

const NETWORKS = {
  ipv6: { prefix: "2001:db8:a1::" },
  dual: { prefix: "2001:db8:b1::", dhcp: ["198.18.2.7/24", "198.18.2.1"] },
  public: { dhcp: ["198.18.3.7/24", "198.18.3.1"] },
  nat: { dhcp: ["10.0.4.7/24", "10.0.4.1"] },
  nat30: { dhcp: ["10.0.5.7/24", "10.0.5.1"] },
  blocked: { dhcp: ["10.0.6.7/24", "10.0.6.1"] },
  firewall: { prefix: "2001:db8:e1::" },
  home: { dhcp: [`${IPV4_HOME_ADDRESS}/24`, "198.51.100.1"] },
} as const satisfies Record<string, Network>;

export type NetworkName = keyof typeof NETWORKS;
type NatName = "nat" | "nat30" | "blocked";

const BLOCKED_SECONDS = 10;
/** Until an address comes by DHCP: in truth it takes longer. */
const DHCP_SECONDS = 0.15;

export class RoamingLab extends Lab {
  /** The routers that masquerade. */
  readonly natRouters: Readonly<Record<NatName, string>>;
  readonly #stop: (() => void)[] = [];

  constructor() {
    super();
    const internet = this.router;
    sysctl(internet, "net.ipv4.ip_forward=1");
    // sessions try again soon when a network lets nothing pass for a while (Linux 6.15 and later)
    for (const namespace of [this.mobile, internet]) {
      optionalSysctl(namespace, "net.ipv4.tcp_rto_max_ms=1000");
      sysctl(namespace, "net.ipv4.tcp_retries2=60");
    }
    for (const name of ["home", "net-a", "net-b"]) sysctl(internet, `net.ipv4.conf.${name}.rp_filter=0`);
    ip("-n", internet, "addr", "add", "192.0.2.1/24", "dev", "home");
    ip("-n", internet, "addr", "add", `${CORRESPONDENT_IPV4}/32`, "dev", "lo");
    ip("-n", internet, "route", "add", "198.51.100.0/24", "via", HOME_AGENT_IPV4);
    ip("-n", this.home, "addr", "add", `${HOME_AGENT_IPV4}/24`, "dev", "eth0");
    ip("-n", this.home, "route", "add", "default", "via", "192.0.2.1");
    // the uplink; the lab's other two are not used
    cable(this.mobile, internet, ["wlan0", "port"]);
    for (const name of ["eth0", "eth1"]) ip("-n", this.mobile, "link", "set", name, "down");
    for (const name of Object.keys(NETWORKS)) this.#bridge(name);
    cable(this.home, internet, ["eth1", "hl-agent"]);
    ip("-n", internet, "link", "set", "hl-agent", "master", "br-home");
    ip("-n", this.home, "addr", "add", "198.51.100.1/24", "dev", "eth1");
    for (const [name, network] of Object.entries<Network>(NETWORKS)) this.#routerOf(name, network);
    this.natRouters = {
      nat: this.#natRouter("nat", 4), nat30: this.#natRouter("nat30", 5, "random"), blocked: this.#natRouter("blocked", 6),
    };
    this.mappingsLast(30);
    nft(internet, "add table ip6 firewall");
    nft(internet, "add chain ip6 firewall forward { type filter hook forward priority 0; }");
    this.move(undefined);
    for (const [family, address] of [["ip", IPV4_HOME_ADDRESS], ["ip6", HOME_ADDRESS]]) {
      nft(internet, `add table ${family} leaks`);
      nft(internet, `add chain ${family} leaks input { type filter hook prerouting priority -300; }`);
      nft(internet, `add rule ${family} leaks input iifname != { home, br-home } ${family} saddr ${address} counter`);
    }
    for (const match of ["iifname br-firewall", "oifname br-firewall"]) {
      nft(internet, `add rule ip6 firewall forward ${match} meta l4proto != { udp, icmpv6 } drop`);
    }
  }

  override async remove(): Promise<void> {
    for (const stop of this.#stop) stop();
    await super.remove();
  }

  /** Plugs the uplink into a network, and plays DHCP; `undefined`: into none. */
  move(to: NetworkName | undefined): void {
    ip("-n", this.router, "link", "set", "port", "down");
    ip("-n", this.router, "link", "set", "port", "nomaster");
    ip("-n", this.mobile, "-4", "addr", "flush", "dev", "wlan0");
    if (to === undefined) return;
    if (to === "blocked") {
      nft(this.natRouters.blocked, "flush set ip nat blocked");
      nft(this.natRouters.blocked, `add element ip nat blocked { udp timeout ${BLOCKED_SECONDS}s }`);
    }
    ip("-n", this.router, "link", "set", "port", "master", `br-${to}`);
    ip("-n", this.router, "link", "set", "port", "up");
    const { dhcp } = NETWORKS[to] as Network;
    if (dhcp === undefined) return;
    execFileSync("sleep", [String(DHCP_SECONDS)]);
    ip("-n", this.mobile, "addr", "add", dhcp[0], "dev", "wlan0");
    ip("-n", this.mobile, "route", "add", "default", "via", dhcp[1], "dev", "wlan0");
  }

  /** How long the NAT of nat30 remembers a flow without packets. */
  mappingsLast(seconds: number): void {
    for (const name of ["udp_timeout", "udp_timeout_stream"]) {
      sysctl(this.natRouters.nat30, `net.netfilter.nf_conntrack_${name}=${seconds}`);
    }
  }

  /** Packets with a home address as their source that came to the internet plain: neither from the home agent nor at home. */
  leaked(): number {
    const rules = ["ip", "ip6"].map((family) => (
      execFileSync("ip", ["netns", "exec", this.router, "nft", "list", "table", family, "leaks"], { encoding: "utf8" })
    ));
    return rules.flatMap((text) => [...text.matchAll(/counter packets (\d+)/g)]).reduce((sum, [, count]) => sum + Number(count), 0);
  }

  homeAgentFile(more = ""): string {
    return this.file("home-agent.toml", `role = "home-agent"
address = "${HOME_AGENT}"
home_prefixes = ["2001:db8:100::/64"]
ipv4_address = "${HOME_AGENT_IPV4}"
tunnel = "mext0"
udp_over_ipv6 = true
state_file = "${join(this.folder, "home-agent.state")}"
control = "${join(this.folder, "home-agent.sock")}"
${more}
[[node]]
identity = "car17@example.org"
home_addresses = ["${HOME_ADDRESS}"]
ipv4_home_address = "${IPV4_HOME_ADDRESS}"
spi = 300
key = "${KEY}"
`);
  }

  mobileNodeFile(more = "", homeAgent = `home_agent = "${HOME_AGENT}"\nhome_agent_ipv4 = "${HOME_AGENT_IPV4}"`): string {
    return this.file("mobile-node.toml", `role = "mobile-node"
home_address = "${HOME_ADDRESS}"
${homeAgent}
identity = "car17@example.org"
spi = 300
key = "${KEY}"
tunnel = "mext0"
uplinks = ["wlan0"]
state_file = "${join(this.folder, "mobile-node.state")}"
control = "${join(this.folder, "mobile-node.sock")}"
${more}
`);
  }

  async startBoth(homeAgentMore = "", mobileNodeMore = IPV4_WANTED): Promise<[homeAgent: Program, mobileNode: Program]> {
    const homeAgent = this.start(this.home, "home-agent", this.homeAgentFile(homeAgentMore));
    await homeAgent.logs("is running");
    const mobileNode = this.start(this.mobile, "mobile-node", this.mobileNodeFile(mobileNodeMore));
    await mobileNode.logs("is running");
    return [homeAgent, mobileNode];
  }

  #bridge(name: string): void {
    ip("-n", this.router, "link", "add", `br-${name}`, "type", "bridge", "mcast_snooping", "0");
    sysctl(this.router, `net.ipv6.conf.br-${name}.accept_dad=0`);
    ip("-n", this.router, "link", "set", `br-${name}`, "up");
  }

  /** The address of the internet in a network that is not behind a NAT; and its router advertisements. */
  #routerOf(name: string, { prefix, dhcp }: Network): void {
    if (name === "home") return;
    const bridge = `br-${name}`;
    if (prefix !== undefined) {
      ip("-n", this.router, "addr", "add", "fe80::1/64", "dev", bridge, "nodad");
      ip("-n", this.router, "addr", "add", `${prefix}1/64`, "dev", bridge, "nodad");
      this.#stop.push(advertise(this.router, bridge, "fe80::1", prefix));
    }
    if (dhcp?.[0].startsWith("198.18.")) ip("-n", this.router, "addr", "add", `${dhcp[1]}/24`, "dev", bridge);
  }

  /** inside: 10.0.n.1/24, in the bridge of the network; outside: 198.18.n.2/24. */
  #natRouter(name: NatName, number: number, ports = ""): string {
    const namespace = makeNamespace(name);
    cable(namespace, this.router, ["inside", `in-${name}`]);
    cable(namespace, this.router, ["outside", `out-${name}`]);
    ip("-n", this.router, "link", "set", `in-${name}`, "master", `br-${name}`);
    ip("-n", this.router, "addr", "add", `198.18.${number}.1/24`, "dev", `out-${name}`);
    ip("-n", namespace, "addr", "add", `10.0.${number}.1/24`, "dev", "inside");
    ip("-n", namespace, "addr", "add", `198.18.${number}.2/24`, "dev", "outside");
    ip("-n", namespace, "route", "add", "default", "via", `198.18.${number}.1`);
    sysctl(namespace, "net.ipv4.ip_forward=1");
    nft(namespace, "add table ip nat");
    nft(namespace, "add set ip nat blocked { type inet_proto; flags timeout; }");
    nft(namespace, "add chain ip nat forward { type filter hook forward priority 0; }");
    nft(namespace, "add rule ip nat forward meta l4proto @blocked drop");
    nft(namespace, "add chain ip nat postrouting { type nat hook postrouting priority 100; }");
    nft(namespace, `add rule ip nat postrouting oifname outside masquerade ${ports}`);
    return namespace;
  }
}

/** All packets go through the home agent, and both families have a home address. */
export const IPV4_WANTED = `ipv4_home_address = "${IPV4_HOME_ADDRESS}"
udp_over_ipv6 = true
retry = "2s"

[keepalive]
floor = "1s"
ceiling = "3s"

[route_optimisation]
policy = "never"`;

export const HOME_LINK = `[home_link]
interface = "eth1"
max_interval = "300ms"
min_interval = "100ms"
min_delay = "30ms"
`;

function sysctl(namespace: string, setting: string): void {
  execFileSync("ip", ["netns", "exec", namespace, "sysctl", "-qw", setting], { stdio: ["ignore", "pipe", "pipe"] });
}

function optionalSysctl(namespace: string, setting: string): void {
  try {
    sysctl(namespace, setting);
  } catch {
    // an older kernel
  }
}

function nft(namespace: string, command: string): void {
  execFileSync("ip", ["netns", "exec", namespace, "nft", command]);
}
