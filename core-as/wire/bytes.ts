/**
 * Octets as they stand on the wire: network byte order, any alignment.
 *
 * Every getter widens to u32 or u64, so that arithmetic on a field cannot wrap at the field's
 * width. An address is a pointer to its 16 octets.
 */

/** Octets of an IPv6 address. */
export const ADDRESS_BYTES: usize = 16;

export function get8(p: usize): u32 {
  return load<u8>(p);
}

export function get16(p: usize): u32 {
  return bswap<u16>(load<u16>(p));
}

export function get32(p: usize): u32 {
  return bswap<u32>(load<u32>(p));
}

export function get64(p: usize): u64 {
  return bswap<u64>(load<u64>(p));
}

export function set8(p: usize, value: u32): void {
  store<u8>(p, <u8>value);
}

export function set16(p: usize, value: u32): void {
  store<u16>(p, bswap<u16>(<u16>value));
}

export function set32(p: usize, value: u32): void {
  store<u32>(p, bswap<u32>(value));
}

export function set64(p: usize, value: u64): void {
  store<u64>(p, bswap<u64>(value));
}

export function copyAddress(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
}

export function sameAddress(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}

/** True when the first `bits` (0 to 128) bits of both addresses are equal. */
export function samePrefix(a: usize, b: usize, bits: u32): bool {
  if (bits >= 64) {
    if (load<u64>(a) != load<u64>(b)) return false;
    const rest = bits - 64;
    return rest == 0 || (get64(a + 8) ^ get64(b + 8)) >> (64 - <u64>rest) == 0;
  }
  return bits == 0 || (get64(a) ^ get64(b)) >> (64 - <u64>bits) == 0;
}

/** Copies the first `bits` (0 to 128) bits of an address to `to` and clears the others. */
export function copyPrefix(to: usize, from: usize, bits: u32): void {
  set64(to, get64(from) & highBits(min<u32>(bits, 64)));
  set64(to + 8, get64(from + 8) & highBits(bits > 64 ? bits - 64 : 0));
}

/** A word whose first `count` (0 to 64) bits are set. */
function highBits(count: u32): u64 {
  return count == 0 ? 0 : u64.MAX_VALUE << (64 - <u64>count);
}

/** Scope of a multicast address (RFC 4291 §2.7). */
export function multicastScope(address: usize): u32 {
  return load<u8>(address, 1) & 0x0f;
}

/** True for `::`. */
export function isUnspecified(address: usize): bool {
  return (load<u64>(address) | load<u64>(address, 8)) == 0;
}

/** True for ff00::/8. */
export function isMulticast(address: usize): bool {
  return load<u8>(address) == 0xff;
}

/** True for fe80::/10. */
export function isLinkLocal(address: usize): bool {
  return (get16(address) & 0xffc0) == 0xfe80;
}

/** True for ::1. */
export function isLoopback(address: usize): bool {
  return load<u64>(address) == 0 && get64(address + 8) == 1;
}

/**
 * True for an address that a home or care-of address may be: unicast and routable, so not
 * unspecified, loopback, link-local or multicast (RFC 6275 §4.6; 6275-4.6-1).
 */
export function isUnicastRoutable(address: usize): bool {
  return !isMulticast(address) && !isLinkLocal(address) && !isUnspecified(address) && !isLoopback(address);
}
