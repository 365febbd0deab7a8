/** So many a second, and how many were left out: what a stranger can cause must not become a flood. */
import { monotonicMs } from "./system/clock.ts";

export class RateLimit {
  readonly #perSecond: number;
  #second = 0;
  #count = 0;
  #omitted = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** True when one more may pass now; else it is counted. */
  allows(): boolean {
    const second = Math.floor(monotonicMs() / 1000);
    if (second !== this.#second) this.#count = 0;
    this.#second = second;
    if (this.#count++ < this.#perSecond) return true;
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
