// Runs the whole test suite and ends with what was skipped and why.
//
//   npm test                       everything that this machine allows
//   MEXT_SHARED=folder npm test    also the captures and vectors of that folder
//   MEXT_NO_SKIP=1 npm test        a skipped test is a failure (continuous integration)
//
// A test that can be skipped says what it needs in its title or in that of its group: "(needs root)".
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { clearRecords, collectRecords } from "./compatibility.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const results = join(root, "build/test-results.json");
mkdirSync(dirname(results), { recursive: true });
rmSync(results, { force: true });
clearRecords();

const run = spawnSync(process.execPath, [
  join(root, "node_modules/vitest/vitest.mjs"), "run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}`,
  ...process.argv.slice(2),
], { cwd: root, stdio: "inherit" });
collectRecords(); // build/conformance.json: what the conformance suite has found on each host

/** Skipped tests by what they need. */
const skipped = new Map();
let count = 0;
try {
  for (const file of JSON.parse(readFileSync(results, "utf8")).testResults) {
    for (const test of file.assertionResults) {
      if (test.status !== "skipped" && test.status !== "pending" && test.status !== "todo") continue;
      const need = /\((?:needs|cannot run:) ([^)]*)\)/.exec(test.fullName)?.[1] ?? "a reason that its title should give";
      const files = skipped.get(need) ?? new Map();
      files.set(relative(root, file.name), (files.get(relative(root, file.name)) ?? 0) + 1);
      skipped.set(need, files);
      count++;
    }
  }
} catch (error) {
  console.error(`no test results: ${error instanceof Error ? error.message : error}`);
  process.exit(run.status || 1);
}

if (count === 0) console.log("\nNothing was skipped.");
else {
  console.log(`\nSkipped: ${count} test${count === 1 ? "" : "s"}`);
  for (const [need, files] of skipped) {
    console.log(`  needs ${need}`);
    for (const [file, tests] of files) console.log(`    ${String(tests).padStart(4)}  ${file}`);
  }
}
const forbidden = count > 0 && process.env.MEXT_NO_SKIP === "1";
if (forbidden) console.error("\nMEXT_NO_SKIP is set: nothing may be skipped here.");
process.exit(run.status || (forbidden ? 1 : 0));
