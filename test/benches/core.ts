/** The binary that is measured. */
import { readFileSync } from "node:fs";

export const module = new WebAssembly.Module(readFileSync(new URL("../../build/mext.wasm", import.meta.url)));
