/** Time as every runtime has it; a test or a simulation gives another one. */

export interface Clock {
  /** Monotonic, ms with fractions. */
  nowMs(): number;
  /** Wall clock, Unix ms. */
  unixMs(): number;
  /** Calls once, after at least so many ms; what it returns takes that back. */
  after(delayMs: number, call: () => void): () => void;
}

/** The clocks and timers of the runtime. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  unixMs: () => Date.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
