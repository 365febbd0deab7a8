/** Engines without a host: what they send is collected, time is a number. */
import { readFileSync } from "node:fs";
import { type Budgets, type Datagrams, Engine, type OrderHandler, Role } from "../../bindings/engine.ts";
import { parseAddress } from "../../bindings/address.ts";
import {
  MOBILE_NODE_DEFAULTS, addNode, setDevice, setHomeAgent, setMobileNode, setWallClock,
  type HomeAgentSettings, type MobileNodeSettings, type NodeSettings, type Security,
} from "../../bindings/commands.ts";
import { type CoreEvent, readEvent } from "../../bindings/events.ts";

export const module = new WebAssembly.Module(readFileSync(new URL("../../build/mext.wasm", import.meta.url)));

export const HOME_AGENT = "2001:db8:100::1";
export const HOME_ADDRESS = "2001:db8:100::17";
export const CORRESPONDENT = "2001:db8:200::5";
export const CAREOF = "2001:db8:a::17";
export const TUNNEL = 0;
export const ACCESS = 1;
/** Unix ms at monotonic 0. */
export const EPOCH = Date.UTC(2026, 0, 1);

export const SECURITY: Security = {
  authentication: "shared-key", identity: "car17@example.org", spi: 300,
  key: new TextEncoder().encode("0123456789abcdef"), replayProtection: "timestamp",
};

export interface Sent { device: number; packet: Uint8Array }

/** Datagrams that were sent, a train as it is. */
export interface SentDatagrams extends Required<Datagrams> { device: number; payload: Uint8Array }

/** An engine and everything that it ordered, oldest first. */
export class Node implements OrderHandler {
  readonly engine: Engine;
  now = 1000;
  sent: Sent[] = [];
  datagrams: SentDatagrams[] = [];
  arp: { device: number; message: Uint8Array; toAll: boolean }[] = [];
  events: CoreEvent[] = [];
  kept: Uint8Array[] = [];
  network: string[] = [];
  tunnelMtuOctets = 0;

  constructor(role: Role, budgets: Partial<Budgets> = {}, seed = 1, binary = module) {
    const entropy = Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + seed * 101) & 255);
    this.engine = new Engine(binary, role, this, entropy, this.now, budgets);
    setWallClock(this.engine, EPOCH + this.now, this.now);
    setDevice(this.engine, { index: TUNNEL, kind: "tunnel", mtu: 1460, up: true }, this.now);
  }

  transmit(device: number, pointer: number, lengthBytes: number): void {
    this.sent.push({ device, packet: this.engine.memory.slice(pointer, pointer + lengthBytes) });
  }
  event(record: DataView): void { this.events.push(readEvent(record)); }
  keep(record: Uint8Array): void { this.kept.push(record.slice()); }
  addAddress(device: number, address: Uint8Array): void { this.network.push(`+${device} ${hex(address)}`); }
  removeAddress(device: number, address: Uint8Array): void { this.network.push(`-${device} ${hex(address)}`); }
  addDefaultRoute(device: number, router: Uint8Array): void { this.network.push(`+route ${device} ${hex(router)}`); }
  removeDefaultRoute(device: number, router: Uint8Array): void { this.network.push(`-route ${device} ${hex(router)}`); }
  addRoute(device: number, prefix: Uint8Array, length: number): void { this.network.push(`+to ${device} ${hex(prefix)}/${length}`); }
  removeRoute(device: number, prefix: Uint8Array, length: number): void { this.network.push(`-to ${device} ${hex(prefix)}/${length}`); }
  addNeighbour(device: number, address: Uint8Array, linkAddress: Uint8Array): void {
    this.network.push(`neighbour ${device} ${hex(address)} ${hex(linkAddress)}`);
  }
  useTunnel(device: number, use: boolean): void { this.network.push(`${use ? "+" : "-"}tunnel ${device}`); }
  hearGroups(device: number, hear: boolean): void { this.network.push(`${hear ? "+" : "-"}groups ${device}`); }
  sendDatagrams(device: number, pointer: number, lengthBytes: number): void {
    const { address, port, segmentBytes, trafficClass, mayFragment } = this.engine.readDatagrams(pointer);
    const payload = this.engine.memory.slice(pointer, pointer + lengthBytes);
    this.datagrams.push({ device, payload, address, port, segmentBytes, trafficClass, mayFragment });
  }
  sendArp(device: number, pointer: number, lengthBytes: number, toAll: boolean): void {
    this.arp.push({ device, message: this.engine.memory.slice(pointer, pointer + lengthBytes), toAll });
  }
  tunnelMtu(octets: number): void { this.tunnelMtuOctets = octets; }

  receiveDatagrams(device: number, payload: Uint8Array, from: Datagrams): void {
    this.engine.receiveDatagrams(this.now, device, payload, from);
  }

  receive(device: number, packet: Uint8Array): void { this.engine.receive(this.now, device, packet); }

  /** Lets time pass, with every timer at its moment. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (let next = this.engine.nextWakeupMs(); next <= until; next = this.engine.nextWakeupMs()) {
      this.now = Math.max(this.now, next);
      this.engine.tick(this.now);
    }
    this.now = until;
    this.engine.tick(this.now);
  }

  /** What was sent since the last call. */
  take(): Sent[] {
    const sent = this.sent;
    this.sent = [];
    return sent;
  }

  /** Times that packets were refused for a reason. */
  refused(reason: number): number {
    return this.engine.counters()[reason];
  }
}

export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

/** A home agent that serves 2001:db8:100::/64 with one node, or those given. */
export function homeAgent(
  { nodes, budgets, binary, ...settings }: { nodes?: NodeSettings[]; budgets?: Partial<Budgets>; binary?: WebAssembly.Module } & Partial<HomeAgentSettings> = {},
): Node {
  const node = new Node(Role.HomeAgent, budgets, 7, binary);
  setDevice(node.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, node.now);
  setHomeAgent(node.engine, {
    address: parseAddress(HOME_AGENT), homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }],
    maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000, ...settings,
  }, node.now);
  for (const each of nodes ?? [{ id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: SECURITY }]) addNode(node.engine, each, node.now);
  return node;
}

/** A mobile node with one uplink, which is down. */
export function mobileNode(
  { seed, uplinks = 1, binary, ...settings }: { seed?: number; uplinks?: number; binary?: WebAssembly.Module } & Partial<MobileNodeSettings> = {},
): Node {
  const node = new Node(Role.MobileNode, {}, seed, binary);
  for (let index = 0; index < uplinks; index++) {
    setDevice(node.engine, {
      index: ACCESS + index, kind: "access", mtu: 1500, up: false, interfaceId: Uint8Array.of(0, 0, 0, 0, 0, 0, index, 0x17),
    }, node.now);
  }
  setMobileNode(node.engine, {
    ...MOBILE_NODE_DEFAULTS, homeAddress: parseAddress(HOME_ADDRESS), homeAgent: parseAddress(HOME_AGENT), security: SECURITY, ...settings,
  }, node.now);
  return node;
}
