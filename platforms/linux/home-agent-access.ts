/**
 * The access side of a home agent, and what it changes on its host: it is a router, its home link is an
 * interface or a virtual one. On a virtual one the home prefixes are routed into the tunnel device, and so are IPv4
 * home addresses.
 */
import { formatAddress, homeAgentsAnycast, parsePrefix } from "../../bindings/address.ts";
import type { Device } from "../../bindings/commands.ts";
import { type Engine, TUNNEL_PORT } from "../../bindings/engine.ts";
import type { Access } from "./access.ts";
import type { AccessPort, DatagramPlace, PortMemory } from "./access-port.ts";
import type { EngineHost } from "./engine-host.ts";
import { HomeLinkAccess } from "./home-link-access.ts";
import { HostAccess } from "./host-access.ts";
import { accessLinks, type Linux, StartError, TUNNEL_METRIC, withoutReceiveOffload } from "./linux.ts";
import { portTaken } from "./port-owner.ts";
import { HOME_LINK_DEVICE, type HomeAgentLoopSettings } from "./settings.ts";
import type { Source } from "./source.ts";
import { addAddress, listAddresses } from "./system/addresses.ts";
import { type Link, listLinks } from "./system/links.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import { SystemError } from "./system/errors.ts";
import { addRoute } from "./system/routes.ts";
import { type Family, interfaceValue } from "./system/sysctl.ts";

export class HomeAgentAccess implements Access {
  readonly #linux: Linux;
  readonly #homePrefixes: readonly string[];
  readonly #homeLink: HomeLinkAccess | undefined;
  readonly #host: HostAccess;
  #ports: readonly AccessPort[] = [];
  #sources: readonly Source[] = [];

  /** Prepares the host. Throws StartError or SystemError; what was changed then is on record. */
  constructor(linux: Linux, settings: HomeAgentLoopSettings, mtuBytes: number) {
    const { address, ipv4Address, ipv4Routes, homePrefixes, homeLink } = settings;
    this.#linux = linux;
    this.#homePrefixes = homePrefixes;
    const excludedInterfaces = [linux.tun.interfaceIndex];
    if (homeLink === undefined) {
      placeAddress(linux, address);
      for (const destination of [...homePrefixes, ...ipv4Routes]) routeHome(linux, destination);
    } else {
      this.#homeLink = new HomeLinkAccess(linux, homeLink, homePrefixes, ipv4Routes.length > 0);
      excludedInterfaces.push(this.#homeLink.interfaceIndex);
    }
    if (ipv4Address !== undefined) checkIpv4Address(linux, ipv4Address);
    const ipv4 = ipv4Address !== undefined;
    this.#host = new HostAccess(mtuBytes, { excludedInterfaces, ipv4, datagrams: placesOf(settings) });
    const links = accessLinks(linux.netlink, linux.tun.name);
    for (const { name } of links) withoutReceiveOffload(linux.changes, name);
    forward(linux, links, "ipv6");
    if (ipv4Routes.length > 0) forward(linux, links, "ipv4");
    linux.guard.guard(address);
  }

  get ports(): readonly AccessPort[] {
    return this.#ports;
  }

  get sources(): readonly Source[] {
    return this.#sources;
  }

  devices(): Device[] {
    return [...this.#host.devices(), ...(this.#homeLink ? [this.#homeLink.device()] : [])];
  }

  configure(engine: Engine, nowMs: number): void {
    this.#homeLink?.configure(engine, nowMs);
  }

  open(memory: PortMemory): void {
    try {
      this.#host.open(memory);
    } catch (error) {
      throw portTaken(error, TUNNEL_PORT) ?? error;
    }
    this.#homeLink?.open(memory);
    this.#ports = [...this.#host.ports, ...(this.#homeLink?.port ? [this.#homeLink.port] : [])];
    this.#sources = this.#ports.flatMap(({ sources }) => sources);
    this.#joinAnycast();
  }

  port(device: number): AccessPort | undefined {
    return device === HOME_LINK_DEVICE ? this.#homeLink?.port : this.#host.port(device);
  }

  interfaceIndex(device: number): number | undefined {
    return device === HOME_LINK_DEVICE ? this.#homeLink?.interfaceIndex : undefined;
  }

  intercept(address: Uint8Array, isIntercepted: boolean): void {
    this.#homeLink?.intercept(address, isIntercepted);
  }

  /** The socket hears new interfaces by itself. */
  networkChanged(event: NetworkEvent, host: EngineHost): void {
    this.#homeLink?.networkChanged(event, host);
    if (event.kind !== "link" || event.link.loopback || event.link.name === this.#linux.tun.name) return;
    withoutReceiveOffload(this.#linux.changes, event.link.name);
  }

  close(): void {
    this.#host.close();
    this.#homeLink?.close();
    this.#ports = [];
    this.#sources = [];
  }

  /**
   * Mobile nodes look for home agents at an anycast address of the home prefix (RFC 6275 §10.5). The kernel
   * gets it as a membership of the socket: `ip addr` cannot add such an address, and the packet socket alone
   * would hear packets only if their senders knew where to send them: on a real home link the kernel answers
   * Neighbor Solicitations for it, and on a virtual one it does not send them into the tunnel.
   */
  #joinAnycast(): void {
    const { tun, report } = this.#linux;
    const interfaceIndex = this.#homeLink?.interfaceIndex ?? tun.interfaceIndex;
    for (const prefix of this.#homePrefixes) {
      const address = homeAgentsAnycast(parsePrefix(prefix));
      if (address === undefined) continue;
      try {
        this.#host.ports[0].joinAnycast(formatAddress(address), interfaceIndex);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        report(`home agents cannot be discovered at ${prefix}: ${error.message}`);
      }
    }
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

/** Mobile nodes send to the IPv4 address; behind a 1:1 NAT that is not the one that they know. */
function checkIpv4Address({ netlink }: Linux, address: string): void {
  if (listAddresses(netlink).some((entry) => entry.address === address)) return;
  throw new StartError(
    `ipv4_address ${address} is on no interface of this host (ip -4 addr shows what is): where a 1:1 NAT has the ` +
      "public address, ipv4_address is the one behind it",
  );
}

/** Where mobile nodes reach the home agent by UDP. */
function placesOf({ address, ipv4Address, serve }: HomeAgentLoopSettings): DatagramPlace[] {
  const addresses = [...(ipv4Address === undefined ? [] : [ipv4Address]), ...(serve.udpIpv6 ? [address] : [])];
  return addresses.map((each) => ({ address: each, port: TUNNEL_PORT }));
}

/**
 * A home agent is a router. Switching on forwarding has side effects on Linux: for IPv6 it forgets default
 * routes that it learnt from router advertisements, unless accept_ra is 2; for IPv4 it changes what is done about
 * redirects; and taking it back switches it off on all interfaces, so those that had it by themselves are written
 * down too.
 */
function forward({ changes }: Linux, links: readonly Link[], family: Family): void {
  if (interfaceValue("all", "forwarding", family) === 1) return;
  for (const { name } of family === "ipv6" ? links : []) {
    if (interfaceValue(name, "accept_ra") === 1 && interfaceValue(name, "forwarding") === 0) {
      changes.setInterfaceValue(name, "accept_ra", 2);
    }
  }
  for (const scope of ["default", ...links.map(({ name }) => name)]) {
    changes.setInterfaceValue(scope, "forwarding", 0, family);
  }
  if (family === "ipv4") changes.keepInterfaceValue("all", "accept_redirects", family);
  changes.setInterfaceValue("all", "forwarding", 1, family);
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
