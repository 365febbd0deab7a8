/**
 * A limit on what others can make this node do (RFC 4443 §2.4(f)): so many at once, and so many a
 * second.
 */
import * as clock from "./clock";

@unmanaged
export class TokenBucket {
  private tokens: f64;
  private filledMs: f64;
  private burst: f64;
  private perMs: f64;

  constructor(burst: f64, perSecond: f64) {
    this.tokens = burst;
    this.filledMs = 0;
    this.burst = burst;
    this.perMs = perSecond / 1000;
  }

  /** Sets other limits, and begins anew with a whole burst. */
  configure(burst: f64, perSecond: f64): void {
    this.tokens = burst;
    this.filledMs = clock.now();
    this.burst = burst;
    this.perMs = perSecond / 1000;
  }

  /** Takes one token; false when there is none. */
  take(): bool {
    const now = clock.now();
    this.tokens = min(this.burst, this.tokens + (now - this.filledMs) * this.perMs);
    this.filledMs = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
