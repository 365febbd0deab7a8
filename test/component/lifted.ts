/**
 * An engine of the component as the bindings' class Engine: what mext/component gives, or a program with wasmtime, is
 * called with lists and variants, and its orders go to the handler that an Engine would have.
 */
import {
  CommandRefused, Command, DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES,
  DATAGRAM_TRAFFIC_CLASS, type Datagrams, DEVICE_ANY, type OrderHandler, type Query, Refusal, type Role,
} from "../../bindings/engine.ts";
import { ipv4Mapped } from "../../bindings/address.ts";
import * as abi from "../../core-as/abi/contract.ts";
import { Reason, REASON_COUNT } from "../../core-as/abi/reasons.ts";
import { kebabCase } from "../../bindings/codec-names.ts";
import type { NodeEngine } from "../../platforms/sim/engine.ts";

/** A case of a variant, as jco has it. */
export interface Variant { tag: string; val?: any }

/** Of the resource `engine` what is used here. A refusal is thrown (`refusalOf`). */
export interface LiftedEngine {
  rawCommand(nowMs: number, code: number, octets: Uint8Array): Variant[];
  process(nowMs: number, inputs: { device: number; payload: Variant }[]): Variant[];
  tick(nowMs: number): Variant[];
  nextWakeupMs(): number | undefined;
  refusals(): { reason: string; packets: bigint | number }[];
  rawQuery(table: string): Uint8Array;
  exportState(): Uint8Array;
  importState(nowMs: number, records: Uint8Array): [number, Variant[]];
}

/** What a function of the component refused with: jco wraps it in an error. */
export function refusalOf(thrown: unknown): unknown {
  return (thrown as { payload?: unknown } | undefined)?.payload ?? thrown;
}

/** The names of an enum's members in the WIT, by their numbers. */
export function witNames(enumeration: object): Map<number, string> {
  return new Map(Object.entries(enumeration).filter(([, number]) => typeof number === "number")
    .map(([name, number]) => [number, kebabCase(name)]));
}

const numberOf = (enumeration: object) => new Map([...witNames(enumeration)].map(([number, name]) => [name, number]));
const EVENTS = numberOf(abi.Event);
const REASONS = numberOf(Reason);
const REFUSALS = numberOf(Refusal);
const TABLES = witNames(abi.Query);

/** What the WIT calls roles. */
export const ROLES = witNames(abi.Role);
export const BUDGETS = {
  slots: 64, slotBytes: 2048, outputBytes: 65536, maxBindings: 64, maxNodes: 64, reassemblies: 4,
};

/** 16 octets of an address that has 4 or 16; unspecified where there is none. */
const wide = (address?: Uint8Array) => (
  address === undefined ? new Uint8Array(16) : address.length === 4 ? ipv4Mapped(address) : address
);
const bits = (address: Uint8Array, length: number) => (address.length === 4 ? length + 96 : length);
/** An IPv4 address without the octets that map it. */
const narrow = (address: Uint8Array) => (
  address.subarray(0, 12).every((octet, index) => octet === (index < 10 ? 0 : 0xff)) ? address.slice(12) : address
);

export class ComponentEngine implements NodeEngine {
  /** Of the order at hand: what its pointer points into. */
  memory: Uint8Array = new Uint8Array(0);

  constructor(private readonly lifted: LiftedEngine, private readonly handler: OrderHandler) {}

  receive(nowMs: number, device: number, packet: Uint8Array): void {
    this.process(nowMs, device, { tag: "packet", val: packet });
  }

  receiveArp(nowMs: number, device: number, message: Uint8Array): void {
    this.process(nowMs, device, { tag: "arp", val: message });
  }

  receiveDatagrams(nowMs: number, device: number, payload: Uint8Array, from: Datagrams): void {
    const { address, port, segmentBytes = 0, trafficClass = 0 } = from;
    this.process(nowMs, device, { tag: "datagrams", val: { address: narrow(address), port, segmentBytes, trafficClass, payload } });
  }

  tick(nowMs: number): void {
    this.carryOut(this.lifted.tick(nowMs));
  }

  nextWakeupMs(): number {
    return this.lifted.nextWakeupMs() ?? Infinity;
  }

  command(code: Command, lengthBytes: number, nowMs: number, fill?: (view: DataView, bytes: Uint8Array) => void): void {
    const record = new Uint8Array(lengthBytes);
    fill?.(new DataView(record.buffer), record);
    let orders: Variant[];
    try {
      orders = this.lifted.rawCommand(nowMs, code, record);
    } catch (error) {
      const number = REFUSALS.get(refusalOf(error) as string);
      if (number === undefined) throw error;
      throw new CommandRefused(Command[code], number);
    }
    this.carryOut(orders);
  }

  query(kind: Query, recordBytes: number, visit: (record: DataView) => void): void {
    const records = this.lifted.rawQuery(TABLES.get(kind)!);
    for (let at = 0; at < records.length; at += recordBytes) {
      visit(new DataView(records.buffer, records.byteOffset + at, recordBytes));
    }
  }

  counters(): Float64Array {
    const counters = new Float64Array(REASON_COUNT);
    for (const { reason, packets } of this.lifted.refusals()) counters[REASONS.get(reason)!] = Number(packets);
    return counters;
  }

  exportState(): Uint8Array {
    return this.lifted.exportState();
  }

  importState(records: Uint8Array, nowMs: number): number {
    const [understood, orders] = this.lifted.importState(nowMs, records);
    this.carryOut(orders);
    return understood;
  }

  readDatagrams(pointer: number): Required<Datagrams> {
    const view = new DataView(this.memory.buffer);
    const at = pointer - DATAGRAM_BYTES;
    return {
      address: this.memory.slice(at + DATAGRAM_ADDRESS, at + DATAGRAM_ADDRESS + 16),
      port: view.getUint16(at + DATAGRAM_PORT, true),
      segmentBytes: view.getUint16(at + DATAGRAM_SEGMENT_BYTES, true),
      trafficClass: view.getUint8(at + DATAGRAM_TRAFFIC_CLASS),
      mayFragment: view.getUint8(at + abi.DATAGRAM_FRAGMENTS) !== 0,
    };
  }

  private process(nowMs: number, device: number, payload: Variant): void {
    this.carryOut(this.lifted.process(nowMs, [{ device, payload }]));
  }

  private carryOut(orders: Variant[]): void {
    for (const { tag, val } of orders) this.carryOutOne(tag, val);
    this.handler.drained?.();
  }

  private carryOutOne(tag: string, val: any): void {
    const { handler } = this;
    switch (tag) {
      case "transmit":
        this.memory = val.packet;
        return handler.transmit(val.device ?? DEVICE_ANY, 0, val.packet.length);
      case "event": return handler.event(eventRecord(val));
      case "keep": return handler.keep(val);
      case "add-address": return handler.addAddress(val.device, wide(val.address), bits(val.address, val.prefixLength));
      case "remove-address": return handler.removeAddress(val.device, wide(val.address), bits(val.address, val.prefixLength));
      case "add-default-route": return handler.addDefaultRoute(val.device, wide(val.router));
      case "remove-default-route": return handler.removeDefaultRoute(val.device, wide(val.router));
      case "tunnel-mtu": return handler.tunnelMtu(val);
      case "add-route": return handler.addRoute(val.device, wide(val.address), bits(val.address, val.prefixLength));
      case "remove-route": return handler.removeRoute(val.device, wide(val.address), bits(val.address, val.prefixLength));
      case "add-neighbour": return handler.addNeighbour(val.device, wide(val.address), val.linkAddress);
      case "use-tunnel": return handler.useTunnel(val.device, val.on);
      case "hear-groups": return handler.hearGroups(val.device, val.on);
      case "send-datagrams":
        this.memory = datagramRecord(val);
        return handler.sendDatagrams(val.device ?? DEVICE_ANY, DATAGRAM_BYTES, val.to.payload.length);
      case "send-arp":
        this.memory = val.message;
        return handler.sendArp(val.device, 0, val.message.length, val.toAll);
      default: throw new Error(`the component has an order ${tag} that is not known here`);
    }
  }
}

/** A DATAGRAM_* record with the payload behind it. */
function datagramRecord({ to, mayFragment }: any): Uint8Array {
  const record = new Uint8Array(DATAGRAM_BYTES + to.payload.length);
  const view = new DataView(record.buffer);
  record.set(wide(to.address), DATAGRAM_ADDRESS);
  view.setUint16(DATAGRAM_PORT, to.port, true);
  view.setUint16(DATAGRAM_SEGMENT_BYTES, to.segmentBytes, true);
  view.setUint8(DATAGRAM_TRAFFIC_CLASS, to.trafficClass);
  view.setUint8(abi.DATAGRAM_FRAGMENTS, mayFragment ? 1 : 0);
  record.set(to.payload, DATAGRAM_BYTES);
  return record;
}

/** An EVENT_* record. */
function eventRecord(event: any): DataView {
  const record = new Uint8Array(abi.EVENT_BYTES);
  const view = new DataView(record.buffer);
  const code = EVENTS.get(event.kind)!;
  view.setUint16(abi.EVENT_CODE, code, true);
  view.setUint16(abi.EVENT_DEVICE, event.device ?? DEVICE_ANY, true);
  view.setUint32(abi.EVENT_VALUE, event.value, true);
  view.setFloat64(abi.EVENT_TIME, event.atMs, true);
  record.set(wide(event.first), abi.EVENT_FIRST);
  record.set(wide(event.second), abi.EVENT_SECOND);
  if (code === abi.Event.ProbeAnswered) view.setFloat64(abi.EVENT_SECOND, event.clockAheadMs ?? NaN, true);
  view.setUint32(abi.EVENT_VALUE2, event.value2, true);
  view.setUint32(abi.EVENT_VALUE3, event.value3, true);
  return view;
}

/** For `Network`'s engine: starts what `start` gives for a role. */
export function componentFactory(
  start: (role: string, nowMs: number, entropy: Uint8Array, budgets: typeof BUDGETS) => LiftedEngine,
): (role: Role, handler: OrderHandler, entropy: Uint8Array, nowMs: number) => ComponentEngine {
  return (role, handler, entropy, nowMs) => new ComponentEngine(start(ROLES.get(role)!, nowMs, entropy, BUDGETS), handler);
}
