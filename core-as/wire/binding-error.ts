/**
 * The Binding Error message (RFC 6275 §6.1.9).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                                   +---------------+---------------+
 *                                   |    Status     |   Reserved    |  6
 *   +-------------------------------+---------------+---------------+
 *   |                         Home Address                          |  8
 *   +---------------------------------------------------------------+
 *   |                      Mobility Options ...                     | 24
 *   +---------------------------------------------------------------+
 */
import { MobilityHeaderType } from "../abi/codes";
import { ADDRESS_BYTES, copyAddress, get8, set8 } from "./bytes";
import * as mobility from "./mobility";

const STATUS: usize = mobility.MESSAGE_DATA;
const RESERVED: usize = STATUS + 1;
const HOME_ADDRESS: usize = RESERVED + 1;

/** Where the mobility options begin. */
export const OPTIONS: usize = HOME_ADDRESS + ADDRESS_BYTES;

/** One of `BindingErrorStatus`, or a status that is not known here. */
export function status(p: usize): u32 {
  return get8(p + STATUS);
}

/** Pointer to the home address of the offending packet, or to `::` when it had none. */
export function homeAddress(p: usize): usize {
  return p + HOME_ADDRESS;
}

/**
 * Writes the fixed part (6275-6.1.9-1) and returns where the options go; `mobility.finish`
 * completes it. `homeAddress` is a pointer outside of the message.
 */
export function build(p: usize, status: u32, homeAddress: usize): usize {
  mobility.begin(p, MobilityHeaderType.BindingError);
  set8(p + STATUS, status);
  set8(p + RESERVED, 0);
  copyAddress(p + HOME_ADDRESS, homeAddress);
  return p + OPTIONS;
}
