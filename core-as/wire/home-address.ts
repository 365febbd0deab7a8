/**
 * The Destination Options header with the Home Address option (RFC 6275 §6.3).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+---------------+---------------+
 *   |  Next Header  | Hdr Ext Len=2 |    PadN = 1   |   Length = 2  |  0
 *   +---------------+---------------+---------------+---------------+
 *   |            padding            |  Type = 0xC9  |  Length = 16  |  4
 *   +-------------------------------+---------------+---------------+
 *   |                         Home Address                          |  8
 *   +---------------------------------------------------------------+ 24
 *
 * The option stands at 8n + 6, so that the address is aligned.
 */
import { OptionType } from "../abi/codes";
import { ADDRESS_BYTES, copyAddress, set8, set16 } from "./bytes";

const NEXT_HEADER: usize = 0;
const HDR_EXT_LEN: usize = NEXT_HEADER + 1;
const PADDING: usize = HDR_EXT_LEN + 1;
const OPTION: usize = PADDING + 4;
const HOME_ADDRESS: usize = OPTION + 2;

/** Octets of the header. */
export const LENGTH_BYTES: usize = HOME_ADDRESS + ADDRESS_BYTES;

/** Option Length of the Home Address option (6275-6.3-1). */
export const OPTION_LENGTH: u32 = <u32>ADDRESS_BYTES;

/** Pointer to the Home Address of a header made by `build`. */
export function homeAddress(p: usize): usize {
  return p + HOME_ADDRESS;
}

/** Writes the header, 24 octets (6275-6.3-1). */
export function build(p: usize, nextHeader: u32, homeAddress: usize): void {
  set8(p + NEXT_HEADER, nextHeader);
  set8(p + HDR_EXT_LEN, <u32>(LENGTH_BYTES >> 3) - 1);
  set8(p + PADDING, OptionType.PadN);
  set8(p + PADDING + 1, 2);
  set16(p + PADDING + 2, 0);
  set8(p + OPTION, OptionType.HomeAddress);
  set8(p + OPTION + 1, OPTION_LENGTH);
  copyAddress(p + HOME_ADDRESS, homeAddress);
}
