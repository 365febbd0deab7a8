import { defineConfig } from "vitest/config";

/** `deno run -A node_modules/vitest/vitest.mjs run test/linux/system`: the same tests with platforms/deno below (#ffi). */
const conditions = "Deno" in globalThis ? ["deno", "node", "import", "module", "default"] : undefined;

export default defineConfig({
  ...(conditions && { ssr: { resolve: { conditions } } }),
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
  },
});
