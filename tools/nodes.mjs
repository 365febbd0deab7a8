// Puts Node of the other supported versions into build/nodes, for the tests that need them:
//
//   node tools/nodes.mjs
//   build/nodes/node_modules/node-22/bin/node, …/node-24/bin/node
//
// They are npm packages, one for each system and processor: no installer and no other site is needed.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { arch, platform } from "node:process";
import { fileURLToPath } from "node:url";

const VERSIONS = [22, 24];

const folder = fileURLToPath(new URL("../build/nodes", import.meta.url));
mkdirSync(folder, { recursive: true });
const packages = VERSIONS.map((version) => `node-${version}@npm:node-${platform}-${arch}@${version}`);
const options = ["--prefix", folder, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
const { status } = spawnSync("npm", ["install", ...options, ...packages], { cwd: folder, stdio: "inherit" });
process.exit(status ?? 1);
