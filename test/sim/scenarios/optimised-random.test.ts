import { expect, it } from "vitest";
import { runOptimisedScenario } from "./optimised-random.ts";

/** MEXT_SEEDS scenarios from MEXT_SEED_FROM on; to look at one seed: MEXT_SEEDS=1 MEXT_SEED_FROM=<seed>. */
const seeds = Number(process.env.MEXT_SEEDS ?? 30);
const from = Number(process.env.MEXT_SEED_FROM ?? 1);

it(`${seeds} random scenarios end with a whole stream, and with an optimised route or at home`, () => {
  const failures: string[] = [];
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      runOptimisedScenario(seed);
    } catch (error) {
      failures.push(`seed ${seed}: ${(error as Error).message}`);
    }
  }
  expect(failures.join("\n")).toBe("");
}, seeds * 4000);
