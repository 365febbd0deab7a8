/**
 * A simulated network: virtual time, links and nodes. A run is a pure function of the scenario and the seed:
 * nothing here reads a real clock or a random source of the machine.
 */
import { Clock } from "./clock.ts";
import { coreEngine, type EngineFactory } from "./engine.ts";
import { type Conditions, Link } from "./link.ts";
import { Packets } from "./packets.ts";
import { Random } from "./random.ts";
import type { DropReason, TraceRecord } from "./trace.ts";

/** What a run is a function of. */
export interface NetworkSettings {
  seed: number;
  /**
   * The compiled core (`compileCore`): builds and reads packets, and runs in every mobile node, home
   * agent and correspondent node.
   */
  core: WebAssembly.Module;
  /** Makes the engines of nodes; without it they are instances of `core`. */
  engine?: EngineFactory;
  /** What the wall clocks show when virtual time is 0, Unix ms. */
  epochMs?: number;
}

/** Virtual time, links and nodes. */
export class Network {
  readonly clock = new Clock();
  readonly seed: number;
  readonly core: WebAssembly.Module;
  readonly engine: EngineFactory;
  readonly epochMs: number;
  readonly packets: Packets;
  /** Packets that went no further, by reason. */
  readonly drops = new Map<DropReason, number>();
  private ports = 0;
  private readonly listeners: ((record: TraceRecord) => void)[] = [];

  constructor(settings: NetworkSettings) {
    this.seed = settings.seed;
    this.core = settings.core;
    this.engine = settings.engine ?? coreEngine(settings.core);
    this.epochMs = settings.epochMs ?? Date.UTC(2030, 0, 1);
    this.packets = new Packets(settings.core);
  }

  get nowMs(): number {
    return this.clock.nowMs;
  }

  /** The generator for one concern. */
  random(concern: string): Random {
    return new Random(this.seed, concern);
  }

  /** A new link. */
  link(name: string, conditions: Partial<Conditions> = {}): Link {
    return new Link(this, name, conditions);
  }

  /** A link-layer address for a new port: 02:00:00 and a number. */
  nextLinkAddress(): Uint8Array {
    const number = ++this.ports;
    return Uint8Array.of(2, 0, 0, number >> 16, number >> 8, number);
  }

  /** Lets virtual time pass. */
  run(durationMs: number): void {
    this.clock.runTo(this.clock.nowMs + durationMs);
  }

  /** Lets virtual time pass until `condition` holds; false if it does not within `limitMs`. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    return this.clock.runUntil(condition, limitMs);
  }

  /** Shows every record to `listener` from now on. */
  watch(listener: (record: TraceRecord) => void): void {
    this.listeners.push(listener);
  }

  /** Whether anybody looks: records are made only then. */
  get watched(): boolean {
    return this.listeners.length > 0;
  }

  /** Shows a record to everybody who watches. */
  emit(record: TraceRecord): void {
    for (const listener of this.listeners) listener(record);
  }

  /** A line of the story: what a person did to a node. */
  note(node: string, text: string): void {
    if (this.watched) this.emit({ kind: "note", atMs: this.nowMs, node, text });
  }

  /** Counts a packet that goes no further: nothing is dropped in silence. `from`: whose it was, on a link. */
  drop(node: string, where: string, why: DropReason, packet: Uint8Array, from?: string): void {
    this.drops.set(why, (this.drops.get(why) ?? 0) + 1);
    if (this.watched) this.emit({ kind: "drop", atMs: this.nowMs, node, where, why, packet, ...(from && { from }) });
  }
}
