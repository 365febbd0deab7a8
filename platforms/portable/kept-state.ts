/**
 * What the core orders to keep over a restart: a snapshot of its state and the records that came since. In memory for
 * a core that has to be replaced after a trap; a program that wants more gets each record as it comes.
 */

/** Records are replaced by a snapshot when they have grown by their own size, and at least by this. */
const MIN_GROWTH_BYTES = 64 * 1024;

export class KeptState {
  readonly #keep: ((record: Uint8Array) => void) | undefined;
  #parts: Uint8Array[];
  #lengthBytes: number;
  #compactAtBytes: number;

  /** @param keep is given each record: appended to `state`, in this order, they are the state of the next start */
  constructor(state: Uint8Array, keep?: (record: Uint8Array) => void) {
    this.#keep = keep;
    this.#parts = [state.slice()];
    this.#lengthBytes = state.length;
    this.#compactAtBytes = state.length + MIN_GROWTH_BYTES;
  }

  /** All records, the oldest first. */
  get records(): Uint8Array {
    const whole = new Uint8Array(this.#lengthBytes);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [whole];
    return whole;
  }

  /** True when a snapshot would be much shorter. */
  get wantsCompaction(): boolean {
    return this.#lengthBytes > this.#compactAtBytes;
  }

  append(record: Uint8Array): void {
    const copy = record.slice();
    this.#parts.push(copy);
    this.#lengthBytes += copy.length;
    this.#keep?.(copy);
  }

  /** Puts a snapshot in the place of all records; what the program keeps is its own to shorten (`exportState`). */
  compact(snapshot: Uint8Array): void {
    this.#parts = [snapshot];
    this.#lengthBytes = snapshot.length;
    this.#compactAtBytes = snapshot.length + Math.max(MIN_GROWTH_BYTES, snapshot.length);
  }
}
