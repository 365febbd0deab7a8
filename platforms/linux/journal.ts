/**
 * What the core orders to keep over a restart: a snapshot of its state, and the records that came
 * since. All of it is in memory, for a core that has to be replaced; with a path it is in a file too.
 *
 *    0  "mext state 1\n"
 *   13  records, each with its own length (STATE_* of the contract): the later one for a key wins
 *
 * A record is in the file before the packet that depends on it is sent: a home agent that crashes
 * remembers what it has acknowledged (RFC 6275 §9.5.1, §10.3.1). It is not forced to the disk each time; a
 * power cut may take the last records, and a half-written one at the end is left out at the next start.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./folder.ts";
import { lacksPermission } from "./permission.ts";

const HEADER = Buffer.from("mext state 1\n");
/** The journal is replaced by a snapshot when it has grown by its own size, and at least by this. */
const MIN_GROWTH_BYTES = 64 * 1024;
/** After a failed write, when it has grown by this. */
const RETRY_GROWTH_BYTES = 4 * 1024;

/** A state file that is none, or cannot be used. */
export class StateFileError extends Error {
  override readonly name = "StateFileError";
}

export class Journal {
  readonly #path: string | undefined;
  readonly #report: (warning: string) => void;
  #parts: Uint8Array[];
  #lengthBytes: number;
  #compactAtBytes = MIN_GROWTH_BYTES;
  #fd: number | undefined;

  /**
   * Reads what was kept; nothing is written before the first `compact`.
   * Throws StateFileError when the file is something else, or cannot be read.
   * @param path of the file; undefined: in memory only
   * @param report is told when the file cannot be written any more
   */
  constructor(path?: string, report: (warning: string) => void = () => {}) {
    this.#path = path;
    this.#report = report;
    const records = path === undefined ? new Uint8Array(0) : readRecords(path);
    this.#parts = [records];
    this.#lengthBytes = records.length;
  }

  /** All records, the oldest first. */
  get records(): Uint8Array {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0];
  }

  /** True when a snapshot would be much shorter, or the file is to be tried again. */
  get wantsCompaction(): boolean {
    return this.#lengthBytes > this.#compactAtBytes;
  }

  /** Adds a record; it is in the file when this returns. */
  append(record: Uint8Array): void {
    this.#parts.push(record.slice());
    this.#lengthBytes += record.length;
    const fd = this.#fd;
    if (fd !== undefined) this.#try(() => writeAll(fd, record));
  }

  /** Puts a snapshot in the place of all records: a new file, on the disk before it gets the name. */
  compact(snapshot: Uint8Array): void {
    this.#parts = [snapshot];
    this.#lengthBytes = snapshot.length;
    this.#compactAtBytes = snapshot.length + Math.max(MIN_GROWTH_BYTES, snapshot.length);
    const path = this.#path;
    if (path !== undefined) this.#try(() => this.#replaceFile(path, snapshot));
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #replaceFile(path: string, snapshot: Uint8Array): void {
    const draft = `${path}.new`;
    const fd = openSync(draft, "w", 0o600);
    try {
      writeAll(fd, HEADER);
      writeAll(fd, snapshot);
      fsyncSync(fd);
      renameSync(draft, path);
      syncFolder(path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.close();
    this.#fd = fd;
  }

  /**
   * A full disk is no reason to drop bindings: memory keeps them, and a later snapshot the file again. Throws
   * StateFileError where the runtime was not allowed to write at all: that shows at the start.
   */
  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.close();
      if (lacksPermission(error)) throw new StateFileError(`state file ${this.#path} cannot be written: ${error.message}`);
      // nothing more goes behind a piece of a record: the next snapshot replaces the file
      this.#compactAtBytes = this.#lengthBytes + RETRY_GROWTH_BYTES;
      this.#report(`state file ${this.#path} cannot be written: ${(error as Error).message}`);
    }
  }
}

function readRecords(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return beginFolder(path);
    throw new StateFileError(`state file ${path} cannot be read: ${(error as Error).message}`);
  }
  // a file cut off inside its header holds no record, and is ours
  if (HEADER.subarray(0, bytes.length).equals(bytes.subarray(0, HEADER.length))) {
    return bytes.subarray(HEADER.length);
  }
  throw new StateFileError(`${path} is no state file of mext: name another state_file, or move it away`);
}

/** There is no file yet, so there are no records; but there must be a place for it. */
function beginFolder(path: string): Uint8Array {
  try {
    makeFolder(dirname(path), 0o700);
  } catch (error) {
    throw new StateFileError(`the folder of state file ${path} cannot be made: ${(error as Error).message}`);
  }
  return new Uint8Array(0);
}

/** Brings the new name of a file to the disk. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
