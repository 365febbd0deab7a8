/** The routing table of a node. */
import { hasPrefix, isMapped, sameAddress, UNSPECIFIED } from "./ip.ts";
import type { InterfaceAddress } from "./link.ts";

/** What a route leads to: a port, or the tunnel to a core. */
export interface Device {
  readonly name: string;
  readonly mtuBytes: number;
  readonly addresses: InterfaceAddress[];
  /** `unreachable` is called when the next hop does not exist. */
  send(packet: Uint8Array, nextHop: Uint8Array, unreachable?: () => void): void;
}

/** Where packets to a prefix go. */
export interface Route {
  readonly prefix: Uint8Array;
  readonly lengthBits: number;
  readonly device: Device;
  /** Absent: the destination is the neighbour. */
  readonly gateway?: Uint8Array;
}

/** Routes, looked up by the longest prefix. */
export class RouteTable {
  private readonly routes: Route[] = [];

  /** A later route for the same prefix replaces the former one. */
  add(route: Route): void {
    this.routes.push(route);
  }

  /** Removes the oldest route that is equal in everything. */
  remove({ prefix, lengthBits, device, gateway }: Route): void {
    const index = this.routes.findIndex((route) =>
      route.lengthBits === lengthBits && route.device === device && sameAddress(route.prefix, prefix) &&
      sameAddress(route.gateway ?? UNSPECIFIED, gateway ?? UNSPECIFIED));
    if (index >= 0) this.routes.splice(index, 1);
  }

  /** Forgets all routes. */
  clear(): void {
    this.routes.length = 0;
  }

  /**
   * The longest matching route, the newest of equals; over `device` only, if given, and not over `except`.
   * Routes of IPv6 are none for IPv4.
   */
  find(destination: Uint8Array, device?: Device, except?: Device): Route | undefined {
    let best: Route | undefined;
    const leastBits = isMapped(destination) ? 96 : 0;
    for (const route of this.routes) {
      if ((device && route.device !== device) || route.device === except) continue;
      if (route.lengthBits < (best?.lengthBits ?? leastBits)) continue;
      if (hasPrefix(destination, route.prefix, route.lengthBits)) best = route;
    }
    return best;
  }
}
