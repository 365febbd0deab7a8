/** The race (benches/race.ts) in Node, Deno and Chromium: the same source, bundled for each. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { race, type Comparison, type Job } from "./race.ts";
import { gluePath, loadGlue, peerBytes } from "./peers/rust-build.ts";

/** Of the project, from the source tree and from the bundle in dist/. */
const root = fileURLToPath(new URL("..", import.meta.url));
const TIMEOUT_MS = 300_000;
/** The clock of a page goes in steps of 0.1 ms: shorter rounds would be of few steps. */
const PAGE_ROUND_MS = 10;

export interface Subjects {
  /** mext.wasm */
  core: Uint8Array<ArrayBuffer>;
  /** Folder of the built peer. */
  peer: URL;
}

export interface Runtime {
  name: string;
  /** Undefined: it is here; else what is missing. */
  missing(): Promise<string | undefined>;
  run(subjects: Subjects, job: Job): Promise<{ version: string; comparisons: Comparison[] }>;
}

const node: Runtime = {
  name: "Node",
  missing: async () => undefined,
  run: async ({ core, peer }, job) => ({
    version: process.version,
    comparisons: race({ core: new WebAssembly.Module(core), peer: new WebAssembly.Module(peerBytes(peer)), glue: await loadGlue(peer) }, job),
  }),
};

/** The bundle of a program of these lines, in which `glue` and `race` are known. */
async function bundle(peer: URL, format: "esm" | "iife", lines: string): Promise<string> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: {
      contents: `import * as glue from ${JSON.stringify(gluePath(peer))};\nimport { race } from "./benches/race.ts";\n${lines}`,
      resolveDir: root, loader: "ts",
    },
    absWorkingDir: root, bundle: true, write: false, format, target: "es2022",
    logOverride: { "empty-import-meta": "silent" }, // wasm-bindgen looks beside itself, if it is not given the module
  });
  return outputFiles[0].text;
}

function denoPath(): string | undefined {
  const own = join(root, "node_modules/.bin/deno");
  if (existsSync(own)) return own;
  try {
    return execFileSync("which", ["deno"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

const deno: Runtime = {
  name: "Deno",
  missing: async () => (denoPath() ? undefined : "deno"),
  async run({ core, peer }, job) {
    const text = await bundle(peer, "esm", `
      const [core, peer, job] = Deno.args;
      const compiled = (path) => new WebAssembly.Module(Deno.readFileSync(path));
      const comparisons = race({ core: compiled(core), peer: compiled(peer), glue }, JSON.parse(job));
      console.log(JSON.stringify({ version: Deno.version.deno, comparisons }));
    `);
    const folder = join(root, "build/race");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "deno.mjs"), text);
    writeFileSync(join(folder, "mext.wasm"), core);
    const peerWasm = fileURLToPath(new URL("peer_bg.wasm", peer));
    const args = ["run", "--quiet", "--no-config", `--allow-read=${folder},${peerWasm}`, join(folder, "deno.mjs")];
    return JSON.parse(execFileSync(denoPath()!, [...args, join(folder, "mext.wasm"), peerWasm, JSON.stringify(job)], {
      encoding: "utf8", timeout: TIMEOUT_MS, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26,
    }));
  },
};

const chromium: Runtime = {
  name: "Chromium",
  async missing() {
    try {
      return (await import("../test/browser/chromium.ts")).chromiumPath ? undefined : "chromium";
    } catch {
      return "playwright-core"; // without the packages of the development
    }
  },
  async run({ core, peer }, job) {
    const text = await bundle(peer, "iife", `
      const octets = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      globalThis.raceOf = async (core, peer, job) =>
        race({ core: await WebAssembly.compile(octets(core)), peer: await WebAssembly.compile(octets(peer)), glue }, job);
    `);
    const { openChromium } = await import("../test/browser/chromium.ts");
    const browser = await openChromium();
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: text });
      const base64 = (octets: Uint8Array) => Buffer.from(octets).toString("base64");
      const effort = { ...job.effort, roundMs: Math.max(job.effort.roundMs, PAGE_ROUND_MS) };
      const args: Parameters<Page["raceOf"]> = [base64(core), base64(peerBytes(peer)), { ...job, effort }];
      const comparisons = await page.evaluate((given) => (globalThis as unknown as Page).raceOf(...given), args);
      return { version: browser.version(), comparisons };
    } finally {
      await browser.close();
    }
  },
};

/** What the bundle puts into the page. */
interface Page {
  raceOf(core: string, peer: string, job: Job): Promise<Comparison[]>;
}

export const RUNTIMES: Runtime[] = [node, deno, chromium];
