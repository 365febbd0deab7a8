/**
 * What the run of a subject leaves for the README's table (tools/compatibility.mjs), and what every such run is held
 * to. A subject joins with a row in SUBJECTS there, and a test that ends with `record` and `expectConformant`.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { readmeRows, rowOf, writeRecord } from "../../tools/compatibility.mjs";
import { ALL_CASES, type CaseResult, type Report } from "./run.ts";

/** One subject's run. Plain data. */
export interface SubjectRecord {
  /** Of its row in SUBJECTS. */
  readonly key: string;
  /** With its version, as far as people want to know it. */
  readonly runtime: string;
  /** Of the binary that the subject ran: hexadecimal. */
  readonly sha256: string;
  /** Cases of the whole suite. */
  readonly total: number;
  readonly cases: readonly CaseResult[];
  /** Of these, the ids of those that passed only at a second try, on a machine that does other things too. */
  readonly again: readonly string[];
  /** Cases that were not run on it, and why. */
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
}

/** What the run of a subject has found. */
export type Findings = Report & Partial<Pick<SubjectRecord, "again">>;

/** The binary that everything here is tested with. */
export const CORE_PATH = new URL("../../build/mext.wasm", import.meta.url);
/** Hexadecimal. */
export const sha256Of = (octets: Uint8Array) => createHash("sha256").update(octets).digest("hex");
export const coreSha256 = sha256Of(readFileSync(CORE_PATH));

/** Leaves a record. */
export function record(
  key: string, { runtime = "?", sha256, cases, again = [] }: Findings, leftOut: SubjectRecord["leftOut"] = [],
): SubjectRecord {
  const made = { key, runtime, sha256, total: ALL_CASES.length, cases, again, leftOut };
  writeRecord(made);
  return made;
}

/** Every case was run and passed or is left out with a reason; it was the tested binary; and the README says so. */
export function expectConformant(made: SubjectRecord): void {
  const failed = made.cases.filter(({ failure }) => failure);
  if (failed.length > 0) {
    expect.fail(`${failed.length} failed\n${failed.map(({ id, failure }) => `${id}: ${failure!.message}`).join("\n\n")}`);
  }
  expect(made.sha256).toBe(coreSha256);
  const ids = [...made.cases, ...made.leftOut].map(({ id }) => id);
  expect(ids.sort()).toEqual(ALL_CASES.map(({ id }) => id).sort());
  expectTold(made);
}

/** The README has these figures; the runtime's version may be that of another machine. */
function expectTold(made: SubjectRecord): void {
  const [host, _runtime, ...others] = rowOf(made);
  const [, , ...told] = readmeRows()?.get(host) ?? [];
  expect(told, `the README's row "${host}": node tools/compatibility.mjs renews it`).toEqual(others);
}

/**
 * A core with a fault: its SHA-1 begins with another word, so that nothing is authenticated rightly any more. What a
 * subject's runner must find.
 */
export function faultyCore(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(readFileSync(CORE_PATH));
  const right = [0x81, 0xc6, 0x94, 0xba, 0x06]; // 0x67452301 as an operand of i32.const
  let found = 0;
  for (let at = 0; at + right.length <= bytes.length; at++) {
    if (!right.every((octet, index) => bytes[at + index] === octet)) continue;
    bytes[at] = 0x82;
    found++;
  }
  expect(found, "SHA-1's first word in the binary").toBeGreaterThan(0);
  return bytes;
}

/** The faulty core fails the first of these, which need authentication, and passes the others. */
const FAULT_FAILS = ["CN-1-2", "HA_2_3_1", "MN-3-2-1-1-001"];
const FAULT_PASSES = ["CN-1-1"];
export const FAULT_CASES: readonly string[] = [...FAULT_FAILS, ...FAULT_PASSES];

/** `FAULT_CASES` on the faulty core: those failed which had to. */
export function expectFaultFound(cases: readonly CaseResult[]): void {
  const outcome = cases.map(({ id, failure }) => [id, failure ? failure.notConformant : "passed"]);
  expect(Object.fromEntries(outcome)).toEqual(Object.fromEntries([
    ...FAULT_FAILS.map((id) => [id, true]), ...FAULT_PASSES.map((id) => [id, "passed"]),
  ]));
}
