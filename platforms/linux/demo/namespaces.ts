/**
 * Network namespaces of one run of the demonstration, `mext-demo-<pid>-<purpose>`, and a folder named alike.
 *
 * A namespace is entered with setns(2), which moves only the calling thread: what is started or opened
 * meanwhile belongs to the namespace for good. (`ip netns exec` would also mount /sys, which is not allowed in
 * every user namespace.) The host's own network settings are not touched.
 */
import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { O_CLOEXEC } from "../system/constants.ts";
import { check, close, open, setns } from "../system/libc.ts";

const PREFIX = "mext-demo-";
const FOLDER = "/run/netns";
const CLONE_NEWNET = 0x40000000;

/** What came of an `ip` command that failed. */
export class IpError extends Error {
  override readonly name = "IpError";
}

export class Namespace {
  readonly name: string;

  /** Makes the namespace, loopback up. Throws IpError. */
  constructor(purpose: string) {
    this.name = `${PREFIX}${process.pid}-${purpose}`;
    ip(["netns", "add", this.name]);
    this.inside(() => ip(["link", "set", "lo", "up"]));
  }

  /** Runs `action` with the calling thread in the namespace; it must not wait for anything. */
  inside<Result>(action: () => Result): Result {
    const outside = check(open("/proc/thread-self/ns/net", O_CLOEXEC, 0), "open the network namespace");
    try {
      const namespace = check(open(`${FOLDER}/${this.name}`, O_CLOEXEC, 0), `open ${this.name}`);
      try {
        check(setns(namespace, CLONE_NEWNET), `enter ${this.name}`);
      } finally {
        close(namespace);
      }
      return action();
    } finally {
      check(setns(outside, CLONE_NEWNET), `leave ${this.name}`);
      close(outside);
    }
  }

  /** Runs `ip` commands in order, in one process, and stops at the first that fails with an IpError. */
  ip(...commands: string[]): void {
    this.inside(() => ip(["-batch", "-"], `${commands.join("\n")}\n`));
  }

  /** Starts a program in the namespace. */
  spawn(program: string, words: readonly string[], options: SpawnOptions): ChildProcess {
    return this.inside(() => spawn(program, words, options));
  }

  /** Writes a setting below /proc/sys/net, which shows the namespace of the calling thread. */
  setting(path: string, value: string): void {
    this.inside(() => writeFileSync(`/proc/sys/net/${path}`, value));
  }

  /** Removes the namespace with everything in it; what is gone already is no error. */
  remove(): void {
    removeNamespace(this.name);
  }
}

/** Ends the programs of runs that were killed, and removes their namespaces and folders. */
export function removeLeftovers(): void {
  for (const name of listNamespaces().filter(isLeft)) {
    for (const pid of ip(["netns", "pids", name]).split("\n").filter(Boolean)) signal(Number(pid));
    removeNamespace(name);
  }
  for (const name of readdirSync(tmpdir()).filter(isLeft)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
}

/** Makes a folder that only this user can read: for keys, sockets and logs. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** Whether a name is of a run that is over. */
function isLeft(name: string): boolean {
  return name.startsWith(PREFIX) && !isRunning(Number(name.slice(PREFIX.length).split("-")[0]));
}

function listNamespaces(): string[] {
  try {
    return readdirSync(FOLDER).filter((name) => name.startsWith(PREFIX));
  } catch {
    return []; // nobody has made one since the machine started
  }
}

function removeNamespace(name: string): void {
  if (listNamespaces().includes(name)) ip(["netns", "del", name]);
}

/** Whether a process exists, also one of another user. */
function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return true; // not a name of ours: let it be
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

function ip(words: string[], input = ""): string {
  try {
    return execFileSync("ip", words, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new IpError(`ip ${words.join(" ")}: ${stderr?.trim().split("\n")[0] || message}`);
  }
}
