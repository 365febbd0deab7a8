/**
 * A time on the wire: 16 bits in units of four seconds, as the Lifetime of Binding Updates and
 * Binding Acknowledgements and the Refresh Interval are (RFC 6275 §6.1.7, §6.1.8, §6.2.4). Only
 * here is the unit known: everybody else has milliseconds.
 */
import { LIFETIME_UNIT_MS } from "../abi/codes";
import { get16, set16 } from "./bytes";

const MAX_UNITS: f64 = 0xffff;

/** The field at `p` in milliseconds. */
export function getMs(p: usize): f64 {
  return <f64>get16(p) * LIFETIME_UNIT_MS;
}

/**
 * Writes milliseconds to the field at `p`: rounded down to the unit, so that nobody keeps a binding
 * for longer than was meant, and at most the largest time the field can hold. Less than one unit
 * becomes 0, which means the deletion of a binding.
 */
export function setMs(p: usize, ms: f64): void {
  set16(p, <u32>Math.min(Math.max(Math.floor(ms / LIFETIME_UNIT_MS), 0), MAX_UNITS));
}
