/**
 * Ordinary traffic goes into the tunnel device while the node is away: new sessions get a home address.
 *
 *   ip -6 route   default dev <tunnel> src <home address> metric 64
 *   ip route      0.0.0.0/1 dev <tunnel>,  128.0.0.0/1 dev <tunnel>        while there is an IPv4 home address
 *
 * For IPv4 these are two halves, because programs make default routes of metric 0 there, and none can be before
 * them. What is bound to an uplink, such as the core's own sockets, does not see these routes.
 *
 * While a name has to be looked up without a registration, the routes are out of the way: the queries could not get
 * through the tunnel. Sessions that begin then are those of an ordinary host, and end at the next move; what has a
 * home address as its source goes into the tunnel all the same (home-address-routes.ts).
 */
import { type Linux, TUNNEL_METRIC } from "./linux.ts";
import { tolerate } from "./system/errors.ts";
import { addRoute, removeRoute, type Route } from "./system/routes.ts";

const IPV4_HALVES = ["0.0.0.0/1", "128.0.0.0/1"];

export class DefaultRoutes {
  readonly #linux: Linux;
  readonly #ipv6: readonly Route[];
  readonly #ipv4: readonly Route[];
  #inUse = false;
  #hasIpv4 = false;
  #isLookingUp = false;

  constructor(linux: Linux, homeAddress: string) {
    this.#linux = linux;
    const { interfaceIndex } = linux.tun;
    const metric = TUNNEL_METRIC;
    this.#ipv6 = [{ destination: "::/0", interfaceIndex, preferredSource: homeAddress, metric }];
    this.#ipv4 = IPV4_HALVES.map((destination) => ({ destination, interfaceIndex }));
  }

  /** Away from home, or at home: then the uplink's default route is the best one. Throws SystemError. */
  use(use: boolean): void {
    this.#inUse = use;
    this.#apply();
  }

  /** Whether there is an IPv4 home address. Throws SystemError. */
  ipv4Changed(present: boolean): void {
    this.#hasIpv4 = present;
    this.#apply();
  }

  /** Whether queries for a name must get out. Throws SystemError. */
  lookingUp(isLookingUp: boolean): void {
    this.#isLookingUp = isLookingUp;
    this.#apply();
  }

  #apply(): void {
    const use = this.#inUse && !this.#isLookingUp;
    this.#set(this.#ipv6, use);
    this.#set(this.#ipv4, use && this.#hasIpv4);
  }

  #set(routes: readonly Route[], present: boolean): void {
    const { netlink } = this.#linux;
    for (const route of routes) {
      if (present) tolerate(["EEXIST"], () => addRoute(netlink, route));
      else tolerate(["ESRCH"], () => removeRoute(netlink, route));
    }
  }
}
