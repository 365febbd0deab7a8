/**
 * The Internet checksum (RFC 1071) of upper-layer messages of IPv6 (RFC 8200 §8.1), and its
 * incremental update (RFC 1624).
 *
 *   +---------------------------------------------------------------+  0
 *   |                        Source Address                         |
 *   +---------------------------------------------------------------+ 16   the pseudo-header, which
 *   |                      Destination Address                      |      is summed but never
 *   +---------------------------------------------------------------+ 32   stands in a packet
 *   |                   Upper-Layer Packet Length                   |
 *   +-----------------------------------------------+---------------+ 36
 *   |                     zero                      |  Next Header  |
 *   +-----------------------------------------------+---------------+ 40
 *
 * A *sum* here is a u64 that is congruent to the ones'-complement sum of the octets, taken in the
 * byte order of the machine: sums add up with `+`, and only `fold` brings one to 16 bits and to
 * network order (RFC 1071 §2(B) shows why the order may wait). Part sums are of whole 16-bit words:
 * an octet string of odd length may only be the last one.
 */
import { ADDRESS_BYTES } from "./bytes";

/** From this length on the vector version is the faster one. */
const VECTOR_MIN_BYTES: u32 = 64;

/** The sum of `length` octets, up to 512 KiB. */
export function sum(p: usize, length: u32): u64 {
  return length < VECTOR_MIN_BYTES ? sumWords(p, length) : sumVectors(p, length);
}

/** `sum` over 64-bit words. */
export function sumWords(p: usize, length: u32): u64 {
  let total: u64 = 0;
  const end = p + length;
  while (p + 8 <= end) {
    const word = load<u64>(p);
    total += (word & 0xffffffff) + (word >> 32);
    p += 8;
  }
  if (p + 4 <= end) {
    total += load<u32>(p);
    p += 4;
  }
  if (p + 2 <= end) {
    total += load<u16>(p);
    p += 2;
  }
  return p < end ? total + load<u8>(p) : total;
}

/**
 * `sum` over vectors of eight 16-bit words. The multiply-and-add of two neighbouring words (by 1) is
 * for signed ones: with the top bit turned, each counts 2^15 too little, which is put right at the
 * end. A lane takes two words of each vector, so it holds 2^15 vectors before it could overflow.
 */
export function sumVectors(p: usize, length: u32): u64 {
  let first = i32x4.splat(0);
  let second = i32x4.splat(0);
  const turn = i16x8.splat(-0x8000);
  const ones = i16x8.splat(1);
  const start = p;
  const end = p + length;
  while (p + 64 <= end) {
    first = i32x4.add(first, i32x4.dot_i16x8_s(v128.xor(v128.load(p), turn), ones));
    second = i32x4.add(second, i32x4.dot_i16x8_s(v128.xor(v128.load(p, 16), turn), ones));
    first = i32x4.add(first, i32x4.dot_i16x8_s(v128.xor(v128.load(p, 32), turn), ones));
    second = i32x4.add(second, i32x4.dot_i16x8_s(v128.xor(v128.load(p, 48), turn), ones));
    p += 64;
  }
  const tooLittle = <u64>(p - start) << 14; // 2^15 for each of (p − start) / 2 words
  return sumLanes(first) + sumLanes(second) + tooLittle + sumWords(p, <u32>(end - p));
}

/**
 * Copies `length` octets to `to`, which is elsewhere, and returns their `sum`: to look at them once is cheaper than
 * twice.
 */
export function copy(to: usize, from: usize, length: u32): u64 {
  let first = i32x4.splat(0);
  let second = i32x4.splat(0);
  const turn = i16x8.splat(-0x8000);
  const ones = i16x8.splat(1);
  const start = from;
  const end = from + length;
  while (from + 32 <= end) {
    const one = v128.load(from);
    const other = v128.load(from, 16);
    v128.store(to, one);
    v128.store(to, other, 16);
    first = i32x4.add(first, i32x4.dot_i16x8_s(v128.xor(one, turn), ones));
    second = i32x4.add(second, i32x4.dot_i16x8_s(v128.xor(other, turn), ones));
    from += 32;
    to += 32;
  }
  const rest = <u32>(end - from);
  memory.copy(to, from, rest);
  const tooLittle = <u64>(from - start) << 14; // as in sumVectors
  return sumLanes(first) + sumLanes(second) + tooLittle + sumWords(from, rest);
}

/** Sum of four signed lanes. */
function sumLanes(lanes: v128): u64 {
  const low = i64x2.extend_low_i32x4_s(lanes);
  const high = i64x2.extend_high_i32x4_s(lanes);
  const both = i64x2.add(low, high);
  return <u64>i64x2.extract_lane(both, 0) + <u64>i64x2.extract_lane(both, 1);
}

/** The sum of the pseudo-header of RFC 8200 §8.1; both addresses are pointers. */
export function pseudoHeader(source: usize, destination: usize, upperLength: u32, nextHeader: u32): u64 {
  return sumAddress(source) + sumAddress(destination) + bswap<u32>(upperLength) + bswap<u32>(nextHeader);
}

function sumAddress(p: usize): u64 {
  const high = load<u64>(p);
  const low = load<u64>(p, 8);
  return (high & 0xffffffff) + (high >> 32) + (low & 0xffffffff) + (low >> 32);
}

/** Brings a sum to its 16 bits, in network order. */
export function fold(total: u64): u32 {
  total = (total & 0xffffffff) + (total >> 32);
  total = (total & 0xffffffff) + (total >> 32);
  let folded = <u32>((total & 0xffff) + (total >> 16));
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  return bswap<u16>(<u16>folded);
}

/**
 * The checksum of the upper-layer message of `length` octets at `p`, whose checksum field is zero.
 * UDP alone sends 0xffff where this answers 0 (RFC 8200 §8.1).
 */
export function checksum(source: usize, destination: usize, p: usize, length: u32, nextHeader: u32): u32 {
  return ~fold(pseudoHeader(source, destination, length, nextHeader) + sum(p, length)) & 0xffff;
}

/** True when the message at `p`, with its checksum field as received, sums up to ones. */
export function verify(source: usize, destination: usize, p: usize, length: u32, nextHeader: u32): bool {
  return fold(pseudoHeader(source, destination, length, nextHeader) + sum(p, length)) == 0xffff;
}

/**
 * The new value of a checksum when octets under it change, from the sums of those octets before
 * and after (RFC 1624 §3, equation 3). The octets start at an even offset of the message.
 */
export function update(checksum: u32, before: u64, after: u64): u32 {
  return ~fold(<u64>bswap<u16>(<u16>~checksum) + complement(before) + after) & 0xffff;
}

/** The sum that takes `total` away. */
function complement(total: u64): u64 {
  return ~bswap<u16>(<u16>fold(total)) & 0xffff;
}
