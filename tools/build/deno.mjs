// For Deno, without a folder of packages: everything but Deno itself is in the bundles.
//
//   dist/deno/index.js    the library: mext/deno
//   dist/deno/mext.js     the command line; worker.js: the thread of its packet loop
//   dist/deno/edge.js     a home agent without privileges; relay.js: a relay of WebSockets
//
// They use dist/mext.wasm, as the bundles for Node do.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { DEFINE, root } from "./node.mjs";

const ENTRIES = {
  index: "platforms/deno/index.ts",
  mext: "platforms/linux/cli/main.ts",
  worker: "platforms/linux/worker.ts",
  edge: "platforms/deno/edge.ts",
  relay: "platforms/deno/relay-program.ts",
};

/**
 * pino asks at once for the name of the host, which our lines do not have, and its worker threads, which we do not use,
 * for the environment: under Deno each would cost the user a permission.
 */
const pinoWithoutThreads = {
  name: "pino without threads",
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:os|thread-stream)$/ }, ({ importer, path }) => (
      importer.includes("/node_modules/pino/") ? { path, namespace: "unused" } : undefined
    ));
    bundler.onLoad({ filter: /./, namespace: "unused" }, () => ({ contents: 'exports.hostname = () => "";' }));
  },
};

export async function buildDeno(outdir) {
  const entries = Object.entries(ENTRIES).filter(([, source]) => existsSync(join(root, source)));
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries),
    outdir: join(outdir, "deno"),
    bundle: true,
    splitting: true,
    chunkNames: "chunk-[hash]",
    format: "esm",
    platform: "node", // Deno has its modules too
    conditions: ["deno"], // #ffi
    target: "es2023",
    define: { ...DEFINE, MEXT_WASM: '"../mext.wasm"' },
    // for packages that are not written as modules
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    plugins: [pinoWithoutThreads],
    logLevel: "warning",
  });
}
