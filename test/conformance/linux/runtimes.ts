/** What runs the daemons of dist/. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { denoPath } from "../in-process/runtimes.ts";
import type { Runtime } from "./linux.ts";

/** With its name and version, as people know them. */
type Versioned = Runtime & { readonly version: string };

const dist = process.env.MEXT_DIST ?? fileURLToPath(new URL("../../../dist", import.meta.url));

export const NODE: Versioned = {
  version: `Node ${process.versions.node}`,
  command: () => [process.execPath, `${dist}/mext.js`],
};

const denoMext = `${dist}/deno/mext.js`;

export const DENO: Versioned | undefined = denoPath === undefined || !existsSync(denoMext) ? undefined : {
  version: execFileSync(denoPath, ["--version"], { encoding: "utf8" }).replace(/^deno (\S+)[^]*/, "Deno $1"),
  command: () => [denoPath!, "run", "-A", "--no-prompt", denoMext],
};
