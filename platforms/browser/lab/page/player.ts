/**
 * Lets virtual time pass: once a displayed frame the world is asked for what happened since, and never twice at once.
 * A world that does not keep up makes time pass more slowly, it does not fall behind.
 */
import type { Frame } from "../contract.ts";

/** Virtual time in one of the person's. */
export const SPEEDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50] as const;
/** A tab that was hidden, or a busy machine: no more of the person's time than this passes at once. */
const LONGEST_MS = 100;
/** A step to the next event looks no further ahead than this. */
const FARTHEST_MS = 60_000;
export const STEP_MS = 10;

export interface PlayerCalls {
  advance(ms: number, until?: "event"): Promise<Frame>;
  show(frame: Frame): void;
  /** Playing, speed: something about the player has changed. */
  changed(): void;
  failed(error: unknown): void;
}

/** How long the page's own work took in each displayed frame, the last ones. */
export class Meter {
  readonly workMs: number[] = [];
  frames = 0;

  note(ms: number): void {
    this.frames++;
    this.workMs.push(ms);
    if (this.workMs.length > 1000) this.workMs.shift();
  }
}

export class Player {
  readonly meter = new Meter();
  nowMs = 0;
  private playing = false;
  private stepping = false;
  private speedNow = 1;
  private lastMs = 0;
  /** Settled when no call is under way. */
  private under: Promise<void> | undefined;

  constructor(private readonly calls: PlayerCalls) {}

  get isPlaying(): boolean {
    return this.playing;
  }

  get speed(): number {
    return this.speedNow;
  }

  /** As a flight is to be shown: 0 when it was stepped to. */
  get shownSpeed(): number {
    return this.stepping ? 0 : this.speedNow;
  }

  setSpeed(speed: number): void {
    this.speedNow = speed;
    this.calls.changed();
  }

  /** To the next of `SPEEDS` that is faster (1) or slower (-1). */
  changeSpeed(by: 1 | -1): void {
    const at = SPEEDS.findIndex((speed) => speed >= this.speedNow);
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))]);
  }

  play(): void {
    if (this.playing) return;
    this.playing = true;
    this.stepping = false;
    this.lastMs = performance.now();
    this.calls.changed();
    requestAnimationFrame((ms) => this.tick(ms));
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.calls.changed();
  }

  /** Pauses, and goes on by some virtual time or to the next event. */
  async step(by: number | "event"): Promise<void> {
    this.pause();
    await this.settled();
    this.stepping = true;
    await (by === "event" ? this.advance(FARTHEST_MS, "event") : this.advance(by));
  }

  /** Shows at once what an act has changed. */
  async refresh(): Promise<void> {
    await this.settled();
    await this.advance(0);
  }

  /** Another world, or the same from another time. */
  reset(nowMs: number): void {
    this.nowMs = nowMs;
    this.lastMs = performance.now();
  }

  /** Until no call is under way. */
  async settled(): Promise<void> {
    while (this.under) await this.under;
  }

  private tick(atMs: number): void {
    if (!this.playing) return;
    requestAnimationFrame((ms) => this.tick(ms));
    if (this.under) return;
    const passedMs = Math.max(0, Math.min(LONGEST_MS, atMs - this.lastMs));
    this.lastMs = Math.max(this.lastMs, atMs);
    void this.advance(passedMs * this.speedNow);
  }

  private advance(ms: number, until?: "event"): Promise<void> {
    const call = this.calls.advance(ms, until).then((frame) => {
      const startMs = performance.now();
      this.nowMs = frame.nowMs;
      this.calls.show(frame);
      this.meter.note(performance.now() - startMs);
    }).catch((error: unknown) => {
      this.pause();
      this.calls.failed(error);
    }).finally(() => {
      this.under = undefined;
    });
    this.under = call;
    return call;
  }
}
