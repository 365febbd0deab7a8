/**
 * Routes of single addresses into the tunnel device: those of home addresses that have a binding here. What
 * this host sends to such an address, or forwards, comes to the core, which knows where the node is.
 *
 *   ip -6 rule    1000: not from all fwmark N lookup N            ip rule    likewise for IPv4
 *   ip -6 route   <home address> dev <tunnel> src <own address> table N
 *
 * The routes have a table of their own, before the main one, so that they count before each route that a
 * person or a router has made, also before one of the same length on the home link; and N is the mark of the
 * core's own raw sockets (SO_MARK) as well. The core sends a packet on as it is when the binding has just
 * ended, and answers a node that is at home: without the mark these packets would come back to it.
 *
 * The routes go with the device, and sockets that used them look for another one; the rule is on the record of changes.
 */
import type { Linux } from "./linux.ts";
import { SystemError, tolerate } from "./system/errors.ts";
import { addRoute, removeRoute, replaceRoute, type Route } from "./system/routes.ts";
import type { Rule } from "./system/rules.ts";

/** Behind the kernel's table of local addresses (0), before its main table (32766). */
export const RULE_PRIORITY = 1000;

/** "me" in the upper half: unlike the small numbers that people use for tables and marks. */
const NUMBERS = 0x6d650000;

/** Behind every other route of the same destination. */
export const LAST_METRIC = 0xffff_ffff;

/** The number of a daemon's table and mark: two daemons of a namespace have two tunnel devices. */
export function routingNumber(tunnelInterfaceIndex: number): number {
  return NUMBERS + (tunnelInterfaceIndex & 0xffff);
}

export class TunnelRoutes {
  readonly #linux: Linux;
  readonly #preferredSource: string | undefined;
  readonly #rules: Readonly<Record<"ipv4" | "ipv6", Rule>>;
  /** Of each destination, whether its route has the preferred source. */
  readonly #destinations = new Map<string, boolean>();
  readonly #rulesThere = new Set<Rule>();

  /** @param preferredSource the source of new IPv6 sessions with these addresses; undefined: the kernel chooses */
  constructor(linux: Linux, preferredSource: string | undefined) {
    this.#linux = linux;
    this.#preferredSource = preferredSource;
    const { mark } = linux;
    const rule = { priority: RULE_PRIORITY, mark, inverted: true, action: "lookup", table: mark } as const;
    this.#rules = { ipv6: rule, ipv4: { ...rule, family: "ipv4" } };
  }

  /** How many there are. */
  get count(): number {
    return this.#destinations.size;
  }

  /** @param destination "2001:db8::1/128" or "198.51.100.17/32". Throws SystemError. */
  add(destination: string): void {
    const isIpv6 = destination.includes(":");
    this.#addRule(isIpv6 ? this.#rules.ipv6 : this.#rules.ipv4);
    this.#destinations.set(destination, this.#place(destination));
    if (isIpv6) this.#refreshSockets(destination); // for IPv4 the kernel forgets cached routes at every change
  }

  /** Does no harm where there is none. Throws SystemError. */
  remove(destination: string): void {
    if (!this.#destinations.delete(destination)) return;
    tolerate(["ESRCH"], () => removeRoute(this.#linux.netlink, this.#route(destination)));
  }

  /** Removes all of them, and the rules. Throws SystemError. */
  clear(): void {
    for (const destination of [...this.#destinations.keys()]) this.remove(destination);
    for (const rule of this.#rulesThere) this.#linux.changes.removeRule(rule);
    this.#rulesThere.clear();
  }

  /** The preferred source can be used now: routes that are without it get it. Throws SystemError. */
  sourceUsable(): void {
    for (const [destination, hasSource] of this.#destinations) {
      if (!hasSource) this.#destinations.set(destination, this.#place(destination));
    }
  }

  /** The preferred source has left this host: the kernel has struck it out of all routes. */
  sourceGone(): void {
    for (const destination of this.#destinations.keys()) this.#destinations.set(destination, false);
  }

  #addRule(rule: Rule): void {
    if (!this.#rulesThere.has(rule)) this.#linux.changes.addRule(rule);
    this.#rulesThere.add(rule);
  }

  /**
   * Returns whether the route has the preferred source. The kernel takes no source that cannot be used, because
   * it is on no interface yet or duplicate address detection goes on; packets must find their way all the same.
   */
  #place(destination: string): boolean {
    const { netlink } = this.#linux;
    const { preferredSource, ...route } = this.#route(destination);
    if (preferredSource !== undefined) {
      try {
        replaceRoute(netlink, { ...route, preferredSource });
        return true;
      } catch (error) {
        if (!(error instanceof SystemError) || error.code !== "EINVAL") throw error;
      }
    }
    replaceRoute(netlink, route);
    return preferredSource === undefined;
  }

  /**
   * A connected socket keeps its route until one in the same table changes that its own depends on: a session
   * that was there before the binding would go on by the old way. So the main table gets the route as well,
   * for a moment in which only this thread could send.
   */
  #refreshSockets(destination: string): void {
    const { netlink, tun } = this.#linux;
    const route = { destination, interfaceIndex: tun.interfaceIndex, metric: LAST_METRIC };
    addRoute(netlink, route);
    removeRoute(netlink, route);
  }

  #route(destination: string): Route {
    const { tun, mark } = this.#linux;
    const preferredSource = destination.includes(":") ? this.#preferredSource : undefined;
    return { destination, interfaceIndex: tun.interfaceIndex, table: mark, preferredSource };
  }
}
