/** What the files of home agent and mobile node say of RFC 5555, as the core and the host want it. */
import { parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import type { ReachSettings, ServeSettings } from "../../bindings/commands.ts";
import type { HomeAgentConfig, MobileNodeConfig } from "../../bindings/config/index.ts";
import { hostsOf, ipv4Number, ipv4OfNumber, parseIpv4Block, prefixesOf, withoutAddress } from "../../bindings/ipv4.ts";

/** The IPv4 home address that goes with a home address. */
export interface NodeIpv4 {
  readonly homeAddress: Uint8Array;
  /** undefined: none. */
  readonly ipv4: Uint8Array | "dynamic" | undefined;
}

/** Which names tell the addresses of a home agent (RFC 5555 §2.1). */
export interface HomeAgentName {
  /** A host, or with `isService` a domain whose SRV records name hosts. */
  readonly name: string;
  readonly isService: boolean;
  /** Undefined: those of this host. */
  readonly nameServers?: readonly string[];
}

export function serveSettings(config: HomeAgentConfig): ServeSettings {
  const { ipv4Address, ipv4Pools = [] } = config;
  const own = ipv4Address === undefined ? undefined : parseIpv4Address(ipv4Address);
  const ranges = ipv4Pools.map(hostsOf).flatMap((range) => {
    return own === undefined ? range : withoutAddress(range, ipv4Number(own));
  });
  return {
    ipv4Address: own,
    refreshMs: config.nat.refreshMs,
    firstRefreshMs: config.nat.firstRefreshMs,
    leaseMs: config.ipv4LeaseMs,
    udpIpv6: config.udpOverIpv6,
    mayForceUdp: config.allowForceUdp,
    forceUdp: config.forceUdp,
    probes: config.probes,
    pools: ranges.map(({ first, last }) => ({ first: ipv4OfNumber(first), addresses: last - first + 1 })),
  };
}

/** What the file says of each home address; where it says nothing, the core decides: a pool is for everybody. */
export function nodesIpv4({ nodes }: HomeAgentConfig): NodeIpv4[] {
  return nodes.flatMap(({ homeAddresses, ipv4HomeAddress = [] }) => {
    return ipv4HomeAddress.map((text, index): NodeIpv4 => ({
      homeAddress: parseAddress(homeAddresses[index]),
      ipv4: text === "none" ? undefined : text === "dynamic" ? text : parseIpv4Address(text),
    }));
  });
}

/** The prefixes of all IPv4 home addresses of a home agent: its pools, and what stands outside of them. */
export function ipv4Routes({ ipv4Pools = [], nodes }: HomeAgentConfig): string[] {
  const pools = ipv4Pools.map(parseIpv4Block);
  const others = nodes
    .flatMap(({ ipv4HomeAddress = [] }) => ipv4HomeAddress)
    .filter((text) => text !== "none" && text !== "dynamic")
    .filter((text) => {
      const number = ipv4Number(parseIpv4Address(text));
      return !pools.some(({ first, last }) => first <= number && number <= last);
    });
  return [...pools.flatMap(prefixesOf), ...others.map((address) => `${address}/32`)];
}

export function reachSettings(config: MobileNodeConfig): ReachSettings {
  const { homeAgentIpv4, ipv4HomeAddress } = config;
  return {
    homeAgentIpv4: homeAgentIpv4 === undefined ? undefined : parseIpv4Address(homeAgentIpv4),
    ipv4HomeAddress:
      ipv4HomeAddress === undefined || ipv4HomeAddress === "dynamic" ? ipv4HomeAddress : parseIpv4Address(ipv4HomeAddress),
    keepaliveFloorMs: config.keepalive.floorMs,
    keepaliveCeilingMs: config.keepalive.ceilingMs,
    retryMs: config.retryMs,
    ipv6: true,
    udpIpv6: config.udpOverIpv6,
    ipv4: config.ipv4,
    forceUdp: config.forceUdp,
  };
}

/** Whose name a mobile node is given in place of its home agent's addresses. */
export function homeAgentName(config: MobileNodeConfig): HomeAgentName | undefined {
  const { homeAgent, homeAgentService, nameServers } = config;
  if (homeAgentService !== undefined) return { name: homeAgentService, isService: true, nameServers };
  if (homeAgent === undefined || homeAgent.includes(":")) return undefined;
  return { name: homeAgent, isService: false, nameServers };
}
