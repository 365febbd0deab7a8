/** What runs the daemons of dist/. */
import { execFileSync } from "node:child_process";
import { DENO as DENO_MEXT, denoPath } from "../../deno/deno.ts";
import { NODE as NODE_MEXT, type Runtime } from "../../linux/runtime.ts";

/** With its name and version, as people know them. */
type Versioned = Runtime & { readonly version: string };

export const NODE: Versioned = { ...NODE_MEXT, version: `Node ${process.versions.node}` };

export const DENO: Versioned | undefined = denoPath === undefined ? undefined : {
  ...DENO_MEXT, version: execFileSync(denoPath, ["--version"], { encoding: "utf8" }).replace(/^deno (\S+)[^]*/, "Deno $1"),
};
