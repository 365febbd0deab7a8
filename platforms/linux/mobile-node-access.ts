/**
 * The access side of a mobile node, and what it changes on its host: one device of the core for each
 * uplink of the configuration. An interface may not be there yet (a modem), disappear, and come back.
 *
 * The core does router discovery and forms the care-of addresses of IPv6, so the kernel is told not to. Those of IPv4
 * are the host's (ipv4-uplinks.ts).
 */
import { formatAnyAddress } from "../../bindings/address.ts";
import { type Device, setDevice } from "../../bindings/commands.ts";
import { ipv4RefusalText } from "../../bindings/describe-names.ts";
import type { Engine } from "../../bindings/engine.ts";
import type { CoreEvent } from "../../bindings/events.ts";
import type { Access } from "./access.ts";
import { AccessPort, type PortMemory, type PortOptions } from "./access-port.ts";
import { DefaultRoutes } from "./default-routes.ts";
import type { EngineHost } from "./engine-host.ts";
import { HomeAddressRoutes } from "./home-address-routes.ts";
import { Ipv4Uplinks } from "./ipv4-uplinks.ts";
import { type Linux, StartError, withoutReceiveOffload } from "./linux.ts";
import type { MobileNodeLoopSettings } from "./settings.ts";
import type { Source } from "./source.ts";
import { addAddress, listAddresses } from "./system/addresses.ts";
import { tolerate } from "./system/errors.ts";
import { type Link, listLinks } from "./system/links.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import { interfaceValue } from "./system/sysctl.ts";
import { closePort, describe, differs, type Uplink, warningOf } from "./uplink.ts";

/** Errors that mean: the interface has just gone, and the kernel will say so. */
const VANISHED = ["ENODEV", "ENXIO", "ENOENT"];

/** Status of an IPv4 home address from which on it is refused (RFC 5555 §3.2.1); 255: not answered. */
const IPV4_REFUSED = 128;

/** rp_filter: packets must come in where answers would leave; or where any route leads. */
const STRICT = 1;
const LOOSE = 2;

export class MobileNodeAccess implements Access {
  ports: readonly AccessPort[] = [];
  sources: readonly Source[] = [];
  readonly ownAddress: string;
  readonly #linux: Linux;
  readonly #reach: MobileNodeLoopSettings["reach"];
  readonly #uplinks: readonly Uplink[];
  readonly #ipv4Uplinks: Ipv4Uplinks;
  readonly #defaultRoutes: DefaultRoutes;
  readonly #homeAddressRoutes: Readonly<Record<"ipv4" | "ipv6", HomeAddressRoutes>>;
  #staticIpv4: string | undefined;
  #memory: PortMemory | undefined;

  /** Prepares the host. Throws StartError or SystemError; what was changed then is on record. */
  constructor(linux: Linux, { homeAddress, homeAgentName, uplinks, reach }: MobileNodeLoopSettings) {
    this.#linux = linux;
    this.#reach = reach;
    this.ownAddress = homeAddress;
    this.#uplinks = uplinks.map((name, index) => ({ name, device: index + 1, datagramPorts: {} }));
    const homeAgent = reach.homeAgentIpv4 && formatAnyAddress(reach.homeAgentIpv4);
    const routes = { ipv4: new HomeAddressRoutes(linux, "ipv4"), ipv6: new HomeAddressRoutes(linux, "ipv6") };
    this.#homeAddressRoutes = routes;
    this.#ipv4Uplinks = new Ipv4Uplinks(linux, this.#uplinks, homeAgent, (address) => routes.ipv4.has(address));
    this.#defaultRoutes = new DefaultRoutes(linux, homeAddress);
    this.#defaultRoutes.lookingUp(homeAgentName !== undefined); // until its name is known
    this.homeAddressChanged(homeAddress, true);
    placeHomeAddress(linux, homeAddress);
    const { ipv4HomeAddress } = reach;
    if (ipv4HomeAddress !== undefined && ipv4HomeAddress !== "dynamic") {
      this.#staticIpv4 = formatAnyAddress(ipv4HomeAddress);
      this.homeAddressChanged(this.#staticIpv4, true);
      addAddress(linux.netlink, { interfaceIndex: linux.tun.interfaceIndex, address: this.#staticIpv4, prefixLength: 32 });
    }
    const links = listLinks(linux.netlink);
    for (const uplink of this.#uplinks) {
      const link = links.find(({ name }) => name === uplink.name);
      if (link !== undefined) this.#take(uplink, link);
      this.#assess(uplink);
    }
  }

  devices(): Device[] {
    return this.#uplinks.flatMap((uplink) => (uplink.link ? [describe(uplink, uplink.link)] : []));
  }

  open(memory: PortMemory): void {
    this.#memory = memory;
    for (const uplink of this.#uplinks) this.#openPort(uplink);
    this.#listPorts();
    this.useTunnel(true);
  }

  connected(engine: Engine, nowMs: number): void {
    this.#ipv4Uplinks.connected(engine, nowMs);
  }

  port(device: number): AccessPort | undefined {
    return this.#uplinks[device - 1]?.port;
  }

  interfaceIndex(device: number): number | undefined {
    return this.#uplinks[device - 1]?.link?.index;
  }

  /** At home the routes into the tunnel are out of the way: then the uplink's default route is the best one. */
  useTunnel(use: boolean): void {
    this.#defaultRoutes.use(use);
    this.#homeAddressRoutes.ipv6.use(use);
    this.#homeAddressRoutes.ipv4.use(use);
  }

  /** Queries for the name of the home agent must get out, also without a registration. */
  lookingUp(isLookingUp: boolean): void {
    this.#defaultRoutes.lookingUp(isLookingUp);
  }

  homeAgentFound(ipv4Address: string | undefined, host: EngineHost): void {
    this.#ipv4Uplinks.homeAgentFound(ipv4Address, host);
  }

  /** A further home address is about to be put on the tunnel device, or was taken from it. */
  homeAddressChanged(address: string, present: boolean): void {
    const family = address.includes(":") ? "ipv6" : "ipv4";
    const routes = this.#homeAddressRoutes[family];
    if (present) routes.add(address);
    else if (address !== this.ownAddress) routes.remove(address);
    if (family === "ipv4") this.#defaultRoutes.ipv4Changed(routes.any);
  }

  /** With an IPv4 home address that the home agent refuses, IPv4 goes by the uplinks as if there were none. */
  observe({ name, fields }: CoreEvent): void {
    if (name !== "Ipv4HomeAddress" || this.#reach.ipv4HomeAddress === undefined) return;
    const isRefused = Number(fields.status) >= IPV4_REFUSED;
    if (this.#staticIpv4 !== undefined) this.#defaultRoutes.ipv4Changed(!isRefused);
    const what = this.#staticIpv4 === undefined ? "the home agent gives no IPv4 home address"
      : `the home agent refuses the IPv4 home address ${this.#staticIpv4}`;
    const warning = isRefused ? `${what}: ${ipv4RefusalText(Number(fields.status))}` : undefined;
    this.#linux.condition("IPv4 home address", warning);
  }

  /** UDP over IPv6 comes from the care-of address, whatever others the uplink has. */
  addressPlaced(device: number, address: string): void {
    const uplink = this.#uplinks[device - 1];
    if (!this.#reach.udpIpv6 || !address.includes(":") || address === this.ownAddress) return;
    tolerate(VANISHED, () => uplink?.port?.openDatagrams({ address, port: uplink.datagramPorts.ipv6 }));
    if (uplink?.port !== undefined) uplink.datagramPorts.ipv6 = uplink.port.datagramPort("ipv6");
    this.#listPorts();
  }

  networkChanged(event: NetworkEvent, host: EngineHost): void {
    if (event.kind === "link") this.#linkChanged(event.link, host);
    else if (event.kind === "link-removed") this.#lose(this.#byIndex(event.link.index), host);
    else if (event.kind === "lost") this.#listAnew(host);
    if (this.#reach.ipv4) this.#ipv4Uplinks.networkChanged(event, host);
  }

  close(): void {
    for (const uplink of this.#uplinks) closePort(uplink);
    this.#listPorts();
  }

  #byIndex(index: number): Uplink | undefined {
    return this.#uplinks.find(({ link }) => link?.index === index);
  }

  #linkChanged(link: Link, host: EngineHost): void {
    const uplink = this.#uplinks.find(({ name }) => name === link.name);
    const before = this.#byIndex(link.index);
    if (before !== uplink) this.#lose(before, host); // it was renamed
    if (uplink === undefined) return;
    if (uplink.link !== undefined && uplink.link.index !== link.index) this.#lose(uplink, host);
    const known = uplink.link;
    if (known === undefined) {
      this.#take(uplink, link);
      this.#openPort(uplink);
      this.#listPorts();
    }
    uplink.link = link;
    this.#assess(uplink);
    if (known === undefined || differs(known, link)) this.#tell(describe(uplink, link), host);
  }

  /** Events were lost: what is there now counts. */
  #listAnew(host: EngineHost): void {
    const links = listLinks(this.#linux.netlink);
    for (const uplink of this.#uplinks) {
      if (!links.some(({ index }) => index === uplink.link?.index)) this.#lose(uplink, host);
    }
    for (const link of links) this.#linkChanged(link, host);
  }

  /** The interface is gone: the core hears of it before the name can mean another one. */
  #lose(uplink: Uplink | undefined, host: EngineHost): void {
    if (uplink?.link === undefined) return;
    const gone = describe(uplink, uplink.link);
    uplink.link = undefined;
    closePort(uplink);
    this.#listPorts();
    this.#assess(uplink);
    this.#tell({ ...gone, up: false }, host);
  }

  #tell(device: Device, host: EngineHost): void {
    host.call((engine, nowMs) => setDevice(engine, device, nowMs));
  }

  /** The kernel leaves router discovery on this interface to us; it gets its own settings back at the end. */
  #take(uplink: Uplink, link: Link): void {
    const { changes } = this.#linux;
    uplink.link = link;
    tolerate(VANISHED, () => {
      changes.setInterfaceValue(link.name, "accept_ra", 0);
      changes.setInterfaceValue(link.name, "autoconf", 0);
      withoutReceiveOffload(changes, link.name);
      // with the default route into the tunnel, what comes from elsewhere would be dropped
      const filter = Math.max(...["all", link.name].map((scope) => interfaceValue(scope, "rp_filter", "ipv4") ?? 0));
      if (filter === STRICT) changes.setInterfaceValue(link.name, "rp_filter", LOOSE, "ipv4");
    });
  }

  /** Tells a person what is wrong with an uplink, and when that is over. */
  #assess(uplink: Uplink): void {
    const warning = warningOf(uplink);
    if (warning !== uplink.warning) this.#linux.condition(`uplink ${uplink.name}`, warning);
    uplink.warning = warning;
  }

  #openPort(uplink: Uplink): void {
    closePort(uplink);
    const memory = this.#memory;
    const interfaceIndex = uplink.link?.index;
    if (memory === undefined || interfaceIndex === undefined) return;
    const { ipv4 } = this.#reach;
    const datagrams = ipv4 ? [{ port: uplink.datagramPorts.ipv4 }] : [];
    tolerate(VANISHED, () => {
      uplink.port = new AccessPort(memory, uplink.device, {
        interfaceIndex, ipv4, arp: ipv4 ? "send" : undefined, datagrams,
      });
    });
  }

  #listPorts(): void {
    this.ports = this.#uplinks.flatMap(({ port }) => port ?? []);
    this.sources = this.ports.flatMap(({ sources }) => sources);
  }
}

/**
 * The home address is on the tunnel device for as long as that is there, also while the node is at home, so
 * that no socket loses it. At home it is on the uplink as well, by an order of the core: then packets of
 * mobility come to it directly, and the kernel must not answer them.
 */
function placeHomeAddress({ netlink, tun, guard }: Linux, homeAddress: string): void {
  const present = listAddresses(netlink).find(({ address }) => address === homeAddress);
  if (present !== undefined) {
    const name = listLinks(netlink).find(({ index }) => index === present.interfaceIndex)?.name;
    const remedy = `ip addr del ${homeAddress}/${present.prefixLength} dev ${name}`;
    throw new StartError(`the home address ${homeAddress} is on ${name} already: remove it (${remedy})`);
  }
  const { interfaceIndex } = tun;
  addAddress(netlink, { interfaceIndex, address: homeAddress, prefixLength: 128 });
  guard.guard(homeAddress);
}
