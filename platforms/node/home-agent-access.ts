/**
 * The access side of a home agent, and what it changes on its host: packets come from every interface,
 * and leave by the one that the routing table names. The home link is virtual: the home prefixes are
 * routed into the tunnel device.
 */
import type { Device } from "../../bindings/commands.ts";
import { DEVICE_ANY } from "../../bindings/engine.ts";
import { type Access, AccessPort, type PortMemory } from "./access-port.ts";
import { accessLinks, type Linux, StartError, TUNNEL_METRIC, withoutReceiveOffload } from "./linux.ts";
import type { SendQueue } from "./send-queue.ts";
import type { HomeAgentLoopSettings } from "./settings.ts";
import { addAddress, listAddresses } from "./system/addresses.ts";
import { type Link, listLinks } from "./system/links.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import { SystemError } from "./system/errors.ts";
import { addRoute } from "./system/routes.ts";
import { interfaceValue } from "./system/sysctl.ts";

const DEVICE = 1;

export class HomeAgentAccess implements Access {
  ports: readonly AccessPort[] = [];
  readonly #linux: Linux;
  readonly #mtuBytes: number;

  /** Prepares the host. Throws StartError or SystemError; what was changed then is on record. */
  constructor(linux: Linux, settings: HomeAgentLoopSettings, mtuBytes: number) {
    this.#linux = linux;
    this.#mtuBytes = mtuBytes;
    placeAddress(linux, settings.address);
    for (const destination of settings.homePrefixes) {
      routeHome(linux, destination);
    }
    const links = accessLinks(linux.netlink, linux.tun.name);
    for (const { name } of links) withoutReceiveOffload(linux.changes, name);
    forward(linux, links);
    linux.guard.guard(settings.address);
  }

  devices(): Device[] {
    return [{ index: DEVICE, kind: "access", mtu: this.#mtuBytes, up: true }];
  }

  open(memory: PortMemory): void {
    this.close();
    this.ports = [new AccessPort(memory, DEVICE, { excludedInterfaces: [this.#linux.tun.interfaceIndex] })];
  }

  queue(device: number): SendQueue | undefined {
    return device === DEVICE || device === DEVICE_ANY ? this.ports[0]?.queue : undefined;
  }

  /** The core gives a home agent no orders for an interface: care-of addresses are not its own. */
  interfaceIndex(): undefined {
    return undefined;
  }

  /** The socket hears new interfaces by itself. */
  networkChanged(event: NetworkEvent): void {
    if (event.kind !== "link" || event.link.loopback || event.link.name === this.#linux.tun.name) return;
    withoutReceiveOffload(this.#linux.changes, event.link.name);
  }

  close(): void {
    for (const port of this.ports) port.close();
    this.ports = [];
  }
}

/** The address must be one of this host: on an interface of a person's choice, else on the tunnel device. */
function placeAddress({ netlink, tun }: Linux, address: string): void {
  const present = listAddresses(netlink).find((entry) => entry.address === address);
  if (present?.duplicate) {
    const name = listLinks(netlink).find(({ index }) => index === present.interfaceIndex)?.name;
    throw new StartError(
      `another host on the link of ${name} has the home agent address ${address}: give this one another`,
    );
  }
  if (present === undefined) {
    addAddress(netlink, { interfaceIndex: tun.interfaceIndex, address, prefixLength: 128 });
  }
}

/**
 * A home agent is a router. Switching on forwarding has two side effects on Linux: it forgets default
 * routes that it learnt from router advertisements, unless accept_ra is 2; and taking it back switches it
 * off on all interfaces, so those that had it by themselves are written down too.
 */
function forward({ changes }: Linux, links: readonly Link[]): void {
  if (interfaceValue("all", "forwarding") === 1) return;
  for (const { name } of links) {
    if (interfaceValue(name, "accept_ra") === 1 && interfaceValue(name, "forwarding") === 0) {
      changes.setInterfaceValue(name, "accept_ra", 2);
    }
  }
  for (const scope of ["default", ...links.map(({ name }) => name)]) {
    changes.setInterfaceValue(scope, "forwarding", 0);
  }
  changes.setInterfaceValue("all", "forwarding", 1);
}

/** Routes a home prefix into the tunnel; the route goes with the device. */
function routeHome(linux: Linux, destination: string): void {
  try {
    addRoute(linux.netlink, { destination, interfaceIndex: linux.tun.interfaceIndex, metric: TUNNEL_METRIC });
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== "EEXIST") throw error;
    throw new StartError(`${destination} is routed on this host already: another home agent serves it, or a route of yours`);
  }
}
