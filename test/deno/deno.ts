/** Deno for tests: that of the npm package, or the machine's own; and `mext` run by it, with no more permissions than it needs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Runtime } from "../linux/runtime.ts";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const architecture = process.arch === "x64" ? "x64" : "arm64";

/** The executable, not the script that starts it: signals go to the process itself. Undefined: there is none. */
export const denoPath: string | undefined = [
  process.env.MEXT_DENO ?? "",
  join(modules, "deno/deno"),
  join(modules, `@deno/linux-${architecture}-glibc/deno`),
  ...(process.env.PATH ?? "").split(":").map((folder) => join(folder, "deno")),
].find((path) => path !== "" && existsSync(path));

export const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
export const DENO_MEXT = join(DIST, "deno/mext.js");

/** Where daemons of every runtime keep what they must take back. */
const RUN = "/run/mext";

/** The permissions that platforms/deno/README.md names, for daemons whose files are all in one folder. */
export function permissions(command: string, folder: string): string[] {
  switch (command) {
    case "home-agent":
    case "mobile-node":
    case "correspondent":
      return [
        "--allow-ffi", `--allow-read=${DIST},${folder},${RUN}`, `--allow-write=${folder},${RUN}`,
        `--allow-net=unix:${join(folder, `${command}.sock`)}`,
      ];
    case "status":
    case "watch":
      return [`--allow-read=${folder}`, `--allow-write=${folder}`, sockets(folder)];
    case "doctor":
      return ["--allow-ffi", `--allow-read=${DIST},${folder}`, `--allow-write=${folder}`, sockets(folder)];
    default:
      return [`--allow-read=${DIST},${folder}`];
  }
}

/** The control socket of whatever daemon has its files there. */
function sockets(folder: string): string {
  return `--allow-net=${["home-agent", "mobile-node", "correspondent"].map((role) => `unix:${join(folder, role)}.sock`)}`;
}

export const DENO: Runtime = {
  command: (command, folder) => [denoPath!, "run", "--no-prompt", ...permissions(command, folder), DENO_MEXT],
};
