/**
 * Where moments stand in the sequence diagram: time runs downwards, but a silence of minutes takes no more room than
 * one of a second, and what comes close together is kept apart.
 */
const LEAST_GAP = 46;
const MOST_GAP = 88;
/** So much room for a tenfold longer silence. */
const PER_DECADE = 14;

export class SequenceTimes {
  private readonly atMs: number[] = [];
  private readonly at: number[] = [];

  /** The place of the next moment, `extra` below where it would stand; a late one is put beside the last. */
  add(ms: number, extra = 0): number {
    const last = this.atMs.length - 1;
    const place = extra + (last < 0 ? LEAST_GAP : this.at[last] + gapOf(ms - this.atMs[last]));
    this.atMs.push(last < 0 ? ms : Math.max(ms, this.atMs[last]));
    this.at.push(place);
    return place;
  }

  /** Forgets all but the first so many. */
  keep(count: number): void {
    this.atMs.length = this.at.length = Math.min(count, this.at.length);
  }

  /** The place of any moment, between those that were added. */
  placeOf(ms: number): number {
    const { atMs, at } = this;
    const after = atMs.findIndex((each) => each >= ms);
    if (after < 0) return (at.at(-1) ?? 0) + (at.length > 0 ? Math.min(gapOf(ms - atMs.at(-1)!), MOST_GAP) / 2 : 0);
    if (after === 0) return Math.max(0, at[0] - LEAST_GAP / 2);
    const share = (ms - atMs[after - 1]) / Math.max(1e-9, atMs[after] - atMs[after - 1]);
    return at[after - 1] + share * (at[after] - at[after - 1]);
  }

  get end(): number {
    return (this.at.at(-1) ?? 0) + LEAST_GAP;
  }
}

function gapOf(ms: number): number {
  return Math.min(MOST_GAP, LEAST_GAP + PER_DECADE * Math.log10(1 + Math.max(0, ms) / 100));
}
