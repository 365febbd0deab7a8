/** What the files of home agent and mobile node say of RFC 5555, as the host wants it. */
import { parseIpv4Address } from "../../bindings/address.ts";
import type { HomeAgentConfig, MobileNodeConfig } from "../../bindings/config/index.ts";
import { ipv4Number, parseIpv4Block, prefixesOf } from "../../bindings/ipv4.ts";

/** Which names tell the addresses of a home agent (RFC 5555 §2.1). */
export interface HomeAgentName {
  /** A host, or with `isService` a domain whose SRV records name hosts. */
  readonly name: string;
  readonly isService: boolean;
  /** Undefined: those of this host. */
  readonly nameServers?: readonly string[];
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

/** Whose name a mobile node is given in place of its home agent's addresses. */
export function homeAgentName(config: MobileNodeConfig): HomeAgentName | undefined {
  const { homeAgent, homeAgentService, nameServers } = config;
  if (homeAgentService !== undefined) return { name: homeAgentService, isService: true, nameServers };
  if (homeAgent === undefined || homeAgent.includes(":")) return undefined;
  return { name: homeAgent, isService: false, nameServers };
}
