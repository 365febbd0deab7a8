/** Builds modules of test/internals from parts of the core, each once for all test files that want it. */
import { readFileSync, readdirSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildCore } from "../../tools/build-core.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Compiles test/internals/`name`.ts (in `beforeAll`), unless the binary is newer than all files of `folders`. */
export async function buildInternals(name: string, folders: string[]): Promise<WebAssembly.Module> {
  const source = `test/internals/${name}.ts`;
  const binary = `build/internals-${name}.wasm`;
  const built = statSync(root + binary, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = folders.flatMap((folder) => readdirSync(root + folder).map((file) => `${folder}/${file}`))
    .concat(source, "tools/build-core.mjs");
  if (!sources.every((file) => statSync(root + file).mtimeMs < built)) {
    // Test files run at the same time: each writes its own file, and the last one wins whole.
    const own = `build/internals-${name}-${process.pid}.wasm`;
    await buildCore(source, own);
    renameSync(root + own, root + binary);
  }
  return new WebAssembly.Module(readFileSync(root + binary));
}
