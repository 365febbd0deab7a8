/**
 * A real home link: the interface on which a home agent has its nodes' home addresses. The core sends router
 * advertisements there, and answers for nodes that are away; the kernel keeps the home agent's own address.
 *
 * While a node is away its home address is routed into the tunnel device (tunnel-routes.ts), before the
 * route to the link that its prefix has.
 */
import { formatAddress, isIpv4Mapped, parseAddress, parsePrefix, solicitedNodeGroup } from "../../bindings/address.ts";
import { type Device, setDevice, setHomeLink } from "../../bindings/commands.ts";
import type { Engine } from "../../bindings/engine.ts";
import { AccessPort, type PortMemory } from "./access-port.ts";
import type { EngineHost } from "./engine-host.ts";
import { type Linux, StartError } from "./linux.ts";
import { HOME_LINK_DEVICE, type HomeLinkLoopSettings } from "./settings.ts";
import { listAddresses } from "./system/addresses.ts";
import { type Link, listLinks } from "./system/links.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import { listRoutes } from "./system/routes.ts";

const ETHERNET_ADDRESS_CHARACTERS = "02:00:00:00:00:01".length;

export class HomeLinkAccess {
  port: AccessPort | undefined;
  readonly #linux: Linux;
  readonly #settings: HomeLinkLoopSettings;
  readonly #linkLocal: string;
  readonly #ipv4: boolean;
  /** Solicited-node groups that were joined, each with the home addresses that are asked for in it. */
  readonly #groups = new Map<string, Set<string>>();
  #link: Link;
  #present = true;
  /** What a person was told of the link and must still know. */
  #warning: string | undefined;

  /**
   * Prepares the link. Throws StartError or SystemError; what was changed then is on record.
   * @param ipv4 whether nodes have IPv4 home addresses on the link
   */
  constructor(linux: Linux, settings: HomeLinkLoopSettings, homePrefixes: readonly string[], ipv4: boolean) {
    this.#linux = linux;
    this.#ipv4 = ipv4;
    this.#settings = settings;
    this.#link = findLink(linux, settings.interface);
    this.#linkLocal = findLinkLocal(linux, this.#link);
    for (const { address, lengthBits } of settings.addresses) {
      placeOnLink(linux, this.#link, address, lengthBits);
      linux.guard.guard(address);
    }
    this.#assess();
    for (const prefix of homePrefixes) routeOnLink(linux, this.#link, prefix);
  }

  get interfaceIndex(): number {
    return this.#link.index;
  }

  device(): Device {
    const { mtuBytes, macAddress, up, lowerUp } = this.#link;
    return {
      index: HOME_LINK_DEVICE,
      kind: "access",
      mtu: mtuBytes,
      up: this.#present && up && lowerUp,
      linkAddress: Uint8Array.from(Buffer.from(macAddress.replaceAll(":", ""), "hex")),
    };
  }

  /** Tells a new core of the link, before it has its bindings back: it answers for their nodes at once. */
  configure(engine: Engine, nowMs: number): void {
    setDevice(engine, this.device(), nowMs);
    const linkLocal = parseAddress(this.#linkLocal);
    setHomeLink(engine, { ...this.#settings.core, device: HOME_LINK_DEVICE, linkLocal }, nowMs);
  }

  open(memory: PortMemory): void {
    this.close();
    this.#groups.clear();
    this.port = new AccessPort(memory, HOME_LINK_DEVICE, {
      interfaceIndex: this.#link.index, linkLocal: true, arp: this.#ipv4 ? "both ways" : undefined,
    });
  }

  /**
   * Neighbours ask for an address in its solicited-node group. The core hears them all (Order.HearGroups), but
   * a switch that watches memberships brings them here only when the group was joined (RFC 4861 §7.2.1).
   */
  intercept(address: Uint8Array, isIntercepted: boolean): void {
    if (isIpv4Mapped(address)) return; // who asks by ARP asks all
    for (const each of [address, linkLocalOf(address)]) this.#linux.guard.setAway(formatAddress(each), isIntercepted);
    const group = formatAddress(solicitedNodeGroup(address));
    const addresses = this.#groups.get(group) ?? new Set();
    const wasMember = addresses.size > 0;
    if (isIntercepted) addresses.add(formatAddress(address));
    else addresses.delete(formatAddress(address));
    this.#groups.set(group, addresses);
    const isMember = addresses.size > 0;
    if (!isMember) this.#groups.delete(group);
    if (isMember !== wasMember) this.port?.setMembership(group, isMember);
  }

  networkChanged(event: NetworkEvent, host: EngineHost): void {
    const { report } = this.#linux;
    if (event.kind === "link" && event.link.index === this.#link.index) {
      this.#link = event.link;
      this.#assess();
      this.#tell(host);
    } else if (event.kind === "link-removed" && event.link.index === this.#link.index) {
      this.#present = false;
      this.#tell(host);
      report(`the home link ${this.#link.name} is gone: start the home agent again when it is back`);
    } else if (event.kind === "address" && event.address.duplicate && this.#isOurs(event.address.address)) {
      const { address } = event.address;
      report(`another host on the link of ${this.#link.name} has the home agent address ${address}`);
    }
  }

  close(): void {
    this.port?.close();
    this.port = undefined;
  }

  #isOurs(address: string): boolean {
    return this.#settings.addresses.some((own) => own.address === address);
  }

  /** Tells a person that the link is switched off, and when that is over. */
  #assess(): void {
    const { name, up } = this.#link;
    const warning = up ? undefined : `the home link ${name} is switched off: ip link set ${name} up`;
    if (warning !== this.#warning) this.#linux.condition("home link", warning);
    this.#warning = warning;
  }

  #tell(host: EngineHost): void {
    host.call((engine, nowMs) => setDevice(engine, this.device(), nowMs));
  }
}

/** The link-local address that a node may have beside its home address (RFC 6275 §6.1.7, flag L). */
function linkLocalOf(homeAddress: Uint8Array): Uint8Array {
  const address = parseAddress("fe80::");
  address.set(homeAddress.subarray(8), 8);
  return address;
}

function findLink({ netlink }: Linux, name: string): Link {
  const link = listLinks(netlink).find((each) => each.name === name);
  if (link === undefined) throw new StartError(`the home link ${name} is not there: ip link shows what is`);
  if (link.loopback || link.macAddress.length !== ETHERNET_ADDRESS_CHARACTERS) {
    throw new StartError(`${name} has no Ethernet address: the home link must be one that hosts share`);
  }
  return link;
}

/** Router advertisements come from the link-local address (RFC 4861 §4.2). */
function findLinkLocal({ netlink }: Linux, { index, name }: Link): string {
  const present = listAddresses(netlink, index).find(({ scope, duplicate }) => scope === "link" && !duplicate);
  if (present === undefined) {
    throw new StartError(`the home link ${name} has no link-local address: switch it on, and IPv6 on it`);
  }
  return present.address;
}

/** Our address is put on the link unless a person has done so; the kernel looks whether somebody else has it. */
function placeOnLink({ netlink, changes }: Linux, link: Link, address: string, prefixLength: number): void {
  const present = listAddresses(netlink).find((entry) => entry.address === address);
  if (present === undefined) {
    const entry = { interfaceIndex: link.index, address, prefixLength };
    return changes.addAddress(entry, { withoutDuplicateDetection: false });
  }
  if (present.duplicate) {
    throw new StartError(`another host on the link of ${link.name} has ${address}: give this one another`);
  }
  if (present.interfaceIndex === link.index) return;
  const name = listLinks(netlink).find(({ index }) => index === present.interfaceIndex)?.name;
  const remedy = `ip addr del ${address}/${present.prefixLength} dev ${name}`;
  throw new StartError(`${address} is on ${name}, and not on the home link: ${remedy}`);
}

/** The home prefix is on the link: where the kernel has not made that route with an address, we do. */
function routeOnLink({ netlink, changes }: Linux, link: Link, destination: string): void {
  const { address, lengthBits } = parsePrefix(destination);
  const text = `${formatAddress(address)}/${lengthBits}`;
  const isThere = listRoutes(netlink).some((route) => (
    route.destination === text && route.interfaceIndex === link.index && route.gateway === undefined
  ));
  if (!isThere) changes.addRoute({ destination: text, interfaceIndex: link.index });
}
