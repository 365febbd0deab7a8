/** A home agent to be measured: the shipped binary with any number of nodes and bindings. */
import * as abi from "../core-as/abi/contract.ts";
import { addNode, setDevice, setHomeAgent, setWallClock, type Security } from "../bindings/commands.ts";
import { Engine, Role, type Budgets, type OrderHandler } from "../bindings/engine.ts";
import { parseAddress } from "../bindings/address.ts";

export const TUNNEL = 0;
export const ACCESS = 1;
export const HOME_AGENT = parseAddress("2001:db8:100::1");
export const CORRESPONDENT = parseAddress("2001:db8:200::5");
/** Unix ms at monotonic 0. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);
export const SPI = 300;
/** The longest that a Binding Update can ask for: no binding ends while it is being measured. */
export const LONGEST_LIFETIME_MS = 0xffff * 4000;
export const START_MS = 1000;

/** Home address of node `index`: one /64, with interface identifiers as random as those of RFC 7217. */
export function homeAddress(index: number): Uint8Array {
  const address = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const view = new DataView(address.buffer);
  view.setUint32(8, mix(index ^ 0x5bd1e995) | 1);
  view.setUint32(12, mix(index)); // one to one, so no two nodes have the same
  return address;
}

/** Where node `index` is while it visits. */
export function careofAddress(index: number, visit = 0): Uint8Array {
  const address = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0xa0, visit, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x17);
  new DataView(address.buffer).setUint32(8, index);
  return address;
}

/** Network access identifier of node `index`, 19 octets. */
export function identity(index: number): string {
  return `n${String(index).padStart(7, "0")}@mext.bench`;
}

/** Shared key of node `index`. */
export function key(index: number): Uint8Array {
  const octets = new Uint8Array(16).fill(0x6b);
  new DataView(octets.buffer).setUint32(0, index);
  return octets;
}

/** A permutation of the 32-bit numbers. */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Numbers below `count`, each once, in an order that repeats from run to run. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(mix(at) / 2 ** 32 * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}

/** Counts what the core orders and keeps nothing of it. */
export class Counting implements OrderHandler {
  packets = 0;
  octets = 0;
  events = 0;
  records = 0;
  /** Set while somebody wants the packets themselves. */
  taker: ((device: number, pointer: number, lengthBytes: number) => void) | undefined = undefined;
  transmit(device: number, pointer: number, lengthBytes: number): void {
    this.packets++;
    this.octets += lengthBytes;
    this.taker?.(device, pointer, lengthBytes);
  }
  event(): void { this.events++; }
  keep(): void { this.records++; }
  addAddress(): void {}
  removeAddress(): void {}
  addDefaultRoute(): void {}
  removeDefaultRoute(): void {}
  addRoute(): void {}
  removeRoute(): void {}
  addNeighbour(): void {}
  useTunnel(): void {}
  hearGroups(): void {}
  sendDatagrams(): void {}
  sendArp(): void {}
  tunnelMtu(): void {}
}

export interface Size {
  /** Mobile nodes that may register; they are added at once. */
  nodes: number;
  /** The first of them that have a binding. */
  bindings: number;
  authentication?: "none" | "shared-key";
  slots?: number;
  /** Other budgets than the nodes need. */
  budgets?: Partial<Budgets>;
}

/** Of an engine, what makes a home agent of it. */
export type Configurable = Pick<Engine, "command" | "importState">;

export class HomeAgent {
  readonly orders = new Counting();
  readonly engine: Engine;
  now = START_MS;

  constructor(module: WebAssembly.Module, size: Size) {
    const entropy = Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 101) & 255);
    this.engine = new Engine(module, Role.HomeAgent, this.orders, entropy, this.now, {
      slots: size.slots ?? 64, slotBytes: 2048, outputBytes: 262_144,
      maxBindings: size.nodes, maxNodes: size.nodes, reassemblies: 4,
      ...size.budgets,
    });
    configure(this.engine, size, this.now);
  }

  /** Gives the nodes from `first` on bindings, from state records as after a restart. */
  restore(first: number, count: number, lifetimeMs = LONGEST_LIFETIME_MS): void {
    restore(this.engine, first, count, this.now, lifetimeMs);
  }

  /** Octets of linear memory. */
  get memoryBytes(): number {
    return this.engine.memory.length;
  }
}

/** Makes an engine the home agent that is measured. */
export function configure(engine: Configurable, size: Size, now: number): void {
  setWallClock(engine, EPOCH_MS + now, now);
  setDevice(engine, { index: TUNNEL, kind: "tunnel", mtu: 1460, up: true }, now);
  setDevice(engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, now);
  setHomeAgent(engine, {
    address: HOME_AGENT, homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }],
    maxLifetimeMs: LONGEST_LIFETIME_MS, refreshAdviceMs: 0, replayWindowMs: 7000,
  }, now);
  for (let index = 0; index < size.nodes; index++) {
    const security: Security = (size.authentication ?? "none") === "none" ? { authentication: "none" } : {
      authentication: "shared-key", identity: identity(index), spi: SPI, key: key(index), replayProtection: "timestamp",
    };
    addNode(engine, { id: index, homeAddresses: [homeAddress(index)], security }, now);
  }
  restore(engine, 0, size.bindings, now);
}

function restore(engine: Configurable, first: number, count: number, now: number, lifetimeMs = LONGEST_LIFETIME_MS): void {
  const atOnce = Math.floor(abi.REPLY_BYTES / abi.STATE_BINDING_BYTES);
  for (let at = first; at < first + count; at += atOnce) {
    engine.importState(bindingRecords(at, Math.min(atOnce, first + count - at), now, lifetimeMs), now);
  }
}

/** State records of bindings that end `lifetimeMs` from `now`. */
export function bindingRecords(first: number, count: number, now: number, lifetimeMs: number): Uint8Array {
  const records = new Uint8Array(count * abi.STATE_BINDING_BYTES);
  const view = new DataView(records.buffer);
  for (let index = 0; index < count; index++) {
    const at = index * abi.STATE_BINDING_BYTES;
    view.setUint16(at + abi.STATE_KIND, abi.State.Binding, true);
    view.setUint16(at + abi.STATE_LENGTH, abi.STATE_BINDING_BYTES, true);
    records.set(homeAddress(first + index), at + abi.STATE_BINDING_HOME_ADDRESS);
    records.set(careofAddress(first + index), at + abi.STATE_BINDING_CAREOF_ADDRESS);
    view.setFloat64(at + abi.STATE_BINDING_EXPIRES, EPOCH_MS + now + lifetimeMs, true);
    view.setFloat64(at + abi.STATE_BINDING_SINCE, EPOCH_MS + now, true);
    view.setUint32(at + abi.STATE_BINDING_LIFETIME, lifetimeMs / 1000, true);
  }
  return records;
}
