/**
 * The Binding Refresh Request message (RFC 6275 §6.1.2).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                                   +-------------------------------+
 *                                   |           Reserved            |  6
 *   +-------------------------------+-------------------------------+
 *   |                      Mobility Options ...                     |  8
 *   +---------------------------------------------------------------+
 */
import { MobilityHeaderType } from "../abi/codes";
import { set16 } from "./bytes";
import * as mobility from "./mobility";

const RESERVED: usize = mobility.MESSAGE_DATA;

/** Where the mobility options begin. */
export const OPTIONS: usize = RESERVED + 2;

/** Writes the fixed part (6275-6.1.2-1) and returns where the options go; `mobility.finish` completes it. */
export function build(p: usize): usize {
  mobility.begin(p, MobilityHeaderType.BindingRefreshRequest);
  set16(p + RESERVED, 0);
  return p + OPTIONS;
}
