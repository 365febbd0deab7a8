import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { REASON_COUNT, Reason } from "../../core-as/abi/reasons.ts";
import { REASONS } from "../../bindings/reasons.ts";

const numbers = Object.values(Reason).filter((value): value is Reason => typeof value === "number");

describe("reasons", () => {
  it.each(numbers.filter((reason) => reason !== Reason.None).map((reason) => [Reason[reason], reason] as const))("%s has its sentence and its section", (_, reason) => {
    expect(reason).toBeLessThan(REASON_COUNT);
    expect(REASONS[reason].text.length).toBeGreaterThan(10);
    expect(REASONS[reason].section).toMatch(/^RFC \d{3,4}( §|$)|^virtio 1\.2 §|^mext/);
  });

  it("are all used by the core", () => {
    const core = new URL("../../core-as/", import.meta.url);
    const text = readdirSync(core, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith("reasons.ts")).map((name) => readFileSync(new URL(name, core), "utf8")).join("\n");
    expect(numbers.map((reason) => Reason[reason]).filter((name) => !text.includes(`Reason.${name}`))).toEqual([]);
  });
});
