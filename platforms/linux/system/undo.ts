/**
 * What the daemon changes in the system is written down before it is done, and undone in reverse when
 * the daemon stops. When it was killed, the next one finds the record and clears up.
 *
 * Two files, /run/mext/<name>.lock and <name>.undo.json. The lock is held for as long as the process
 * lives and released by the kernel, so there is no doubt whether a predecessor is still there. The
 * record names boot and network namespace: one from another describes nothing that is still there.
 */

import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { lacksPermission } from "../permission.ts";
import type { UndoStep } from "./changes.ts";
import {
  AF_INET6, EAGAIN, LOCK_EXCLUSIVE, LOCK_NONBLOCKING, O_CLOEXEC, O_CREAT, O_WRONLY, SO_NETNS_COOKIE, SOCK_DGRAM,
  SOL_SOCKET,
} from "./constants.ts";
import { SystemError } from "./errors.ts";
import { readKernelFile, readKernelLink } from "./kernel-files.ts";
import { check, close, errno, flock, geteuid, getsockopt, open, prepare, socket } from "./libc.ts";

const RUN_DIRECTORY = "/run/mext";

interface UndoRecord {
  readonly processId: number;
  readonly boot: string;
  readonly namespace: string;
  readonly steps: readonly UndoStep[];
}

/** A daemon of that name lives. */
export class AlreadyRunningError extends Error {
  override readonly name = "AlreadyRunningError";
  /** Of the daemon; undefined when it has written no record yet. */
  readonly processId: number | undefined;

  constructor(daemon: string, processId: number | undefined) {
    super(`"${daemon}" is already running${processId === undefined ? "" : ` as process ${processId}`}`);
    this.processId = processId;
  }
}

export interface UndoOptions {
  /** Takes one change back. Must not fail when the change is not there (any more). */
  readonly apply: (step: UndoStep) => void;
  /** Where the files are; default /run/mext, or a private temporary directory when that cannot be made. */
  readonly directory?: string;
}

/** What was left behind by a predecessor that was killed. */
export interface Recovery {
  /** How many of its changes were now undone. */
  readonly undone: number;
  /** Why the others could not be; they stay in the record and are tried again at the end. */
  readonly failures: readonly Error[];
}

export class Undo {
  /** The record's file. */
  readonly path: string;
  readonly recovery: Recovery;
  readonly #apply: (step: UndoStep) => void;
  readonly #lock: number;
  readonly #lockPath: string;
  readonly #boot = bootId();
  readonly #namespace = namespaceId();
  #steps: UndoStep[] = [];

  /**
   * Takes the lock, clears what a killed predecessor of this name left behind, and starts a record.
   * Throws AlreadyRunningError when the predecessor lives.
   */
  constructor(name: string, options: UndoOptions) {
    if (!/^[\w.-]+$/.test(name)) throw new RangeError(`"${name}" is no name: use letters, digits and . _ -`);
    const directory = usableDirectory(options.directory);
    this.path = join(directory, `${name}.undo.json`);
    this.#apply = options.apply;
    const refusal = () => new AlreadyRunningError(name, readRecord(this.path)?.processId);
    this.#lockPath = join(directory, `${name}.lock`);
    this.#lock = lock(this.#lockPath, refusal);
    this.recovery = prepare(this.#lock, () => this.#recover());
  }

  /** Clears what a killed predecessor left behind, without starting anything. Throws as the constructor. */
  static recover(name: string, options: UndoOptions): Recovery {
    const undo = new Undo(name, options);
    undo.close();
    return undo.recovery;
  }

  /** Writes a step down; to be called before the change is made. */
  record(step: UndoStep): void {
    this.#steps.push(step);
    this.#save();
  }

  /** Strikes the last step equal to this one out: the change failed, or was taken back. */
  forget(step: UndoStep): void {
    const index = this.#steps.findLastIndex((candidate) => isDeepStrictEqual(candidate, step));
    if (index < 0) return;
    this.#steps.splice(index, 1);
    this.#save();
  }

  /** Undoes everything, last change first, and gives the lock back. Returns why steps could not be undone. */
  close(): Error[] {
    try {
      const failures = this.#undoAll();
      if (this.#steps.length > 0) this.#save();
      else rmSync(this.path, { force: true });
      return failures;
    } finally {
      rmSync(this.#lockPath, { force: true }); // while it is held
      close(this.#lock);
    }
  }

  /** Undoes what stands in the record that is there, and starts a new one. */
  #recover(): Recovery {
    const record = readRecord(this.path);
    const applicable = record?.boot === this.#boot && record.namespace === this.#namespace;
    this.#steps = applicable ? [...record.steps] : [];
    const leftBehind = this.#steps.length;
    const failures = this.#undoAll();
    this.#save();
    return { undone: leftBehind - this.#steps.length, failures };
  }

  #undoAll(): Error[] {
    const failures: Error[] = [];
    const left: UndoStep[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        this.#apply(step);
      } catch (error) {
        left.unshift(step);
        failures.push(error as Error);
      }
    }
    this.#steps = left;
    return failures;
  }

  #save(): void {
    const record: UndoRecord = {
      processId: process.pid,
      boot: this.#boot,
      namespace: this.#namespace,
      steps: this.#steps,
    };
    // a rename replaces the file in one step: whoever is killed here leaves the old record or the new one
    const draft = `${this.path}.new`;
    writeFileSync(draft, JSON.stringify(record, undefined, 1), { mode: 0o600 });
    renameSync(draft, this.path);
  }
}

/** Takes a lock until the descriptor is closed or the process ends, however it ends. */
function lock(path: string, refusal: () => Error): number {
  for (;;) {
    // opened by the C library, as it is locked by it: what node:fs opens need not be a descriptor in every runtime
    const fd = check(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600), `open ${path}`);
    if (flock(fd, LOCK_EXCLUSIVE | LOCK_NONBLOCKING) !== 0) {
      const error = errno();
      close(fd);
      throw error === EAGAIN ? refusal() : new SystemError(`lock ${path}`, error);
    }
    // The one before us removes the file when it ends: what we locked must still be the file of that name.
    if (!readKernelLink(`/proc/thread-self/fd/${fd}`).endsWith(" (deleted)")) return fd;
    close(fd);
  }
}

/** The record in a file; undefined when there is none, or it is not one of ours. */
function readRecord(path: string): UndoRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, "utf8"));
    return Array.isArray(record?.steps) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function bootId(): string {
  return readKernelFile("/proc/sys/kernel/random/boot_id").trim();
}

/** The network namespace of this thread, by a number that is not used again within a boot, unlike its inode. */
function namespaceId(): string {
  const fd = check(socket(AF_INET6, SOCK_DGRAM, 0), "socket");
  const cookie = new BigUint64Array(1);
  const length = new Uint8Array(Int32Array.of(cookie.byteLength).buffer);
  const result = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, new Uint8Array(cookie.buffer), length);
  close(fd);
  // Linux before 5.14 has no cookie.
  return result === 0 ? cookie[0].toString() : readKernelLink("/proc/thread-self/ns/net");
}

/** The steps are done with our privileges, so nobody else may write where they are kept. */
function usableDirectory(wanted?: string): string {
  const directory = wanted ?? (canMake(RUN_DIRECTORY) ? RUN_DIRECTORY : join(tmpdir(), `mext-${geteuid()}`));
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== geteuid() || (stat.mode & 0o022) !== 0) {
    throw new Error(`${directory} must be a directory that only this user can write to`);
  }
  return directory;
}

function canMake(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    return lstatSync(directory).uid === geteuid();
  } catch (error) {
    if (lacksPermission(error)) throw error;
    return false;
  }
}
