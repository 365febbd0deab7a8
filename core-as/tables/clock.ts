/**
 * Time as the host gives it: monotonic milliseconds, and how far the wall clock is from them.
 * Nothing in the core reads a clock.
 */

let monotonicMs: f64 = 0;
let wallOffsetMs: f64 = 0;

export function start(nowMs: f64): void {
  monotonicMs = nowMs;
}

/** Takes the time of this call. A step backwards is ignored, as is a number that is none. */
export function advance(nowMs: f64): void {
  if (nowMs > monotonicMs) monotonicMs = nowMs;
}

/** Monotonic milliseconds: for timers and lifetimes. */
export function now(): f64 {
  return monotonicMs;
}

export function setWallOffset(offsetMs: f64): void {
  wallOffsetMs = offsetMs;
}

/** Milliseconds since 1970: for timestamps, and for what outlives a restart. */
export function unix(): f64 {
  return monotonicMs + wallOffsetMs;
}

/** Unix time of a monotonic time. */
export function toUnix(ms: f64): f64 {
  return ms + wallOffsetMs;
}

/** Monotonic time of a Unix time. */
export function fromUnix(ms: f64): f64 {
  return ms - wallOffsetMs;
}
