/**
 * The files that the kernel makes up, below /proc and /dev: by the C library's own calls. node:fs would do in Node, but
 * Deno lets nobody at them who is not given everything (--allow-all); whoever may call the C library may do this anyway.
 *
 * Everything happens in the calling thread, which matters: /proc/thread-self and /proc/sys/net show what belongs to it.
 */
import { F_OK, O_CLOEXEC, O_DIRECTORY, O_RDONLY, O_RDWR, O_WRONLY } from "./constants.ts";
import { access, check, close, getdents, open, readInto, readlink, writeFrom } from "./libc.ts";

const CHUNK_BYTES = 65_536;
const MAX_LINK_BYTES = 4096;

/** getdents64(2) has no function in older C libraries: its number, of x86-64 and of the machines that came later. */
const SYS_GETDENTS64 = process.arch === "x64" ? 217 : 61;
/** linux_dirent64:  0 inode (64 bits)  8 offset (64 bits)  16 length (16 bits)  18 type (8 bits)  19 name, ends with 0 */
const DIRENT_LENGTH = 16;
const DIRENT_NAME = 19;

const text = new TextDecoder();

/** The text of a file. Throws SystemError. */
export function readKernelFile(path: string): string {
  return withFile(path, O_RDONLY, (fd) => {
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const lengthBytes = check(readInto(fd, part, part.length), `read ${path}`);
      if (lengthBytes === 0) return text.decode(Buffer.concat(parts));
      parts.push(part.subarray(0, lengthBytes));
    }
  });
}

/** Writes a setting, in one call. Throws SystemError: EACCES without privileges, EROFS in many containers, ENOENT. */
export function writeKernelFile(path: string, value: string): void {
  const bytes = new TextEncoder().encode(value);
  withFile(path, O_WRONLY, (fd) => check(writeFrom(fd, bytes, bytes.length), `write ${path}`));
}

/** What a symbolic link says. Throws SystemError. */
export function readKernelLink(path: string): string {
  const target = Buffer.allocUnsafeSlow(MAX_LINK_BYTES);
  return text.decode(target.subarray(0, check(readlink(path, target, target.length), `readlink ${path}`)));
}

export function hasKernelFile(path: string): boolean {
  return access(path, F_OK) === 0;
}

/** Opened, not asked for: access(2) judges by the real user and forgets the capabilities. */
export function mayReadAndWrite(path: string): boolean {
  const fd = open(path, O_RDWR | O_CLOEXEC, 0);
  if (fd !== -1) close(fd);
  return fd !== -1;
}

/** The names in a folder, without "." and "..". Throws SystemError. */
export function listKernelFolder(path: string): string[] {
  return withFile(path, O_RDONLY | O_DIRECTORY, (fd) => {
    const names: string[] = [];
    const entries = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (;;) {
      const lengthBytes = check(getdents(SYS_GETDENTS64, fd, entries, entries.length), `list ${path}`);
      if (lengthBytes === 0) return names.filter((name) => name !== "." && name !== "..");
      for (let at = 0; at < lengthBytes; at += entries.readUInt16LE(at + DIRENT_LENGTH)) {
        names.push(text.decode(entries.subarray(at + DIRENT_NAME, entries.indexOf(0, at + DIRENT_NAME))));
      }
    }
  });
}

function withFile<Result>(path: string, flags: number, action: (fd: number) => Result): Result {
  const fd = check(open(path, flags | O_CLOEXEC, 0), `open ${path}`);
  try {
    return action(fd);
  } finally {
    close(fd);
  }
}
