// Builds everything: the core (when a source of it is newer than the binary) and the bundles in dist/.
//
//   dist/mext.wasm    the core, the same bytes as build/mext.wasm
//   dist/…            one part a file in tools/build/, which says what it makes
//
// With --package: only what is published, with type declarations, and nothing of earlier builds.
import { createHash } from "node:crypto";
import {
  copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCore } from "./build-core.mjs";
import { buildBrowser } from "./build/browser.mjs";
import { buildComponent } from "./build/component.mjs";
import { buildDeno } from "./build/deno.mjs";
import { buildNode } from "./build/node.mjs";
import { buildTypes } from "./build/types.mjs";

/** Each is given the folder that becomes dist/, and whether that is to be published. */
const PARTS = [buildNode, buildDeno, buildBrowser, buildComponent];
const isPackage = process.argv.includes("--package");
if (isPackage) PARTS.push(buildTypes);

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const core = join(root, "build/mext.wasm");
const dist = join(root, "dist");
/** What the last build put into dist/. */
const lastBuild = join(root, "build/dist.json");

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
    copyFileSync(core, join(draft, "mext.wasm"));
    for (const part of PARTS) await part(draft, isPackage);
    putInPlace(draft);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Each file comes in one step, the chunks before the programs that name them. Those of the last build stay for one
 * build more: a program that is just starting from here still finds its chunks.
 */
function putInPlace(draft) {
  const isProgram = (name) => !basename(name).startsWith("chunk-");
  const names = filesIn(draft).sort((a, b) => isProgram(a) - isProgram(b));
  for (const name of names) {
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    renameSync(join(draft, name), join(dist, name));
  }
  const kept = new Set([...names, ...(!isPackage && existsSync(lastBuild) ? JSON.parse(readFileSync(lastBuild, "utf8")) : [])]);
  for (const name of filesIn(dist)) if (!kept.has(name)) rmSync(join(dist, name), { force: true });
  writeFileSync(lastBuild, JSON.stringify(names));
}

/** The files below a folder, by their paths from there. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => !statSync(join(folder, name)).isDirectory());
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
