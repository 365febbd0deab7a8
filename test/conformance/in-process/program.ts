/**
 * The suite as a program for Node and Deno: prints its report as JSON.
 *
 *   node program.mjs mext.wasm [case id …]
 *   deno run --allow-read=mext.wasm program.mjs mext.wasm [case id …]
 */
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { report } from "./report.ts";

const [path, ...ids] = argv.slice(2);
const bytes = new Uint8Array(await readFile(path));
console.log(JSON.stringify(await report(bytes, ids.length > 0 ? ids : undefined)));
