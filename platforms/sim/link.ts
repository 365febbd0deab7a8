/**
 * Links and the ports on them. A link is a broadcast domain: a frame to a multicast address reaches every
 * other port, a frame to a unicast address the port that its sender finds there (`neighbours.ts`).
 */
import type { Random } from "./random.ts";
import type { Network } from "./network.ts";
import { isMulticast, sameAddress } from "./ip.ts";
import type { Leases } from "./leases.ts";
import { Neighbours } from "./neighbours.ts";
import type { DropReason } from "./trace.ts";

/** How a frame fares on its way; a port may have its own conditions for what it sends. */
export interface Conditions {
  delayMs: number;
  /** Up to so much more delay, evenly; frames stay in their order. */
  jitterMs: number;
  /** Probability that a frame is lost, 0 … 1. */
  loss: number;
  /** Probability that a frame arrives twice. */
  duplication: number;
  /** Probability that a frame is held back for `reorderingDelayMs`, so that later ones pass it. */
  reordering: number;
  reorderingDelayMs: number;
  /** Largest packet in octets. */
  mtuBytes: number;
  /** Octets are put on the link at this rate; 0: at once. */
  bitsPerSecond: number;
  /** With a rate: a frame that would wait for longer is dropped. */
  longestQueueMs: number;
}

/** A millisecond of delay, no loss, an Ethernet's MTU, no limit of rate. */
export const GOOD_CONDITIONS: Readonly<Conditions> = {
  delayMs: 1, jitterMs: 0, loss: 0, duplication: 0, reordering: 0, reorderingDelayMs: 5,
  mtuBytes: 1500, bitsPerSecond: 0, longestQueueMs: 500,
};

/**
 * Who takes what arrives. A unicast packet is the receiver's own; a multicast one is shared, and must not be
 * changed.
 */
export interface Receiver {
  readonly name: string;
  receive(port: Port, packet: Uint8Array): void;
}

/** An address of an interface, and how many of its bits are the prefix of the link. */
export interface InterfaceAddress {
  readonly address: Uint8Array;
  readonly lengthBits: number;
}

/** A network interface of a node: in a link, or (cable pulled) in none. */
export class Port {
  link?: Link;
  /** A port that is down neither sends nor receives. */
  up = true;
  /** Ports in different partitions of a link do not hear each other. */
  partition = 0;
  readonly addresses: InterfaceAddress[] = [];
  /** 6 octets, locally administered. */
  readonly linkAddress: Uint8Array;
  readonly neighbours: Neighbours;
  /** This port gets every frame of its link that no other port gets: everybody else is played by its owner. */
  playsOthers = false;
  /** For what this port sends; without them the link's. */
  conditions?: Partial<Conditions>;
  /** When the last frame of this port has left it, and when it arrives. */
  busyUntilMs = 0;
  lastArrivalMs = 0;

  constructor(
    private readonly network: Network,
    readonly owner: Receiver,
    readonly name: string,
  ) {
    this.linkAddress = network.nextLinkAddress();
    this.neighbours = new Neighbours(network, this);
  }

  get mtuBytes(): number {
    return this.conditions?.mtuBytes ?? this.link?.conditions.mtuBytes ?? GOOD_CONDITIONS.mtuBytes;
  }

  /** Puts the cable into `link`, out of the one it is in. */
  attach(link: Link): void {
    this.detach();
    this.link = link;
    this.busyUntilMs = this.lastArrivalMs = 0;
    link.ports.push(this);
  }

  /** Pulls the cable: frames on their way to this port are lost. */
  detach(): void {
    if (!this.link) return;
    this.neighbours.clear();
    this.link.ports.splice(this.link.ports.indexOf(this), 1);
    this.link = undefined;
  }

  /** Whether an address is on this port. */
  owns(address: Uint8Array): boolean {
    for (const own of this.addresses) if (sameAddress(own.address, address)) return true;
    return false;
  }

  /** Sends an ARP message to the port with a link-layer address, or to all. */
  sendArp(message: Uint8Array, to?: Uint8Array): void {
    const { link } = this;
    if (!link || !this.up) return this.network.drop(this.owner.name, this.name, "port down", message);
    const port = to && link.portOf(to);
    if (!to || port) link.transmit(this, message, port);
  }

  /**
   * Sends a packet to the neighbour `nextHop`, a unicast or multicast address; `unreachable` is called when
   * nobody there has that address.
   */
  send(packet: Uint8Array, nextHop: Uint8Array, unreachable?: () => void): void {
    const { link, neighbours } = this;
    if (!link || !this.up) return this.network.drop(this.owner.name, this.name, "port down", packet);
    if (isMulticast(nextHop)) return link.transmit(this, packet);
    const to = neighbours.find(nextHop);
    if (to) link.transmit(this, packet, to);
    else neighbours.resolve(packet, nextHop, unreachable);
  }
}

/** A broadcast domain with conditions. */
export class Link {
  readonly ports: Port[] = [];
  /** IPv4 addresses for those who come; absent: there are none. */
  leases?: Leases;
  readonly conditions: Conditions;
  private readonly random: Random;

  constructor(
    readonly network: Network,
    readonly name: string,
    conditions: Partial<Conditions> = {},
  ) {
    this.conditions = { ...GOOD_CONDITIONS, ...conditions };
    this.random = network.random(`link ${name}`);
  }

  /**
   * Divides the link: each group of ports hears only itself; ports in no group stay together. No groups:
   * whole again.
   */
  divide(...groups: Port[][]): void {
    for (const port of this.ports) port.partition = 1 + groups.findIndex((group) => group.includes(port));
  }

  /** The port, another one than `asker`, that has an address. */
  ownerOf(address: Uint8Array, asker: Port): Port | undefined {
    for (const port of this.ports) if (port !== asker && port.owns(address)) return port;
    return this.ports.find((port) => port !== asker && port.playsOthers);
  }

  /** The port with a link-layer address. */
  portOf(linkAddress: Uint8Array): Port | undefined {
    return this.ports.find((port) => port.linkAddress.every((octet, index) => octet === linkAddress[index]));
  }

  /** A frame from a port of this link: to one other, or to all. */
  transmit(from: Port, packet: Uint8Array, to?: Port): void {
    const conditions = from.conditions ? { ...this.conditions, ...from.conditions } : this.conditions;
    const leavesMs = this.serialize(from, packet, conditions);
    if (leavesMs === undefined) return;
    if (to) return this.carry(from, to, packet, leavesMs, conditions);
    for (const port of this.ports) if (port !== from) this.carry(from, port, packet, leavesMs, conditions);
  }

  /** When the last bit is on the link; undefined if the packet never gets there. */
  private serialize(from: Port, packet: Uint8Array, conditions: Conditions): number | undefined {
    const { network } = this;
    if (packet.length > conditions.mtuBytes) {
      network.drop(from.owner.name, this.name, "larger than the MTU", packet);
      return undefined;
    }
    if (conditions.bitsPerSecond === 0) return network.nowMs;
    const beginsMs = Math.max(network.nowMs, from.busyUntilMs);
    if (beginsMs - network.nowMs > conditions.longestQueueMs) {
      network.drop(from.owner.name, this.name, "queue full", packet);
      return undefined;
    }
    from.busyUntilMs = beginsMs + (packet.length * 8000) / conditions.bitsPerSecond;
    return from.busyUntilMs;
  }

  private carry(from: Port, to: Port, packet: Uint8Array, leavesMs: number, conditions: Conditions): void {
    const { network, random } = this;
    const lose = (why: DropReason) => network.drop(to.owner.name, this.name, why, packet, from.owner.name);
    if (from.partition !== to.partition) return lose("partition");
    if (random.chance(conditions.loss)) return lose("lost");

    const jitterMs = conditions.jitterMs > 0 ? random.between(0, conditions.jitterMs) : 0;
    let arrivesMs = leavesMs + conditions.delayMs + jitterMs;
    if (random.chance(conditions.reordering)) arrivesMs += conditions.reorderingDelayMs;
    else from.lastArrivalMs = arrivesMs = Math.max(arrivesMs, from.lastArrivalMs);
    this.deliverAt(arrivesMs, from, to, packet);
    if (random.chance(conditions.duplication)) this.deliverAt(arrivesMs, from, to, packet.slice());
  }

  private deliverAt(arrivesMs: number, from: Port, to: Port, packet: Uint8Array): void {
    const { network } = this;
    if (network.watched) {
      network.emit({
        kind: "frame", atMs: network.nowMs, arrivesMs, link: this.name,
        from: from.owner.name, to: to.owner.name, packet,
      });
    }
    network.clock.at(arrivesMs, () => {
      if (to.link !== this) network.drop(to.owner.name, this.name, "receiver left", packet);
      else if (!to.up) network.drop(to.owner.name, this.name, "port down", packet);
      else to.owner.receive(to, packet);
    });
  }
}
