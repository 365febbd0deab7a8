/** The limit of RFC 6275 on Binding Updates: MAX_UPDATE_RATE in a second (6275-11.5.3-3, 6275-11.8-7). */
import { MAX_UPDATE_RATE } from "../abi/codes";
import * as clock from "../tables/clock";

const SECOND_MS: f64 = 1000;
const LAST: usize = <usize>(MAX_UPDATE_RATE - 1) << 3;
/** When the last MAX_UPDATE_RATE updates were sent, f64 each, oldest first. */
const sentAt = memory.data(24, 8);

export function start(): void {
  for (let index: u32 = 0; index < <u32>MAX_UPDATE_RATE; index++) store<f64>(sentAt + (index << 3), -Infinity);
}

/** How long the next update must wait, ms; not above zero: not at all. */
export function waitMs(): f64 {
  return load<f64>(sentAt) + SECOND_MS - clock.now();
}

/** An update was sent. */
export function noteSent(): void {
  memory.copy(sentAt, sentAt + 8, LAST);
  store<f64>(sentAt + LAST, clock.now());
}
