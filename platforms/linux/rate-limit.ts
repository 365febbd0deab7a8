/**
 * So many of each kind a second, and how many were left out: what a stranger can cause must not become
 * a flood here, and must not hide the rest.
 */
import { monotonicMs } from "./system/clock.ts";

export class RateLimit<Kind> {
  readonly #perSecond: number;
  readonly #counts = new Map<Kind, number>();
  #second = 0;
  #omitted = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** True when one more of this kind may pass now; else it is counted. */
  allows(kind: Kind): boolean {
    const second = Math.floor(monotonicMs() / 1000);
    if (second !== this.#second) this.#counts.clear();
    this.#second = second;
    const count = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, count + 1);
    if (count < this.#perSecond) return true;
    this.#omitted++;
    return false;
  }

  /** Counts some that were left out before they came here. */
  omit(count: number): void {
    this.#omitted += count;
  }

  /** How many were left out since the last call. */
  takeOmitted(): number {
    const omitted = this.#omitted;
    this.#omitted = 0;
    return omitted;
  }
}
