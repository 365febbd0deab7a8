/** Every test of the TAHI project's lists for Mobile IPv6 is a case here, or has a line that says why not. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SUITES } from "./cases/index.ts";

const SHARED = process.env.MEXT_SHARED;
/** The lists themselves, where they are at hand. */
const LISTS: Readonly<Record<string, string>> = {
  "correspondent-node": "tahi-mipv6-cn.md", "home-agent": "tahi-mipv6-ha.md", "mobile-node": "tahi-mipv6-mn.md",
};

function table(name: string): string[][] {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
}

const ids = table("ids.tsv");
const exceptions = table("exceptions.tsv");
const idsOf = (list: string) => ids.filter(([of]) => of === list).map(([, id]) => id);

describe.each(Object.keys(SUITES))("the list of a %s", (list) => {
  const own = SUITES[list].map(({ id }) => id);
  const excepted = exceptions.map(([id]) => id);

  it("has each id once, as a case or as an exception", () => {
    const taken = [...own, ...excepted.filter((id) => idsOf(list).includes(id))];
    expect(taken.sort()).toEqual(idsOf(list).sort());
  });

  it("has a title for each case, and no two that are the same", () => {
    const titles = SUITES[list].map(({ title }) => title);
    expect(titles.filter((title) => title.length < 10)).toEqual([]);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });
});

describe("exceptions", () => {
  it("are of ids that there are, each once, with a reason", () => {
    const all = new Set(ids.map(([, id]) => id));
    expect(exceptions.filter(([id]) => !all.has(id))).toEqual([]);
    expect(exceptions.filter(([, reason]) => (reason ?? "").length < 10)).toEqual([]);
    expect(new Set(exceptions.map(([id]) => id)).size).toBe(exceptions.length);
  });
});

describe.skipIf(!SHARED)("the ids (needs MEXT_SHARED)", () => {
  it.each(Object.entries(LISTS))("of a %s are those of the list", (list, file) => {
    const path = `${SHARED}/conformance/${file}`;
    expect(existsSync(path), path).toBe(true);
    const listed = [...readFileSync(path, "utf8").matchAll(/^\| ((?:CN|HA|MN)[-_][\d_-]+) \|/gm)].map(([, id]) => id);
    expect(idsOf(list)).toEqual(listed);
  });
});
