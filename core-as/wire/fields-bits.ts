/**
 * Numbers of any width at any bit offset, most significant bit first, as header drawings show them.
 */

/** The number in `bits` (1 to 64) bits, `bit` bits behind `p`. */
export function get(p: usize, bit: u32, bits: u32): u64 {
  let value: u64 = 0;
  for (let left = bits; left > 0; ) {
    const used = bit & 7;
    const taken = min(8 - used, left);
    const octet = <u32>load<u8>(p + (bit >> 3));
    value = (value << taken) | ((octet >> (8 - used - taken)) & mask(taken));
    bit += taken;
    left -= taken;
  }
  return value;
}

/** Writes the low `bits` (1 to 64) bits of `value`, `bit` bits behind `p`; bits around them stay. */
export function set(p: usize, bit: u32, bits: u32, value: u64): void {
  for (let left = bits; left > 0; ) {
    const used = bit & 7;
    const taken = min(8 - used, left);
    const shift = 8 - used - taken;
    const at = p + (bit >> 3);
    const octet = <u32>(value >> (left - taken)) & mask(taken);
    store<u8>(at, (<u32>load<u8>(at) & ~(mask(taken) << shift)) | (octet << shift));
    bit += taken;
    left -= taken;
  }
}

/** True when `value` needs no more than `bits` (1 to 64) bits. */
export function fits(value: u64, bits: u32): bool {
  return bits >= 64 || value >> bits == 0;
}

function mask(bits: u32): u32 {
  return (1 << bits) - 1;
}
