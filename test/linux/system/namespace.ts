/**
 * Network namespaces for tests: made with `ip netns`, entered with setns(2), which moves only the
 * calling thread. Sockets opened there belong to the namespace for good; programs started there inherit it.
 */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { O_CLOEXEC } from "../../../platforms/linux/system/constants.ts";
import { check, close, open, setns } from "../../../platforms/linux/system/libc.ts";
import { setLink } from "../../../platforms/linux/system/links.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { setInterfaceValue } from "../../../platforms/linux/system/sysctl.ts";

const CLONE_NEWNET = 0x40000000;
/** The first interface of every namespace. */
const LOOPBACK = 1;

/** Why tests that need the kernel cannot run here; undefined when they can. */
export const cannotRun: string | undefined =
  process.getuid?.() !== 0 ? "not root"
  : !existsSync("/dev/net/tun") ? "no /dev/net/tun"
  : !["/sbin/ip", "/usr/sbin/ip", "/bin/ip"].some((path) => existsSync(path)) ? "no ip command"
  : undefined;

if (cannotRun !== undefined) console.warn(`tests that need the kernel are skipped: ${cannotRun}`);

/** Moves the calling thread into a namespace: "/run/netns/name" or "/proc/…/ns/net". */
export function enterNamespace(path: string): void {
  const fd = check(open(path, O_CLOEXEC, 0), `open ${path}`);
  try {
    check(setns(fd, CLONE_NEWNET), `enter ${path}`);
  } finally {
    close(fd);
  }
}

const made: string[] = [];
let count = 0;
const home = cannotRun ? -1 : open("/proc/thread-self/ns/net", O_CLOEXEC, 0);

/** Makes a namespace with a name that nobody else has; its loopback interface is up. */
export function makeNamespace(purpose: string): string {
  const name = `mext-${purpose}-${process.pid}-${count++}`;
  ip("netns", "add", name);
  made.push(name);
  inside(name, () => {
    const netlink = new NetlinkSocket();
    setLink(netlink, LOOPBACK, { up: true });
    netlink.close();
    // no second of waiting until the link-local address of a new interface can be used
    setInterfaceValue("default", "accept_dad", 0);
  });
  return name;
}

/** Removes every namespace that this process made, and what lives in them: in one go, for the kernel takes long for each. */
export function removeNamespaces(): void {
  const input = made.splice(0).map((name) => `netns del ${name}\n`).join("");
  if (input !== "") execFileSync("ip", ["-force", "-batch", "-"], { input, stdio: ["pipe", "ignore", "inherit"] });
}

/** Runs `action` with the calling thread inside a namespace. */
export function inside<Result>(name: string, action: () => Result): Result {
  enterNamespace(`/run/netns/${name}`);
  try {
    return action();
  } finally {
    check(setns(home, CLONE_NEWNET), "leave namespace");
  }
}

/** Joins two namespaces with a cable: interface `ends[0]` in the first, `ends[1]` in the second, both up. */
export function cable(first: string, second: string, ends: [string, string] = ["eth0", "eth0"]): void {
  ip("-n", first, "link", "add", ends[0], "type", "veth", "peer", "name", ends[1], "netns", second);
  ip("-n", first, "link", "set", ends[0], "up");
  ip("-n", second, "link", "set", ends[1], "up");
}

/** Runs the `ip` command. */
export function ip(...words: string[]): string {
  return execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs the `ip` command inside a namespace and reads its JSON. */
export function ipJson(name: string, ...words: string[]): Record<string, unknown>[] {
  return JSON.parse(ip("-n", name, "-j", ...words) || "[]");
}

/** Waits without blocking the thread. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Looks again and again, five seconds if not said otherwise, until there is something: the kernel works later. */
export async function eventually<Thing>(look: () => Thing | undefined, seconds = 5): Promise<Thing> {
  for (let round = 0; round < seconds * 50; round++) {
    const found = look();
    if (found !== undefined) return found;
    await pause(20);
  }
  throw new Error(`did not happen: ${look}`);
}
