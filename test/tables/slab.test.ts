import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { NONE, buildTables, get, put, type Internals } from "../internals/load-tables.ts";

const RECORD_BYTES = 20;
let load: () => Internals;

beforeAll(async () => {
  load = await buildTables();
}, 30_000);

describe("slab", () => {
  it("behaves as a set of record numbers, whatever is taken and given back", () => {
    const core = load();
    const operation = fc.oneof(
      fc.constant({ take: true, pick: 0 }),
      fc.record({ take: fc.constant(false), pick: fc.nat(200) }),
    );
    fc.assert(
      fc.property(fc.nat(150), fc.array(operation, { maxLength: 400 }), (capacity, operations) => {
        const slab = core.slabNew(RECORD_BYTES, capacity);
        const taken = new Set<number>();
        let peak = 0;
        for (const { take, pick } of operations) {
          if (take) {
            const record = core.slabTake(slab) >>> 0;
            if (taken.size === capacity) {
              expect(record).toBe(NONE);
              continue;
            }
            expect(record).toBeLessThan(capacity);
            expect(taken.has(record)).toBe(false);
            expect(get(core, core.slabAt(slab, record), RECORD_BYTES).every((byte) => byte === 0)).toBe(true);
            put(core, new Uint8Array(RECORD_BYTES).fill(record | 1), core.slabAt(slab, record));
            taken.add(record);
            peak = Math.max(peak, taken.size);
          } else {
            expect(core.slabGive(slab, pick)).toBe(Number(taken.delete(pick)));
          }
          expect(core.slabIsTaken(slab, pick)).toBe(Number(taken.has(pick)));
        }
        expect(core.slabUsed(slab)).toBe(taken.size);
        expect(core.slabPeak(slab)).toBe(peak);
        expect(visit(core, slab)).toEqual([...taken].sort((a, b) => a - b));
        for (const record of taken) {
          const bytes = get(core, core.slabAt(slab, record), RECORD_BYTES);
          expect(bytes.every((byte) => byte === ((record | 1) & 0xff))).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("refuses when the budget is used up, and serves again after one comes back", () => {
    const core = load();
    const slab = core.slabNew(RECORD_BYTES, 3);
    expect([1, 2, 3, 4].map(() => core.slabTake(slab) >>> 0)).toEqual([0, 1, 2, NONE]);
    expect(core.slabGive(slab, 1)).toBe(1);
    expect(core.slabGive(slab, 1)).toBe(0);
    expect(core.slabTake(slab)).toBe(1);
    expect(core.slabTake(slab) >>> 0).toBe(NONE);
  });

  it("knows that numbers it never gave are not taken", () => {
    const core = load();
    const slab = core.slabNew(RECORD_BYTES, 10);
    core.slabTake(slab);
    for (const record of [1, 9, 10, 64, NONE]) {
      expect(core.slabIsTaken(slab, record)).toBe(0);
      expect(core.slabGive(slab, record)).toBe(0);
      expect(core.slabNext(slab, record) >>> 0).toBe(NONE);
    }
  });

  it("visits each record once while the visited ones are given back", () => {
    const core = load();
    const slab = core.slabNew(RECORD_BYTES, 300);
    for (let i = 0; i < 300; i++) core.slabTake(slab);
    const seen: number[] = [];
    let record = core.slabNext(slab, 0);
    while (record >>> 0 !== NONE) {
      seen.push(record);
      core.slabGive(slab, record);
      record = core.slabNext(slab, record + 1);
    }
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(core.slabUsed(slab)).toBe(0);
  });

  it("touches no record before it is taken: a million records of 100 bytes cost no memory at first", () => {
    const core = load();
    const before = process.memoryUsage.rss();
    const slab = core.slabNew(100, 1_000_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(30e6);
    const memory = new Uint8Array(core.memory.buffer);
    for (let i = 0; i < 1_000_000; i++) memory[core.slabAt(slab, core.slabTake(slab))] = 1;
    expect(process.memoryUsage.rss() - before).toBeGreaterThan(60e6);
  });
});

/** The numbers of all taken records, in the order in which the slab visits them. */
function visit(core: Internals, slab: number): number[] {
  const records: number[] = [];
  let record = core.slabNext(slab, 0) >>> 0;
  while (record !== NONE) {
    records.push(record);
    record = core.slabNext(slab, record + 1) >>> 0;
  }
  return records;
}
