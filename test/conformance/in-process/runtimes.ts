/** The runtimes that are programs, and where they are on this machine. */
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CORE_PATH, faultyCore } from "../record.ts";
import type { Report } from "../run.ts";
import { besideBundles, bundle } from "./bundle.ts";

const MAX_OUTPUT_BYTES = 16 * 2 ** 20;
const MAX_MS = 60_000;

const ROOT = new URL("../../../", import.meta.url);
const present = (path: string) => {
  const absolute = fileURLToPath(new URL(path, ROOT));
  return existsSync(absolute) ? absolute : undefined;
};

/** `node` of another version, as tools/nodes.mjs has put it. */
export function nodePath(version: number): string | undefined {
  return present(`build/nodes/node_modules/node-${version}/bin/node`);
}

/** Plays all cases, or some on the faulty core, by this command; `permissions` say what stands before the program. */
export async function reportOf(
  command: string, permissions: (core: string) => string[], faultCases?: readonly string[],
): Promise<Report> {
  let core = fileURLToPath(CORE_PATH);
  if (faultCases) {
    core = besideBundles("faulty.wasm");
    writeFileSync(core, faultyCore());
  }
  const words = [...permissions(core), await bundle("program"), core, ...faultCases ?? []];
  const options = { maxBuffer: MAX_OUTPUT_BYTES, timeout: MAX_MS };
  const { stdout } = await promisify(execFile)(command, words, options);
  return JSON.parse(stdout);
}
