/**
 * The signals that the sequence diagram has, in the order in which they were sent. The world tells each when it has
 * arrived, or is known to be lost: later than others that were sent after it.
 */
import type { Signal } from "../contract.ts";

/** Shown at most: older ones are gone. */
const MOST = 250;
/** So many more may come before the diagram is drawn anew without them. */
const SLACK = 50;
/** Kept of all nodes, for when another is chosen. */
const MOST_KEPT = 4000;

export class SequenceSignals {
  private readonly kept: Signal[] = [];
  private of: string | undefined;
  shown: Signal[] = [];

  /** The node that they are of; undefined: of all. */
  get subject(): string | undefined {
    return this.of;
  }

  reset(): void {
    this.kept.length = 0;
    this.shown = [];
    this.of = undefined;
  }

  choose(subject: string | undefined): void {
    this.of = subject;
    this.shown = this.kept.filter((signal) => this.isShown(signal)).slice(-MOST);
  }

  /** From which place on those that are shown are others than before; Infinity: none is. */
  take(signals: readonly Signal[]): number {
    let first = Infinity;
    for (const signal of signals) {
      put(this.kept, signal);
      if (this.isShown(signal)) first = Math.min(first, put(this.shown, signal));
    }
    if (this.kept.length > MOST_KEPT + SLACK) this.kept.splice(0, this.kept.length - MOST_KEPT);
    if (this.shown.length <= MOST + SLACK) return first;
    this.shown.splice(0, this.shown.length - MOST);
    return 0;
  }

  /** What somebody else lost on its way to nobody knows whom is not of the subject. */
  private isShown({ from, to }: Signal): boolean {
    return this.of === undefined || from === this.of || to === this.of;
  }
}

/** Puts a signal, or what is known of it now, where it belongs by the time it was sent; gives the place. */
function put(signals: Signal[], signal: Signal): number {
  const known = signals.findLastIndex(({ packet, sentMs }) => packet === signal.packet && sentMs === signal.sentMs);
  if (known >= 0) {
    signals[known] = signal;
    return known;
  }
  const place = signals.findLastIndex(({ sentMs }) => sentMs <= signal.sentMs) + 1;
  signals.splice(place, 0, signal);
  return place;
}
