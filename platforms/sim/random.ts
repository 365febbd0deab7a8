/**
 * Random numbers that are a pure function of a seed and of what they are for.
 *
 * Every concern (the loss of one link, the entropy of one node) has a generator of its own, so that a change
 * in one part of a scenario does not shift the numbers of another part. The generator is sfc32 (C. Doty-
 * Humphrey).
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number, concern: string) {
    this.a = hash32(`${concern}/${seed}`, 0x811c9dc5);
    this.b = hash32(`${seed}/${concern}`, this.a);
    this.c = seed | 0;
    for (let round = 0; round < 12; round++) this.u32();
  }

  /** A whole number, 0 … 2^32 − 1. */
  u32(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A number from `low` up to, but not including, `high`. */
  between(low: number, high: number): number {
    return low + (this.u32() / 0x1_0000_0000) * (high - low);
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  /** True once in `1 / probability` times; asks the generator only where the answer is open. */
  chance(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.between(0, 1) < probability);
  }

  /** One of the items, each as likely as the others. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)];
  }

  /** So many random octets. */
  bytes(lengthBytes: number): Uint8Array {
    return Uint8Array.from({ length: lengthBytes }, () => this.u32() >>> 24);
  }
}

/** FNV-1a over the character codes of `text`. */
function hash32(text: string, start: number): number {
  let hash = start;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash;
}
