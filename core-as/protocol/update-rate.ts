/**
 * The limit of RFC 6275 on mobility messages of one type to one peer: MAX_UPDATE_RATE in a second
 * (6275-11.5.3-3, 6275-11.8-7). A window holds when the last of them were sent, f64 each, oldest first.
 */
import { MAX_UPDATE_RATE } from "../abi/codes";
import * as clock from "../tables/clock";

const SECOND_MS: f64 = 1000;
const LAST: usize = <usize>(MAX_UPDATE_RATE - 1) << 3;
/** The window of Binding Updates to the home agent. */
const toHomeAgent = memory.data(24, 8);

export function start(): void {
  clear(toHomeAgent);
}

/** How long the next Binding Update to the home agent must wait, ms; not above zero: not at all. */
export function waitMs(): f64 {
  return waitIn(toHomeAgent);
}

/** A Binding Update was sent to the home agent. */
export function noteSent(): void {
  noteIn(toHomeAgent);
}

/** Begins a window of MAX_UPDATE_RATE × 8 octets: nothing was sent. */
export function clear(window: usize): void {
  for (let index: u32 = 0; index < <u32>MAX_UPDATE_RATE; index++) store<f64>(window + (index << 3), -Infinity);
}

/** How long the next message of a window must wait, ms; not above zero: not at all. */
export function waitIn(window: usize): f64 {
  return load<f64>(window) + SECOND_MS - clock.now();
}

/** A message of a window was sent. */
export function noteIn(window: usize): void {
  memory.copy(window, window + 8, LAST);
  store<f64>(window + LAST, clock.now());
}
