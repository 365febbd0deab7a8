/** Programs of the source tree as single files for child processes, and their folder. */
import { build } from "esbuild";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const CORE = join(root, "build/mext.wasm");
/** The program deno, where it is installed. */
export const denoPath = [join(root, "node_modules/.bin/deno")].find((path) => existsSync(path));

export class Programs {
  readonly folder = mkdtempSync(join(tmpdir(), "mext-portable-"));
  readonly #children: ChildProcess[] = [];

  constructor() {
    copyFileSync(CORE, join(this.folder, "mext.wasm"));
  }

  /** Bundles a program of the tree; `runtime` decides which of `#relay` is meant. Answers its path. */
  async bundle(entry: string, runtime: "deno" | "node"): Promise<string> {
    const outfile = join(this.folder, `${entry.replace(/\W/g, "-")}.mjs`);
    await build({
      absWorkingDir: root, entryPoints: [entry], outfile, bundle: true, format: "esm", target: "es2022",
      platform: runtime === "node" ? "node" : "neutral", mainFields: ["module", "main"],
      conditions: runtime === "node" ? [] : ["deno"], external: ["node:*", "ws"], loader: { ".wasm": "binary" },
      define: { MEXT_VERSION: '"test"' }, logLevel: "warning",
      // a bundle in a folder of its own finds no packages beside it
      ...(runtime === "node" && { banner: { js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(join(root, "package.json"))});` }, external: ["node:*"] }),
    });
    return outfile;
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  run(command: string, words: readonly string[]): LineProgram {
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" } });
    this.#children.push(child);
    return new LineProgram(child);
  }

  close(): void {
    for (const child of this.#children) if (child.exitCode === null) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** A program that prints one JSON object a line. */
export class LineProgram {
  readonly lines: Line[] = [];
  output = "";
  errors = "";
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcess) {
    let rest = "";
    child.stdout!.on("data", (text: Buffer) => {
      this.output += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith("{")) this.lines.push(JSON.parse(line) as Line);
    });
    child.stderr!.on("data", (text: Buffer) => { this.errors += text; });
    this.ended = new Promise((resolve) => child.once("close", resolve));
  }

  /** Waits for a line about an event. */
  async says(event: string, withinMs = 10_000): Promise<Line> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const line = this.lines.find((each) => each.event === event);
      if (line !== undefined) return line;
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.errors}${this.output}`);
      if (performance.now() > untilMs) throw new Error(`no ${event} within ${withinMs} ms: ${this.errors}${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  stop(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return this.ended;
  }
}
