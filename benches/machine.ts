/** What the figures were taken on. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpus, release, totalmem } from "node:os";

export interface Machine {
  date: string;
  /** Of the source tree; "+" when files differ from it, "unknown" outside of a repository. */
  commit: string;
  /** sha256 of the core that was measured. */
  core: string;
  processor: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
}

export function describeMachine(core: Uint8Array): Machine {
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    commit: commit(),
    core: createHash("sha256").update(core).digest("hex"),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const isChanged = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short=12", "HEAD") + (isChanged ? "+" : "");
  } catch {
    return "unknown";
  }
}
