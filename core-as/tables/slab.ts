/**
 * A pool of records of one size, in one piece of linear memory. Everything that is kept per
 * binding, per flow or per timer is a record of a slab, so that the memory of a node is a budget
 * fixed at its start and a flood of packets cannot make it grow.
 *
 *   base           fresh           capacity
 *    │ taken or free │ never touched  │
 *    ├────┬────┬────┬┴───┬────────────┤        a free record holds the number of the
 *    │ 0  │ 1  │ 2  │ 3  │  …         │        next free one in its first four bytes
 *    └────┴────┴────┴────┴────────────┘
 *
 * A record is touched when it is first taken: a budget of a million records costs address space,
 * and no memory until they are in use. One bit a record tells whether it is taken.
 */

/** No record: the answer of a full slab, of a finished iteration, and the end of a list. */
export const NONE: u32 = 0xffffffff;

/** The least size of a record: a free one must hold the link of the free list. */
const LINK_BYTES: u32 = 4;

/** Tables begin on a pair of cache lines. */
const CACHE_LINES: usize = 128;

@unmanaged
export class Slab {
  /** Address of record 0. */
  base: usize;
  /** One bit a record, 64 records a word. */
  private taken: usize;
  /** Distance between two records. */
  recordBytes: u32;
  /** How many records there may be. */
  capacity: u32;
  /** How many records are taken now. */
  used: u32;
  /** The most records that were ever taken at once. */
  peak: u32;
  /** Records from this number on were never taken. */
  private fresh: u32;
  /** The free record that is taken next, or NONE. */
  private free: u32;

  constructor(recordBytes: u32, capacity: u32) {
    this.recordBytes = max(recordBytes, LINK_BYTES);
    this.capacity = capacity;
    this.base = allocateZeroed(<usize>this.recordBytes * capacity);
    this.taken = allocateZeroed(((<usize>capacity + 63) >> 6) << 3);
    this.used = 0;
    this.peak = 0;
    this.fresh = 0;
    this.free = NONE;
  }

  /** The number of a record that was free, all its bytes zero; NONE when the budget is used up. */
  take(): u32 {
    let record = this.free;
    if (record != NONE) {
      const link = this.at(record);
      this.free = load<u32>(link);
      memory.fill(link, 0, this.recordBytes);
    } else {
      if (this.fresh == this.capacity) return NONE;
      record = this.fresh++;
    }
    const word = this.wordOf(record);
    store<u64>(word, load<u64>(word) | bitOf(record));
    if (++this.used > this.peak) this.peak = this.used;
    return record;
  }

  /** Frees a record. False, and nothing happens, for a record that is not taken. */
  give(record: u32): bool {
    if (!this.isTaken(record)) return false;
    const word = this.wordOf(record);
    store<u64>(word, load<u64>(word) & ~bitOf(record));
    store<u32>(this.at(record), this.free);
    this.free = record;
    this.used--;
    return true;
  }

  /** Address of a record. The number must be one that `take` gave. */
  at(record: u32): usize {
    return this.base + <usize>record * this.recordBytes;
  }

  /** Whether `record` is the number of a taken record; any number may be asked for. */
  isTaken(record: u32): bool {
    return record < this.fresh && (load<u64>(this.wordOf(record)) & bitOf(record)) != 0;
  }

  /**
   * The first taken record with a number not below `cursor`, or NONE. Visits every record while
   * records come and go:
   *
   *   for (let record = slab.next(0); record != NONE; record = slab.next(record + 1)) { … }
   */
  next(cursor: u32): u32 {
    const fresh = this.fresh;
    if (cursor >= fresh) return NONE;
    let first = cursor & ~63;
    let bits = load<u64>(this.wordOf(cursor)) >> (<u64>cursor & 63) << (<u64>cursor & 63);
    while (bits == 0) {
      first += 64;
      if (first >= fresh) return NONE;
      bits = load<u64>(this.wordOf(first));
    }
    return first + <u32>ctz(bits);
  }

  private wordOf(record: u32): usize {
    return this.taken + (<usize>(record >> 6) << 3);
  }
}

/**
 * A slab of `capacity` records of `recordBytes` (four or more) bytes. Its memory is never given
 * back: slabs are made when a node starts.
 */
export function newSlab(recordBytes: u32, capacity: u32): Slab {
  return new Slab(recordBytes, capacity);
}

/**
 * Memory for a table, all zero, without writing to it: fresh WebAssembly memory is zero, and the
 * stub runtime's allocator only ever moves forward.
 */
export function allocateZeroed(bytes: usize): usize {
  return (heap.alloc(bytes + CACHE_LINES) + CACHE_LINES - 1) & ~(CACHE_LINES - 1);
}

function bitOf(record: u32): u64 {
  return <u64>1 << (<u64>record & 63);
}
