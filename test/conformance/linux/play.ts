/** Plays many cases on real devices at once: most of the time they wait. */
import type { Runtime } from "../../linux/runtime.ts";
import { type CaseResult, runCase } from "../run.ts";
import type { Case } from "../subject.ts";
import { LinuxSubject } from "./linux.ts";

/** So many cases at a time. */
const AT_ONCE = 32;

export interface Played {
  readonly cases: readonly CaseResult[];
  /** Ids of cases that failed beside the others, and passed when nothing else ran: time is that of the machine. */
  readonly again: readonly string[];
}

/** What failed is played again, one after the other: what fails then fails. */
export async function play(cases: readonly Case[], runtime: Runtime): Promise<Played> {
  const first = await playOnce(cases, runtime);
  const failed = cases.filter(({ id }) => first.get(id)!.failure);
  const second = await playOnce(failed, runtime, 1);
  return {
    cases: cases.map(({ id }) => second.get(id) ?? first.get(id)!),
    again: failed.map(({ id }) => id).filter((id) => !second.get(id)!.failure),
  };
}

/** The results by their ids. */
export async function playOnce(
  cases: readonly Case[], runtime: Runtime, atOnce = AT_ONCE,
): Promise<Map<string, CaseResult>> {
  const results = new Map<string, CaseResult>();
  const waiting = [...cases];
  const turns = Array.from({ length: atOnce }, async () => {
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      results.set(each.id, await runCase(each, new LinuxSubject(runtime)));
    }
  });
  await Promise.all(turns);
  return results;
}
