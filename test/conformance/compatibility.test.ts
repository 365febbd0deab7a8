/** The README's table, as it is written from records. */
import { describe, expect, it } from "vitest";
import { readmeRows, rowOf, SUBJECTS, withTable } from "../../tools/compatibility.mjs";
import type { SubjectRecord } from "./record.ts";

const MARKS = ["<!-- compatibility: written by tools/compatibility.mjs -->", "<!-- end of compatibility -->"];
const README = ["before", MARKS[0], MARKS[1], "behind", ""].join("\n");

function recordOf(key: string, sha256: string, failed = 0): SubjectRecord {
  const cases = Array.from({ length: 7 }, (_, index) => ({
    id: `case-${index}`, tookMs: 1, ...(index < failed && { failure: { message: "no", notConformant: true } }),
  }));
  return { key, runtime: "Some 1.2", sha256, total: 9, cases, again: [], leftOut: [] };
}

describe("the table", () => {
  const first = withTable(README, [recordOf("browser", "a".repeat(64)), recordOf("deno", "a".repeat(64), 2)]);

  it("has a row for each record, in the order of the subjects, between the marks", () => {
    expect([...readmeRows(first)!.keys()]).toEqual([SUBJECTS.deno.host, SUBJECTS.browser.host]);
    expect(first.startsWith(`before\n${MARKS[0]}\n| Host |`)).toBe(true);
    expect(first.endsWith(`|\n${MARKS[1]}\nbehind\n`)).toBe(true);
  });

  it("says how many passed, of all, and what failed", () => {
    expect(readmeRows(first)!.get(SUBJECTS.browser.host)).toEqual(rowOf(recordOf("browser", "a".repeat(64))));
    expect(readmeRows(first)!.get(SUBJECTS.browser.host)![3]).toBe("7 of 9");
    expect(readmeRows(first)!.get(SUBJECTS.deno.host)![3]).toBe("5 of 9, 2 failed");
  });

  it("keeps the row of a subject that was not run, with the hash of the others", () => {
    const rows = readmeRows(withTable(first, [recordOf("browser", "b".repeat(64))]))!;
    expect(rows.get(SUBJECTS.deno.host)!.slice(3)).toEqual(["5 of 9, 2 failed", `\`${"b".repeat(12)}\``]);
  });

  it("needs its place in the README", () => {
    expect(readmeRows("nothing")).toBeUndefined();
    expect(() => withTable("nothing", [recordOf("browser", "a".repeat(64))])).toThrow(/has no place for the table/);
  });
});
