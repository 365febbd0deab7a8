/**
 * The Mobile IPv6 Home-Agents anycast address of a subnet (RFC 2526 §2): every home agent of the subnet listens
 * to it, so that a mobile node can ask for home agents knowing nothing but its home prefix.
 *
 *   |         64 bits         |      57 bits     |  7 bits  |     64-bit interface identifiers: the bit
 *   +-------------------------+------------------+----------+     for globally unique ones is 0, so
 *   |         prefix          | 1111110111...111 |   0x7e   |     fdff:ffff:ffff:fffe
 *   +-------------------------+------------------+----------+
 *
 *   |         n bits          |   121 − n bits   |  7 bits  |     prefixes of other lengths
 *   +-------------------------+------------------+----------+
 *   |         prefix          | 1111111...111111 |   0x7e   |
 *   +-------------------------+------------------+----------+
 */
import { copyPrefix, get64, set64 } from "./bytes";

/** RFC 2526 §4: the anycast identifier of home agents. */
const IDENTIFIER_BITS: u32 = 7;
const INTERFACE_IDENTIFIER: u64 = 0xfdfffffffffffffe;
const ALL_ONES_BUT_IDENTIFIER: u64 = 0xfffffffffffffffe;

/** True when a prefix of this length leaves room for the identifier. */
export function exists(prefixBits: u32): bool {
  return prefixBits <= 128 - IDENTIFIER_BITS;
}

/** Writes the anycast address of the subnet `prefix`/`prefixBits` to `to`; only where `exists`. */
export function build(to: usize, prefix: usize, prefixBits: u32): void {
  copyPrefix(to, prefix, prefixBits);
  if (prefixBits == 64) {
    set64(to + 8, INTERFACE_IDENTIFIER);
    return;
  }
  if (prefixBits < 64) {
    set64(to, get64(to) | (u64.MAX_VALUE >> <u64>prefixBits));
    set64(to + 8, ALL_ONES_BUT_IDENTIFIER);
    return;
  }
  set64(to + 8, get64(to + 8) | ((u64.MAX_VALUE >> <u64>(prefixBits - 64)) & ALL_ONES_BUT_IDENTIFIER));
}
