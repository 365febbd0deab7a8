import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Clock } from "../../platforms/sim/clock.ts";
import { Random } from "../../platforms/sim/random.ts";

describe("the clock", () => {
  it("runs actions by time, those of one moment in the order of planning", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
      const clock = new Clock();
      const ran: [number, number][] = [];
      times.forEach((atMs, index) => clock.at(atMs, () => ran.push([clock.nowMs, index])));
      clock.runTo(20);
      const expected = times.map((atMs, index): [number, number] => [atMs, index]);
      expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      expect(ran).toEqual(expected);
    }));
  });

  it("does not run what was cancelled, nor what is later than asked for", () => {
    const clock = new Clock();
    const ran: string[] = [];
    clock.after(1, () => ran.push("kept"));
    const cancelled = clock.after(1, () => ran.push("cancelled"));
    clock.after(3, () => ran.push("late"));
    cancelled.cancel();
    expect(cancelled.pending).toBe(false);
    clock.runTo(2);
    expect([ran, clock.nowMs]).toEqual([["kept"], 2]);
  });

  it("takes a moment that has passed as now, behind what waits for now", () => {
    const clock = new Clock();
    clock.runTo(10);
    const ran: string[] = [];
    clock.at(10, () => {
      ran.push("first");
      clock.at(3, () => ran.push("third"));
    });
    clock.at(10, () => ran.push("second"));
    clock.runTo(10);
    expect([ran, clock.nowMs]).toEqual([["first", "second", "third"], 10]);
  });

  it("stops as soon as a condition holds, and says when it does not in time", () => {
    const clock = new Clock();
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.after(10, tick);
    };
    tick();
    expect([clock.runUntil(() => ticks === 4, 1000), clock.nowMs]).toEqual([true, 30]);
    expect([clock.runUntil(() => ticks === 1000, 100), clock.nowMs]).toEqual([false, 130]);
  });

  it("reaches a moment exactly, whatever the way there was cut into", () => {
    const clock = new Clock();
    for (let piece = 0; piece < 10; piece++) clock.runToOr(() => false, 0.1 * piece);
    clock.runToOr(() => false, 1);
    expect(clock.nowMs).toBe(1); // ten times 0.1 is less
  });
});

describe("random numbers", () => {
  const numbers = (seed: number, concern: string) => {
    const random = new Random(seed, concern);
    return Array.from({ length: 8 }, () => random.u32());
  };

  it("depend on seed and concern, and on nothing else", () => {
    expect(numbers(1, "link a")).toEqual(numbers(1, "link a"));
    const different = [
      numbers(1, "link a"), numbers(2, "link a"), numbers(1, "link b"), numbers(12, "x"), numbers(1, "2x"),
    ];
    expect(new Set(different.map(String)).size).toBe(different.length);
  });

  it("are spread evenly", () => {
    const random = new Random(1, "test");
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index++) counts[random.integer(0, 9)]++;
    expect(Math.min(...counts)).toBeGreaterThan(900);
    expect(Math.max(...counts)).toBeLessThan(1100);
    expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
  });
});
