/**
 * SHA-1 (FIPS 180-4 §6.1), over pointers, one message at a time: `reset`, any number of `update`,
 * `finish`. Only for what the protocol's RFCs build on it (HMAC-SHA1, the first 64 bits of a hash);
 * it is not to be used where collisions matter.
 */
import { get32, set32, set64 } from "../../wire/bytes";

/** Octets of a digest. */
export const DIGEST_BYTES: usize = 20;
/** Octets that are hashed in one step. */
export const BLOCK_BYTES: usize = 64;

/** The hash value H0…H4, as native words. */
const chain = memory.data(20, 4);
/** Message octets that do not yet fill a block. */
const block = memory.data(64, 16);
/** The message schedule W0…W79. */
const schedule = memory.data(320, 16);

const LENGTH: usize = BLOCK_BYTES - 8;
const SCHEDULE_BYTES: usize = 320;

let lengthBytes: u64 = 0;

/** Begins a message. */
export function reset(): void {
  store<u32>(chain, 0x67452301, 0);
  store<u32>(chain, 0xefcdab89, 4);
  store<u32>(chain, 0x98badcfe, 8);
  store<u32>(chain, 0x10325476, 12);
  store<u32>(chain, 0xc3d2e1f0, 16);
  lengthBytes = 0;
}

/** Saves the hash value (20 bytes) after a whole number of blocks, for `resume`. */
export function save(to: usize): void {
  memory.copy(to, chain, DIGEST_BYTES);
}

/** Goes on with a saved hash value, after `bytes` octets (a multiple of 64) of message. */
export function resume(from: usize, bytes: u64): void {
  memory.copy(chain, from, DIGEST_BYTES);
  lengthBytes = bytes;
}

/** Hashes the next `bytes` octets of the message. */
export function update(p: usize, bytes: usize): void {
  const end = p + bytes;
  const waiting = <usize>lengthBytes & (BLOCK_BYTES - 1);
  lengthBytes += bytes;
  if (waiting > 0) {
    const part = min(bytes, BLOCK_BYTES - waiting);
    memory.copy(block + waiting, p, part);
    if (waiting + part < BLOCK_BYTES) return;
    compress(block);
    p += part;
  }
  for (; p + BLOCK_BYTES <= end; p += BLOCK_BYTES) compress(p);
  memory.copy(block, p, end - p);
}

/** Ends the message: writes the digest (20 octets) to `out`. The next call is `reset` or `resume`. */
export function finish(out: usize): void {
  const waiting = <usize>lengthBytes & (BLOCK_BYTES - 1);
  store<u8>(block + waiting, 0x80);
  memory.fill(block + waiting + 1, 0, BLOCK_BYTES - 1 - waiting);
  if (waiting >= LENGTH) {
    compress(block);
    memory.fill(block, 0, LENGTH);
  }
  set64(block + LENGTH, lengthBytes << 3);
  compress(block);
  for (let i: usize = 0; i < DIGEST_BYTES; i += 4) set32(out + i, load<u32>(chain + i));
}

function compress(p: usize): void {
  for (let i: usize = 0; i < BLOCK_BYTES; i += 4) store<u32>(schedule + i, get32(p + i));
  for (let w = schedule + BLOCK_BYTES; w < schedule + SCHEDULE_BYTES; w += 4) {
    const mixed = load<u32>(w - 12) ^ load<u32>(w - 32) ^ load<u32>(w - 56) ^ load<u32>(w - 64);
    store<u32>(w, rotl<u32>(mixed, 1));
  }

  let a = load<u32>(chain, 0);
  let b = load<u32>(chain, 4);
  let c = load<u32>(chain, 8);
  let d = load<u32>(chain, 12);
  let e = load<u32>(chain, 16);
  // Five steps at a time, so that the five words change their roles without being moved.
  let w = schedule;
  for (const end = w + 80; w < end; w += 20) {
    e += rotl<u32>(a, 5) + choose(b, c, d) + 0x5a827999 + load<u32>(w, 0), b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + choose(a, b, c) + 0x5a827999 + load<u32>(w, 4), a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + choose(e, a, b) + 0x5a827999 + load<u32>(w, 8), e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + choose(d, e, a) + 0x5a827999 + load<u32>(w, 12), d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + choose(c, d, e) + 0x5a827999 + load<u32>(w, 16), c = rotl<u32>(c, 30);
  }
  for (const end = w + 80; w < end; w += 20) {
    e += rotl<u32>(a, 5) + parity(b, c, d) + 0x6ed9eba1 + load<u32>(w, 0), b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + parity(a, b, c) + 0x6ed9eba1 + load<u32>(w, 4), a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + parity(e, a, b) + 0x6ed9eba1 + load<u32>(w, 8), e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + parity(d, e, a) + 0x6ed9eba1 + load<u32>(w, 12), d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + parity(c, d, e) + 0x6ed9eba1 + load<u32>(w, 16), c = rotl<u32>(c, 30);
  }
  for (const end = w + 80; w < end; w += 20) {
    e += rotl<u32>(a, 5) + majority(b, c, d) + 0x8f1bbcdc + load<u32>(w, 0), b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + majority(a, b, c) + 0x8f1bbcdc + load<u32>(w, 4), a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + majority(e, a, b) + 0x8f1bbcdc + load<u32>(w, 8), e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + majority(d, e, a) + 0x8f1bbcdc + load<u32>(w, 12), d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + majority(c, d, e) + 0x8f1bbcdc + load<u32>(w, 16), c = rotl<u32>(c, 30);
  }
  for (const end = w + 80; w < end; w += 20) {
    e += rotl<u32>(a, 5) + parity(b, c, d) + 0xca62c1d6 + load<u32>(w, 0), b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + parity(a, b, c) + 0xca62c1d6 + load<u32>(w, 4), a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + parity(e, a, b) + 0xca62c1d6 + load<u32>(w, 8), e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + parity(d, e, a) + 0xca62c1d6 + load<u32>(w, 12), d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + parity(c, d, e) + 0xca62c1d6 + load<u32>(w, 16), c = rotl<u32>(c, 30);
  }
  store<u32>(chain, load<u32>(chain, 0) + a, 0);
  store<u32>(chain, load<u32>(chain, 4) + b, 4);
  store<u32>(chain, load<u32>(chain, 8) + c, 8);
  store<u32>(chain, load<u32>(chain, 12) + d, 12);
  store<u32>(chain, load<u32>(chain, 16) + e, 16);
}

function choose(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}

function parity(x: u32, y: u32, z: u32): u32 {
  return x ^ y ^ z;
}

function majority(x: u32, y: u32, z: u32): u32 {
  return (x & y) | (z & (x | y));
}
