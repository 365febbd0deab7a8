/**
 * The records of a home agent that is known by name (RFC 5555 §2.1): AAAA and A of its name, or SRV of a domain whose
 * home agents they name.
 */
import { lookup, Resolver } from "node:dns/promises";
import type { HomeAgentName } from "./dual-stack-settings.ts";
import { queryProblem } from "./permission.ts";

/** A query, sent twice. */
const TIMEOUT_MS = 2000;
const TRIES = 2;

/** RFC 5026 §4.1 (5555-2.1-1). */
export const SERVICE = "_mip6._ipv6";

/** Of one name; text. */
export interface HostRecords {
  readonly ipv6: readonly string[];
  readonly ipv4: readonly string[];
  /** How long they hold; 0 for those of /etc/hosts, which do not say. */
  readonly ttlS: number;
}

/** One look at the name: made anew each time, as the name servers of a host follow the network. */
export class NameQuery {
  readonly #name: HomeAgentName;
  readonly #resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });

  constructor(name: HomeAgentName) {
    this.#name = name;
    if (name.nameServers !== undefined) this.#resolver.setServers([...name.nameServers]);
  }

  /** The names of home agents, the one to be tried first in front. Throws the error of the query. */
  async hosts(): Promise<string[]> {
    const { name, isService } = this.#name;
    return isService ? inOrder(await this.#resolver.resolveSrv(`${SERVICE}.${name}`)) : [name];
  }

  /** Throws the error of the query when there is no address at all. */
  async recordsOf(host: string): Promise<HostRecords> {
    const [ipv6, ipv4] = await Promise.allSettled([
      this.#resolver.resolve6(host, { ttl: true }), this.#resolver.resolve4(host, { ttl: true }),
    ]);
    const [found6, found4] = [ipv6, ipv4].map((each) => (each.status === "fulfilled" ? each.value : []));
    const all = [...found6, ...found4];
    if (all.length === 0) {
      if (this.#name.nameServers === undefined) return askHost(host);
      throw ipv6.status === "rejected" ? ipv6.reason : new Error("there are no records");
    }
    const texts = (records: typeof all) => records.map(({ address }) => address);
    return { ipv6: texts(found6), ipv4: texts(found4), ttlS: Math.min(...all.map(({ ttl }) => ttl)) };
  }

  cancel(): void {
    this.#resolver.cancel();
  }
}

/**
 * The addresses of all home agents that a name means; none where nothing is answered. Throws when the runtime does not
 * let us ask.
 */
export async function allAddresses(name: HomeAgentName): Promise<Pick<HostRecords, "ipv6" | "ipv4">> {
  const query = new NameQuery(name);
  const hosts = await query.hosts().catch(none);
  const found = (await Promise.all(hosts.map((host) => query.recordsOf(host).catch(none)))).flat();
  return { ipv6: found.flatMap(({ ipv6 }) => ipv6), ipv4: found.flatMap(({ ipv4 }) => ipv4) };
}

/** No answer, which is an answer. */
function none(error: NodeJS.ErrnoException): never[] {
  if (error.code === "EPERM") throw new Error(queryProblem(error));
  return [];
}

/** /etc/hosts, and whatever else this host asks. */
async function askHost(name: string): Promise<HostRecords> {
  const all = await lookup(name, { all: true });
  const of = (wanted: number) => all.filter(({ family }) => family === wanted).map(({ address }) => address);
  return { ipv6: of(6), ipv4: of(4), ttlS: 0 };
}

/** The smallest priority first, among equals by chance as their weights want it (RFC 2782). */
function inOrder(records: readonly { name: string; priority: number; weight: number }[]): string[] {
  return records
    .map((record) => ({ ...record, chance: Math.random() ** (1 / (record.weight + 0.01)) }))
    .sort((a, b) => a.priority - b.priority || b.chance - a.chance)
    .map(({ name }) => name);
}
