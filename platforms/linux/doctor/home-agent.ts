/** What a home agent needs of its host, besides what every daemon needs. First it is read, then it is judged. */
import { contains, parseAddress, parsePrefix } from "../../../bindings/address.ts";
import type { HomeAgentConfig } from "../../../bindings/config/index.ts";
import { type AddressState, listAddresses } from "../system/addresses.ts";
import { listLinks } from "../system/links.ts";
import { NetlinkSocket } from "../system/netlink-socket.ts";
import { listRoutes, type Route } from "../system/routes.ts";
import { interfaceValue, readSysctl } from "../system/sysctl.ts";
import { ipv4Routes } from "../dual-stack-settings.ts";
import { judgeFirewall, type Need, readRuleset } from "./firewall.ts";
import { type PortState, tryPort } from "./udp-port.ts";
import { bad, type Finding, good, list, note, warning } from "./report.ts";

/** RFC 5555 §4.1. */
export const UDP_PORT = 4191;

export interface HomeAgentFacts {
  readonly addresses: readonly (AddressState & { readonly interface: string })[];
  readonly links: readonly string[];
  readonly routes: readonly (Route & { readonly interface?: string })[];
  readonly ipv6Forwarding: boolean;
  readonly ipv4Forwarding: boolean;
  /** At each address where mobile nodes send UDP to. */
  readonly ports: readonly { readonly address: string; readonly state: PortState }[];
  readonly ruleset: unknown;
  /** Process of the daemon of this file, if it runs. */
  readonly daemon?: number;
}

/** @param daemon process of the daemon of this file, if it runs */
export function readHomeAgent(config: HomeAgentConfig, daemon: number | undefined): HomeAgentFacts {
  const netlink = new NetlinkSocket();
  try {
    const links = listLinks(netlink);
    const nameOf = (index: number | undefined) => links.find((link) => link.index === index)?.name;
    const addresses = listAddresses(netlink).map((each) => {
      return { ...each, interface: nameOf(each.interfaceIndex) ?? "?" };
    });
    const bindable = udpAddresses(config).filter((address) => addresses.some((each) => each.address === address));
    return {
      addresses,
      links: links.map(({ name }) => name),
      routes: listRoutes(netlink).map((route) => ({ ...route, interface: nameOf(route.interfaceIndex) })),
      ipv6Forwarding: interfaceValue("all", "forwarding") === 1,
      ipv4Forwarding: readSysctl("ipv4/ip_forward") === "1",
      ports: bindable.map((address) => ({ address, state: tryPort(address, UDP_PORT) })),
      ruleset: readRuleset(),
      daemon,
    };
  } finally {
    netlink.close();
  }
}

/** Where mobile nodes send UDP to. */
function udpAddresses({ address, ipv4Address, udpOverIpv6 }: HomeAgentConfig): string[] {
  return [...(ipv4Address === undefined ? [] : [ipv4Address]), ...(udpOverIpv6 ? [address] : [])];
}

export function judgeHomeAgent(config: HomeAgentConfig, facts: HomeAgentFacts): Finding[] {
  return [
    judgeAddress(config, facts),
    judgeIpv4Address(config, facts),
    ...judgePorts(facts),
    ...config.homePrefixes.map((prefix) => judgePrefix(prefix, config, facts)),
    ...ipv4Routes(config).map((prefix) => judgePool(prefix, config, facts)),
    judgeForwarding(config, facts),
    ...judgeHomeLink(config, facts),
    ...judgeFirewall(facts.ruleset, needsOf(config)),
  ];
}

function judgeAddress({ address }: HomeAgentConfig, { addresses }: HomeAgentFacts): Finding {
  const present = addresses.find((each) => each.address === address);
  if (present === undefined) {
    return good("address", `${address} is on no interface: the home agent puts it on its tunnel device.`);
  }
  if (present.duplicate) {
    return bad("address", `Another host on the link of ${present.interface} has ${address}.`,
      "Give this home agent another address.");
  }
  return good("address", `${address} is on ${present.interface}.`);
}

function judgeIpv4Address({ ipv4Address, probes }: HomeAgentConfig, { addresses }: HomeAgentFacts): Finding {
  if (ipv4Address === undefined) {
    return note("IPv4 address", "The file has none: mobile nodes in IPv4 networks do not reach this home agent.",
      "Set ipv4_address to a public IPv4 address of this host.");
  }
  const present = addresses.find((each) => each.address === ipv4Address);
  if (present === undefined) {
    return bad("IPv4 address", `${ipv4Address} is on no interface of this host.`,
      `Add it (ip addr add ${ipv4Address}/… dev …), or correct ipv4_address.`);
  }
  if (isPrivate(ipv4Address)) {
    return warning("IPv4 address",
      `${ipv4Address} is on ${present.interface}, and is a private address (RFC 1918, RFC 6598).`,
      "If mobile nodes come from elsewhere, give this host a public address, or forward UDP port 4191 to it.");
  }
  return good("IPv4 address", `${ipv4Address} is on ${present.interface}${probes ? "" : "; probes are not answered"}.`);
}

/** RFC 1918 §3, RFC 6598 §7. */
function isPrivate(address: string): boolean {
  const [a, b] = address.split(".").map(Number);
  return a === 10 || (a === 172 && (b & 0xf0) === 16) || (a === 192 && b === 168) || (a === 100 && (b & 0xc0) === 64);
}

function judgePorts({ ports, daemon }: HomeAgentFacts): Finding[] {
  return ports.map(({ address, state }) => {
    const where = `UDP port ${UDP_PORT} at ${address}`;
    if (state.free) return good("port 4191", `${where} can be bound.`);
    const { owner, code } = state;
    if (owner !== undefined && owner.processId === daemon) {
      return good("port 4191", `The running home agent has ${where}.`);
    }
    if (code === "EADDRINUSE") {
      const who = owner === undefined ? "another program" : `${owner.name} (process ${owner.processId})`;
      return bad("port 4191", `${where} is taken by ${who}.`,
        "Stop that program, or give the home agent another address.");
    }
    return bad("port 4191", `${where} cannot be bound (${code}).`, "See what the system says against it.");
  });
}

/** Whether the network routes a prefix to this host cannot be seen from here; whether this host has it elsewhere can. */
function judgePrefix(
  prefix: string, { tunnel, homeLink }: HomeAgentConfig, { routes, daemon }: HomeAgentFacts,
): Finding {
  const own = [tunnel, homeLink.interface];
  const other = routes.find((route) => route.destination === prefix && !own.includes(route.interface));
  if (other !== undefined && daemon === undefined) {
    return bad("home prefix", `${prefix} is routed to ${other.interface ?? other.gateway} on this host already.`,
      `Remove the route (ip -6 route del ${prefix}), or the prefix from the file.`);
  }
  return note("home prefix", `${prefix}: whether the network routes it to this host cannot be seen from here.`,
    `Look from elsewhere: traceroute to an address in ${prefix} must end here.`);
}

function judgePool(prefix: string, { tunnel }: HomeAgentConfig, { routes, addresses }: HomeAgentFacts): Finding {
  const other = routes.find((route) => route.destination === prefix && route.interface !== tunnel);
  const ipv4 = addresses.filter(({ address }) => !address.includes(":"));
  const onLink = other !== undefined && ipv4.some((each) => each.interface === other.interface);
  if (other !== undefined) {
    const where = other.interface ?? other.gateway;
    return note("IPv4 pool", `${prefix} is routed to ${where} on this host: each address of a mobile node is taken out of it.`,
      onLink ? "No other host of that link may have one of the pool's addresses."
        : "Look that nobody else uses its addresses.");
  }
  return note("IPv4 pool", `${prefix}: whether the network routes it to this host cannot be seen from here.`,
    `Look from elsewhere: traceroute to an address in ${prefix} must end here.`);
}

function judgeForwarding({ ipv4Pools }: HomeAgentConfig, { ipv6Forwarding, ipv4Forwarding }: HomeAgentFacts): Finding {
  const off = [...(ipv6Forwarding ? [] : ["IPv6"]), ...(ipv4Forwarding || ipv4Pools === undefined ? [] : ["IPv4"])];
  if (off.length === 0) return good("forwarding", "This host forwards packets.");
  return note("forwarding",
    `This host does not forward ${list(off)} yet: the home agent switches that on while it runs.`);
}

function judgeHomeLink({ homeLink, homePrefixes }: HomeAgentConfig, { links, addresses }: HomeAgentFacts): Finding[] {
  const name = homeLink.interface;
  if (name === undefined) return [];
  if (!links.includes(name)) {
    return [bad("home link", `There is no interface ${name}.`, "Make it, or correct [home_link] interface.")];
  }
  const prefixes = homePrefixes.map(parsePrefix);
  const own = addresses.filter((each) => each.interface === name && each.address.includes(":"));
  const inside = own.filter(({ address }) => prefixes.some((prefix) => contains(prefix, parseAddress(address))));
  return [good("home link", inside.length > 0
    ? `${name} has ${list(inside.map(({ address }) => address))}.`
    : `${name} is there; the home agent puts its address on it.`)];
}

function needsOf(config: HomeAgentConfig): Need[] {
  const ipv6: Need[] = [
    { name: "Mobility Headers", family: "ip6", protocol: "mobility-header", number: 135 },
    { name: "IPv6 in IPv6", family: "ip6", protocol: "ipv6", number: 41 },
  ];
  const udp: Need = { name: "UDP port 4191", family: "ip", protocol: "udp", number: 17, port: UDP_PORT };
  return [
    ...ipv6,
    ...(config.udpOverIpv6 ? [{ ...udp, name: "UDP port 4191 over IPv6", family: "ip6" } as const] : []),
    ...(config.ipv4Address === undefined ? []
      : [udp, { name: "protocol 41 in IPv4", family: "ip", protocol: "ipv6", number: 41 } as const]),
  ];
}
