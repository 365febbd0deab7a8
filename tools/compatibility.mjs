// Writes the table of the README's section "Compatibility" from what the conformance suite has found.
//
//   node tools/compatibility.mjs    after `npm test`, or after `npx vitest run test/conformance`
//
// Every test of a subject leaves a record in build/conformance/; all of them together are build/conformance.json. A
// subject without a record, because this machine lacks what it needs, keeps its row. The tests compare each row with
// their own run (all but the version of the runtime, which differs between machines).
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const records = join(root, "build/conformance");
const README = join(root, "README.md");
const BEGIN = "<!-- compatibility: written by tools/compatibility.mjs -->";
const END = "<!-- end of compatibility -->";
const HASH_CHARACTERS = 12;

const SIMULATED = "the simulated network";
const LINUX = "Linux: TUN and packet sockets, the suite at the other end of TAP devices";

/** The rows in their order, by the keys of the records: what is tested, and what carries its packets. */
export const SUBJECTS = {
  simulator: { host: "Simulator, from the sources", carries: SIMULATED },
  node: { host: "Node", carries: SIMULATED },
  "node-22": { host: "Node 22", carries: SIMULATED },
  "node-24": { host: "Node 24", carries: SIMULATED },
  deno: { host: "Deno", carries: SIMULATED },
  browser: { host: "Browser, in a worker", carries: SIMULATED },
  "component-jco": { host: "Component, jco", carries: SIMULATED },
  "component-wasmtime": { host: "Component, wasmtime", carries: SIMULATED },
  "linux-node": { host: "`mext` daemons in Node", carries: LINUX },
  "linux-deno": { host: "`mext` daemons in Deno", carries: LINUX },
};

/** Forgets the records of earlier runs. */
export function clearRecords() {
  rmSync(records, { recursive: true, force: true });
}

/** Leaves the record of one subject, as test/conformance/record.ts describes it. */
export function writeRecord(record) {
  if (!(record.key in SUBJECTS)) throw new Error(`${record.key} has no row: SUBJECTS of tools/compatibility.mjs needs it`);
  mkdirSync(records, { recursive: true });
  writeFileSync(join(records, `${record.key}.json`), `${JSON.stringify(record, undefined, 1)}\n`);
}

/** Puts all records into build/conformance.json, in the order of the rows; returns them. */
export function collectRecords() {
  const names = existsSync(records) ? readdirSync(records).filter((name) => name.endsWith(".json")) : [];
  const all = names.map((name) => JSON.parse(readFileSync(join(records, name), "utf8")));
  const keys = Object.keys(SUBJECTS);
  all.sort((a, b) => keys.indexOf(a.key) - keys.indexOf(b.key));
  writeFileSync(join(root, "build/conformance.json"), `${JSON.stringify(all, undefined, 1)}\n`);
  return all;
}

/** The cells of a subject's row. */
export function rowOf({ key, runtime, sha256, total, cases }) {
  const { host, carries } = SUBJECTS[key];
  const failed = cases.filter(({ failure }) => failure).length;
  const passed = `${cases.length - failed} of ${total}${failed > 0 ? `, ${failed} failed` : ""}`;
  return [host, runtime, carries, passed, `\`${sha256.slice(0, HASH_CHARACTERS)}\``];
}

/** The cells of each row that the README has, by the first one; undefined: there is no table. */
export function readmeRows(text = readFileSync(README, "utf8")) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) return undefined;
  const lines = text.slice(begin + BEGIN.length, end).split("\n").filter((line) => line.startsWith("| "));
  const rows = lines.map((line) => line.slice(2, line.lastIndexOf("|")).split("|").map((cell) => cell.trim()));
  return new Map(rows.slice(1).map((cells) => [cells[0], cells]));
}

/** The README with the rows of these records; rows without one stay, with the hash of the binary of this run. */
export function withTable(text, all) {
  const old = readmeRows(text);
  if (!old) throw new Error(`README.md has no place for the table: ${BEGIN} … ${END}`);
  const rows = Object.entries(SUBJECTS).flatMap(([key, { host }]) => {
    const record = all.find((each) => each.key === key);
    if (record) return [rowOf(record)];
    return old.has(host) ? [[...old.get(host).slice(0, 4), rowOf(all[0]).at(-1)]] : [];
  });
  const head = ["Host", "Run by", "Packets are carried by", "Cases passed", "`mext.wasm`"];
  const lines = [head, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  lines.splice(1, 0, "|---|---|---|--:|---|");
  return `${text.slice(0, text.indexOf(BEGIN) + BEGIN.length)}\n${lines.join("\n")}\n${text.slice(text.indexOf(END))}`;
}

function main() {
  const all = collectRecords();
  const sha256 = createHash("sha256").update(readFileSync(join(root, "build/mext.wasm"))).digest("hex");
  const stale = all.filter((record) => record.sha256 !== sha256).map(({ key }) => key);
  if (all.length === 0) throw new Error("there are no records: run `npx vitest run test/conformance` first");
  if (stale.length > 0) throw new Error(`${stale.join(", ")}: recorded with another mext.wasm; run test/conformance again`);
  writeFileSync(README, withTable(readFileSync(README, "utf8"), all));
  const unknown = Object.keys(SUBJECTS).filter((key) => !all.some((record) => record.key === key));
  if (unknown.length > 0) console.log(`not run here, rows kept as they were: ${unknown.join(", ")}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
