/**
 * How figures are taken: all contestants of a comparison in one run, in turn (A B A B …), so that
 * whatever else the machine does meets them alike. A figure is the median of the rounds, and a
 * ratio is the median of the ratios within each round. It runs in every runtime.
 */

export interface Contestant {
  name: string;
  /** What one call of `run` does, counted in the unit of the comparison. */
  operations: number;
  run(): void;
  /** Makes ready for the next `run`, outside the measurement; such a contestant runs once a round. */
  prepare?(): void;
}

export interface Figure {
  name: string;
  /** Median of the rounds, ns for one operation. */
  ns: number;
  /** Lower and upper quartile. */
  quartilesNs: [number, number];
  /** One number a round, ns for one operation. */
  roundsNs: number[];
}

export interface Effort {
  rounds: number;
  /** How long one contestant runs in one round, about. */
  roundMs: number;
  /** How long it runs before, so that the compiler has done its best. */
  warmUpMs: number;
}

/** Measures the contestants against each other; the figures are in the order of the contestants. */
export function compare(contestants: Contestant[], effort: Effort): Figure[] {
  const repeats = contestants.map((contestant) => calibrate(contestant, effort));
  const rounds: number[][] = contestants.map(() => []);
  for (let round = 0; round < effort.rounds; round++) {
    contestants.forEach((contestant, index) => {
      rounds[index].push(measure(contestant, repeats[index]) * 1e6 / (repeats[index] * contestant.operations));
    });
  }
  return contestants.map(({ name }, index) => figure(name, rounds[index]));
}

function figure(name: string, roundsNs: number[]): Figure {
  return {
    name, ns: quantile(roundsNs, 0.5), roundsNs, quartilesNs: [quantile(roundsNs, 0.25), quantile(roundsNs, 0.75)],
  };
}

/** What is left of `whole` without `part`, round by round, from figures of the same rounds. */
export function difference(whole: Figure, part: Figure): Figure {
  return figure(whole.name, whole.roundsNs.map((ns, round) => ns - part.roundsNs[round]));
}

/** Warms a contestant up; returns how many calls of `run` take `roundMs`. */
function calibrate(contestant: Contestant, { roundMs, warmUpMs }: Effort): number {
  let spentMs = 0;
  let repeats = 1;
  for (;;) {
    const ms = measure(contestant, repeats);
    spentMs += ms;
    const isLong = contestant.prepare !== undefined || ms >= roundMs / 2;
    if (isLong && spentMs >= warmUpMs) return contestant.prepare ? 1 : Math.max(1, Math.round(repeats * roundMs / ms));
    if (!isLong) repeats *= 2;
  }
}

/** Milliseconds of `repeats` runs. */
function measure(contestant: Contestant, repeats: number): number {
  contestant.prepare?.();
  const begin = performance.now();
  for (let repeat = 0; repeat < repeats; repeat++) contestant.run();
  return performance.now() - begin;
}

/** The value below which the share `q` of the values lies, between two values where need be. */
export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
}

export interface Ratio {
  /** Median of the rounds: how many times longer the peer takes. */
  value: number;
  /** Lower and upper quartile. */
  quartiles: [number, number];
}

/** How many times longer `peer` took than `subject`, from figures of the same rounds. */
export function ratio(peer: Figure, subject: Figure): Ratio {
  const each = peer.roundsNs.map((ns, round) => ns / subject.roundsNs[round]);
  return { value: quantile(each, 0.5), quartiles: [quantile(each, 0.25), quantile(each, 0.75)] };
}

/** The figure with the shortest time. */
export function fastest(figures: Figure[]): Figure {
  return figures.reduce((best, figure) => (figure.ns < best.ns ? figure : best));
}
