import { configDefaults, defineConfig } from "vitest/config";
import { LongestFirst } from "./tools/test-order.ts";

/** `deno run -A node_modules/vitest/vitest.mjs run test/linux/system`: the same tests with platforms/deno below (#ffi). */
const conditions = "Deno" in globalThis ? ["deno", "node", "import", "module", "default"] : undefined;

/** Starts hundreds of daemons: beside it, tests that measure time would fail. */
const ALONE = ["test/conformance/linux/**/*.test.ts"];

export default defineConfig({
  ...(conditions && { ssr: { resolve: { conditions } } }),
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "mext", include: ["test/**/*.test.ts"], exclude: [...configDefaults.exclude, ...ALONE] } },
      // a later group begins when the former one has ended
      { extends: true, test: { name: "alone", include: ALONE, sequence: { groupOrder: 1 } } },
    ],
  },
});
