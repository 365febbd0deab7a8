/**
 * The Binding Update message (RFC 6275 §6.1.7).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                                   +-------------------------------+
 *                                   |          Sequence #           |  6
 *   +-+-+-+-+-----------------------+-------------------------------+
 *   |A|H|L|K|       Reserved        |           Lifetime            |  8
 *   +-+-+-+-+-----------------------+-------------------------------+
 *   |                      Mobility Options ...                     | 12
 *   +---------------------------------------------------------------+
 */
import { MobilityHeaderType } from "../abi/codes";
import { get16, set16 } from "./bytes";
import * as lifetime from "./lifetime";
import * as mobility from "./mobility";

const SEQUENCE: usize = mobility.MESSAGE_DATA;
const FLAGS: usize = SEQUENCE + 2;
const LIFETIME: usize = FLAGS + 2;

/** Where the mobility options begin. */
export const OPTIONS: usize = LIFETIME + 2;

/** The Sequence #, modulo 2^16. */
export function sequence(p: usize): u32 {
  return get16(p + SEQUENCE);
}

export function setSequence(p: usize, sequence: u32): void {
  set16(p + SEQUENCE, sequence);
}

/** The bits of `BindingUpdateFlag`; those that nobody knows are to be ignored (6275-6.1.7-5). */
export function flags(p: usize): u32 {
  return get16(p + FLAGS);
}

export function setFlags(p: usize, flags: u32): void {
  set16(p + FLAGS, flags);
}

/** True when all bits of `flag`, of `BindingUpdateFlag`, are set. */
export function hasFlag(p: usize, flag: u32): bool {
  return (flags(p) & flag) == flag;
}

/** The lifetime asked for in milliseconds; 0 asks for the deletion of the binding. */
export function lifetimeMs(p: usize): f64 {
  return lifetime.getMs(p + LIFETIME);
}

export function setLifetimeMs(p: usize, ms: f64): void {
  lifetime.setMs(p + LIFETIME, ms);
}

/**
 * Writes the fixed part and returns where the options go; `mobility.finish` completes it. `flags`
 * are bits of `BindingUpdateFlag` and no others (6275-6.1.7-5).
 */
export function build(p: usize, sequence: u32, flags: u32, lifetimeMs: f64): usize {
  mobility.begin(p, MobilityHeaderType.BindingUpdate);
  setSequence(p, sequence);
  setFlags(p, flags);
  setLifetimeMs(p, lifetimeMs);
  return p + OPTIONS;
}
