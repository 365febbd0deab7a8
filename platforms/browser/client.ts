/**
 * The page's side of the lab's worker: starts it, watches it, and starts another when it is gone.
 *
 *   call → answer                                          the world's
 *   call → no answer in time, or the worker has failed → a fresh worker, load(all that was recorded, until now) → call
 *
 * A world is a function of its scenario, and what a person did is recorded in it: the fresh world is where the lost
 * one was.
 */
import { type Remote, wrap } from "comlink";
import { CoreUnavailable, whatIsMissing } from "./core.ts";
import type {
  Action, ConfigFile, Frame, LabWorld, MachineTable, OpenPacket, Scenario, World,
} from "./lab/contract.ts";
import type { LabWorker } from "./worker.ts";

/** How the lab is started. */
export interface LabSettings {
  /** Where worker.js and mext.wasm are; beside this script by default. */
  readonly base?: string | URL;
  /** A call that is not answered for so long means a worker that is gone. */
  readonly timeoutMs?: number;
  /** Loading a scenario lets its whole story happen at once. */
  readonly loadTimeoutMs?: number;
  /** Told when a fresh worker has taken the place of one that is gone, and why. */
  readonly onRestart?: (why: string) => void;
  /** Makes the worker; for tests. */
  readonly makeWorker?: (url: URL) => Worker;
}

const NOT_LOADED = "worker.js could not be loaded: is the server still there, and all of its files?";
const CLOSED = "the lab was closed";
const TIMEOUT_MS = 15_000;
const LOAD_TIMEOUT_MS = 120_000;

/** The worker is gone, or cannot be had; the message says why. */
export class LabUnavailable extends Error {
  override readonly name = "LabUnavailable";
}

/** Starts the lab's world in a worker. Throws LabUnavailable or CoreUnavailable with words for the person. */
export async function startLab(settings: LabSettings = {}): Promise<LabClient> {
  const missing = whatIsMissing();
  if (missing !== undefined) throw new CoreUnavailable(missing);
  if (!settings.makeWorker && typeof Worker !== "function") {
    throw new LabUnavailable("there are no workers here: use a current Firefox, Chromium or Safari");
  }
  const client = new LabClient(settings);
  await client.begin();
  return client;
}

/** `LabWorld` with promises. */
export class LabClient {
  private readonly base: URL;
  private hand?: Hand;
  /** Settled when a worker is there; undefined: one is. */
  private starting?: Promise<void>;
  /** What a fresh worker is told. */
  private recorded?: Scenario;
  private nowMs = 0;
  private closed = false;

  constructor(private readonly settings: LabSettings) {
    this.base = new URL(settings.base ?? ".", import.meta.url);
  }

  /** Starts the first worker. Throws LabUnavailable, or the worker's CoreUnavailable. */
  async begin(): Promise<void> {
    this.hand = await this.freshHand();
  }

  /** Builds the world anew; a worker that takes another's place is told the same scenario. */
  async load(scenario: Scenario, untilMs = 0): Promise<World> {
    const world = await this.call((lab) => lab.load(scenario, untilMs), this.settings.loadTimeoutMs ?? LOAD_TIMEOUT_MS);
    this.recorded = scenario;
    this.nowMs = untilMs;
    return world;
  }

  /** Lets virtual time pass, and tells what happened. */
  async advance(ms: number, until?: "event"): Promise<Frame> {
    const frame = await this.call((lab) => lab.advance(ms, until));
    this.nowMs = frame.nowMs;
    return frame;
  }

  /** Does what a person does, and notes it for a worker that takes the place of this one. */
  async act(action: Action): Promise<void> {
    await this.call((lab) => lab.act(action));
    this.recorded = await this.scenario();
  }

  /** The scenario with everything that was done since. */
  scenario(): Promise<Scenario> {
    return this.call((lab) => lab.scenario());
  }

  /** The state machines of the core. */
  machines(): Promise<readonly MachineTable[]> {
    return this.call((lab) => lab.machines());
  }

  /** A packet, opened; undefined: the world has forgotten it. */
  packet(id: number): Promise<OpenPacket | undefined> {
    return this.call((lab) => lab.packet(id));
  }

  /** What was on the links, as a capture file. */
  pcapng(): Promise<Uint8Array> {
    return this.call((lab) => lab.pcapng());
  }

  /** The files of real daemons that would do the same. */
  configuration(): Promise<readonly ConfigFile[]> {
    return this.call((lab) => lab.configuration());
  }

  /** Of the core's binary, hexadecimal. */
  sha256(): Promise<string> {
    return this.call((lab) => lab.sha256());
  }

  /** Ends the worker. */
  close(): void {
    this.closed = true;
    this.hand?.end(CLOSED);
  }

  /** Makes a call; once more with a fresh worker, when the one that had it is gone. */
  private async call<Answer>(
    ask: (lab: Remote<LabWorker>) => Promise<Answer>, timeoutMs = this.settings.timeoutMs ?? TIMEOUT_MS,
  ): Promise<Answer> {
    await this.starting;
    const { hand } = this;
    if (!hand) throw new LabUnavailable("the lab was not started");
    try {
      return await hand.ask(ask, timeoutMs);
    } catch (error) {
      if (this.closed || !isGone(error)) throw error;
      await this.restart(hand, (error as Error).message);
      return this.hand!.ask(ask, timeoutMs);
    }
  }

  /** All calls that were lost with one worker wait for the same fresh one. */
  private restart(lost: Hand, why: string): Promise<void> {
    if (this.hand !== lost && !this.starting) return Promise.resolve();
    this.starting ??= this.takeFresh(lost, why).finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  private async takeFresh(lost: Hand, why: string): Promise<void> {
    lost.end(why);
    const fresh = await this.freshHand();
    this.hand = fresh; // so that `close` ends it, too
    const { recorded, nowMs } = this;
    if (recorded) await fresh.ask((lab) => lab.load(recorded, nowMs), this.settings.loadTimeoutMs ?? LOAD_TIMEOUT_MS);
    this.settings.onRestart?.(why);
  }

  private async freshHand(): Promise<Hand> {
    const { makeWorker = startWorker, timeoutMs = TIMEOUT_MS } = this.settings;
    const hand = new Hand(makeWorker(new URL("worker.js", this.base)));
    try {
      await hand.ask((lab) => lab.start(new URL("mext.wasm", this.base).href), timeoutMs);
      if (this.closed) throw new LabUnavailable(CLOSED);
    } catch (error) {
      hand.end("it could not be started");
      throw error;
    }
    return hand;
  }
}

function startWorker(url: URL): Worker {
  return new Worker(url, { type: "module", name: "mext lab" });
}

/** A worker, and whoever waits for its answers. */
class Hand {
  private readonly lab: Remote<LabWorker>;
  private readonly waiting = new Set<(error: Error) => void>();
  private ended?: LabUnavailable;

  constructor(private readonly worker: Worker) {
    this.lab = wrap<LabWorker>(worker);
    worker.addEventListener("error", (event) => {
      const { message } = event as ErrorEvent;
      this.end(message ? `the worker failed: ${message}` : NOT_LOADED);
    });
    worker.addEventListener("messageerror", () => this.end("the worker sent something that cannot be read"));
  }

  ask<Answer>(ask: (lab: Remote<LabWorker>) => Promise<Answer>, timeoutMs: number): Promise<Answer> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => this.end(`the worker did not answer for ${timeoutMs / 1000} s`), timeoutMs);
      const settle = <Value>(then: (value: Value) => void) => (value: Value) => {
        clearTimeout(timer);
        this.waiting.delete(fail);
        then(value);
      };
      const fail = settle<Error>(reject);
      this.waiting.add(fail);
      ask(this.lab).then(settle(resolve), fail);
    });
  }

  /** Ends the worker; whoever waits hears why. */
  end(why: string): void {
    if (this.ended) return;
    this.ended = new LabUnavailable(why);
    this.worker.terminate();
    for (const fail of [...this.waiting]) fail(this.ended);
  }
}

/** A trap of the codec leaves an instance that nobody knows the state of: a fresh worker is safer. */
function isGone(error: unknown): boolean {
  return error instanceof Error && ["LabUnavailable", "RuntimeError"].includes(error.name);
}

export type { LabWorld };
