/**
 * The Binding Acknowledgement message (RFC 6275 §6.1.8).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                                   +---------------+-+-------------+
 *                                   |    Status     |K|  Reserved   |  6
 *   +-------------------------------+---------------+-+-------------+
 *   |          Sequence #           |           Lifetime            |  8
 *   +-------------------------------+-------------------------------+
 *   |                      Mobility Options ...                     | 12
 *   +---------------------------------------------------------------+
 */
import { BINDING_REJECTED_MIN, MobilityHeaderType } from "../abi/codes";
import { get8, get16, set8, set16 } from "./bytes";
import * as lifetime from "./lifetime";
import * as mobility from "./mobility";

const STATUS: usize = mobility.MESSAGE_DATA;
const FLAGS: usize = STATUS + 1;
const SEQUENCE: usize = FLAGS + 1;
const LIFETIME: usize = SEQUENCE + 2;

/** Where the mobility options begin. */
export const OPTIONS: usize = LIFETIME + 2;

/** One of `BindingAcknowledgementStatus`, or a status that is not known here. */
export function status(p: usize): u32 {
  return get8(p + STATUS);
}

export function setStatus(p: usize, status: u32): void {
  set8(p + STATUS, status);
}

/** True when the status, known or not, says that the Binding Update was accepted. */
export function isAccepted(p: usize): bool {
  return status(p) < <u32>BINDING_REJECTED_MIN;
}

/** The bits of `BindingAcknowledgementFlag`; those that nobody knows are to be ignored (6275-6.1.8-2). */
export function flags(p: usize): u32 {
  return get8(p + FLAGS);
}

export function setFlags(p: usize, flags: u32): void {
  set8(p + FLAGS, flags);
}

/** True when all bits of `flag`, of `BindingAcknowledgementFlag`, are set. */
export function hasFlag(p: usize, flag: u32): bool {
  return (flags(p) & flag) == flag;
}

/** The Sequence # of the Binding Update that this message answers. */
export function sequence(p: usize): u32 {
  return get16(p + SEQUENCE);
}

export function setSequence(p: usize, sequence: u32): void {
  set16(p + SEQUENCE, sequence);
}

/** The granted lifetime in milliseconds; it has no meaning when the update was rejected. */
export function lifetimeMs(p: usize): f64 {
  return lifetime.getMs(p + LIFETIME);
}

export function setLifetimeMs(p: usize, ms: f64): void {
  lifetime.setMs(p + LIFETIME, ms);
}

/**
 * Writes the fixed part and returns where the options go; `mobility.finish` completes it. `flags`
 * are bits of `BindingAcknowledgementFlag` and no others (6275-6.1.8-2).
 */
export function build(p: usize, status: u32, flags: u32, sequence: u32, lifetimeMs: f64): usize {
  mobility.begin(p, MobilityHeaderType.BindingAcknowledgement);
  setStatus(p, status);
  setFlags(p, flags);
  setSequence(p, sequence);
  setLifetimeMs(p, lifetimeMs);
  return p + OPTIONS;
}
