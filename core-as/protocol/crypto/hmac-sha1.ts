/**
 * HMAC-SHA1 (RFC 2104 §2, RFC 2404): the authenticator of binding messages (RFC 6275 §5.2.6, §6.2.7;
 * RFC 4285 §5).
 *
 *   HMAC(K, text) = H(K ^ opad, H(K ^ ipad, text))
 *
 * Both hashes begin with one block that depends on the key alone. `prepare` keeps the hash values
 * after these blocks, so that a message costs two steps of SHA-1 less (RFC 2104 §4).
 */
import * as sha1 from "./sha1";

//  0                        20                       40
//  ├────────────────────────┼────────────────────────┤
//  │ hash after K ^ ipad    │ hash after K ^ opad    │
//  └────────────────────────┴────────────────────────┘
const INNER: usize = 0;
const OUTER: usize = INNER + sha1.DIGEST_BYTES;
/** Bytes of a prepared key. It is as secret as the key. */
export const STATE_BYTES: usize = OUTER + sha1.DIGEST_BYTES;
/** Octets of the result. */
export const AUTHENTICATOR_BYTES: usize = sha1.DIGEST_BYTES;

const INNER_PAD: u64 = 0x3636363636363636;
const OUTER_PAD: u64 = 0x5c5c5c5c5c5c5c5c;

/** A key, made as long as a block with zeros. All zero between two calls of `prepare`. */
const padded = memory.data(64, 16);
const digest = memory.data(20, 4);
/** Prepared key of the message that is being authenticated. */
let current: usize = 0;

/** Prepares a key of any length: writes 40 bytes to `state`, for any number of messages. */
export function prepare(key: usize, keyLengthBytes: usize, state: usize): void {
  if (keyLengthBytes > sha1.BLOCK_BYTES) {
    sha1.reset();
    sha1.update(key, keyLengthBytes);
    sha1.finish(padded);
  } else {
    memory.copy(padded, key, keyLengthBytes);
  }
  hashPadded(INNER_PAD, state + INNER);
  hashPadded(INNER_PAD ^ OUTER_PAD, state + OUTER);
  memory.fill(padded, 0, sha1.BLOCK_BYTES);
}

/** Begins a message under a prepared key, which must stay where it is until `finish`. */
export function begin(state: usize): void {
  current = state;
  sha1.resume(state + INNER, sha1.BLOCK_BYTES);
}

/** Takes the next `bytes` octets of the message. */
export function update(p: usize, bytes: usize): void {
  sha1.update(p, bytes);
}

/** Ends the message: writes the 20 octets of the result to `out`. */
export function finish(out: usize): void {
  sha1.finish(digest);
  sha1.resume(current + OUTER, sha1.BLOCK_BYTES);
  sha1.update(digest, sha1.DIGEST_BYTES);
  sha1.finish(out);
}

/** Whether two pieces of memory are equal, in a time that does not tell where they differ. */
export function sameBytes(a: usize, b: usize, bytes: usize): bool {
  let difference: u32 = 0;
  for (let i: usize = 0; i < bytes; i++) difference |= <u32>load<u8>(a + i) ^ <u32>load<u8>(b + i);
  return difference == 0;
}

/** Changes the padded key by `pad`, and saves the hash value after that block. */
function hashPadded(pad: u64, to: usize): void {
  for (let p = padded; p < padded + sha1.BLOCK_BYTES; p += 8) store<u64>(p, load<u64>(p) ^ pad);
  sha1.reset();
  sha1.update(padded, sha1.BLOCK_BYTES);
  sha1.save(to);
}
