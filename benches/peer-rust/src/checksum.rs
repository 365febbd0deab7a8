//! Internet checksums by etherparse, in words of 64 bits, which wasm32 has too.
use etherparse::checksum::u64_16bit_word;

/// True when the checksum in `message` is right for the pseudo-header (RFC 8200 §8.1).
pub fn is_right(source: &[u8], destination: &[u8], message: &[u8], protocol: u8) -> bool {
    let mut sum = u64_16bit_word::add_slice(0, source);
    sum = u64_16bit_word::add_slice(sum, destination);
    sum = u64_16bit_word::add_4bytes(sum, (message.len() as u32).to_be_bytes());
    sum = u64_16bit_word::add_2bytes(sum, [0, protocol]);
    sum = u64_16bit_word::add_slice(sum, message);
    u64_16bit_word::ones_complement(sum) == 0
}

/// A checksum after the octets `before` of its message have become `after` (RFC 1624 §3, equation 3).
pub fn updated(checksum: u16, before: &[u8], after: &[u8]) -> u16 {
    let mut sum = u32::from(!checksum);
    for word in before.chunks_exact(2) {
        sum += u32::from(!u16::from_be_bytes([word[0], word[1]]));
    }
    for word in after.chunks_exact(2) {
        sum += u32::from(u16::from_be_bytes([word[0], word[1]]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
