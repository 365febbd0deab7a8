/**
 * Which cases are played on real devices, where waiting takes as long as it says: those that take the simulator little
 * of its own time.
 */
import { ALL_CASES, runCases } from "../run.ts";
import { Simulator } from "../simulator.ts";
import type { Case } from "../subject.ts";

/** The longest that a case may take. */
const LONGEST_MS = 30_000;

export interface Selection {
  /** Those that take longest come first: then the others fill the time. */
  readonly cases: readonly Case[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
}

/** Measures every case in simulated time. */
export async function select(core: WebAssembly.Module): Promise<Selection> {
  const measured = await runCases(ALL_CASES, () => new Simulator(core));
  const takesMs = new Map(measured.map(({ id, tookMs }) => [id, tookMs]));
  const tooLong = measured.filter(({ tookMs }) => tookMs > LONGEST_MS);
  return {
    cases: ALL_CASES.filter(({ id }) => takesMs.get(id)! <= LONGEST_MS)
      .sort((a, b) => takesMs.get(b.id)! - takesMs.get(a.id)!),
    leftOut: tooLong.map(({ id, tookMs }) => ({ id, reason: `it takes ${Math.round(tookMs / 1000)} s` })),
  };
}
