/** Where programs for Deno find the core. */
import { compileCore } from "../../bindings/engine.ts";
import { deno, permitted } from "./net.ts";

/** Beside the bundle, in the package, and where the source tree has it. */
const PLACES = ["./mext.wasm", "../mext.wasm", "../../build/mext.wasm"];

/** Compiles the core; an error says what to do when there is none, or which flag is missing. */
export async function findCore(): Promise<WebAssembly.Module> {
  for (const place of PLACES) {
    const url = new URL(place, import.meta.url);
    try {
      return await compileCore(permitted("--allow-read", "mext.wasm", () => deno().readFileSync(url)));
    } catch (error) {
      if ((error as Error).name !== "NotFound") throw error;
    }
  }
  throw new Error("mext.wasm is missing: make it with npm run build");
}
