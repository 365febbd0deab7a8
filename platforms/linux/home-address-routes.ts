/**
 * What has a home address as its source goes into the tunnel device while the node is away, wherever it is
 * going (RFC 6275 §11.3.1): in the main table the route to a visited link, or one that a person has made,
 * would count before the default route into the tunnel, and such packets would leave plain.
 *
 *   ip -6 rule    1001: from <home address> lookup N          one for each home address
 *   ip -6 route   default dev <tunnel> table N
 *                 unreachable default table N metric 4294967295
 *
 * The same for IPv4 home addresses, by `ip rule` and `ip route`.
 *
 * The core's own packets are not caught: for a raw socket that is bound to no address, and for a UDP socket, the
 * kernel looks for a route before it knows the source. The rules outlive a daemon that is killed, until the next
 * one starts; with the tunnel device gone, the second route keeps sessions from going on without the tunnel.
 */
import type { Linux } from "./linux.ts";
import { tolerate } from "./system/errors.ts";
import { removeRoute, replaceRoute, type Route } from "./system/routes.ts";
import type { Rule } from "./system/rules.ts";
import { LAST_METRIC, RULE_PRIORITY } from "./tunnel-routes.ts";

/** Unlike the tables of tunnel-routes.ts, and unlike the small numbers that people use. */
const TABLES = 0x6d680000;

const FAMILIES = {
  ipv4: { everywhere: "0.0.0.0/0", bits: 32 },
  ipv6: { everywhere: "::/0", bits: 128 },
} as const;

export class HomeAddressRoutes {
  readonly #linux: Linux;
  readonly #bits: number;
  readonly #addresses = new Set<string>();
  readonly #route: Route;
  readonly #lastRoute: Route;
  #inUse = false;
  #hasLastRoute = false;

  constructor(linux: Linux, family: keyof typeof FAMILIES) {
    this.#linux = linux;
    const { everywhere, bits } = FAMILIES[family];
    this.#bits = bits;
    const { interfaceIndex } = linux.tun;
    const table = TABLES + (interfaceIndex & 0xffff);
    this.#route = { destination: everywhere, interfaceIndex, table };
    this.#lastRoute = { destination: everywhere, type: "unreachable", metric: LAST_METRIC, table };
  }

  /** Whether this host has home addresses of this family. */
  get any(): boolean {
    return this.#addresses.size > 0;
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }

  /** A home address that this host has now. Throws SystemError. */
  add(address: string): void {
    if (this.#addresses.has(address)) return;
    this.#addresses.add(address);
    if (!this.#inUse) return;
    this.#addRoutes();
    this.#addRule(address);
  }

  /** Does no harm where it is not known. Throws SystemError. */
  remove(address: string): void {
    if (!this.#addresses.delete(address) || !this.#inUse) return;
    this.#removeRule(address);
    if (!this.any) this.#removeRoutes();
  }

  /** Away from home, or at home, where the node is an ordinary host of its link. Throws SystemError. */
  use(use: boolean): void {
    if (use === this.#inUse) return;
    this.#inUse = use;
    if (!this.any) return;
    if (use) this.#addRoutes();
    for (const address of this.#addresses) {
      if (use) this.#addRule(address);
      else this.#removeRule(address);
    }
    if (!use) this.#removeRoutes();
  }

  /** The kernel takes the routes of a device away with its last IPv4 address: they may have to come back. */
  #addRoutes(): void {
    replaceRoute(this.#linux.netlink, this.#route);
    if (!this.#hasLastRoute) this.#linux.changes.addRoute(this.#lastRoute);
    this.#hasLastRoute = true;
  }

  #removeRoutes(): void {
    tolerate(["ESRCH"], () => removeRoute(this.#linux.netlink, this.#route)); // it went if the device was switched off
    this.#linux.changes.removeRoute(this.#lastRoute);
    this.#hasLastRoute = false;
  }

  #addRule(address: string): void {
    this.#linux.changes.addRule(this.#rule(address));
  }

  #removeRule(address: string): void {
    this.#linux.changes.removeRule(this.#rule(address));
  }

  #rule(address: string): Rule {
    const from = `${address}/${this.#bits}`;
    return { priority: RULE_PRIORITY + 1, from, action: "lookup", table: this.#route.table };
  }
}
