/**
 * What home agent and mobile node have in common where there is no kernel to help:
 *
 *   program ⇄ send, "packet" ⇄ core ⇄ underlays (UDP, WebSockets)
 *
 * Echo requests to the node's own addresses are answered here (echo.ts): there is no stack behind it.
 */
import { setDevice } from "../../bindings/commands.ts";
import { type Budgets, type Engine, type Role } from "../../bindings/engine.ts";
import type { CoreEvent } from "../../bindings/events.ts";
import { readRefusals, type RefusalCount } from "../../bindings/status.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { Endpoint, Underlay, UnderlayStatus } from "./contract.ts";
import { isConnectionAddress } from "./connection-addresses.ts";
import { Driver } from "./driver.ts";
import { answerEcho } from "./echo.ts";
import { Emitter } from "./emitter.ts";
import { type OrderedNode, Orders, TUNNEL } from "./orders.ts";
import { MAX_PACKET_BYTES, sameOctets } from "./packets.ts";

/** A tunnel over UDP and IPv4 takes 28 octets of a packet (RFC 5555 §4.1). */
const OUTER_BYTES = 28;
/** How many of the latest warnings the status tells. */
const MAX_WARNINGS = 20;

/** What a program may say of any node. */
export interface NodeOptions {
  /** The core: `compileCore` of the octets of mext.wasm. */
  readonly core: WebAssembly.Module;
  /** What was kept of a former life: `exportState`, or the records of `keep` in their order. */
  readonly state?: Uint8Array;
  /** Is given each record that a restart wants to know, before anything that depends on it is sent. */
  readonly keep?: (record: Uint8Array) => void;
  /** Whether echo requests to the node's own addresses are answered; they are by default. */
  readonly answersEcho?: boolean;
  readonly clock?: Clock;
  /** So many octets that nobody can guess; by default of the runtime's `crypto`. A simulation gives others. */
  readonly entropy?: (lengthBytes: number) => Uint8Array;
}

/** What a node tells its program. */
export interface NodeEvents {
  /** An IP packet out of the tunnel; the program's to keep. */
  packet: Uint8Array;
  event: CoreEvent;
  /** Something for a person. */
  warning: string;
}

/** What every node tells of itself. No key appears in it. */
export interface NodeStatus {
  readonly uptimeMs: number;
  readonly tunnelMtuBytes: number;
  readonly underlays: readonly UnderlayStatus[];
  /** Packets that the core refused, the most frequent reason first. */
  readonly refusals: readonly RefusalCount[];
  /** Packets that nobody could take, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Events that came too fast to be told one by one. */
  readonly omittedEvents: number;
  /** How often the core was replaced after a trap. */
  readonly traps: number;
  readonly warnings: readonly string[];
}

export abstract class PortableNode extends Emitter<NodeEvents> implements OrderedNode {
  /** @internal */
  readonly driver: Driver;
  readonly underlays: readonly Underlay[];
  protected readonly orders = new Orders(this);
  protected readonly clock: Clock;
  readonly #answersEcho: boolean;
  readonly #startedMs: number;
  readonly #warnings: string[] = [];

  protected constructor(role: Role, options: NodeOptions, underlays: readonly Underlay[], budgets: Partial<Budgets> = {}) {
    super();
    if (underlays.length === 0) throw new RangeError("a node needs an underlay at least");
    this.underlays = underlays;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.#answersEcho = options.answersEcho ?? true;
    this.#startedMs = this.clock.nowMs();
    this.driver = new Driver({
      module: options.core,
      role,
      budgets: { slots: 1, slotBytes: MAX_PACKET_BYTES, ...budgets },
      orders: this.orders,
      configure: (engine, nowMs) => this.configure(engine, nowMs),
      connect: (engine, nowMs) => {
        setDevice(engine, { index: TUNNEL, kind: "tunnel", mtu: this.#tunnelMtuBytes, up: true }, nowMs);
        this.connect(engine, nowMs);
      },
      state: options.state,
      keep: options.keep,
      clock: this.clock,
      entropy: options.entropy ?? ((lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes))),
      report: (warning) => this.warn(warning),
    });
  }

  /** Tells a new core who it is. */
  protected abstract configure(engine: Engine, nowMs: number): void;
  /** Tells it of its access devices. */
  protected abstract connect(engine: Engine, nowMs: number): void;
  /** Whether an address (16 octets) is one of the node itself, inside the tunnel. */
  protected abstract isOwn(address: Uint8Array): boolean;
  /** A packet out of the tunnel that is not for this node itself. */
  protected abstract passOn(packet: Uint8Array): void;
  /** Which device datagrams of an underlay come in by. */
  protected abstract deviceOf(underlay: Underlay): number;

  /** @internal */
  abstract sendDatagram(device: number, payload: Uint8Array, to: Endpoint): void;

  /** Sends an IP packet through the tunnel. One that cannot go is counted, and perhaps answered by an ICMP error. */
  send(packet: Uint8Array): void {
    const own = this.driver.isBusy ? packet.slice() : packet;
    this.driver.call((engine, nowMs) => engine.receive(nowMs, TUNNEL, own));
  }

  /** All that a restart wants to know, for `state`. */
  exportState(): Uint8Array {
    return this.driver.engine.exportState();
  }

  /** Starts the core. */
  protected begin(): void {
    for (const underlay of this.underlays) {
      underlay.receive = (payload, from) => this.#receive(underlay, payload, from);
    }
    this.driver.start();
  }

  /** Ends at once, and closes the underlays; once. */
  protected end(): void {
    if (this.driver.isClosed) return;
    this.driver.close();
    for (const underlay of this.underlays) {
      underlay.receive = undefined;
      underlay.changed = undefined;
      underlay.isBound = undefined;
      underlay.close();
    }
  }

  /** Where a datagram came from, as the core is to see it; undefined: it is refused. */
  protected originOf(underlay: Underlay, from: Endpoint): Endpoint | undefined {
    if (!isConnectionAddress(from.address) || underlay.owns?.(from.address)) return from;
    this.orders.drops.add("forged address of a connection");
    return undefined;
  }

  /** What all roles have to say. */
  protected commonStatus(): NodeStatus {
    return {
      uptimeMs: Math.round(this.clock.nowMs() - this.#startedMs),
      tunnelMtuBytes: this.orders.tunnelMtuBytes || this.#tunnelMtuBytes,
      underlays: this.underlays.map((underlay) => underlay.status?.() ?? unknownStatus(underlay)),
      refusals: readRefusals(this.driver.engine),
      dropped: this.orders.drops.toJSON() as Record<string, number>,
      omittedEvents: this.orders.omittedEvents,
      traps: this.driver.traps,
      warnings: this.#warnings,
    };
  }

  /** Tells a person. */
  protected warn(warning: string): void {
    this.#warnings.push(warning);
    if (this.#warnings.length > MAX_WARNINGS) this.#warnings.shift();
    this.driver?.deliver(() => this.emit("warning", warning));
  }

  get #tunnelMtuBytes(): number {
    return Math.min(...this.underlays.map(({ mtuBytes }) => mtuBytes)) - OUTER_BYTES;
  }

  #receive(underlay: Underlay, payload: Uint8Array, from: Endpoint): void {
    const origin = this.originOf(underlay, from);
    if (origin === undefined) return;
    const own = this.driver.isBusy ? payload.slice() : payload;
    const device = this.deviceOf(underlay);
    this.driver.call((engine, nowMs) => engine.receiveDatagrams(nowMs, device, own, origin));
  }

  // ---- orders of the core -------------------------------------------------------------------

  /** @internal */
  fromTunnel(packet: Uint8Array): void {
    const answer = this.#answersEcho ? answerEcho(packet, (address) => this.isOwn(address)) : undefined;
    if (answer !== undefined) this.send(answer);
    else this.passOn(packet);
  }

  /** Gives a packet from inside the tunnel to the program. */
  protected give(packet: Uint8Array): void {
    if (this.has("packet")) this.emit("packet", packet);
    else this.orders.drops.add("nobody listens to packets");
  }

  /** @internal */
  get wantsEvents(): boolean {
    return this.has("event");
  }

  /** @internal */
  noteEvent(_code: number): void {}

  /** @internal */
  happened(event: CoreEvent): void {
    this.emit("event", event);
  }
}

function unknownStatus({ name, isUp }: Underlay): UnderlayStatus {
  return { name, isUp, sent: 0, received: 0, dropped: {} };
}

/** Whether an address is among others. */
export function isAmong(address: Uint8Array, others: Iterable<Uint8Array>): boolean {
  for (const other of others) if (sameOctets(address, other)) return true;
  return false;
}
