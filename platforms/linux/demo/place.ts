/** Where the demonstration can run: here as root, in a user namespace without privileges, or only simulated. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { missingPrivileges } from "../system/privileges.ts";

export type Place =
  | { readonly kind: "here"; readonly name: string }
  | { readonly kind: "user namespace" }
  | { readonly kind: "simulation"; readonly why: string };

const USER_NAMESPACE = ["--user", "--map-root-user", "--net", "--mount"];
/** `ip netns` keeps its namespaces below /run/netns, where an ordinary user cannot write. */
const MOUNT = 'mount -t tmpfs tmpfs /run/netns 2>/dev/null || mount -t tmpfs tmpfs /run; exec "$@"';

/** Finds the best place. */
export function findPlace(inUserNamespace: boolean): Place {
  if (process.platform !== "linux") return simulation(`this is ${process.platform}, not Linux`);
  if (!runs("ip", "-V")) return simulation("there is no ip command (package iproute2)");
  if (!inUserNamespace && !(process.getuid?.() === 0 && runs("unshare", "--net", "--mount", "true"))) {
    if (runs("unshare", ...USER_NAMESPACE, "true")) return { kind: "user namespace" };
    return simulation("network namespaces need root, and user namespaces are not allowed here");
  }
  const [missing] = missingPrivileges();
  if (missing !== undefined) return simulation(`no access to ${missing.what} for ${missing.neededFor} (${missing.remedy})`);
  return { kind: "here", name: inUserNamespace ? "Linux, user namespace without privileges" : "Linux" };
}

/** Starts the demonstration anew as root of a user namespace of its own. */
export function startInUserNamespace(argv: string[]): ChildProcess {
  const words = ["sh", "-c", MOUNT, "sh", process.execPath, process.argv[1], "--in-user-namespace", ...argv];
  return spawn("unshare", [...USER_NAMESPACE, ...words], { stdio: "inherit" });
}

function simulation(why: string): Place {
  return { kind: "simulation", why };
}

function runs(program: string, ...words: string[]): boolean {
  return spawnSync(program, words, { stdio: "ignore" }).status === 0;
}
