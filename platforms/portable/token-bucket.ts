/** So many a second, and so many at once: what a stranger can cause must not become a flood. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledMs = nowMs;
  }

  /** True when one more may pass now. */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#filledMs) * this.#perSecond) / 1000);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** True when nothing was taken for so long that it is full again. */
  isFull(nowMs: number): boolean {
    return this.#tokens + ((nowMs - this.#filledMs) * this.#perSecond) / 1000 >= this.#burst;
  }
}
