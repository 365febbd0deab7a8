/** Packets refused, one counter a reason: nothing is dropped in silence. */
import { REASON_COUNT, Reason } from "../abi/reasons";

const counters = memory.data(2160, 8); // f64 each: REASON_COUNT of them

/** Counts a refusal and gives the reason back, so that a check can end with it. */
export function refuse(reason: Reason): Reason {
  if (reason != Reason.None && <u32>reason < <u32>REASON_COUNT) {
    const counter = counters + (<usize>reason << 3);
    store<f64>(counter, load<f64>(counter) + 1);
  }
  return reason;
}

/** The counters, as f64 indexed by reason. */
export function pointer(): usize {
  return counters;
}
