import { describe, expect, it } from "vitest";
import { isKept } from "../../benches/benchmark.ts";
import { promise } from "../../benches/report.ts";
import { compare, difference, fastest, quantile, ratio, type Figure } from "../../benches/rounds.ts";

const figure = (name: string, ...roundsNs: number[]): Figure => ({ name, roundsNs, ns: quantile(roundsNs, 0.5), quartilesNs: [0, 0] });

describe("rounds", () => {
  it("finds quantiles", () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(quantile([7], 0.75)).toBe(7);
  });

  it("takes a ratio within each round, so that what disturbs a whole round disturbs no ratio", () => {
    const { value, quartiles } = ratio(figure("peer", 20, 200, 40), figure("core", 10, 100, 20));
    expect(value).toBe(2);
    expect(quartiles).toEqual([2, 2]);
  });

  it("subtracts within each round", () => {
    const left = difference(figure("whole", 12, 105, 21), figure("part", 2, 5, 3));
    expect(left).toMatchObject({ name: "whole", ns: 18, roundsNs: [10, 100, 18], quartilesNs: [14, 59] });
  });

  it("runs the contestants in turn, and prepares outside of what is measured", () => {
    const calls: string[] = [];
    const contestant = (name: string) => ({ name, operations: 2, prepare: () => void calls.push(`${name} ready`), run: () => void calls.push(name) });
    const figures = compare([contestant("a"), contestant("b")], { rounds: 2, roundMs: 1, warmUpMs: 0 });
    expect(calls.slice(-8)).toEqual(["a ready", "a", "b ready", "b", "a ready", "a", "b ready", "b"]);
    expect(figures.map(({ name, roundsNs }) => [name, roundsNs.length])).toEqual([["a", 2], ["b", 2]]);
  });

  it("finds the fastest peer", () => {
    expect(fastest([figure("slow", 3), figure("fast", 1), figure("middle", 2)]).name).toBe("fast");
  });

  it("says whether a promise is kept", () => {
    const promised = { what: "Lookup", value: 5.99, bound: 6, sense: "at least", unit: "times" } as const;
    expect(isKept(promised)).toBe(false);
    expect(isKept({ ...promised, value: 6 })).toBe(true);
    expect(isKept({ ...promised, value: 201, bound: 200, sense: "at most" })).toBe(false);
    expect(promise(promised)).toBe("Lookup: 5.99 times, promised at least 6: MISSED");
  });
});
