/**
 * A node with a core: a home agent, a mobile node or a correspondent node as a host of the core, like the
 * daemons of other platforms.
 *
 *   links ⇄ ports ⇄ kernel (Stack) ⇄ tunnel ⇄ core ⇄ ports ⇄ links
 *                          ⇅ UDP sockets, raw IPv4, ARP ⇅
 *
 * The kernel carries out what the core orders. The driving law holds because nothing reaches the core while
 * its orders are carried out: links and tunnel hand packets on through the clock.
 */
import { setDevice, setIpv4Uplink, setLink, setWallClock } from "../../bindings/commands.ts";
import type { Role } from "../../bindings/engine.ts";
import type { CoreEvent } from "../../bindings/events.ts";
import type { Timer } from "./clock.ts";
import type { NodeEngine } from "./engine.ts";
import { destinationOf, ICMPV4, IPV4_IN_IP, IPV6_IN_IP, isIp, isMulticast, nextHeader } from "./ip.ts";
import { isIpv4 } from "./ip4.ts";
import { type Lease, LeasedPorts } from "./leases.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { Orders } from "./orders.ts";
import type { Random } from "./random.ts";
import type { Device } from "./routes.ts";
import { DatagramSockets, newestSource } from "./sockets.ts";
import { Stack } from "./stack.ts";
import { Tunnel } from "./tunnel.ts";

/** The index of the tunnel among the devices, the core's and ours; ports follow. */
export const TUNNEL = 0;
/** What the core gets of IPv4: tunnels, and errors about them. */
const RAW_IPV4 = [ICMPV4, IPV4_IN_IP, IPV6_IN_IP];
/** Kept records are replaced by the whole state when there are so many. */
const MAX_KEPT_RECORDS = 256;

/** For `start`: as if the node had never run. */
export const NO_STATE = new Uint8Array(0);

/** A node with a core, whatever its role. */
export abstract class CoreNode extends Stack {
  /** Undefined while the node is down. */
  engine?: NodeEngine;
  /** How often the core was replaced after a trap: 0 in a core without bugs. */
  recoveries = 0;
  readonly tunnel: Tunnel;
  /** Who is shown the events of the core. */
  readonly eventListeners: ((event: CoreEvent) => void)[] = [];
  private readonly ports: Port[] = [];
  /** Ports on which the core hears all groups, and not only those of the node's addresses. */
  private readonly hearing = new Set<Device>();
  readonly sockets: DatagramSockets;
  private readonly leases = new LeasedPorts(this);
  private readonly orders = new Orders(this);
  private readonly entropy: Random;
  /** What a restart finds: Order.Keep records, or an exported state and those that came after it. */
  private kept: Uint8Array[] = [];
  private clockErrorMs = 0;
  private bootedAtMs = 0;
  private wakeup?: Timer;

  constructor(
    network: Network,
    name: string,
    readonly role: Role,
  ) {
    super(network, name);
    this.entropy = network.random(`entropy ${name}`);
    this.tunnel = new Tunnel((packet) => this.feed(TUNNEL, packet));
    this.devices.push(this.tunnel);
    this.sockets = new DatagramSockets(this);
  }

  /** Addresses and routes that a person configured. */
  protected abstract setUpKernel(): void;
  /** Tells a new core what it is to do. */
  protected abstract configure(engine: NodeEngine, nowMs: number): void;

  /** The UDP port of the core's socket on an access device, or for all; undefined: it has none. */
  datagramPort(_device?: Device): number | undefined {
    return undefined;
  }

  /** The node's monotonic clock; begins at 0, or a fraction above, with each boot. */
  get monotonicMs(): number {
    return this.network.nowMs - this.bootedAtMs;
  }

  /** How wrong the wall clock is. */
  get wallClockErrorMs(): number {
    return this.clockErrorMs;
  }

  get running(): boolean {
    return this.engine !== undefined;
  }

  override addPort(name: string): Port {
    const port = super.addPort(name);
    this.ports.push(port);
    return port;
  }

  /** The records that the core ordered to keep: they survive a crash. */
  get keptState(): Uint8Array {
    return concatenate(this.kept);
  }

  /** Switches the node on, with what it kept or with other state; `NO_STATE` is a new disk. */
  start(state = this.keptState): void {
    if (this.engine) throw new Error(`${this.name} is running`);
    this.kept = [state];
    this.bootedAtMs = Math.floor(this.network.nowMs); // whole, so that the core's whole deadlines stay exact
    this.network.note(this.name, `starts with ${state.length} octets of state`);
    this.boot();
  }

  /** Power cut: the core is gone, and with it the addresses and routes that it ordered. */
  crash(): void {
    this.network.note(this.name, "crashes");
    this.wakeup?.cancel();
    this.engine = undefined;
    this.clearKernel();
  }

  /** Puts a port into a link and tells the core; where the link has leases, by IPv4 as well, a moment later. */
  attach(link: Link, port = this.ports[0]): void {
    this.network.note(this.name, `${port.name} enters ${link.name}`);
    port.attach(link);
    this.withCore((engine, nowMs) => setDevice(engine, this.deviceOf(port), nowMs));
    const { leases } = link;
    if (!leases) return;
    this.network.clock.after(leases.delayMs, () => {
      if (port.link === link && link.leases === leases) this.setIpv4(port, leases.of(port));
    });
  }

  /** Gives a port an IPv4 address and a router, or takes them away, and tells the core. */
  setIpv4(port: Port, lease: Lease | undefined): void {
    if (!this.leases.set(port, lease, this.running)) return;
    this.withCore((engine, nowMs) => setIpv4Uplink(engine, this.indexOf(port), lease?.address, nowMs, lease?.gateway));
  }

  /** What the port has by IPv4; undefined: nothing. */
  ipv4Of(port: Port): Lease | undefined {
    return this.leases.of(port);
  }

  /** Pulls the cable of a port and tells the core. */
  detach(port = this.ports[0]): void {
    this.network.note(this.name, `${port.name} leaves ${port.link?.name ?? "no link"}`);
    port.detach();
    this.withCore((engine, nowMs) => setLink(engine, this.indexOf(port), false, nowMs));
    this.setIpv4(port, undefined);
  }

  /** Sets how wrong the wall clock is; the monotonic clock is not touched. */
  setWallClockError(errorMs: number): void {
    this.network.note(this.name, `wall clock is ${errorMs} ms wrong`);
    this.clockErrorMs = errorMs;
    this.withCore((engine, nowMs) => setWallClock(engine, this.unixMs, nowMs));
  }

  /** Shows events of the core. The listener must not call this node: see the driving law. */
  onEvent(listener: (event: CoreEvent) => void): void {
    this.eventListeners.push(listener);
  }

  /** Sends a packet of the core by the routes, and not into the tunnel again, where it may have come from. */
  route(packet: Uint8Array): void {
    this.send(packet, this.tunnel);
  }

  /** The address that a datagram of the core is sent from. */
  datagramSource(to: Uint8Array, device?: Device): Uint8Array | undefined {
    return device ? newestSource(device, to) : this.sourceFor(to);
  }

  /** Whether what comes from a home address goes into the tunnel, or not: the node is at home. */
  useTunnel(_use: boolean): void {}

  /** Whether the core hears all groups on a port. */
  hearGroups(device: Device, hear: boolean): void {
    if (hear) this.hearing.add(device);
    else this.hearing.delete(device);
  }

  /** Takes a state record into what a restart finds. */
  keep(record: Uint8Array): void {
    this.kept.push(record);
  }

  /** Makes one call to the core, and plans its next wake-up. Nothing happens while the node is down. */
  withCore(call: (engine: NodeEngine, nowMs: number) => void): void {
    if (!this.engine) return;
    try {
      call(this.engine, this.monotonicMs);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.recover(error);
    }
    if (this.kept.length > MAX_KEPT_RECORDS) this.kept = [this.engine.exportState()];
    this.planWakeup();
  }

  /** The core sees what is for this node, the kernel what concerns it: echo, UDP, addresses in use. */
  override receive(device: Device, packet: Uint8Array): void {
    if (!this.engine) return this.network.drop(this.name, device.name, "node is down", packet);
    const isForUs = isIp(packet) && this.owns(destinationOf(packet));
    const whole = isForUs ? this.wholeOf(packet) : packet;
    if (!whole) return;
    if (device !== this.tunnel && isIp(whole) && this.isForCore(device, whole)) this.feed(this.indexOf(device), whole);
    super.receive(device, whole);
  }

  /** The kernel answers for its own addresses; the core may for those of others. */
  protected override receiveArp(device: Device, message: Uint8Array): void {
    super.receiveArp(device, message);
    this.withCore((engine, nowMs) => engine.receiveArp(nowMs, this.indexOf(device), message));
  }

  /** What is for a socket of the core goes there. */
  protected override deliver(device: Device, packet: Uint8Array): void {
    if (this.sockets.takes(device, packet)) this.sockets.receive(device, packet);
    else super.deliver(device, packet);
  }

  /** Whether what came from a link concerns the core: it is for this node, or for a group that it hears. */
  protected isForCore(device: Device, packet: Uint8Array): boolean {
    const destination = destinationOf(packet);
    if (isIpv4(packet)) return RAW_IPV4.includes(nextHeader(packet)) && this.owns(destination);
    if (this.sockets.takes(device, packet)) return false;
    if (!isMulticast(destination)) return this.owns(destination);
    return this.hearing.has(device) || this.isMember(device, destination);
  }

  private feed(device: number, packet: Uint8Array): void {
    if (!this.engine) return this.network.drop(this.name, "tunnel", "node is down", packet);
    this.withCore((engine, nowMs) => engine.receive(nowMs, device, packet));
  }

  private get unixMs(): number {
    return this.network.epochMs + this.network.nowMs + this.clockErrorMs;
  }

  private boot(): void {
    const nowMs = this.monotonicMs;
    const state = this.keptState;
    this.clearKernel();
    this.setUpKernel();
    for (const [port, lease] of this.leases.all) this.leases.configure(port, lease);
    this.engine = this.network.engine(this.role, this.orders, this.entropy.bytes(64), nowMs);
    setWallClock(this.engine, this.unixMs, nowMs);
    setDevice(this.engine, { index: TUNNEL, kind: "tunnel", mtu: this.tunnel.mtuBytes, up: true }, nowMs);
    for (const port of this.ports) setDevice(this.engine, this.deviceOf(port), nowMs);
    this.configure(this.engine, nowMs);
    for (const [port, { address, gateway }] of this.leases.all) {
      setIpv4Uplink(this.engine, this.indexOf(port), address, nowMs, gateway);
    }
    if (state.length > 0) this.engine.importState(state, nowMs);
    this.planWakeup();
  }

  /** A trap is a bug; the node goes on with a fresh core and the kept state. */
  private recover(error: WebAssembly.RuntimeError): void {
    this.recoveries++;
    this.network.note(this.name, `the core trapped: ${error.message}`);
    this.boot();
  }

  private clearKernel(): void {
    for (const device of this.devices) device.addresses.length = 0;
    this.routes.clear();
    this.hearing.clear();
  }

  private deviceOf(port: Port) {
    return {
      index: this.indexOf(port), kind: "access" as const, mtu: port.mtuBytes, up: port.link !== undefined,
      preference: this.ports.indexOf(port), linkAddress: port.linkAddress,
    };
  }

  /** The number of a port among the core's devices. */
  indexOf(device: Device): number {
    return TUNNEL + 1 + this.ports.indexOf(device as Port);
  }

  /** One timer: it may fire too early, then it looks again; it is set anew only for an earlier moment. */
  private planWakeup(): void {
    const dueMs = this.bootedAtMs + this.engine!.nextWakeupMs();
    if (dueMs === Infinity) return;
    if (this.wakeup?.pending && this.wakeup.atMs <= dueMs) return;
    this.wakeup?.cancel();
    this.wakeup = this.network.clock.at(dueMs, () => {
      if (this.bootedAtMs + this.engine!.nextWakeupMs() > this.network.nowMs) this.planWakeup();
      else this.withCore((engine, nowMs) => engine.tick(nowMs));
    });
  }
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}
