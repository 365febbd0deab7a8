/** Runs a TypeScript file as a process of its own: bundled to a temporary file, inside a namespace. */

import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, buildSync } from "esbuild";
import { inside } from "./namespace.ts";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "../../../node_modules");

/** The one that the tests are run by also runs the program. */
const RUNTIME: { file: string; words: string[]; bundle: BuildOptions } = "Deno" in globalThis
  ? { file: "program.mjs", words: ["run", "-A"], bundle: { format: "esm", conditions: ["deno"] } }
  : { file: "program.cjs", words: [], bundle: { format: "cjs", external: ["koffi"] } };

/** A bundled program; `remove` deletes its file. */
export class Program {
  readonly directory = mkdtempSync(join(tmpdir(), "mext-test-"));
  readonly #file = join(this.directory, RUNTIME.file);

  /** @param source file name beside this one */
  constructor(source: string) {
    buildSync({
      entryPoints: [join(here, source)], outfile: this.#file, bundle: true, platform: "node", ...RUNTIME.bundle,
    });
  }

  /** Starts it with these arguments; the namespace is inherited from the thread that starts it. */
  start(namespace: string, ...words: string[]): ChildProcess {
    const env = { ...process.env, NODE_PATH: modules };
    const command = [...RUNTIME.words, this.#file, ...words];
    const options: SpawnOptions = { env, stdio: ["ignore", "pipe", "inherit"] };
    return inside(namespace, () => spawn(process.execPath, command, options));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The first piece of text that a process prints. */
export function firstOutput(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.once("data", (bytes: Buffer) => resolve(bytes.toString().trim()));
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it printed anything`)));
  });
}

/** Kills a process the hard way and waits for its end. */
export function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
