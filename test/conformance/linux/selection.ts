/**
 * Which cases are played on real devices, where waiting takes as long as it says: those that take the simulator little
 * of its own time.
 */
import { ALL_CASES, type CaseResult, runCases } from "../run.ts";
import { Simulator } from "../simulator.ts";
import type { Case } from "../subject.ts";

export interface Selection {
  /** Those that take longest come first: then the others fill the time. */
  readonly cases: readonly Case[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
}

/** What every case takes in simulated time. */
export function measure(core: WebAssembly.Module): Promise<readonly CaseResult[]> {
  return runCases(ALL_CASES, () => new Simulator(core));
}

/** Those of the measured cases that take no longer than that. */
export function select(measured: readonly CaseResult[], longestMs: number): Selection {
  const takesMs = new Map(measured.map(({ id, tookMs }) => [id, tookMs]));
  const tooLong = measured.filter(({ tookMs }) => tookMs > longestMs);
  return {
    cases: ALL_CASES.filter(({ id }) => takesMs.get(id)! <= longestMs)
      .sort((a, b) => takesMs.get(b.id)! - takesMs.get(a.id)!),
    leftOut: tooLong.map(({ id, tookMs }) => ({ id, reason: `it takes ${(tookMs / 1000).toFixed(1)} s` })),
  };
}
