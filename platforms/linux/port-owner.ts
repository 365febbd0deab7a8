/**
 * Who has a UDP port of this host: the kernel lists sockets with their inode, and the processes show theirs as links.
 */
import { StartError } from "./linux.ts";
import { EADDRINUSE } from "./system/constants.ts";
import { SystemError } from "./system/errors.ts";
import { listKernelFolder, readKernelFile, readKernelLink } from "./system/kernel-files.ts";

/** What a person is told when a UDP port is taken; undefined: the error is another one. */
export function portTaken(error: unknown, port: number): StartError | undefined {
  if (!(error instanceof SystemError) || error.errno !== EADDRINUSE) return undefined;
  const owner = ownerOf(port);
  const by = owner === undefined ? "another process (ss -ulpn shows which)" : `${owner.name} (process ${owner.processId})`;
  return new StartError(`UDP port ${port} is taken by ${by}: stop it, or give the home agent another address of this host`);
}

/** A process, as people know it. */
export interface ProcessName {
  readonly processId: number;
  readonly name: string;
}

/**
 * Who has a port; undefined: nobody, or that may not be seen. Local address and port stand as hexadecimal
 * text in the second column of the kernel's list, the inode in the tenth.
 */
export function ownerOf(port: number): ProcessName | undefined {
  const inodes = new Set<string>();
  for (const file of ["udp", "udp6"]) {
    for (const line of readLines(`/proc/thread-self/net/${file}`).slice(1)) {
      const words = line.trim().split(/\s+/);
      if (words.length > 9 && parseInt(words[1].split(":")[1], 16) === port) inodes.add(`socket:[${words[9]}]`);
    }
  }
  const processId = listKernelFolder("/proc").find((name) => /^\d+$/.test(name) && holds(name, inodes));
  if (processId === undefined) return undefined;
  return { name: readLines(`/proc/${processId}/comm`)[0] ?? "a process", processId: Number(processId) };
}

function holds(processId: string, inodes: ReadonlySet<string>): boolean {
  try {
    const folder = `/proc/${processId}/fd`;
    return listKernelFolder(folder).some((fd) => inodes.has(linkOf(`${folder}/${fd}`)));
  } catch {
    return false; // another user's, or just gone
  }
}

function linkOf(path: string): string {
  try {
    return readKernelLink(path);
  } catch {
    return ""; // just closed
  }
}

function readLines(path: string): string[] {
  try {
    return readKernelFile(path).trimEnd().split("\n");
  } catch {
    return []; // just gone, or no IPv6
  }
}
