/**
 * Bindings found by home address, in the ways in which JavaScript can: the address is 16 octets in a
 * packet, and must become a key first. Each answers with the number of the binding, −1: there is none.
 */
import type { Memory } from "./checksum.ts";

export interface BindingMap {
  readonly name: string;
  set(memory: Memory, at: number, binding: number): void;
  find(memory: Memory, at: number): number;
}

/** The key is the address as one number of 128 bits. */
export class BigIntMap implements BindingMap {
  readonly name = "Map keyed by BigInt";
  private readonly map = new Map<bigint, number>();

  set({ view }: Memory, at: number, binding: number): void {
    this.map.set((view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8), binding);
  }

  find({ view }: Memory, at: number): number {
    return this.map.get((view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8)) ?? -1;
  }
}

/** The key is the address as a string of eight characters, 16 bits each. */
export class StringMap implements BindingMap {
  readonly name = "Map keyed by string";
  private readonly map = new Map<string, number>();

  set(memory: Memory, at: number, binding: number): void {
    this.map.set(stringKey(memory, at), binding);
  }

  find(memory: Memory, at: number): number {
    return this.map.get(stringKey(memory, at)) ?? -1;
  }
}

function stringKey({ halves }: Memory, at: number): string {
  const h = at >> 1;
  return String.fromCharCode(
    halves[h], halves[h + 1], halves[h + 2], halves[h + 3], halves[h + 4], halves[h + 5], halves[h + 6], halves[h + 7],
  );
}

/** No Map at all: the core's own design, an open table in typed arrays, written in JavaScript. */
export class TypedTable implements BindingMap {
  readonly name = "hash table in typed arrays";
  private readonly mask: number;
  private readonly records: Int32Array;
  private readonly keys: Uint32Array;

  /** Room for bindings numbered below `capacity`. */
  constructor(capacity: number) {
    let count = 8;
    while (count * 2 < capacity * 3) count *= 2;
    this.mask = count - 1;
    this.records = new Int32Array(count);
    this.keys = new Uint32Array(capacity * 4);
  }

  set({ words }: Memory, at: number, binding: number): void {
    const word = at >> 2;
    let bucket = hash(words, word) & this.mask;
    while (this.records[bucket] !== 0) bucket = (bucket + 1) & this.mask;
    this.records[bucket] = binding + 1;
    for (let part = 0; part < 4; part++) this.keys[binding * 4 + part] = words[word + part];
  }

  find({ words }: Memory, at: number): number {
    const word = at >> 2;
    const { keys, records, mask } = this;
    for (let bucket = hash(words, word) & mask; ; bucket = (bucket + 1) & mask) {
      const binding = records[bucket] - 1;
      if (binding < 0) return -1;
      const own = binding * 4;
      if (keys[own + 3] === words[word + 3] && keys[own + 2] === words[word + 2]
        && keys[own + 1] === words[word + 1] && keys[own] === words[word]) return binding;
    }
  }
}

function hash(words: Uint32Array, word: number): number {
  let mixed = Math.imul(words[word] ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul((mixed ^ (mixed >>> 15)) ^ words[word + 1], 0xc2b2ae35);
  mixed = Math.imul((mixed ^ (mixed >>> 13)) ^ words[word + 2], 0x27d4eb2f);
  mixed = Math.imul((mixed ^ (mixed >>> 16)) ^ words[word + 3], 0x165667b1);
  return mixed ^ (mixed >>> 15);
}
