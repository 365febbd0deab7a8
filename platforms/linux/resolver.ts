/**
 * The home agent of a mobile node by its name (RFC 5555 §2.1): AAAA and A records tell its addresses, SRV records of
 * a domain its names.
 *
 * A name is looked up at the start, again when the records have grown old, when the home agent does not answer (it
 * may have moved), and when a network has come while nothing is known yet. What is not found is looked up again and
 * again; what was found stays until something else is.
 *
 * The queries go where those of every program go, by the host's routes. Before the home agent is known and while it
 * does not answer, the default routes into the tunnel are out of the way for them (default-routes.ts). A resolver on
 * this host (127.0.0.53) needs no more than that. With a registration the queries go through the tunnel.
 */
import { lookup, Resolver } from "node:dns/promises";
import { isIPv4 } from "node:net";
import type { DaemonEvent } from "./daemon.ts";
import type { HomeAgentName } from "./dual-stack-settings.ts";
import { UNANSWERED } from "./registration-watch.ts";
import { queryProblem } from "./permission.ts";

/** How old records may get, whatever they say; those that say nothing, as of /etc/hosts, have the first one. */
const MIN_AGE_MS = 60_000;
const MAX_AGE_MS = 3_600_000;
/** Until a name that was not found is looked up again, doubled each time. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
/** Not more often because of Binding Updates without answer. */
const UNANSWERED_PAUSE_MS = 30_000;
/** A query, sent twice. */
const QUERY_TIMEOUT_MS = 2000;
const QUERY_TRIES = 2;

/** RFC 5026 §4.1 (5555-2.1-1). */
const SERVICE = "_mip6._ipv6";

export interface HomeAgentAddresses {
  /** Text. */
  readonly address?: string;
  readonly ipv4Address?: string;
}

export interface ResolverListener {
  /** Queries must get out now, or no longer. */
  lookingUp(isLookingUp: boolean): void;
  found(addresses: HomeAgentAddresses): void;
  /** For people; undefined: it is well again. */
  condition(warning: string | undefined): void;
}

interface Answer extends HomeAgentAddresses {
  readonly ageMs: number;
}

export class HomeAgentResolver {
  readonly #name: HomeAgentName;
  readonly #listener: ResolverListener;
  #timer: NodeJS.Timeout | undefined;
  #resolver: Resolver | undefined;
  #isKnown = false;
  #retryMs = FIRST_RETRY_MS;
  #lastMs = -Infinity;
  #isClosed = false;

  constructor(name: HomeAgentName, listener: ResolverListener) {
    this.#name = name;
    this.#listener = listener;
  }

  start(): void {
    this.#plan(0);
  }

  /** An event of the core: it may be a reason to look the name up. */
  observe({ name, fields }: Pick<DaemonEvent, "name" | "fields">): void {
    const isNetwork = name === "CareofFormed" || name === "Ipv4Uplink" || name === "Link";
    if (isNetwork && !this.#isKnown) {
      this.#retryMs = FIRST_RETRY_MS;
      return this.#plan(FIRST_RETRY_MS / 4);
    }
    const isUnanswered = name === "BindingUpdateSent" && Number(fields.transmission) >= UNANSWERED;
    if (isUnanswered && performance.now() - this.#lastMs > UNANSWERED_PAUSE_MS) this.#plan(0, true);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#resolver?.cancel();
  }

  /** @param around the tunnel does not work: queries go around it */
  #plan(delayMs: number, around = false): void {
    if (this.#isClosed || this.#resolver !== undefined) return; // one at a time
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#lookUp(around), delayMs);
    this.#timer.unref();
  }

  async #lookUp(around: boolean): Promise<void> {
    this.#lastMs = performance.now();
    if (around) this.#listener.lookingUp(true);
    let nextMs: number;
    try {
      const { ageMs, ...addresses } = await this.#ask();
      if (this.#isClosed) return;
      nextMs = ageMs;
      this.#isKnown = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.#listener.condition(addresses.address === undefined ? withoutIpv6(this.#name.name) : undefined);
      this.#listener.found(addresses);
    } catch (error) {
      if (this.#isClosed) return;
      nextMs = this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
      this.#listener.condition(notFound(this.#name, error));
    } finally {
      this.#resolver = undefined;
    }
    if (around || this.#isKnown) this.#listener.lookingUp(!this.#isKnown);
    this.#plan(nextMs);
  }

  /** Throws the error of the query when there is no address at all. */
  async #ask(): Promise<Answer> {
    const { name, isService, nameServers } = this.#name;
    const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES }); // anew: servers follow the network
    if (nameServers !== undefined) resolver.setServers(nameServers);
    this.#resolver = resolver;
    if (!isService) return addressesOf(resolver, name, nameServers === undefined);
    const records = await resolver.resolveSrv(`${SERVICE}.${name}`);
    let failure: unknown;
    for (const host of inOrder(records)) {
      try {
        return await addressesOf(resolver, host, nameServers === undefined);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}

async function addressesOf(resolver: Resolver, name: string, mayAskHost: boolean): Promise<Answer> {
  const [ipv6, ipv4] = await Promise.allSettled([
    resolver.resolve6(name, { ttl: true }), resolver.resolve4(name, { ttl: true }),
  ]);
  const [best6, best4] = [ipv6, ipv4].map((each) => (each.status === "fulfilled" ? each.value[0] : undefined));
  if (best6 === undefined && best4 === undefined) {
    if (mayAskHost) return askHost(name);
    throw ipv6.status === "rejected" ? ipv6.reason : new Error("there are no records");
  }
  const ageMs = Math.min(best6?.ttl ?? Infinity, best4?.ttl ?? Infinity) * 1000;
  return {
    address: best6?.address,
    ipv4Address: best4?.address,
    ageMs: Math.min(Math.max(ageMs, MIN_AGE_MS), MAX_AGE_MS),
  };
}

/** /etc/hosts, and whatever else this host asks. */
async function askHost(name: string): Promise<Answer> {
  const all = await lookup(name, { all: true });
  return {
    address: all.find(({ family }) => family === 6)?.address,
    ipv4Address: all.find(({ address }) => isIPv4(address))?.address,
    ageMs: MIN_AGE_MS,
  };
}

/** The smallest priority first, among equals by chance as their weights want it (RFC 2782). */
function inOrder(records: readonly { name: string; priority: number; weight: number }[]): string[] {
  return records
    .map((record) => ({ ...record, chance: Math.random() ** (1 / (record.weight + 0.01)) }))
    .sort((a, b) => a.priority - b.priority || b.chance - a.chance)
    .map(({ name }) => name);
}

function notFound({ name, isService }: HomeAgentName, error: unknown): string {
  const what = isService ? `the home agents of ${name} (SRV records ${SERVICE}.${name})` : `the home agent ${name}`;
  return `${what} cannot be found: ${queryProblem(error)}; it is looked up again and again`;
}

/** Binding Updates go to an IPv6 address also where they are tunnelled in IPv4. */
function withoutIpv6(name: string): string {
  return `${name} has no AAAA record: a home agent needs an IPv6 address (RFC 5555 §2.1)`;
}
