/**
 * Finds a record by an IPv6 address and a number (such as a binding identifier) among a million.
 *
 * An open table of buckets with linear probing. The key itself stays in the record, so a bucket is
 * eight bytes and a search usually touches one cache line of buckets and one of records:
 *
 *    0               4               8
 *    ├───────────────┼───────────────┤
 *    │ tag           │ record + 1    │     tag: 32 bits of the hash. Its low bits are the home
 *    └───────────────┴───────────────┘     bucket. A second word of zero: the bucket is empty
 *
 * A removed entry leaves no mark: the entries behind it move back towards their home, so a table
 * with much coming and going stays as fast as a new one. The hash is keyed with two secrets: who
 * does not know them cannot choose addresses that collide.
 */
import { NONE, Slab, allocateZeroed } from "./slab";

const TAG: usize = 0;
const RECORD: usize = TAG + 4;
const BUCKET_BYTES: usize = RECORD + 4;

/** Odd constants without structure: the hash stays a good one even with secrets of zero. */
const SALT_HIGH: u64 = 0x9e3779b97f4a7c15;
const SALT_LOW: u64 = 0xd1b54a32d192ed03;

/** Where the outcome of loads goes that are made for the cache alone, so that no optimiser leaves them out. */
const touchedAt = memory.data(4, 4);

@unmanaged
export class AddressIndex {
  private buckets: usize;
  /** Number of buckets less one; their number is a power of two. */
  private mask: u32;
  /** How many records are in the index. */
  used: u32;
  /** How many records may be in the index. */
  capacity: u32;
  private recordBytes: u32;
  private records: usize;
  private addressOffset: usize;
  private extraOffset: usize;
  private secretHigh: u64;
  private secretLow: u64;

  constructor(slab: Slab, addressOffset: usize, extraOffset: usize, secretHigh: u64, secretLow: u64) {
    // At most 2/3 full. Beyond, runs of taken buckets grow fast.
    let count: u32 = 8;
    while (<u64>count * 2 < <u64>slab.capacity * 3) count <<= 1;
    this.buckets = allocateZeroed(<usize>count * BUCKET_BYTES);
    this.mask = count - 1;
    this.used = 0;
    this.capacity = slab.capacity;
    this.records = slab.base;
    this.recordBytes = slab.recordBytes;
    this.addressOffset = addressOffset;
    this.extraOffset = extraOffset;
    this.secretHigh = secretHigh ^ SALT_HIGH;
    this.secretLow = secretLow ^ SALT_LOW;
  }

  /** The record with this address (16 octets) and extra key, or NONE. */
  find(address: usize, extra: u32): u32 {
    const high = load<u64>(address);
    const low = load<u64>(address, 8);
    const tag = this.hash(high, low, extra);
    const buckets = this.buckets;
    const mask = this.mask;
    let at = tag & mask;
    while (true) {
      const bucket = buckets + <usize>at * BUCKET_BYTES;
      const stored = load<u32>(bucket, RECORD);
      if (stored == 0) return NONE;
      at = (at + 1) & mask;
      if (load<u32>(bucket, TAG) != tag) continue;
      const record = this.records + <usize>(stored - 1) * this.recordBytes;
      const key = record + this.addressOffset;
      if (load<u64>(key) != high || load<u64>(key, 8) != low) continue;
      if (load<u32>(record + this.extraOffset) == extra) return stored - 1;
    }
  }

  /** The tag of an address with an extra key of 0: what `foresee` wants. */
  tag(address: usize): u32 {
    return this.hash(load<u64>(address), load<u64>(address, 8), 0);
  }

  /**
   * Brings into the cache what `find` will need for `count` tags (u32 each at `tags`, overwritten),
   * so that a batch waits for the memory once and not packet by packet. Loops of nothing but loads:
   * the processor then has many of them under way at a time.
   */
  foresee(tags: usize, count: u32): void {
    const end = tags + (<usize>count << 2);
    const buckets = this.buckets;
    const mask = this.mask;
    let touched: u32 = 0;
    for (let p = tags; p < end; p += 4) touched ^= load<u32>(buckets + <usize>(load<u32>(p) & mask) * BUCKET_BYTES);
    for (let p = tags; p < end; p += 4) store<u32>(p, this.candidate(load<u32>(p)));
    const records = this.records;
    const bytes = <usize>this.recordBytes;
    for (let p = tags; p < end; p += 4) touched ^= load<u32>(records + <usize>load<u32>(p) * bytes);
    store<u32>(touchedAt, touched);
  }

  /** The first record with this tag; record 0 when there is none. */
  private candidate(tag: u32): u32 {
    let at = tag;
    while (true) {
      const bucket = this.bucketAt(at++);
      const stored = load<u32>(bucket, RECORD);
      if (stored == 0) return 0;
      if (load<u32>(bucket, TAG) == tag) return stored - 1;
    }
  }

  /**
   * Adds a taken record of the slab. Its address and extra key must be written already, must not
   * be those of another record in the index, and must stay as they are until `remove`.
   * False when the index holds as many records as the slab can.
   */
  insert(record: u32): bool {
    if (this.used == this.capacity) return false;
    const tag = this.tagOf(record);
    let bucket = this.bucketAt(tag);
    for (let at = tag; load<u32>(bucket, RECORD) != 0; ) bucket = this.bucketAt(++at);
    store<u32>(bucket, tag, TAG);
    store<u32>(bucket, record + 1, RECORD);
    this.used++;
    return true;
  }

  /** Takes a record out, before it goes back to the slab. False when it was not in the index. */
  remove(record: u32): bool {
    const mask = this.mask;
    let hole = this.tagOf(record) & mask;
    while (true) {
      const stored = load<u32>(this.bucketAt(hole), RECORD);
      if (stored == 0) return false;
      if (stored == record + 1) break;
      hole = (hole + 1) & mask;
    }
    // Fill the hole with the next entry whose way from home leads over it; repeat with the new hole.
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const bucket = this.bucketAt(at);
      if (load<u32>(bucket, RECORD) == 0) break;
      const steps = (at - load<u32>(bucket, TAG)) & mask;
      if (steps < ((at - hole) & mask)) continue;
      store<u64>(this.bucketAt(hole), load<u64>(bucket));
      hole = at;
    }
    store<u64>(this.bucketAt(hole), 0);
    this.used--;
    return true;
  }

  private bucketAt(number: u32): usize {
    return this.buckets + <usize>(number & this.mask) * BUCKET_BYTES;
  }

  private tagOf(record: u32): u32 {
    const p = this.records + <usize>record * this.recordBytes;
    const address = p + this.addressOffset;
    return this.hash(load<u64>(address), load<u64>(address, 8), load<u32>(p + this.extraOffset));
  }

  private hash(high: u64, low: u64, extra: u32): u32 {
    const mixed = foldedProduct(high ^ this.secretHigh, low ^ this.secretLow ^ extra * (this.secretHigh | 1));
    return <u32>(((mixed ^ (mixed >> 32)) * SALT_HIGH) >> 32);
  }
}

/**
 * An index over the records of `slab`, with room for all of them. `addressOffset` and
 * `extraOffset` say where a record has its address (16 octets) and its extra key (a native u32).
 * The secrets come from the random generator at the node's start.
 */
export function newIndex(
  slab: Slab,
  addressOffset: usize,
  extraOffset: usize,
  secretHigh: u64,
  secretLow: u64,
): AddressIndex {
  return new AddressIndex(slab, addressOffset, extraOffset, secretHigh, secretLow);
}

/** High half XOR low half of the 128-bit product: every bit depends on every bit of both. */
function foldedProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const lowLow = aLow * bLow;
  const highLow = aHigh * bLow + (lowLow >> 32);
  const lowHigh = aLow * bHigh + (highLow & 0xffffffff);
  const high = aHigh * bHigh + (highLow >> 32) + (lowHigh >> 32);
  return high ^ (a * b);
}
