/**
 * The Care-of Test message (RFC 6275 §6.1.6).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                                   +-------------------------------+
 *                                   |      Care-of Nonce Index      |  6
 *   +-------------------------------+-------------------------------+
 *   |                      Care-of Init Cookie                      |  8
 *   +---------------------------------------------------------------+
 *   |                     Care-of Keygen Token                      | 16
 *   +---------------------------------------------------------------+
 *   |                      Mobility Options ...                     | 24
 *   +---------------------------------------------------------------+
 */
import { MobilityHeaderType } from "../abi/codes";
import { get16, get64, set16, set64 } from "./bytes";
import * as mobility from "./mobility";

const NONCE_INDEX: usize = mobility.MESSAGE_DATA;
const COOKIE: usize = NONCE_INDEX + 2;
const KEYGEN_TOKEN: usize = COOKIE + 8;

/** Where the mobility options begin. */
export const OPTIONS: usize = KEYGEN_TOKEN + 8;

/** The care-of nonce index. */
export function nonceIndex(p: usize): u32 {
  return get16(p + NONCE_INDEX);
}

/** The care-of init cookie that this message answers. */
export function cookie(p: usize): u64 {
  return get64(p + COOKIE);
}

/** The care-of keygen token. */
export function keygenToken(p: usize): u64 {
  return get64(p + KEYGEN_TOKEN);
}

/** Writes the fixed part and returns where the options go; `mobility.finish` completes it. */
export function build(p: usize, nonceIndex: u32, cookie: u64, keygenToken: u64): usize {
  mobility.begin(p, MobilityHeaderType.CareofTest);
  set16(p + NONCE_INDEX, nonceIndex);
  set64(p + COOKIE, cookie);
  set64(p + KEYGEN_TOKEN, keygenToken);
  return p + OPTIONS;
}
