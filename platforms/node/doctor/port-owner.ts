/**
 * Whether a UDP port can be bound, and by whom it is taken: the kernel lists sockets with their inode, and the
 * processes show theirs as links.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { errnoName } from "../system/errors.ts";

/** A process, as people know it. */
export interface ProcessName {
  readonly processId: number;
  readonly name: string;
}

export interface PortState {
  /** It can be bound at this address. */
  readonly free: boolean;
  /** Why not, "EADDRINUSE". */
  readonly code?: string;
  /** Who has it, where that may be seen. */
  readonly owner?: ProcessName;
}

/** Tries to bind a UDP port at an address of this host, for a moment. */
export async function tryPort(address: string, port: number): Promise<PortState> {
  const isIpv6 = address.includes(":");
  const socket = createSocket({ type: isIpv6 ? "udp6" : "udp4", ipv6Only: isIpv6 });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, "listening");
    return { free: true };
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    return { free: false, code: code ?? errnoName(-(errno ?? 0)), owner: ownerOf(port) };
  } finally {
    socket.close();
  }
}

/** Local address and port stand as hexadecimal text in the second column, the inode in the tenth. */
function ownerOf(port: number): ProcessName | undefined {
  const inodes = new Set<string>();
  for (const file of ["udp", "udp6"]) {
    for (const line of readLines(`/proc/thread-self/net/${file}`).slice(1)) {
      const words = line.trim().split(/\s+/);
      if (words.length > 9 && parseInt(words[1].split(":")[1], 16) === port) inodes.add(`socket:[${words[9]}]`);
    }
  }
  return inodes.size === 0 ? undefined : listProcesses().find(({ processId }) => holds(processId, inodes));
}

/** All processes that can be seen. */
export function listProcesses(): ProcessName[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    const [comm] = readLines(`/proc/${name}/comm`);
    return comm ? [{ processId: Number(name), name: comm }] : [];
  });
}

/** Whether a process is in the network namespace of this one; undefined: that may not be seen. */
export function sharesNetwork(processId: number): boolean | undefined {
  try {
    return readlinkSync(`/proc/${processId}/ns/net`) === readlinkSync("/proc/thread-self/ns/net");
  } catch {
    return undefined;
  }
}

function holds(processId: number, inodes: ReadonlySet<string>): boolean {
  try {
    const folder = `/proc/${processId}/fd`;
    return readdirSync(folder).some((fd) => inodes.has(linkOf(`${folder}/${fd}`)));
  } catch {
    return false; // another user's, or just gone
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // just closed
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n");
  } catch {
    return []; // just gone, or no IPv6
  }
}
