/** Carries out the core's orders: packets, kept records, events, and the kernel's network. */
import { formatAnyAddress } from "../../bindings/address.ts";
import { type Engine, EVENT_CODE, MAX_DEVICES } from "../../bindings/engine.ts";
import { type CoreEvent, readEvent } from "../../bindings/events.ts";
import type { Access } from "./access.ts";
import type { Host } from "./engine-host.ts";
import type { Journal } from "./journal.ts";
import type { Linux } from "./linux.ts";
import { NetworkOrders } from "./network-orders.ts";
import { RateLimit } from "./rate-limit.ts";
import { SendFailures } from "./send-queue.ts";
import { ENODEV } from "./system/constants.ts";
import { PacketMemory } from "./system/memory.ts";

/** Index of the tunnel device; access devices follow. */
export const TUNNEL = 0;
/** Of each kind. More are only counted: a flood of forged packets must not become one of events. */
const MAX_EVENTS_A_SECOND = 1000;

/** Events of the core, until somebody takes them. */
export interface EventBatch {
  readonly events: readonly CoreEvent[];
  /** Events that were too many. */
  readonly omitted: number;
}

/** The host refused an address of the core: it is told when it has given all its orders. */
export interface RefusedAddress {
  readonly device: number;
  readonly address: Uint8Array;
}

export class Orders implements Host {
  readonly failures = new SendFailures();
  readonly network: NetworkOrders;
  readonly #linux: Linux;
  readonly #access: Access;
  readonly #journal: Journal;
  #memory!: PacketMemory;
  readonly #limit = new RateLimit<number>(MAX_EVENTS_A_SECOND);
  #events: CoreEvent[] = [];
  #refused: RefusedAddress[] = [];

  constructor(linux: Linux, access: Access, journal: Journal) {
    this.#linux = linux;
    this.#access = access;
    this.#journal = journal;
    const { interfaceIndex } = linux.tun;
    this.network = new NetworkOrders(linux, access.ownAddress, (device) => {
      return device === TUNNEL ? interfaceIndex : access.interfaceIndex(device);
    });
  }

  attach(engine: Engine): void {
    this.network.clear();
    this.#memory = new PacketMemory(engine.exports.memory);
    const { failures } = this;
    this.#access.open({ engine, packets: this.#memory, failures, mark: this.#linux.mark });
    this.#access.routesChanged?.(0);
  }

  /** Where a pointer of the core is in this process. */
  addressAt(pointer: number): number {
    return this.#memory.addressAt(pointer);
  }

  transmit(device: number, pointer: number, lengthBytes: number): void {
    if (device === TUNNEL) {
      const errno = this.#linux.tun.write(this.#memory.addressAt(pointer), lengthBytes);
      if (errno !== 0) this.failures.count(errno);
      return;
    }
    const port = this.#access.port(device);
    if (port === undefined) this.failures.count(ENODEV);
    else port.transmit(pointer, lengthBytes);
  }

  /** All orders of a call were given, and what was to be kept is kept: now packets leave. */
  drained(): void {
    for (const port of this.#access.ports) port.flush();
  }

  event(record: DataView): void {
    if (!this.#limit.allows(record.getUint16(EVENT_CODE, true))) return;
    const event = readEvent(record);
    this.#events.push(event);
    this.#access.observe?.(event);
  }

  keep(record: Uint8Array): void {
    this.#journal.append(record);
  }

  addAddress(device: number, address: Uint8Array, prefixLength: number): void {
    if (device === TUNNEL) this.#homeAddressChanged(address, true);
    const usable = this.network.addAddress(device, address, prefixLength);
    if (device !== TUNNEL) this.network.attempt(() => this.#access.addressPlaced?.(device, formatAnyAddress(address)));
    if (!usable && this.#refused.length < MAX_DEVICES) this.#refused.push({ device, address });
  }

  /** What the core sent from this address, and by this route, leaves first. */
  removeAddress(device: number, address: Uint8Array, prefixLength: number): void {
    this.drained();
    this.network.removeAddress(device, address, prefixLength);
    if (device === TUNNEL) this.#homeAddressChanged(address, false);
  }

  addDefaultRoute(device: number, router: Uint8Array): void {
    this.network.addDefaultRoute(device, router);
  }

  removeDefaultRoute(device: number): void {
    this.drained();
    this.network.removeDefaultRoute(device);
  }

  tunnelMtu(octets: number): void {
    this.network.tunnelMtu(octets);
  }

  addRoute(_tunnel: number, prefix: Uint8Array, prefixLength: number): void {
    const count = this.network.addRoute(prefix, prefixLength);
    this.#access.routesChanged?.(count);
    this.network.attempt(() => this.#access.intercept?.(prefix, true));
  }

  /** What the core sent by the old way leaves first. */
  removeRoute(_tunnel: number, prefix: Uint8Array, prefixLength: number): void {
    this.drained();
    const count = this.network.removeRoute(prefix, prefixLength);
    this.#access.routesChanged?.(count);
    this.network.attempt(() => this.#access.intercept?.(prefix, false));
  }

  addNeighbour(device: number, address: Uint8Array, linkAddress: Uint8Array): void {
    this.network.addNeighbour(device, address, linkAddress);
  }

  useTunnel(_tunnel: number, use: boolean): void {
    this.network.attempt(() => this.#access.useTunnel?.(use));
  }

  hearGroups(device: number, hear: boolean): void {
    this.network.attempt(() => this.#access.port(device)?.hearGroups(hear));
  }

  sendDatagrams(device: number, pointer: number, lengthBytes: number): void {
    const port = this.#access.port(device);
    if (port === undefined) this.failures.count(ENODEV);
    else port.sendDatagrams(pointer, lengthBytes);
  }

  sendArp(device: number, pointer: number, lengthBytes: number, toAll: boolean): void {
    const port = this.#access.port(device);
    if (port === undefined) this.failures.count(ENODEV);
    else port.sendArp(pointer, lengthBytes, toAll);
  }

  #homeAddressChanged(address: Uint8Array, present: boolean): void {
    this.network.attempt(() => this.#access.homeAddressChanged?.(formatAnyAddress(address), present));
  }

  /** Hands the collected events over; undefined: there are none. */
  takeEvents(): EventBatch | undefined {
    if (this.#events.length === 0) return undefined;
    const batch = { events: this.#events, omitted: this.#limit.takeOmitted() };
    this.#events = [];
    return batch;
  }

  takeRefused(): RefusedAddress[] {
    return this.#refused.length === 0 ? this.#refused : this.#refused.splice(0);
  }
}
