/**
 * The Fragment header (RFC 8200 §4.5).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------+---+-+
 *   |  Next Header  |   Reserved    |     Fragment Offset     |Res|M|  0
 *   +---------------+---------------+-------------------------+---+-+
 *   |                        Identification                         |  4
 *   +---------------------------------------------------------------+  8
 */
import { get8, get16, get32, set8, set16, set32 } from "./bytes";

const NEXT_HEADER: usize = 0;
const RESERVED: usize = NEXT_HEADER + 1;
const OFFSET_FLAGS: usize = RESERVED + 1;
const IDENTIFICATION: usize = OFFSET_FLAGS + 2;

/** Octets of the header. */
export const LENGTH_BYTES: usize = IDENTIFICATION + 4;

const OFFSET_MASK: u32 = 0xfff8;
const MORE_FRAGMENTS: u32 = 1;

export function nextHeader(p: usize): u32 {
  return get8(p + NEXT_HEADER);
}

/** Where this fragment starts in the fragmentable part, in octets (a multiple of 8). */
export function offsetBytes(p: usize): u32 {
  return get16(p + OFFSET_FLAGS) & OFFSET_MASK;
}

/** The M flag. */
export function moreFragments(p: usize): bool {
  return (get16(p + OFFSET_FLAGS) & MORE_FRAGMENTS) != 0;
}

export function identification(p: usize): u32 {
  return get32(p + IDENTIFICATION);
}

/** Writes the header, 8 octets; `offsetBytes` is a multiple of 8. */
export function build(
  p: usize,
  nextHeader: u32,
  offsetBytes: u32,
  moreFragments: bool,
  identification: u32,
): void {
  set8(p + NEXT_HEADER, nextHeader);
  set8(p + RESERVED, 0);
  set16(p + OFFSET_FLAGS, (offsetBytes & OFFSET_MASK) | (moreFragments ? MORE_FRAGMENTS : 0));
  set32(p + IDENTIFICATION, identification);
}
