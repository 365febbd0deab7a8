/** Bundles the suite for a runtime: once a test file, into a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { afterAll } from "vitest";

/** `program` for Node and Deno; `worker` for browsers: there nothing of `node:` may be left. */
const OPTIONS = {
  program: { platform: "node", external: ["node:*"] }, worker: { platform: "browser" },
} as const satisfies Record<string, BuildOptions>;

const folder = mkdtempSync(join(tmpdir(), "mext-conformance-"));
afterAll(() => rmSync(folder, { recursive: true, force: true })); // of the file that imports this: its process is killed

/** The path of the bundle. */
export async function bundle(name: keyof typeof OPTIONS): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  const entry = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  await build({
    ...OPTIONS[name], entryPoints: [entry], outfile, bundle: true, format: "esm", target: "es2022", logLevel: "warning",
  });
  return outfile;
}

/** Writes octets beside the bundles; returns the path. */
export function besideBundles(name: string): string {
  return join(folder, name);
}
