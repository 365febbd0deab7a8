/**
 * Which cases are played on real devices, where waiting takes as long as it says: those that the simulator needs little
 * time for, and that no line of exceptions.tsv leaves out.
 */
import { readFileSync } from "node:fs";
import { ALL_CASES, type CaseResult, runCases } from "../run.ts";
import { Simulator } from "../simulator.ts";
import type { Case } from "../subject.ts";

/** The longest time that is waited in one case. */
export const LONGEST_MS = 30_000;

export interface Selection {
  /** Those that wait longest come first: then the others fill the time. */
  readonly cases: readonly Case[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
}

/** Measures every case in simulated time. */
export async function select(core: WebAssembly.Module): Promise<Selection> {
  const measured = await runCases(ALL_CASES, () => new Simulator(core));
  const exceptions = readExceptions();
  const reasonOf = ({ id, tookMs }: CaseResult) => exceptions.get(id) ?? (
    tookMs > LONGEST_MS ? `it takes ${Math.round(tookMs / 1000)} s` : undefined
  );
  const takes = new Map(measured.map(({ id, tookMs }) => [id, tookMs]));
  const reasons = new Map(measured.map((each) => [each.id, reasonOf(each)]));
  return {
    cases: ALL_CASES.filter(({ id }) => reasons.get(id) === undefined).sort((a, b) => takes.get(b.id)! - takes.get(a.id)!),
    leftOut: [...reasons].flatMap(([id, reason]) => reason === undefined ? [] : [{ id, reason }]),
  };
}

/** What cannot be so on Linux, each with its reason. */
export function readExceptions(): Map<string, string> {
  const text = readFileSync(new URL("exceptions.tsv", import.meta.url), "utf8");
  return new Map(text.split("\n").filter((line) => line !== "").map((line) => line.split("\t") as [string, string]));
}
