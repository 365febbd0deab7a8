/**
 * SHA-1 (RFC 3174) and HMAC (RFC 2104) for the tester: at once, in every runtime, and independent of the core,
 * whose own are under test.
 */

const BLOCK_BYTES = 64;
/** What the five words begin with (RFC 3174 §6.1). */
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
/** One for each twenty of the eighty steps (RFC 3174 §5). */
const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

/** The digest, 20 octets, of all parts in a row. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const message = padded(parts);
  const view = new DataView(message.buffer);
  const state = Uint32Array.from(INITIAL);
  for (let offset = 0; offset < message.length; offset += BLOCK_BYTES) addBlock(state, view, offset);
  const digest = new DataView(new ArrayBuffer(4 * state.length));
  state.forEach((word, index) => digest.setUint32(4 * index, word));
  return new Uint8Array(digest.buffer);
}

/** HMAC-SHA1, 20 octets, of all parts in a row. */
export function hmacSha1(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? sha1(key) : key);
  const mixed = (octet: number) => block.map((each) => each ^ octet);
  return sha1(mixed(0x5c), sha1(mixed(0x36), ...parts));
}

/** The message, a one bit, zeros, and the length in bits: whole blocks (RFC 3174 §4). */
function padded(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const message = new Uint8Array(Math.ceil((length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  message[at] = 0x80;
  new DataView(message.buffer).setBigUint64(message.length - 8, BigInt(length) * 8n);
  return message;
}

/** RFC 3174 §6.1. */
function addBlock(state: Uint32Array, view: DataView, offset: number): void {
  const words = new Uint32Array(80);
  for (let step = 0; step < 16; step++) words[step] = view.getUint32(offset + 4 * step);
  for (let step = 16; step < 80; step++) {
    words[step] = rotate(words[step - 3] ^ words[step - 8] ^ words[step - 14] ^ words[step - 16], 1);
  }
  let [a, b, c, d, e] = state;
  for (let step = 0; step < 80; step++) {
    const twenty = Math.floor(step / 20);
    const mixed = twenty === 0 ? (b & c) | (~b & d) : twenty === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    const next = (rotate(a, 5) + mixed + e + words[step] + CONSTANTS[twenty]) >>> 0;
    [a, b, c, d, e] = [next, a, rotate(b, 30), c, d];
  }
  [a, b, c, d, e].forEach((word, index) => {
    state[index] += word;
  });
}

function rotate(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}
