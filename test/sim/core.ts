import { readFileSync } from "node:fs";
import { compileCore } from "../../bindings/engine.ts";

/** The built core (`npm run build:core`). */
export const core = await compileCore(readFileSync(new URL("../../build/mext.wasm", import.meta.url)));
