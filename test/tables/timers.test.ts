import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { NONE, buildTables, type Internals } from "../internals/load-tables.ts";

const DAY_MS = 86_400_000;
let load: () => Internals;

beforeAll(async () => {
  load = await buildTables();
}, 30_000);

/** Times ahead (or behind), with every level of the wheel and its borders. */
const distanceMs = fc.oneof(
  fc.integer({ min: -100, max: 200 }),
  fc.double({ min: 0, max: 5000, noNaN: true }),
  fc.integer({ min: 0, max: 7 * DAY_MS }),
  fc.tuple(fc.nat(7), fc.integer({ min: -2, max: 2 })).map(([level, d]) => 64 ** level + d),
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.constant(Infinity),
);

type Action = "set" | "move" | "cancel" | "advance" | "pop";

/** A step of the random test: `pick` chooses a running timer, or how many to pop. */
function step(weight: number, action: Action, ms: fc.Arbitrary<number>, pick: fc.Arbitrary<number>) {
  return { weight, arbitrary: fc.record({ do: fc.constant(action), ms, pick }) };
}

const zero = fc.constant(0);
const operation = fc.oneof(
  step(4, "set", distanceMs, fc.nat(9999)),
  step(2, "move", distanceMs, fc.nat(9999)),
  step(1, "cancel", zero, fc.nat(9999)),
  step(2, "advance", distanceMs, zero),
  step(3, "pop", zero, fc.nat(5)),
);

describe("timers", () => {
  it("expire as a sorted list would, whatever is set, moved, cancelled and told about the time", () => {
    const startMs = fc.constantFrom(0, 12.75, 1_700_000_000_000.5, -5000.25, 64 ** 3 - 1);
    fc.assert(
      fc.property(startMs, fc.array(operation, { maxLength: 120 }), (start, operations) => {
        const core = load();
        const model = new Model(start);
        core.timersStart(30, start);
        let now = start;
        for (const step of operations) {
          const picked = model.pick(step.pick);
          switch (step.do) {
            case "set": {
              const timer = core.timersSet(step.pick, ~step.pick, now + step.ms) >>> 0;
              if (model.size === 30) expect(timer).toBe(NONE);
              else model.set(timer, step.pick, now + step.ms);
              break;
            }
            case "move":
              expect(core.timersMove(picked ?? NONE, now + step.ms)).toBe(picked === undefined ? 0 : 1);
              if (picked !== undefined) model.set(picked, model.kind(picked), now + step.ms);
              break;
            case "cancel":
              expect(core.timersCancel(picked ?? NONE)).toBe(picked === undefined ? 0 : 1);
              if (picked !== undefined) model.delete(picked);
              break;
            case "advance":
              if (step.ms === Infinity) break; // the end of time has a test of its own
              core.timersAdvance(now + step.ms);
              model.advance(now + step.ms);
              now = Math.max(now, now + step.ms);
              break;
            case "pop":
              for (let i = 0; i <= step.pick; i++) popBoth(core, model);
          }
          expect(core.timersCount()).toBe(model.size);
          expect(core.timersNextWakeupMs()).toBeLessThanOrEqual(model.earliestMs());
          expect(core.timersNextWakeupMs() === Infinity).toBe(model.size === 0);
        }
        while (popBoth(core, model) !== NONE);
      }),
      { numRuns: 600 },
    );
  });

  it("fire in the very millisecond when the node sleeps from wake-up to wake-up, and wake it rarely", () => {
    const deadline = fc.double({ min: 0, max: 2 ** 44, noNaN: true });
    fc.assert(
      fc.property(fc.array(deadline, { minLength: 1, maxLength: 30 }), (deadlines) => {
        const core = load();
        core.timersStart(30, 0);
        for (const [owner, deadline] of deadlines.entries()) core.timersSet(1, owner, deadline);
        let wakeups = 0;
        for (let now = core.timersNextWakeupMs(); now !== Infinity; now = core.timersNextWakeupMs()) {
          wakeups++;
          core.timersAdvance(now);
          while (core.timersPopExpired() >>> 0 !== NONE) {
            expect(now).toBe(Math.ceil(deadlines[core.timersExpiredOwner()]));
          }
          expect(core.timersNextWakeupMs()).toBeGreaterThan(now);
        }
        // A timer passes each of the eight levels at most once.
        expect(wakeups).toBeLessThanOrEqual(8 * deadlines.length);
        expect(core.timersCount()).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("never fire before a deadline with a fraction, and fire less than 1 ms after it", () => {
    const core = load();
    core.timersStart(2, 1000.5);
    core.timersSet(1, 1, 1003.2);
    core.timersAdvance(1003.99);
    expect(core.timersPopExpired() >>> 0).toBe(NONE);
    core.timersAdvance(1004);
    expect(core.timersPopExpired()).toBe(0);
  });

  it("survive a jump of a week, of 2^36 ms and of a thousand years, each without a loop over the time", () => {
    for (const jumpMs of [7 * DAY_MS, 2 ** 36, 2 ** 36 + 1, 365_000 * DAY_MS]) {
      const core = load();
      const start = 1_700_000_000_000;
      core.timersStart(100, start);
      for (let i = 0; i < 50; i++) core.timersSet(i, i, start + (jumpMs * (i + 1)) / 50);
      const later = core.timersSet(99, 99, start + jumpMs + 5);
      const began = performance.now();
      core.timersAdvance(start + jumpMs);
      for (let i = 0; i < 50; i++) {
        expect(core.timersPopExpired() >>> 0).not.toBe(NONE);
        expect([core.timersExpiredKind(), core.timersExpiredOwner()]).toEqual([i, i]);
      }
      expect(core.timersPopExpired() >>> 0).toBe(NONE);
      expect(performance.now() - began).toBeLessThan(200);
      expect(core.timersDeadlineMs(later)).toBe(start + jumpMs + 5);
      expect(core.timersNextWakeupMs()).toBeLessThanOrEqual(start + jumpMs + 5);
      core.timersAdvance(start + jumpMs + 5);
      expect(core.timersPopExpired()).toBe(later);
    }
  });

  it("ignore a clock that goes backwards or is no number", () => {
    const core = load();
    core.timersStart(3, 0);
    core.timersSet(1, 1, 500);
    core.timersAdvance(400);
    for (const now of [100, -1, NaN, -Infinity]) core.timersAdvance(now);
    core.timersSet(2, 2, 300);
    expect(core.timersPopExpired()).toBe(1);
    expect(core.timersPopExpired() >>> 0).toBe(NONE);
    core.timersAdvance(500);
    expect(core.timersPopExpired()).toBe(0);
  });

  it("of one millisecond expire in the order in which they were set, from whatever level they come", () => {
    for (const deadline of [5, 100, 5000, 1e6, 1e9]) {
      const core = load();
      core.timersStart(20, 0);
      for (let owner = 0; owner < 10; owner++) core.timersSet(1, owner, deadline);
      core.timersAdvance(core.timersNextWakeupMs() - 1);
      core.timersPopExpired();
      for (let owner = 10; owner < 20; owner++) core.timersSet(1, owner, deadline);
      core.timersAdvance(deadline);
      for (let owner = 0; owner < 20; owner++) {
        expect(core.timersPopExpired() >>> 0).not.toBe(NONE);
        expect(core.timersExpiredOwner()).toBe(owner);
      }
    }
  });

  it("never fire when the deadline is Infinity, not even at the end of time", () => {
    const core = load();
    core.timersStart(2, 0);
    core.timersSet(1, 1, Infinity);
    for (const now of [1, 2 ** 48, 2 ** 53, Infinity]) {
      core.timersAdvance(now);
      expect(core.timersPopExpired() >>> 0).toBe(NONE);
    }
    expect(core.timersCount()).toBe(1);
  });

  it("may be set and cancelled between two pops, and go on in order", () => {
    const core = load();
    core.timersStart(5, 0);
    const [a, b, c] = [10, 20, 30].map((ms) => core.timersSet(1, ms, ms));
    core.timersAdvance(100);
    expect(core.timersPopExpired()).toBe(a);
    core.timersCancel(b);
    const late = core.timersSet(2, 5, 5);
    const next = core.timersSet(2, 25, 25);
    expect([1, 2, 3, 4].map(() => core.timersPopExpired() >>> 0)).toEqual([late, next, c, NONE]);
  });

  it("cost 24 bytes each, and a bit: a million run, move and expire", () => {
    const core = load();
    const COUNT = 1_000_000;
    const before = core.allocate(16);
    core.timersStart(COUNT, 0);
    expect(core.allocate(16) - before).toBeLessThan(24.2 * COUNT);
    for (let i = 0; i < COUNT; i++) core.timersSet(1, i, (i * 7919) % 600_000);
    expect(core.timersSet(1, 0, 1) >>> 0).toBe(NONE);
    for (let i = 0; i < COUNT; i += 2) core.timersMove(i, 600_000 + i);
    core.timersAdvance(599_999);
    let popped = 0;
    while (core.timersPopExpired() >>> 0 !== NONE) popped += core.timersExpiredOwner() & 1;
    expect([popped, core.timersCount()]).toEqual([COUNT / 2, COUNT / 2]);
  });
});

/** Pops one timer of both; they must agree. */
function popBoth(core: Internals, model: Model): number {
  const expected = model.pop();
  const timer = core.timersPopExpired() >>> 0;
  expect(timer).toBe(expected?.timer ?? NONE);
  if (expected) {
    expect(core.timersExpiredKind()).toBe(expected.kind);
    expect(core.timersExpiredOwner()).toBe(~expected.kind);
  }
  return timer;
}

interface Entry {
  timer: number;
  kind: number;
  /** The whole millisecond in which it is due. */
  tick: number;
  /** Timers of one millisecond expire in the order in which they were set. */
  order: number;
}

/** What the wheel must do, as a list that is searched from end to end. */
class Model {
  private entries: Entry[] = [];
  private order = 0;
  /** The time up to which all timers have been popped: a new one cannot be due before. */
  private popped: number;
  private now: number;

  constructor(startMs: number) {
    this.popped = this.now = Math.floor(startMs);
  }

  get size(): number {
    return this.entries.length;
  }

  /** Any running timer, chosen by a number. */
  pick(number: number): number | undefined {
    return this.entries.length === 0 ? undefined : this.entries[number % this.entries.length].timer;
  }

  kind(timer: number): number {
    return this.entries.find((entry) => entry.timer === timer)!.kind;
  }

  /** Sets or moves. */
  set(timer: number, kind: number, deadlineMs: number): void {
    this.delete(timer);
    const tick = Math.max(Math.ceil(deadlineMs), this.popped);
    this.entries.push({ timer, kind, tick, order: this.order++ });
  }

  delete(timer: number): void {
    this.entries = this.entries.filter((entry) => entry.timer !== timer);
  }

  advance(nowMs: number): void {
    this.now = Math.max(this.now, Math.floor(nowMs));
  }

  earliestMs(): number {
    return Math.min(Infinity, ...this.entries.map((entry) => entry.tick));
  }

  pop(): Entry | undefined {
    const due = this.entries.filter((entry) => entry.tick <= this.now && entry.tick < Infinity);
    const first = due.sort((a, b) => a.tick - b.tick || a.order - b.order)[0];
    this.popped = first ? first.tick : this.now;
    if (first) this.delete(first.timer);
    return first;
  }
}
