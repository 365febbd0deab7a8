/**
 * The access side of a mobile node, and what it changes on its host: one device of the core for each
 * uplink of the configuration. An interface may not be there yet (a modem), disappear, and come back.
 *
 * The core does router discovery and forms the care-of addresses, so the kernel is told not to.
 */
import { type Device, setDevice } from "../../bindings/commands.ts";
import { type Access, AccessPort, type PortMemory } from "./access-port.ts";
import type { EngineHost } from "./engine-host.ts";
import { HomeAddressRoutes } from "./home-address-routes.ts";
import { type Linux, StartError, TUNNEL_METRIC, withoutReceiveOffload } from "./linux.ts";
import type { MobileNodeLoopSettings } from "./settings.ts";
import { addAddress, listAddresses } from "./system/addresses.ts";
import { tolerate } from "./system/errors.ts";
import { type Link, listLinks } from "./system/links.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import { addRoute, removeRoute } from "./system/routes.ts";
import { interfaceValue } from "./system/sysctl.ts";

/** Errors that mean: the interface has just gone, and the kernel will say so. */
const VANISHED = ["ENODEV", "ENXIO", "ENOENT"];

interface Uplink {
  readonly name: string;
  readonly device: number;
  /** As the core knows it; undefined: there is no such interface. */
  link?: Link;
  port?: AccessPort;
  /** What a person was told of it and must still know. */
  warning?: string;
}

export class MobileNodeAccess implements Access {
  ports: readonly AccessPort[] = [];
  readonly ownAddress: string;
  readonly #linux: Linux;
  readonly #uplinks: readonly Uplink[];
  readonly #homeAddressRoutes: HomeAddressRoutes;
  #memory: PortMemory | undefined;

  /** Prepares the host. Throws StartError or SystemError; what was changed then is on record. */
  constructor(linux: Linux, { homeAddress, uplinks }: MobileNodeLoopSettings) {
    this.#linux = linux;
    this.ownAddress = homeAddress;
    this.#uplinks = uplinks.map((name, index) => ({ name, device: index + 1 }));
    this.#homeAddressRoutes = new HomeAddressRoutes(linux);
    this.#homeAddressRoutes.add(homeAddress);
    placeHomeAddress(linux, homeAddress);
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

  port(device: number): AccessPort | undefined {
    return this.#uplinks[device - 1]?.port;
  }

  interfaceIndex(device: number): number | undefined {
    return this.#uplinks[device - 1]?.link?.index;
  }

  /** At home the routes into the tunnel are out of the way: then the uplink's default route is the best one. */
  useTunnel(use: boolean): void {
    const { netlink, tun } = this.#linux;
    const route = {
      destination: "::/0",
      interfaceIndex: tun.interfaceIndex,
      preferredSource: this.ownAddress,
      metric: TUNNEL_METRIC,
    };
    if (use) tolerate(["EEXIST"], () => addRoute(netlink, route));
    else tolerate(["ESRCH"], () => removeRoute(netlink, route));
    this.#homeAddressRoutes.use(use);
  }

  /** A further home address is about to be put on the tunnel device, or was taken from it. */
  homeAddressChanged(address: string, present: boolean): void {
    if (present) this.#homeAddressRoutes.add(address);
    else if (address !== this.ownAddress) this.#homeAddressRoutes.remove(address);
  }

  networkChanged(event: NetworkEvent, host: EngineHost): void {
    if (event.kind === "link") this.#linkChanged(event.link, host);
    else if (event.kind === "link-removed") this.#lose(this.#byIndex(event.link.index), host);
    else if (event.kind === "lost") this.#listAnew(host);
  }

  close(): void {
    for (const uplink of this.#uplinks) closePort(uplink);
    this.ports = [];
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
    tolerate(VANISHED, () => {
      uplink.port = new AccessPort(memory, uplink.device, { interfaceIndex });
    });
  }

  #listPorts(): void {
    this.ports = this.#uplinks.flatMap(({ port }) => port ?? []);
  }
}

function warningOf({ name, link }: Uplink): string | undefined {
  if (link === undefined) return `uplink ${name} is not there yet: it is used when it appears`;
  if (interfaceValue(name, "disable_ipv6") === 1) {
    return `IPv6 is switched off on uplink ${name}: sysctl -w net.ipv6.conf.${name}.disable_ipv6=0`;
  }
  return link.up ? undefined : `uplink ${name} is switched off: ip link set ${name} up`;
}

function closePort(uplink: Uplink): void {
  uplink.port?.close();
  uplink.port = undefined;
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

/** Operational state, MTU and link-layer address are what the core needs to know. */
function differs(known: Link, link: Link): boolean {
  if (isUp(known) !== isUp(link)) return true;
  return known.mtuBytes !== link.mtuBytes || known.macAddress !== link.macAddress;
}

function isUp(link: Link): boolean {
  return link.up && link.lowerUp;
}

function describe(uplink: Uplink, link: Link): Device {
  const linkAddress = Uint8Array.from(Buffer.from(link.macAddress.replaceAll(":", ""), "hex"));
  return {
    index: uplink.device,
    kind: "access",
    mtu: link.mtuBytes,
    up: isUp(link),
    preference: uplink.device,
    ...(linkAddress.length === 6 && { linkAddress, interfaceId: interfaceIdOf(linkAddress) }),
  };
}

/** A modified EUI-64 interface identifier (RFC 4291, appendix A). */
export function interfaceIdOf(macAddress: Uint8Array): Uint8Array {
  const [a, b, c, d, e, f] = macAddress;
  return Uint8Array.of(a ^ 0x02, b, c, 0xff, 0xfe, d, e, f);
}
