/**
 * The random numbers of a node: ChaCha20 (RFC 8439 §2.3) with fast key erasure.
 *
 *   key ──ChaCha20──► next key (32 octets) │ output (480 octets)
 *
 * Each refill makes its own next key, and output is erased as it is given: who reads the memory
 * later cannot tell what was given before. Entropy comes from the host by `feed`; the core reads
 * no random source itself, so that a simulation with the same seed runs the same way.
 */

const BLOCK_BYTES: usize = 64;
const KEY_BYTES: usize = 32;
const POOL_BYTES: usize = 8 * BLOCK_BYTES;

//  0              16                            48        52               64
//  ├──────────────┼──────────────┬──────────────┼─────────┼────────────────┤
//  │ constants    │ key          │ key          │ counter │ nonce          │
//  └──────────────┴──────────────┴──────────────┴─────────┴────────────────┘
const KEY: usize = 16;
const COUNTER: usize = KEY + KEY_BYTES;

const state = memory.data(64, 16);
const pool = memory.data(512, 16);

/** Octets of the pool that were given (or were the next key). */
let given: usize = POOL_BYTES;
let fedBytes: u64 = 0;

/** Whether the host has fed at least 256 bits: nothing secret may be made before. */
export function isSeeded(): bool {
  return fedBytes >= KEY_BYTES;
}

/**
 * Adds entropy: the first seed, and more at any time. What is given afterwards depends on all that
 * was fed before. Output that was ready is thrown away, so new entropy counts at once.
 */
export function feed(p: usize, bytes: usize): void {
  fedBytes += bytes;
  while (bytes > 0) {
    const part = min(bytes, KEY_BYTES);
    for (let i: usize = 0; i < part; i++) {
      const k = state + KEY + i;
      store<u8>(k, load<u8>(k) ^ load<u8>(p + i));
    }
    refill();
    p += part;
    bytes -= part;
  }
}

/** Writes `bytes` random octets to `p`. */
export function fill(p: usize, bytes: usize): void {
  while (bytes > 0) {
    if (given == POOL_BYTES) refill();
    const part = min(bytes, POOL_BYTES - given);
    memory.copy(p, pool + given, part);
    memory.fill(pool + given, 0, part);
    given += part;
    p += part;
    bytes -= part;
  }
}

/** A random number of 32 bits. */
export function next32(): u32 {
  return <u32>next64();
}

/** A random number of 64 bits. */
export function next64(): u64 {
  if (given + 8 > POOL_BYTES) refill();
  const value = load<u64>(pool + given);
  store<u64>(pool + given, 0);
  given += 8;
  return value;
}

/** A random number below `n`, each equally likely; 0 when `n` is 0. */
export function nextBelow(n: u32): u32 {
  if (n == 0) return 0;
  // The high half of a product with n. Low halves below 2^32 mod n would make some results likelier.
  const refused = (<u32>0 - n) % n;
  let product: u64;
  do {
    product = <u64>next32() * n;
  } while (<u32>product < refused);
  return <u32>(product >> 32);
}

/** A random number from 0 up to, not including, 1. */
export function nextUnit(): f64 {
  return <f64>(next64() >> 11) * (1.0 / 9007199254740992.0);
}

/** Makes a pool of output, and the next key from its first octets. */
function refill(): void {
  store<u64>(state, 0x3320646e61707865, 0); // "expa" "nd 3"
  store<u64>(state, 0x6b20657479622d32, 8); // "2-by" "te k"
  for (let block: usize = 0; block < POOL_BYTES / BLOCK_BYTES; block++) {
    store<u32>(state, <u32>block, COUNTER);
    chacha20Block(state, pool + block * BLOCK_BYTES);
  }
  memory.copy(state + KEY, pool, KEY_BYTES);
  memory.fill(pool, 0, KEY_BYTES);
  given = KEY_BYTES;
}

/**
 * The ChaCha20 block function (RFC 8439 §2.3): 64 octets of state (constants, key, counter, nonce)
 * to 64 octets of key stream. The four rows of the state are vectors: a column round works on them
 * as they are, a diagonal round after the rows are turned by one, two and three words.
 */
export function chacha20Block(from: usize, to: usize): void {
  const row0 = v128.load(from, 0);
  const row1 = v128.load(from, 16);
  const row2 = v128.load(from, 32);
  const row3 = v128.load(from, 48);
  let a = row0;
  let b = row1;
  let c = row2;
  let d = row3;
  for (let round = 0; round < 20; round++) {
    a = i32x4.add(a, b), d = rotateLeft(v128.xor(d, a), 16);
    c = i32x4.add(c, d), b = rotateLeft(v128.xor(b, c), 12);
    a = i32x4.add(a, b), d = rotateLeft(v128.xor(d, a), 8);
    c = i32x4.add(c, d), b = rotateLeft(v128.xor(b, c), 7);
    // Columns become diagonals after an even round, and columns again after an odd one.
    c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    if ((round & 1) == 0) {
      b = i32x4.shuffle(b, b, 1, 2, 3, 0);
      d = i32x4.shuffle(d, d, 3, 0, 1, 2);
    } else {
      b = i32x4.shuffle(b, b, 3, 0, 1, 2);
      d = i32x4.shuffle(d, d, 1, 2, 3, 0);
    }
  }
  v128.store(to, i32x4.add(a, row0), 0);
  v128.store(to, i32x4.add(b, row1), 16);
  v128.store(to, i32x4.add(c, row2), 32);
  v128.store(to, i32x4.add(d, row3), 48);
}

function rotateLeft(row: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(row, bits), i32x4.shr_u(row, 32 - bits));
}
