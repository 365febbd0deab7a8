/**
 * What has a home address as its source goes into the tunnel device while the node is away, wherever it is
 * going (RFC 6275 §11.3.1): in the main table the route to a visited link, or one that a person has made,
 * would count before the default route into the tunnel, and such packets would leave plain.
 *
 *   ip -6 rule    1001: from <home address> lookup N          one for each home address
 *   ip -6 route   default dev <tunnel> table N
 *                 unreachable default table N metric 4294967295
 *
 * The core's own packets are not caught: for a raw socket that is bound to no address, the kernel looks for a
 * route before it knows the source. The rules outlive a daemon that is killed, until the next one starts; with
 * the tunnel device gone, the second route keeps sessions from going on without the tunnel.
 */
import type { Linux } from "./linux.ts";
import { tolerate } from "./system/errors.ts";
import { addRoute, removeRoute, type Route } from "./system/routes.ts";
import type { Rule } from "./system/rules.ts";
import { LAST_METRIC, RULE_PRIORITY } from "./tunnel-routes.ts";

/** Unlike the tables of tunnel-routes.ts, and unlike the small numbers that people use. */
const TABLES = 0x6d680000;

export class HomeAddressRoutes {
  readonly #linux: Linux;
  readonly #addresses = new Set<string>();
  readonly #route: Route;
  readonly #lastRoute: Route;
  #inUse = false;

  constructor(linux: Linux) {
    this.#linux = linux;
    const { interfaceIndex } = linux.tun;
    const table = TABLES + (interfaceIndex & 0xffff);
    this.#route = { destination: "::/0", interfaceIndex, table };
    this.#lastRoute = { destination: "::/0", type: "unreachable", metric: LAST_METRIC, table };
  }

  /** A home address that this host has now. Throws SystemError. */
  add(address: string): void {
    if (this.#addresses.has(address)) return;
    this.#addresses.add(address);
    if (this.#inUse) this.#addRule(address);
  }

  /** Does no harm where it is not known. Throws SystemError. */
  remove(address: string): void {
    if (this.#addresses.delete(address) && this.#inUse) this.#removeRule(address);
  }

  /** Away from home, or at home, where the node is an ordinary host of its link. Throws SystemError. */
  use(use: boolean): void {
    if (use === this.#inUse) return;
    this.#inUse = use;
    const { netlink, changes } = this.#linux;
    if (use) {
      addRoute(netlink, this.#route);
      changes.addRoute(this.#lastRoute);
      for (const address of this.#addresses) this.#addRule(address);
    } else {
      for (const address of this.#addresses) this.#removeRule(address);
      tolerate(["ESRCH"], () => removeRoute(netlink, this.#route)); // it went if the device was switched off
      changes.removeRoute(this.#lastRoute);
    }
  }

  #addRule(address: string): void {
    this.#linux.changes.addRule(this.#rule(address));
  }

  #removeRule(address: string): void {
    this.#linux.changes.removeRule(this.#rule(address));
  }

  #rule(address: string): Rule {
    return { priority: RULE_PRIORITY + 1, from: `${address}/128`, action: "lookup", table: this.#route.table };
  }
}
