/**
 * One core and its kept state. A trap in the core is a bug, but no end of the service: a fresh
 * instance of the compiled module gets the configuration and the kept records, and goes on.
 *
 * A start: instance → clock → who we are (`configure`) → kept records → devices (`connect`).
 */
import { randomBytes } from "node:crypto";
import { setWallClock } from "../../bindings/commands.ts";
import { type Budgets, Engine, ENTROPY_BYTES, type OrderHandler, type Role } from "../../bindings/engine.ts";
import type { Journal } from "./journal.ts";
import { monotonicMs, wallClockOffsetMs } from "./system/clock.ts";

/** A handler of orders that can serve one core after another. */
export interface Host extends OrderHandler {
  /** Orders come from this engine now, and point into its memory; what an earlier one ordered is void. */
  attach(engine: Engine): void;
}

export interface EngineHostOptions {
  readonly module: WebAssembly.Module;
  readonly role: Role;
  readonly budgets?: Partial<Budgets>;
  readonly host: Host;
  readonly journal: Journal;
  /** Tells a new core who it is. */
  readonly configure: (engine: Engine, nowMs: number) => void;
  /** Tells it of its devices, when it has its state again. */
  readonly connect: (engine: Engine, nowMs: number) => void;
  /** For people: what went wrong and was mended. */
  readonly report: (warning: string) => void;
}

export class EngineHost {
  readonly #options: EngineHostOptions;
  #engine!: Engine;
  #wallClockOffsetMs = 0;
  /** How often the core was replaced. */
  traps = 0;

  /** Starts the first core. Throws CommandRefused when it does not take its configuration. */
  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.#startOverState();
    options.journal.compact(this.#engine.exportState());
  }

  /** For questions only; what changes something goes through `call`. */
  get engine(): Engine {
    return this.#engine;
  }

  /** Makes one change (the driving law): all its orders are carried out when this returns. */
  call(change: (engine: Engine, nowMs: number) => void): void {
    const { journal } = this.#options;
    try {
      change(this.#engine, monotonicMs());
      if (journal.wantsCompaction) journal.compact(this.#engine.exportState());
    } catch (error) {
      this.#recover(error);
    }
  }

  /** Tells the core when the wall clock was set. Returns by how much it jumped, ms. */
  followWallClock(): number {
    const jumpMs = wallClockOffsetMs() - this.#wallClockOffsetMs;
    if (Math.abs(jumpMs) < 20) return 0;
    this.call((engine, nowMs) => this.#setWallClock(engine, nowMs));
    return jumpMs;
  }

  /** Over the kept state; when the core traps over that, without it, and for good. */
  #startOverState(): void {
    const { journal, report } = this.#options;
    try {
      this.#start(journal.records);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      report(`the core trapped over the kept state (${error.message}); it begins without it`);
      this.#start(new Uint8Array(0));
      journal.compact(this.#engine.exportState());
    }
  }

  #start(records: Uint8Array): void {
    const { module, role, host, budgets, configure, connect, report } = this.#options;
    const nowMs = monotonicMs();
    this.#engine = new Engine(module, role, host, randomBytes(ENTROPY_BYTES), nowMs, budgets);
    host.attach(this.#engine);
    this.#setWallClock(this.#engine, nowMs);
    configure(this.#engine, nowMs);
    const understood = this.#engine.importState(records, nowMs);
    if (understood < records.length) {
      report(
        `the last ${records.length - understood} octets of the kept state are damaged and were left out`,
      );
    }
    connect(this.#engine, nowMs);
  }

  /** Other errors than traps are not the core's, and are thrown on. */
  #recover(error: unknown): void {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    this.traps++;
    this.#options.report(`the core trapped (${error.message}); a fresh one goes on with the kept state`);
    this.#startOverState();
  }

  #setWallClock(engine: Engine, nowMs: number): void {
    this.#wallClockOffsetMs = wallClockOffsetMs();
    setWallClock(engine, nowMs + this.#wallClockOffsetMs, nowMs);
  }
}
