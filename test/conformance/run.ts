/** Plays cases on a subject and notes what came of each: in whichever runtime the subject is. */
import { SUITES } from "./cases/index.ts";
import type { Case, Subject } from "./subject.ts";
import { NotConformant } from "./tester.ts";

/** What came of one case. */
export interface CaseResult {
  readonly id: string;
  /** Of the suite's time: what a host that cannot jump would have to wait. */
  readonly tookMs: number;
  /** Why it failed; absent: it passed. */
  readonly failure?: Failure;
}

export interface Failure {
  readonly message: string;
  /** The subject did something else than it should have; false: the host or the suite broke. */
  readonly notConformant: boolean;
}

/** What a runtime answers: which binary it compiled, and what came of each case. Plain data. */
export interface Report {
  /** With its version: "Node 20.20.2"; undefined: the runtime does not say. */
  readonly runtime?: string;
  /** Of the octets that were compiled: hexadecimal. */
  readonly sha256: string;
  readonly cases: readonly CaseResult[];
}

export const ALL_CASES: readonly Case[] = Object.values(SUITES).flat();

/** The cases with these ids, or all. */
export function casesOf(ids?: readonly string[]): readonly Case[] {
  return ids ? ALL_CASES.filter(({ id }) => ids.includes(id)) : ALL_CASES;
}

/** Plays one case on a subject of its own, and ends the subject. */
export async function runCase(each: Case, subject: Subject): Promise<CaseResult> {
  const failures: Failure[] = [];
  const noteFailure = (error: unknown) => {
    const notConformant = error instanceof NotConformant;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    failures.push({ message: notConformant ? message : stack ?? message, notConformant });
  };
  await each.run(subject).catch(noteFailure);
  const tookMs = subject.nowMs;
  await subject.stop().catch(noteFailure);
  return { id: each.id, tookMs, failure: failures[0] };
}

/** Plays one case after the other. */
export async function runCases(cases: readonly Case[], makeSubject: () => Subject): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const each of cases) results.push(await runCase(each, makeSubject()));
  return results;
}
