/**
 * The IPv4 addresses of a mobile node's uplinks. Unlike those of IPv6 the host makes them (DHCP, a modem, a person);
 * the core hears which one packets to the home agent would have, by asking the kernel's routing table.
 *
 * An address alone is of no use: until its route is there, as a moment after DHCP has given the address, the uplink
 * counts as one without IPv4. So it does on the home link, where its address is the home address.
 */
import { parseIpv4Address } from "../../bindings/address.ts";
import { setIpv4Uplink } from "../../bindings/commands.ts";
import type { Engine } from "../../bindings/engine.ts";
import { ipv4Number, parseIpv4Block } from "../../bindings/ipv4.ts";
import type { EngineHost } from "./engine-host.ts";
import type { Linux } from "./linux.ts";
import { listAddresses } from "./system/addresses.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import { listRoutes, type WayOut, wayOut } from "./system/routes.ts";
import type { Uplink } from "./uplink.ts";

export class Ipv4Uplinks {
  readonly #linux: Linux;
  readonly #uplinks: readonly Uplink[];
  readonly #isHomeAddress: (address: string) => boolean;
  /** What the core was told, by device. */
  readonly #told = new Map<number, WayOut>();
  #homeAgent: string | undefined;

  /** @param homeAgent its IPv4 address; undefined: there is none, or it is not known yet */
  constructor(
    linux: Linux, uplinks: readonly Uplink[], homeAgent: string | undefined, isHomeAddress: (address: string) => boolean,
  ) {
    this.#linux = linux;
    this.#isHomeAddress = isHomeAddress;
    this.#uplinks = uplinks;
    this.#homeAgent = homeAgent;
  }

  /** A new core knows of no address. */
  connected(engine: Engine, nowMs: number): void {
    this.#told.clear();
    for (const { device, way } of this.#look()) if (way !== undefined) this.#tell(engine, device, way, nowMs);
  }

  /** The home agent has this address now. */
  homeAgentFound(address: string | undefined, host: EngineHost): void {
    this.#homeAgent = address;
    this.#lookAgain(host);
  }

  networkChanged(event: NetworkEvent, host: EngineHost): void {
    const isIpv4Address = "address" in event && !event.address.address.includes(":");
    if (event.kind === "prefix" || ("address" in event && !isIpv4Address)) return;
    this.#lookAgain(host);
  }

  #lookAgain(host: EngineHost): void {
    for (const { device, way } of this.#look()) {
      const told = this.#told.get(device);
      if (told?.source === way?.source && told?.gateway === way?.gateway) continue;
      host.call((engine, nowMs) => this.#tell(engine, device, way, nowMs));
    }
  }

  #tell(engine: Engine, device: number, way: WayOut | undefined, nowMs: number): void {
    if (way === undefined) this.#told.delete(device);
    else this.#told.set(device, way);
    const [address, gateway] = [way?.source, way?.gateway].map((text) => {
      return text === undefined ? undefined : parseIpv4Address(text);
    });
    setIpv4Uplink(engine, device, address, nowMs, gateway);
  }

  /** How packets to the home agent would leave by each uplink. */
  #look(): { device: number; way: WayOut | undefined }[] {
    const homeAgent = this.#homeAgent;
    return this.#uplinks.map(({ device, link }) => {
      const isUsable = homeAgent !== undefined && link?.up === true;
      return { device, way: isUsable ? this.#wayBy(link.index, homeAgent) : undefined };
    });
  }

  #wayBy(interfaceIndex: number, homeAgent: string): WayOut | undefined {
    const { netlink } = this.#linux;
    const way = wayOut(netlink, homeAgent, interfaceIndex);
    if (way === undefined || this.#isHomeAddress(way.source)) return undefined;
    // where the interface has no address the kernel would take one of another interface
    if (!listAddresses(netlink, interfaceIndex).some(({ address }) => address === way.source)) return undefined;
    if (way.gateway !== undefined) return way;
    const destination = ipv4Number(parseIpv4Address(homeAgent));
    const isRouted = listRoutes(netlink).some((route) => {
      if (route.interfaceIndex !== interfaceIndex || route.destination.includes(":")) return false;
      const { first, last } = parseIpv4Block(route.destination);
      return first <= destination && destination <= last;
    });
    return isRouted ? way : undefined;
  }
}
