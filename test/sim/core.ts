import { readFileSync } from "node:fs";
import { compileCore } from "../../bindings/engine.ts";

export const core = await compileCore(readFileSync("/tmp/e/mext.wasm"));
