/**
 * Measures the shipped binary and writes benches/results.md; the options stand in HELP.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileCore } from "../bindings/engine.ts";
import { isKept, type Benchmark, type Report } from "./benchmark.ts";
import { component } from "./component.ts";
import { encapsulate } from "./encapsulate.ts";
import { growth } from "./growth.ts";
import { labPage } from "./lab-page.ts";
import { labWorld } from "./lab-world.ts";
import { lookup } from "./lookup.ts";
import { describeMachine } from "./machine.ts";
import { optimised } from "./optimised.ts";
import { peer } from "./peer.ts";
import { registration } from "./registration.ts";
import { markdown, replaceSection, sectionOf, terminalText } from "./report.ts";
import { returnRoutability } from "./return-routability.ts";
import type { Effort } from "./rounds.ts";
import { simulation } from "./simulation.ts";
import { TITLE as THROUGHPUT } from "./throughput/report.ts";
import { tunnel } from "./tunnel.ts";

/** Small ones first: they are not to find the memory full of the large ones. */
const BENCHMARKS: Benchmark[] = [
  encapsulate, tunnel, optimised, returnRoutability, simulation, labWorld, labPage, peer, component, lookup, registration, growth,
];
const EFFORT: Effort = { rounds: 21, roundMs: 20, warmUpMs: 200 };
const QUICK: Effort = { rounds: 3, roundMs: 3, warmUpMs: 20 };

/** Beside the bundle in dist/, or from the source tree. */
const CORE = ["./mext.wasm", "../build/mext.wasm"].map((place) => new URL(place, import.meta.url));
/** From dist/, where the bundle runs. */
const RESULTS = fileURLToPath(new URL("../benches/results.md", import.meta.url));

const HELP = `npm run bench [-- options]

  --only NAME   one benchmark: ${BENCHMARKS.map(({ name }) => name).join(", ")}
  --quick       small tables and few rounds: shows that everything runs; writes no results
  --json        the reports as JSON instead of tables
  --help        this text

Measures the shipped binary, writes benches/results.md when all of it was measured, and exits with 1 when a
promised bound is missed. What needs the Rust peer (npm run build:peer), Deno or Chromium is left out without them.

  npm run bench -- --only lookup --json`;

function options() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" }, quick: { type: "boolean", default: false }, json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}; see npm run bench -- --help`);
    process.exit(2);
  }
}

const values = options();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const chosen = BENCHMARKS.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  console.error(`there is no benchmark ${values.only}: ${BENCHMARKS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const place = CORE.find((each) => existsSync(each));
if (!place) {
  console.error("mext.wasm is missing: make it with npm run build");
  process.exit(2);
}

const bytes = new Uint8Array(readFileSync(place));
const module = await compileCore(bytes);
const machine = describeMachine(bytes);
const reports: Report[] = [];
for (const benchmark of chosen) {
  const missing = benchmark.missing?.();
  if (missing) {
    console.error(`… ${benchmark.name} is left out: ${missing}`);
    continue;
  }
  const made = [await benchmark.run({
    module, coreBytes: bytes, quick: values.quick, effort: values.quick ? QUICK : EFFORT, progress: (text) => console.error(`… ${text}`),
  })].flat();
  reports.push(...made);
  if (!values.json) for (const report of made) console.log(terminalText(report));
}
if (values.json) console.log(JSON.stringify({ machine, reports }, null, 2));
if (!values.quick && values.only === undefined) {
  const before = existsSync(RESULTS) ? readFileSync(RESULTS, "utf8") : "";
  // What another program measures, and what was left out here, stays.
  const measured = new Set(reports.map(({ title }) => title));
  const kept = [...chosen.flatMap(({ titles }) => titles ?? []).filter((title) => !measured.has(title)), THROUGHPUT];
  writeFileSync(RESULTS, kept.reduce((text, title) => {
    const section = sectionOf(before, title);
    return section === "" ? text : replaceSection(text, title, section);
  }, markdown(machine, reports)));
}

const missed = reports.flatMap((report) => report.promised).filter((promised) => !isKept(promised));
if (missed.length > 0) {
  if (values.quick) console.error("--quick: figures of so few rounds prove nothing");
  else process.exitCode = 1;
}
