/** Requirements that are excused: each with a reason, and none that the code claims to meet. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const rows = readFileSync(new URL("test/requirements/exceptions.tsv", root), "utf8")
  .split("\n").filter((line) => line !== "").map((line) => line.split("\t"));

function sources(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`);
}

describe("test/requirements/exceptions.tsv", () => {
  test("has an id and a reason on every line, and no id twice", () => {
    for (const row of rows) {
      expect(row).toHaveLength(2);
      expect(row[0]).toMatch(/^\d{4}-[\d.A-Z]+-\d+$/);
      expect(row[1].length).toBeGreaterThan(20);
    }
    expect(new Set(rows.map(([id]) => id)).size).toBe(rows.length);
  });

  test("excuses nothing that the code cites", () => {
    const code = ["core-as", "bindings", "platforms"].flatMap(sources)
      .map((name) => readFileSync(new URL(name, root), "utf8")).join("\n");
    const cited = new Set(code.match(/\b\d{4}-(?:\d+(?:\.\d+)*|[A-Z])-\d+\b/g));
    expect(rows.map(([id]) => id).filter((id) => cited.has(id))).toEqual([]);
  });
});
