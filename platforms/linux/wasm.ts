/** Where the host finds the core. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Put in by the build: where the binary is, from the bundle. */
declare const MEXT_WASM: string | undefined;

/** The one of the bundle, or where `npm run build:core` puts it in the source tree. */
const PLACES = [...(typeof MEXT_WASM === "string" ? [MEXT_WASM] : []), "../../build/mext.wasm"]
  .map((place) => new URL(place, import.meta.url));

/** The compiled core, and the hash by which it can be told from any other. */
export interface Core {
  readonly module: WebAssembly.Module;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Compiles the core. Throws an Error that says how to build it when there is none. */
export async function loadCore(): Promise<Core> {
  for (const place of PLACES) {
    const bytes = await readFile(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (!bytes) continue;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { module: await WebAssembly.compile(bytes), sha256 };
  }
  throw new Error("mext.wasm is missing: make it with npm run build");
}

/** The compiled core alone. */
export async function loadCoreModule(): Promise<WebAssembly.Module> {
  return (await loadCore()).module;
}
