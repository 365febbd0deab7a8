import { readFile } from "node:fs/promises";

/** Where the binary is: beside the bundle, or where `npm run build:core` puts it in the source tree. */
const PLACES = [new URL("./mext.wasm", import.meta.url), new URL("../../build/mext.wasm", import.meta.url)];

/** Compiles the core. Throws an Error that says how to build it when there is none. */
export async function loadCoreModule(): Promise<WebAssembly.Module> {
  for (const place of PLACES) {
    const bytes = await readFile(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (bytes) return WebAssembly.compile(bytes);
  }
  throw new Error("mext.wasm is missing: make it with npm run build");
}
