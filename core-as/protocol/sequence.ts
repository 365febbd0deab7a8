/** Sequence numbers modulo 2^16 (RFC 6275 §9.5.1; 6275-9.1-4, 6275-9.5.1-4, 6275-11.1-4). */

/** True when `a` is greater than `b`: one of the 32,767 numbers that come after it. */
export function isGreater(a: u32, b: u32): bool {
  const ahead = (a - b) & 0xffff;
  return ahead != 0 && ahead < 0x8000;
}
