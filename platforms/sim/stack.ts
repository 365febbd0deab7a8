/**
 * The IPv6 and IPv4 stack of a simulated node: addresses, routes, forwarding, echo, UDP. In the order a packet meets
 * it:
 *
 *   receive → ours? deliver : forward        send → route → device
 *
 * Neighbour discovery and ARP are reduced to what others can see (`neighbours.ts`): a node says which addresses are
 * its own, which also defends them against duplicates (RFC 4862 §5.4.3), and believes what others say of
 * theirs.
 */
import { isArp } from "./arp.ts";
import { Port, type Receiver } from "./link.ts";
import {
  ALL_NODES, decrementHopLimit, destinationOf, hopLimit, isIp, isLinkLocal, isMapped, isMulticast,
  isSolicitedNodeOf, sameAddress, sourceOf, UNSPECIFIED,
} from "./ip.ts";
import { dontFragment, fragmented, isFragment, isIpv4, isLaterFragment, Reassembly } from "./ip4.ts";
import type { Network } from "./network.ts";
import { type Device, type Route, RouteTable } from "./routes.ts";
import {
  ADDRESS_UNREACHABLE, type ErrorContent, HOP_LIMIT_EXCEEDED, type IcmpError, type Message, NO_ROUTE,
} from "./messages.ts";

type MessageOf<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;
type Handler<Kind extends Message["kind"]> = (message: MessageOf<Kind>, packet: Uint8Array) => void;

/** The network stack of a node. */
export class Stack implements Receiver {
  readonly devices: Device[] = [];
  readonly routes = new RouteTable();
  /** Routers forward, hosts do not. */
  forwarding = false;
  private readonly udpHandlers = new Map<number, Handler<"udp">>();
  private readonly echoHandlers = new Map<number, Handler<"echo-reply">>();
  private identifiers = 0;
  private readonly reassembly: Reassembly;
  private readonly errorHandlers: ((error: IcmpError, packet: Uint8Array) => void)[] = [];

  constructor(
    readonly network: Network,
    readonly name: string,
  ) {
    this.reassembly = new Reassembly(network.clock);
  }

  /** A new interface, in no link yet. */
  addPort(name: string): Port {
    const port = new Port(this.network, this, name);
    this.devices.push(port);
    return port;
  }

  /** Gives an interface an address; its prefix is on the link from now on. */
  addAddress(device: Device, address: Uint8Array, lengthBits: number): void {
    this.removeAddress(device, address);
    device.addresses.push({ address, lengthBits });
    if (!isLinkLocal(address)) this.addRoute({ prefix: address, lengthBits, device });
  }

  /** Takes an address from a device. */
  removeAddress(device: Device, address: Uint8Array): void {
    const index = device.addresses.findIndex((own) => sameAddress(own.address, address));
    if (index < 0) return;
    const [{ lengthBits }] = device.addresses.splice(index, 1);
    this.removeRoute({ prefix: address, lengthBits, device });
  }

  /** Adds a route. */
  addRoute(route: Route): void {
    this.routes.add(route);
  }

  /** Takes a route away. */
  removeRoute(route: Route): void {
    this.routes.remove(route);
  }

  /** Whether the address belongs to this node. */
  owns(address: Uint8Array): boolean {
    for (const device of this.devices) {
      for (const own of device.addresses) if (sameAddress(own.address, address)) return true;
    }
    return false;
  }

  /**
   * Sends a packet of this node where its routes lead, if given not over `except`; to an address of its own
   * it comes back.
   */
  send(packet: Uint8Array, except?: Device): void {
    const destination = destinationOf(packet);
    if (this.owns(destination)) {
      this.network.clock.after(0, () => this.deliver(this.devices[0], packet));
      return;
    }
    const route = this.routes.find(destination, undefined, except);
    if (!route) return this.network.drop(this.name, this.name, "no route", packet);
    this.output(route, packet);
  }

  /** Sends a packet over one interface, whatever the other routes say. */
  sendOn(device: Device, packet: Uint8Array): void {
    const destination = destinationOf(packet);
    if (isMulticast(destination) || isLinkLocal(destination)) {
      device.send(packet, destination);
      return;
    }
    const route = this.routes.find(destination, device);
    if (!route) return this.network.drop(this.name, device.name, "no route", packet);
    this.output(route, packet);
  }

  /** Sends a packet where a route leads; a sender fragments IPv4 as routers do. */
  private output({ device, gateway }: Route, packet: Uint8Array, unreachable?: () => void): void {
    const nextHop = gateway ?? destinationOf(packet);
    const mustSplit = packet.length > device.mtuBytes && isIpv4(packet) && !dontFragment(packet);
    const parts = mustSplit ? fragmented(packet, device.mtuBytes) : [packet];
    for (const part of parts) device.send(part, nextHop, unreachable);
  }

  /** Takes what came from a link, or out of the tunnel. */
  receive(device: Device, packet: Uint8Array): void {
    if (isArp(packet)) return this.receiveArp(device, packet);
    if (!isIp(packet)) return this.network.drop(this.name, device.name, "not IP", packet);
    const destination = destinationOf(packet);
    if (isMulticast(destination) || this.owns(destination)) {
      const whole = this.wholeOf(packet);
      if (whole) this.deliver(device, whole);
    } else if (this.forwarding && !isLinkLocal(destination)) this.forward(packet, device);
    else this.network.drop(this.name, device.name, "not for this node", packet);
  }

  /** The packet itself, or of the fragments of an IPv4 packet what they make together; undefined: not yet. */
  protected wholeOf(packet: Uint8Array): Uint8Array | undefined {
    return isIpv4(packet) && isFragment(packet) ? this.reassembly.add(packet) : packet;
  }

  /** Answers for all addresses of the node: they belong to the host (RFC 1122 §3.3.4.2, weak model). */
  protected receiveArp(device: Device, message: Uint8Array): void {
    if (device instanceof Port) device.neighbours.hearArp(message, (address) => this.owns(address));
  }

  /** RFC 8200 §3, RFC 4443 §3.1 to §3.3: the packet goes on, or its sender hears why not. */
  protected forward(packet: Uint8Array, _from: Device): void {
    const { network } = this;
    const destination = destinationOf(packet);
    const route = this.routes.find(destination);
    if (hopLimit(packet) <= 1) {
      network.drop(this.name, this.name, "hop limit", packet);
      return this.sendError({ error: "time-exceeded", code: HOP_LIMIT_EXCEEDED }, packet);
    }
    if (!route) {
      network.drop(this.name, this.name, "no route", packet);
      return this.sendError({ error: "destination-unreachable", code: NO_ROUTE }, packet);
    }
    const { mtuBytes } = route.device;
    if (packet.length > mtuBytes && !(isIpv4(packet) && !dontFragment(packet))) {
      network.drop(this.name, route.device.name, "larger than the MTU", packet);
      return this.sendError({ error: "packet-too-big", code: 0, mtuBytes }, packet);
    }
    decrementHopLimit(packet);
    this.output(route, packet, () =>
      this.sendError({ error: "destination-unreachable", code: ADDRESS_UNREACHABLE }, packet));
  }

  /**
   * Answers `about` with an error, but never an error, a multicast or a later fragment (RFC 4443 §2.4 e, RFC 1122
   * §3.2.2).
   */
  protected sendError(error: ErrorContent, about: Uint8Array): void {
    const { packets } = this.network;
    const sender = sourceOf(about);
    if (isMulticast(destinationOf(about)) || sameAddress(sender, UNSPECIFIED)) return;
    if (isIpv4(about) && isLaterFragment(about)) return;
    if (packets.read(about).kind === "error") return;
    const source = this.sourceFor(sender);
    if (source) this.send(packets.error(error, source, about));
  }

  /**
   * An address of this node to send from: of the interface towards `destination`, or any of its family that is
   * not link-local.
   */
  sourceFor(destination: Uint8Array): Uint8Array | undefined {
    const devices = [this.routes.find(destination)?.device, ...this.devices];
    const addresses = devices.flatMap((device) => device?.addresses ?? []);
    const mapped = isMapped(destination);
    return addresses.find(({ address }) => !isLinkLocal(address) && isMapped(address) === mapped)?.address;
  }

  /**
   * A packet for this node. Groups that it is not in, and protocols that it does not have, are nothing to it.
   */
  protected deliver(device: Device, packet: Uint8Array): void {
    const group = destinationOf(packet);
    if (isMulticast(group) && !this.isMember(device, group)) return;
    const message = this.network.packets.read(packet);
    switch (message.kind) {
      case "echo-request": return this.answerEcho(device, message, packet);
      case "echo-reply": return this.echoHandlers.get(message.identifier)?.(message, packet);
      case "udp": return this.udpHandlers.get(message.destinationPort)?.(message, packet);
      case "error": return this.errorHandlers.forEach((handle) => handle(message, packet));
      case "neighbour-solicitation": return this.defend(device, message.target, packet);
      case "neighbour-advertisement":
        if (device instanceof Port && message.linkAddress) {
          device.neighbours.claim(message.target.slice(), message.linkAddress.slice(), message.override);
        }
        return;
      case "router-solicitation": return this.answerSolicitation(device);
    }
  }

  /** Whether an interface hears a group. */
  protected isMember(device: Device, group: Uint8Array): boolean {
    return sameAddress(group, ALL_NODES) ||
      device.addresses.some(({ address }) => isSolicitedNodeOf(group, address));
  }

  /** What a router does about a router solicitation; nodes that are none ignore it. */
  protected answerSolicitation(_device: Device): void {}

  /** A link-local address is meant on the link that the request came from. */
  private answerEcho(device: Device, message: MessageOf<"echo-request">, packet: Uint8Array): void {
    const { identifier, sequence, data } = message;
    const from = destinationOf(packet);
    const to = sourceOf(packet);
    const reply = this.network.packets.echo("echo-reply", from, to, identifier, sequence, data);
    if (isLinkLocal(to) && !this.owns(to)) this.sendOn(device, reply);
    else this.send(reply);
  }

  /** "This address is mine": to the asker, or to all nodes if it has no address yet (RFC 4861 §7.2.4). */
  private defend(device: Device, target: Uint8Array, packet: Uint8Array): void {
    if (!(device instanceof Port) || !device.owns(target)) return;
    const { packets } = this.network;
    const asker = sourceOf(packet);
    this.sendOn(device, packets.neighbourAdvertisement(target, asker, target, device.linkAddress));
  }

  /** Takes what comes to a UDP port; undefined: no longer. */
  onUdp(port: number, handle: Handler<"udp"> | undefined): void {
    if (handle) this.udpHandlers.set(port, handle);
    else this.udpHandlers.delete(port);
  }

  /** An echo identifier that nobody else on this node uses. */
  nextIdentifier(): number {
    return ++this.identifiers;
  }

  /** Shows echo replies that come to this node. */
  onEchoReply(identifier: number, handle: Handler<"echo-reply">): void {
    this.echoHandlers.set(identifier, handle);
  }

  /** Shows ICMP errors that come to this node. */
  onIcmpError(handle: (error: IcmpError, packet: Uint8Array) => void): void {
    this.errorHandlers.push(handle);
  }
}
