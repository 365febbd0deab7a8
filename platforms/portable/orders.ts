/**
 * Carries out the core's orders where there is no kernel to change: datagrams go to underlays, packets out of the tunnel
 * and events to the node. Packets with outer headers of their own cannot leave here, and are counted.
 */
import { type Engine, EVENT_CODE, type OrderHandler } from "../../bindings/engine.ts";
import { type CoreEvent, readEvent } from "../../bindings/events.ts";
import type { Endpoint } from "./contract.ts";
import { Counts } from "./counts.ts";
import type { Driver } from "./driver.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Index of the tunnel device; access devices follow. */
export const TUNNEL = 0;
/** Of each kind, in a second: a flood of forged packets must not become one of events. */
const MAX_EVENTS_A_SECOND = 1000;

export type Drop =
  /** A packet with IP headers of its own: only a socket with privileges could send it. */
  | "no way for raw packets"
  /** No underlay carries datagrams to there. */
  | "no underlay to there"
  /** A datagram from outside claims the address of a connection. */
  | "forged address of a connection"
  /** A packet out of the tunnel that the program does not take. */
  | "nobody listens to packets"
  /** It has passed too many routers. */
  | "hop limit exceeded";

/** The node whose orders these are. */
export interface OrderedNode {
  readonly driver: Driver;
  /** A packet out of the tunnel, its own copy. */
  fromTunnel(packet: Uint8Array): void;
  /** A datagram for an access device, or for any; its own copy. */
  sendDatagram(device: number, payload: Uint8Array, to: Endpoint): void;
  /** Told of every event, before `happened`; asks the core nothing. */
  noteEvent(code: number): void;
  /** Whether anybody wants to know of events. */
  readonly wantsEvents: boolean;
  happened(event: CoreEvent): void;
}

export class Orders implements OrderHandler {
  readonly drops = new Counts<Drop>();
  /** What the tunnel takes at most, octets. */
  tunnelMtuBytes = 0;
  /** Home addresses that the core has given the node, beside the configured one. */
  readonly addresses = new Map<string, Uint8Array>();
  omittedEvents = 0;
  readonly #node: OrderedNode;
  readonly #limits = new Map<number, TokenBucket>();
  #engine!: Engine;
  #waiting: (() => void)[] = [];

  constructor(node: OrderedNode) {
    this.#node = node;
  }

  attach(engine: Engine): void {
    this.#engine = engine;
    this.#waiting = [];
    this.addresses.clear();
  }

  transmit(device: number, pointer: number, lengthBytes: number): void {
    if (device !== TUNNEL) return this.drops.add("no way for raw packets");
    const packet = this.#engine.memory.slice(pointer, pointer + lengthBytes);
    this.#node.driver.deliver(() => this.#node.fromTunnel(packet));
  }

  /** A train is cut into its datagrams. They leave when what was to be kept is kept. */
  sendDatagrams(device: number, pointer: number, lengthBytes: number): void {
    const { address, port, segmentBytes } = this.#engine.readDatagrams(pointer);
    const each = segmentBytes || lengthBytes;
    for (let at = 0; at < lengthBytes; at += each) {
      const end = Math.min(at + each, lengthBytes);
      const payload = this.#engine.memory.slice(pointer + at, pointer + end);
      this.#waiting.push(() => this.#node.sendDatagram(device, payload, { address, port }));
    }
  }

  drained(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const send of waiting) send();
  }

  event(record: DataView): void {
    const code = record.getUint16(EVENT_CODE, true);
    this.#node.noteEvent(code);
    if (!this.#node.wantsEvents) return;
    if (!this.#mayTell(code)) {
      this.omittedEvents++;
      return;
    }
    const event = readEvent(record);
    this.#node.driver.deliver(() => this.#node.happened(event));
  }

  keep(record: Uint8Array): void {
    this.#node.driver.keep(record);
  }

  addAddress(device: number, address: Uint8Array): void {
    if (device === TUNNEL) this.addresses.set(address.join(), address);
  }

  removeAddress(device: number, address: Uint8Array): void {
    if (device === TUNNEL) this.addresses.delete(address.join());
  }

  tunnelMtu(octets: number): void {
    this.tunnelMtuBytes = octets;
  }

  sendArp(): void {
    this.drops.add("no way for raw packets");
  }

  // There is no routing table, and no link, that the core could want to change.
  addDefaultRoute(): void {}
  removeDefaultRoute(): void {}
  addRoute(): void {}
  removeRoute(): void {}
  addNeighbour(): void {}
  useTunnel(): void {}
  hearGroups(): void {}

  #mayTell(code: number): boolean {
    const { nowMs } = this.#node.driver;
    let limit = this.#limits.get(code);
    if (limit === undefined) this.#limits.set(code, (limit = new TokenBucket(MAX_EVENTS_A_SECOND, MAX_EVENTS_A_SECOND, nowMs)));
    return limit.take(nowMs);
  }
}
