/** The addresses of a home agent that is known by name: by DNS, as the daemon asks for them (RFC 5555 §2.1). */
import { lookup, Resolver } from "node:dns/promises";
import type { HomeAgentName } from "../dual-stack-settings.ts";

/** RFC 5026 §4.1 */
const SERVICE = "_mip6._ipv6";
const TIMEOUT_MS = 2000;

export interface HomeAgentAddresses {
  readonly ipv6: readonly string[];
  readonly ipv4: readonly string[];
}

/** All of them; names without an answer have none. */
export async function askForAddresses({ name, isService, nameServers }: HomeAgentName): Promise<HomeAgentAddresses> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  if (nameServers !== undefined) resolver.setServers([...nameServers]);
  const hosts = isService ? await hostsOf(resolver, name) : [name];
  const answers = await Promise.all(hosts.map(async (host) => ({
    ipv6: await resolver.resolve6(host).catch((): string[] => []),
    ipv4: await resolver.resolve4(host).catch((): string[] => []),
  })));
  const found = { ipv6: answers.flatMap(({ ipv6 }) => ipv6), ipv4: answers.flatMap(({ ipv4 }) => ipv4) };
  return found.ipv6.length + found.ipv4.length > 0 || nameServers !== undefined ? found : askHost(hosts);
}

/** /etc/hosts, and whatever else this host asks. */
async function askHost(names: readonly string[]): Promise<HomeAgentAddresses> {
  const answers = await Promise.all(names.map((name) => lookup(name, { all: true }).catch(() => [])));
  const of = (wanted: number) => answers.flat().filter(({ family }) => family === wanted).map(({ address }) => address);
  return { ipv6: of(6), ipv4: of(4) };
}

async function hostsOf(resolver: Resolver, domain: string): Promise<string[]> {
  const records = await resolver.resolveSrv(`${SERVICE}.${domain}`).catch(() => []);
  return records.sort((a, b) => a.priority - b.priority).map(({ name }) => name);
}
