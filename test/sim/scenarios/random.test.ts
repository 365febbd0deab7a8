import { expect, it } from "vitest";
import { runSeeds } from "./random-scenario.ts";

/** MEXT_SEEDS scenarios from MEXT_SEED_FROM on; to look at one seed: MEXT_SEEDS=1 MEXT_SEED_FROM=<seed>. */
const seeds = Number(process.env.MEXT_SEEDS ?? 100);
const from = Number(process.env.MEXT_SEED_FROM ?? 1);

it(`${seeds} random scenarios end in agreement, whatever happens before`, () => {
  const failures = runSeeds(seeds, from).map(({ seed, error }) => `seed ${seed}: ${error.message}`);
  expect(failures.join("\n")).toBe("");
}, seeds * 2000);
