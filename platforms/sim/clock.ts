/**
 * Virtual time: a queue of actions, each at its moment. Time jumps from one to the next, so that a run takes
 * as long as its work and not as its story. Actions of one moment run in the order in which they were
 * planned.
 */

/** An action that waits for its moment. */
export interface Timer {
  readonly atMs: number;
  /** Whether it still waits. */
  readonly pending: boolean;
  /** Takes the action back; does nothing when it has run. */
  cancel(): void;
}

class Entry implements Timer {
  constructor(
    readonly atMs: number,
    readonly order: number,
    public action: (() => void) | undefined,
  ) {}

  get pending(): boolean {
    return this.action !== undefined;
  }

  cancel(): void {
    this.action = undefined;
  }

  before(other: Entry): boolean {
    return this.atMs < other.atMs || (this.atMs === other.atMs && this.order < other.order);
  }
}

export class Clock {
  /** Binary heap: no entry comes before its parent, which stands at (index − 1) / 2. */
  private readonly heap: Entry[] = [];
  private planned = 0;
  private now = 0;

  /** Virtual milliseconds since the network began. */
  get nowMs(): number {
    return this.now;
  }

  /**
   * Plans `action` for `atMs`; a moment that has passed means now, behind what is already planned for now.
   */
  at(atMs: number, action: () => void): Timer {
    const entry = new Entry(Math.max(atMs, this.now), this.planned++, action);
    this.push(entry);
    return entry;
  }

  /** Calls `action` so many ms of virtual time from now. */
  after(delayMs: number, action: () => void): Timer {
    return this.at(this.now + delayMs, action);
  }

  /** Runs everything that is planned up to `atMs`, and ends there. */
  runTo(atMs: number): void {
    while (this.heap.length > 0 && this.heap[0].atMs <= atMs) this.step();
    this.now = Math.max(this.now, atMs);
  }

  /** Runs until `condition` holds; false when `limitMs` passes before. Looks after every action. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    return this.runToOr(condition, this.now + limitMs);
  }

  /** The same up to a moment, which is reached exactly. */
  runToOr(condition: () => boolean, endMs: number): boolean {
    while (!condition()) {
      if (this.heap.length === 0 || this.heap[0].atMs > endMs) {
        this.now = endMs;
        return condition();
      }
      this.step();
    }
    return true;
  }

  private step(): void {
    const entry = this.pop();
    const { action } = entry;
    if (!action) return;
    this.now = entry.atMs;
    entry.action = undefined;
    action();
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!entry.before(heap[parent])) break;
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): Entry {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && heap[child + 1].before(heap[child])) child++;
      if (!heap[child].before(last)) break;
      heap[index] = heap[child];
      index = child;
    }
    heap[index] = last;
    return first;
  }
}
