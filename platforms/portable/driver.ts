/**
 * One core on any runtime: timers, clocks, entropy, kept state, and the driving law.
 *
 *   call(change) ──► queue ──► one change ──► its orders ──► what they lead to (packets and events for the program)
 *                      ▲                                          │
 *                      └────────── what that calls ◄──────────────┘
 *
 * A change that comes while another one is made waits its turn, so that an underlay or a listener may call back. A
 * trap in the core is a bug, but no end of the service: a fresh instance of the compiled module goes on with the kept
 * state.
 *
 * A start: instance → clock → who we are (`configure`) → kept records → devices (`connect`).
 */
import { setWallClock } from "../../bindings/commands.ts";
import { type Budgets, Engine, ENTROPY_BYTES, type OrderHandler, type Role } from "../../bindings/engine.ts";
import type { Clock } from "./clock.ts";
import { KeptState } from "./kept-state.ts";

/** How often the wall clock is looked at, and so the longest wait. */
const WALL_CLOCK_MS = 5000;
/** What a wall clock that was not set may differ by from one look to the next. */
const WALL_CLOCK_TOLERANCE_MS = 20;
/** From here on people are told. */
const WALL_CLOCK_JUMP_MS = 1000;

export type Change = (engine: Engine, nowMs: number) => void;

export interface DriverOptions {
  readonly module: WebAssembly.Module;
  readonly role: Role;
  readonly budgets?: Partial<Budgets>;
  /** Carries out orders. */
  readonly orders: OrderHandler & {
    /** Orders come from this engine now, and point into its memory; what an earlier one ordered is void. */
    attach(engine: Engine): void;
  };
  /** Tells a new core who it is. */
  readonly configure: Change;
  /** Tells it of its devices, when it has its state again. */
  readonly connect: Change;
  /** What was kept of a former life. */
  readonly state?: Uint8Array;
  readonly keep?: (record: Uint8Array) => void;
  readonly clock: Clock;
  /** So many octets that nobody can guess. */
  readonly entropy: (lengthBytes: number) => Uint8Array;
  /** For people: what went wrong and was mended. */
  readonly report: (warning: string) => void;
}

export class Driver {
  /** How often the core was replaced. */
  traps = 0;
  readonly #options: DriverOptions;
  readonly #kept: KeptState;
  readonly #changes: Change[] = [];
  readonly #deliveries: (() => void)[] = [];
  #engine!: Engine;
  #isBusy = false;
  #isClosed = false;
  #wallClockOffsetMs = 0;
  #dueMs = Infinity;
  #cancelTimer: (() => void) | undefined;

  /** Makes no core yet: its orders want the driver. */
  constructor(options: DriverOptions) {
    this.#options = options;
    this.#kept = new KeptState(options.state ?? new Uint8Array(0), options.keep);
  }

  /** Starts the first core. Throws CommandRefused when it does not take its configuration. */
  start(): void {
    this.#isBusy = true;
    try {
      this.#startOverState();
      this.#kept.compact(this.#engine.exportState());
    } finally {
      this.#isBusy = false;
    }
    this.#work();
  }

  /** For questions only; what changes something goes through `call`. */
  get engine(): Engine {
    return this.#engine;
  }

  get nowMs(): number {
    return this.#options.clock.nowMs();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True while a change is made: what a call leads to waits, and must copy what it wants to keep. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Makes one change, or plans it where another one is being made. Throws what it throws, but for traps. */
  call(change: Change): void {
    if (this.#isClosed) return;
    this.#changes.push(change);
    if (!this.#isBusy) this.#work();
  }

  /** Of the orders: a record to keep. */
  keep(record: Uint8Array): void {
    try {
      this.#kept.append(record);
    } catch (error) {
      this.#options.report(`what a restart wants to know was not kept: ${(error as Error).message}`);
    }
  }

  /** Of the orders: something for the program, when the change is made. */
  deliver(delivery: () => void): void {
    this.#deliveries.push(delivery);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#changes.length = 0;
    this.#deliveries.length = 0;
  }

  #work(): void {
    let problem: { error: unknown } | undefined;
    this.#isBusy = true;
    for (;;) {
      const next = this.#deliveries.shift();
      const change = next === undefined ? this.#changes.shift() : undefined;
      if (next === undefined && change === undefined) break;
      try {
        if (next !== undefined) next();
        else if (change !== undefined) this.#make(change);
      } catch (error) {
        problem ??= { error };
      }
    }
    this.#isBusy = false;
    this.#plan();
    if (problem !== undefined) throw problem.error;
  }

  #make(change: Change): void {
    try {
      this.#followWallClock();
      change(this.#engine, this.nowMs);
      if (this.#kept.wantsCompaction) this.#kept.compact(this.#engine.exportState());
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.traps++;
      this.#options.report(`the core trapped (${error.message}); a fresh one goes on with the kept state`);
      this.#startOverState();
    }
  }

  /** Over the kept state; when the core traps over that, without it, and for good. */
  #startOverState(): void {
    try {
      this.#startWith(this.#kept.records);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#options.report(`the core trapped over the kept state (${error.message}); it begins without it`);
      this.#startWith(new Uint8Array(0));
      this.#kept.compact(this.#engine.exportState());
    }
  }

  #startWith(records: Uint8Array): void {
    const { module, role, orders, budgets, configure, connect, entropy, report } = this.#options;
    const { nowMs } = this;
    this.#engine = new Engine(module, role, orders, entropy(ENTROPY_BYTES), nowMs, budgets);
    orders.attach(this.#engine);
    this.#tellWallClock();
    configure(this.#engine, nowMs);
    const understood = this.#engine.importState(records, nowMs);
    if (understood < records.length) {
      report(`the last ${records.length - understood} octets of the kept state are damaged and were left out`);
    }
    connect(this.#engine, nowMs);
  }

  get #offsetNowMs(): number {
    return this.#options.clock.unixMs() - this.nowMs;
  }

  /** Tells the core when the wall clock was set, or when the machine slept and the monotonic one with it. */
  #followWallClock(): void {
    const jumpMs = this.#offsetNowMs - this.#wallClockOffsetMs;
    if (Math.abs(jumpMs) < WALL_CLOCK_TOLERANCE_MS) return;
    this.#tellWallClock();
    if (Math.abs(jumpMs) < WALL_CLOCK_JUMP_MS) return;
    this.#options.report(`the wall clock was set by ${(jumpMs / 1000).toFixed(1)} s, or this machine slept`);
  }

  #tellWallClock(): void {
    this.#wallClockOffsetMs = this.#offsetNowMs;
    const { nowMs } = this;
    setWallClock(this.#engine, nowMs + this.#wallClockOffsetMs, nowMs);
  }

  /** One timer: it may fire too early, then it looks again; it is set anew only for an earlier moment. */
  #plan(): void {
    if (this.#isClosed) return;
    const dueMs = Math.min(this.#engine.nextWakeupMs(), this.nowMs + WALL_CLOCK_MS);
    if (dueMs >= this.#dueMs) return;
    this.#cancelTimer?.();
    this.#dueMs = dueMs;
    this.#cancelTimer = this.#options.clock.after(Math.max(0, dueMs - this.nowMs), () => {
      this.#dueMs = Infinity;
      this.call((engine, nowMs) => {
        if (engine.nextWakeupMs() <= nowMs) engine.tick(nowMs);
      });
    });
  }
}
