/**
 * The core's orders to the kernel's network: addresses, routes and neighbours. None of them ends the daemon
 * when it fails; a person hears of it.
 */
import {
  ADDRESS_BITS, formatAddress, formatAnyAddress, formatAnyPrefix, formatPrefix, isIpv4Mapped, parseAddress, prefixOf,
} from "../../bindings/address.ts";
import { MINIMUM_MTU } from "../../bindings/engine.ts";
import { type Linux, TUNNEL_METRIC } from "./linux.ts";
import {
  type AddressState, type InterfaceAddress, listAddresses, removeAddress,
} from "./system/addresses.ts";
import { SystemError, tolerate } from "./system/errors.ts";
import { setLink } from "./system/links.ts";
import { addNeighbour } from "./system/neighbours.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import { removeRoute, type Route } from "./system/routes.ts";
import { TunnelRoutes } from "./tunnel-routes.ts";

/**
 * Behind the tunnel's route, so that ordinary traffic goes there and only what is bound to an uplink goes
 * this way; before all others, so that no router of the last network, which the kernel still knows, is asked.
 */
const UPLINK_METRIC = TUNNEL_METRIC + 1;

const IPV4_BITS = 32;

export class NetworkOrders {
  readonly #linux: Linux;
  readonly #interfaceIndex: (device: number) => number | undefined;
  readonly #ownAddress: string | undefined;
  readonly #tunnelRoutes: TunnelRoutes;
  /** What the core ordered and has not taken back. */
  readonly #addresses = new Map<string, InterfaceAddress>();
  readonly #routes = new Map<string, Route>();
  /** Addresses that were there already, a person's or the kernel's: not ours to remove at the end. */
  readonly #found = new Map<string, AddressState>();

  /**
   * @param ownAddress the source of new sessions with nodes that are routed into the tunnel; undefined: the
   *   kernel chooses
   * @param interfaceIndex of a device; undefined: it is not there
   */
  constructor(
    linux: Linux, ownAddress: string | undefined, interfaceIndex: (device: number) => number | undefined,
  ) {
    this.#linux = linux;
    this.#interfaceIndex = interfaceIndex;
    this.#ownAddress = ownAddress;
    this.#tunnelRoutes = new TunnelRoutes(linux, ownAddress);
  }

  /**
   * Puts an address on a device; duplicate detection is the core's. Returns false when the kernel
   * has found that another node has it.
   */
  addAddress(device: number, octets: Uint8Array, prefixLength: number): boolean {
    const interfaceIndex = this.#interfaceIndex(device);
    if (interfaceIndex === undefined) return true;
    const entry = { interfaceIndex, ...addressOf(octets, prefixLength) };
    const usable = this.#place(entry);
    if (!usable) return false;
    this.#addresses.set(keyOf(entry), entry);
    if (isIpv6(entry)) this.attempt(() => this.#linux.guard.guard(entry.address));
    if (entry.address === this.#ownAddress) this.#renewDefaultRoute(device);
    return true;
  }

  removeAddress(device: number, octets: Uint8Array, bits: number): void {
    const { address, prefixLength } = addressOf(octets, bits);
    const interfaceIndex = this.#interfaceIndex(device);
    for (const entry of this.#addresses.values()) {
      // of a device that is gone, the index is not known any more; its address is gone with it
      const same = entry.address === address && entry.prefixLength === prefixLength;
      if (!same || (interfaceIndex !== undefined && entry.interfaceIndex !== interfaceIndex)) continue;
      const found = this.#found.get(keyOf(entry));
      this.#withdraw(entry);
      if (address === this.#ownAddress) this.#renewDefaultRoute(device);
      // the network is left; the kernel would take its prefix for on-link for as long as it was advertised
      if (found?.permanent === false) this.attempt(() => forgetNetwork(this.#linux, entry));
    }
  }

  addDefaultRoute(device: number, router: Uint8Array): void {
    const interfaceIndex = this.#interfaceIndex(device);
    if (interfaceIndex === undefined) return;
    const route: Route = {
      destination: "::/0",
      interfaceIndex,
      gateway: formatAddress(router),
      metric: UPLINK_METRIC + device,
      // at home: else a new session could get a care-of address, and end when the node leaves
      preferredSource: this.#hasOwnAddress(interfaceIndex) ? this.#ownAddress : undefined,
    };
    this.removeDefaultRoute(device);
    if (this.attempt(() => this.#linux.changes.addRoute(route))) this.#routes.set(String(device), route);
  }

  removeDefaultRoute(device: number): void {
    const route = this.#routes.get(String(device));
    if (route === undefined) return;
    this.#routes.delete(String(device));
    this.attempt(() => this.#linux.changes.removeRoute(route));
  }

  /** Routes a prefix into the tunnel, before all other routes; returns how many there are now. */
  addRoute(prefix: Uint8Array, lengthBits: number): number {
    this.attempt(() => this.#tunnelRoutes.add(formatAnyPrefix(prefixOf(prefix, lengthBits))));
    return this.#tunnelRoutes.count;
  }

  /** Takes that route away; returns how many there are now. */
  removeRoute(prefix: Uint8Array, lengthBits: number): number {
    this.attempt(() => this.#tunnelRoutes.remove(formatAnyPrefix(prefixOf(prefix, lengthBits))));
    return this.#tunnelRoutes.count;
  }

  addNeighbour(device: number, address: Uint8Array, linkAddress: Uint8Array): void {
    const interfaceIndex = this.#interfaceIndex(device);
    if (interfaceIndex === undefined) return;
    const { netlink } = this.#linux;
    this.attempt(() => addNeighbour(netlink, { interfaceIndex, address: formatAddress(address), linkAddress }));
  }

  /** What programs on this host may send into the tunnel in one packet. */
  tunnelMtu(octets: number): void {
    const { netlink, tun } = this.#linux;
    this.attempt(() => setLink(netlink, tun.interfaceIndex, { mtuBytes: Math.max(octets, MINIMUM_MTU) }));
  }

  /** The kernel told something about its network; to be called when the devices know of it. */
  networkChanged(event: NetworkEvent): void {
    if (event.kind === "address") this.#addressChanged(event.address);
    else if (event.kind === "address-removed") this.#addressRemoved(event.address);
    else if (event.kind === "lost") listAddresses(this.#linux.netlink).forEach((each) => this.#addressChanged(each));
  }

  /** Our own address has come, or has become usable: routes that were made before get it as their source. */
  #addressChanged({ address, tentative, duplicate }: AddressState): void {
    if (address !== this.#ownAddress || tentative || duplicate) return;
    this.attempt(() => this.#tunnelRoutes.sourceUsable());
  }

  /** One that the core still needs is put back: the kernel ends the addresses that it formed itself. */
  #addressRemoved({ interfaceIndex, address, prefixLength }: AddressState): void {
    if (address === this.#ownAddress) this.#tunnelRoutes.sourceGone();
    const entry = this.#addresses.get(keyOf({ interfaceIndex, address, prefixLength }));
    if (
      entry === undefined ||
      listAddresses(this.#linux.netlink, interfaceIndex).some((each) => each.address === address)
    )
      return;
    // if it was ours, it is struck out of the record
    if (!this.#found.delete(keyOf(entry))) this.#linux.changes.removeAddress(entry);
    this.#place(entry);
  }

  /** Takes back everything that the core ordered. */
  clear(): void {
    this.attempt(() => this.#tunnelRoutes.clear());
    for (const entry of [...this.#addresses.values()]) this.#withdraw(entry);
    for (const device of [...this.#routes.keys()]) this.removeDefaultRoute(Number(device));
  }

  /** The home address has come to a device, or has left it: its default route follows. */
  #renewDefaultRoute(device: number): void {
    const gateway = this.#routes.get(String(device))?.gateway;
    if (gateway !== undefined) this.addDefaultRoute(device, parseAddress(gateway));
  }

  #hasOwnAddress(interfaceIndex: number): boolean {
    return [...this.#addresses.values()].some(
      (entry) => entry.address === this.#ownAddress && entry.interfaceIndex === interfaceIndex,
    );
  }

  #place(entry: InterfaceAddress): boolean {
    try {
      this.#linux.changes.addAddress(entry);
      return true;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== "EEXIST") {
        this.#linux.report(error.message);
        return true;
      }
    }
    const there = listAddresses(this.#linux.netlink, entry.interfaceIndex).find(
      ({ address }) => address === entry.address,
    );
    if (there !== undefined) this.#found.set(keyOf(entry), there);
    return there?.duplicate !== true;
  }

  #withdraw(entry: InterfaceAddress): void {
    this.#addresses.delete(keyOf(entry));
    if (isIpv6(entry)) this.attempt(() => this.#linux.guard.release(entry.address));
    if (!this.#found.delete(keyOf(entry))) this.attempt(() => this.#linux.changes.removeAddress(entry));
  }

  /** Makes a change; one that the kernel refuses is reported. Returns whether it was made. */
  attempt(change: () => void): boolean {
    try {
      change();
      return true;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#linux.report(error.message);
      return false;
    }
  }
}

/** Takes away what the kernel learnt from a network's router: the address, and the route to its prefix. */
function forgetNetwork({ netlink }: Linux, entry: InterfaceAddress): void {
  const { interfaceIndex, address, prefixLength } = entry;
  const destination = formatPrefix(prefixOf(parseAddress(address), prefixLength));
  tolerate(["EADDRNOTAVAIL", "ESRCH", "ENODEV"], () => removeAddress(netlink, entry));
  tolerate(["ESRCH", "ENODEV"], () => removeRoute(netlink, { destination, interfaceIndex }));
}

/** What the core names by 128 bits, as the kernel has it: IPv4-mapped addresses are IPv4 ones. */
function addressOf(octets: Uint8Array, bits: number): Pick<InterfaceAddress, "address" | "prefixLength"> {
  const prefixLength = isIpv4Mapped(octets) ? bits - (ADDRESS_BITS - IPV4_BITS) : bits;
  return { address: formatAnyAddress(octets), prefixLength };
}

/** Packets of mobility come to IPv6 addresses only: the kernel must not answer them (guard.ts). */
function isIpv6({ address }: InterfaceAddress): boolean {
  return address.includes(":");
}

function keyOf({ interfaceIndex, address, prefixLength }: InterfaceAddress): string {
  return `${interfaceIndex} ${address}/${prefixLength}`;
}
