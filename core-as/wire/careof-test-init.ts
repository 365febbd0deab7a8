/**
 * The Care-of Test Init message (RFC 6275 §6.1.4).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                                   +-------------------------------+
 *                                   |           Reserved            |  6
 *   +-------------------------------+-------------------------------+
 *   |                      Care-of Init Cookie                      |  8
 *   +---------------------------------------------------------------+
 *   |                      Mobility Options ...                     | 16
 *   +---------------------------------------------------------------+
 */
import { MobilityHeaderType } from "../abi/codes";
import { get64, set16, set64 } from "./bytes";
import * as mobility from "./mobility";

const RESERVED: usize = mobility.MESSAGE_DATA;
const COOKIE: usize = RESERVED + 2;

/** Where the mobility options begin. */
export const OPTIONS: usize = COOKIE + 8;

/** The care-of init cookie. */
export function cookie(p: usize): u64 {
  return get64(p + COOKIE);
}

/** Writes the fixed part (6275-6.1.4-1) and returns where the options go; `mobility.finish` completes it. */
export function build(p: usize, cookie: u64): usize {
  mobility.begin(p, MobilityHeaderType.CareofTestInit);
  set16(p + RESERVED, 0);
  set64(p + COOKIE, cookie);
  return p + OPTIONS;
}
