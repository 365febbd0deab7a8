/**
 * The two clocks of the host. The core is fed monotonic milliseconds (timers, lifetimes); the wall
 * clock is only for people, logs and timestamps in messages, because it may jump.
 */

import { monotonicMs } from "#clock";

/**
 * CLOCK_MONOTONIC in milliseconds with fractions: never goes back. Its origin is that of the machine (of the time
 * namespace), so times can be compared between threads and processes. Each runtime has its own way to it.
 */
export { monotonicMs };

/** What to add to monotonic milliseconds to get milliseconds since 1970; changes when the clock is set. */
export function wallClockOffsetMs(): number {
  return Date.now() - monotonicMs();
}
