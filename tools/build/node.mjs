// For Node:
//
//   dist/index.js node.js sim.js   the library: mext, mext/node, mext/sim
//   dist/mext.js                   the command line; worker.js: the thread of its packet loop
//   dist/demo.js                   the demonstration
//   dist/bench.js throughput.js    the measurements, which are not published
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What every bundle knows. */
export const DEFINE = {
  MEXT_VERSION: JSON.stringify(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version),
};

const ENTRIES = {
  index: "bindings/index.ts",
  node: "platforms/node/index.ts",
  sim: "platforms/sim/index.ts",
  mext: "platforms/linux/cli/main.ts",
  worker: "platforms/linux/worker.ts",
  demo: "platforms/linux/demo/main.ts",
};
const MEASUREMENTS = {
  bench: "benches/main.ts",
  throughput: "benches/throughput.ts",
};

export async function buildNode(outdir, isPackage) {
  await build({
    absWorkingDir: root,
    entryPoints: isPackage ? ENTRIES : { ...ENTRIES, ...MEASUREMENTS },
    outdir,
    bundle: true,
    // the parts that need Linux become chunks of their own, loaded by the commands that need them
    splitting: true,
    chunkNames: "chunk-[hash]",
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["koffi", "pino", "ws"],
    define: { ...DEFINE, MEXT_WASM: '"./mext.wasm"' },
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "warning",
  });
  chmodSync(join(outdir, "mext.js"), 0o755);
}
