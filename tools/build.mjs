// Builds everything: the core (when a source of it is newer than the binary) and the bundles in dist/.
//
//   dist/mext.wasm                the core, the same bytes as build/mext.wasm
//   dist/mext.js                  the command line; worker.js: the thread of its packet loop
//   dist/demo.js, dist/bench.js, dist/throughput.js   the demonstration and the measurements, where they are in the tree
//   dist/index.js node.js sim.js  the library: mext, mext/node, mext/sim
import { createHash } from "node:crypto";
import {
  chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildCore } from "./build-core.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const core = join(root, "build/mext.wasm");
const dist = join(root, "dist");
/** What the last build put into dist/. */
const lastBuild = join(root, "build/dist.json");

const ENTRIES = {
  mext: "platforms/node/cli/main.ts",
  worker: "platforms/node/worker.ts",
  node: "platforms/node/index.ts",
  demo: "platforms/node/demo/main.ts",
  bench: "benches/main.ts",
  throughput: "benches/throughput.ts",
  sim: "platforms/sim/index.ts",
  index: "bindings/index.ts",
};

/** The time of the newest file below a folder, or of a file. */
function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function coreIsCurrent() {
  if (!existsSync(core)) return false;
  const builtMs = statSync(core).mtimeMs;
  return ["core-as", "tools/build-core.mjs"].every((source) => newestMs(join(root, source)) < builtMs);
}

/** Builds everything in a folder of its own, and puts it into dist/ when all of it is there. */
async function buildDist() {
  const draft = mkdtempSync(join(root, "build/dist-"));
  try {
    await buildBundles(draft);
    chmodSync(join(draft, "mext.js"), 0o755);
    copyFileSync(core, join(draft, "mext.wasm"));
    putInPlace(draft);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function buildBundles(outdir) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.entries(ENTRIES).filter(([, source]) => existsSync(join(root, source)));
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries),
    outdir,
    bundle: true,
    // the parts that need Linux become chunks of their own, loaded by the commands that need them
    splitting: true,
    chunkNames: "chunk-[hash]",
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["koffi", "pino"],
    define: { MEXT_VERSION: JSON.stringify(version) },
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "warning",
  });
}

/**
 * Each file comes in one step, the chunks before the programs that name them. Those of the last build stay for one
 * build more: a program that is just starting from here still finds its chunks.
 */
function putInPlace(draft) {
  const isProgram = (name) => !name.startsWith("chunk-");
  const names = readdirSync(draft).sort((a, b) => isProgram(a) - isProgram(b));
  mkdirSync(dist, { recursive: true });
  for (const name of names) renameSync(join(draft, name), join(dist, name));
  const kept = new Set([...names, ...(existsSync(lastBuild) ? JSON.parse(readFileSync(lastBuild, "utf8")) : [])]);
  for (const name of readdirSync(dist)) if (!kept.has(name)) rmSync(join(dist, name), { recursive: true, force: true });
  writeFileSync(lastBuild, JSON.stringify(names));
}

try {
  if (!coreIsCurrent()) await buildCore();
  await buildDist();
} catch (error) {
  console.error(error.message); // the compiler's own words; the stack would be that of this script
  process.exit(1);
}
const bytes = readFileSync(core);
// Not on standard output: that belongs to what is built, as to the report of `npm run demo -- --json`.
console.error(
  `dist/mext.wasm  ${bytes.length} bytes  sha256 ${createHash("sha256").update(bytes).digest("hex")}`,
);
