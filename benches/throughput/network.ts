/**
 * The network that throughput is measured in: four namespaces on this computer, joined by veth cables.
 *
 *   left ─────── near ─────── far ─────── right
 *   client      mobile node    home agent     server
 *
 * Traffic goes from `left` to `right`; `near` and `far` forward it, in one way or the other (ways.ts).
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { O_CLOEXEC } from "../../platforms/linux/system/constants.ts";
import { check, close, open, setns } from "../../platforms/linux/system/libc.ts";

export type Place = "left" | "near" | "far" | "right";
const CLONE_NEWNET = 0x40000000;
const PLACES: readonly Place[] = ["left", "near", "far", "right"];

/** The home address: of the client, so that `near` forwards its packets whatever the way. */
export const HOME = "2001:db8:100::17";
export const SERVER = "2001:db8:9::2";
export const SERVERS = "2001:db8:9::/64";
/** Both ends of the cable in the middle. */
export const NEAR = { ipv6: "2001:db8:a::2", ipv4: "192.0.2.2" };
export const FAR = { ipv6: "2001:db8:a::1", ipv4: "192.0.2.1" };
/** Interfaces of `near` and `far`. */
export const INSIDE = "inside";
export const OUTSIDE = "outside";
/** Link-local address of `near` and `far` for those inside. */
export const ROUTER = "fe80::1";

export class Network {
  readonly #programs = new Set<ChildProcess>();

  constructor() {
    for (const place of PLACES) {
      run("ip", ["netns", "add", nameOf(place)]);
      this.ip(place, "link", "set", "lo", "up");
      this.set(place, "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.default.router_solicitations=0");
    }
    this.#cable("left", "eth0", "near", INSIDE);
    this.#cable("near", OUTSIDE, "far", OUTSIDE);
    this.#cable("far", INSIDE, "right", "eth0");
    for (const place of ["near", "far"] as const) {
      this.set(place, "net.ipv6.conf.all.forwarding=1", "net.ipv4.ip_forward=1");
      this.ip(place, "addr", "add", `${ROUTER}/64`, "dev", INSIDE, "nodad");
      const { ipv6, ipv4 } = place === "near" ? NEAR : FAR;
      this.ip(place, "addr", "add", `${ipv4}/24`, "dev", OUTSIDE);
      this.ip(place, "addr", "add", `${ipv6}/64`, "dev", OUTSIDE, "nodad");
    }
    this.ip("far", "addr", "add", `${ROUTER}/64`, "dev", OUTSIDE, "nodad");
    this.ip("far", "addr", "add", "2001:db8:9::1/64", "dev", INSIDE, "nodad");
    this.ip("left", "addr", "add", `${HOME}/128`, "dev", "eth0", "nodad");
    this.ip("right", "addr", "add", `${SERVER}/64`, "dev", "eth0", "nodad");
    for (const place of ["left", "right"] as const) this.ip(place, "-6", "route", "add", "default", "via", ROUTER, "dev", "eth0");
    this.ip("near", "-6", "route", "add", `${HOME}/128`, "dev", INSIDE);
  }

  /** Runs `ip` in a place. Throws when it fails. */
  ip(place: Place, ...words: string[]): string {
    return run("ip", ["-n", nameOf(place), ...words]);
  }

  /** Sets kernel parameters in a place. */
  set(place: Place, ...settings: string[]): void {
    this.run(place, "sysctl", "-qw", ...settings);
  }

  /** Opens something in a place: the calling thread is there meanwhile. */
  inside<Result>(place: Place, action: () => Result): Result {
    const outside = check(open("/proc/thread-self/ns/net", O_CLOEXEC, 0), "open the network namespace");
    const namespace = check(open(`/run/netns/${nameOf(place)}`, O_CLOEXEC, 0), `open ${nameOf(place)}`);
    try {
      check(setns(namespace, CLONE_NEWNET), `enter ${nameOf(place)}`);
      return action();
    } finally {
      check(setns(outside, CLONE_NEWNET), `leave ${nameOf(place)}`);
      close(namespace);
      close(outside);
    }
  }

  /** Runs a program in a place to its end; returns what it prints. Throws when it fails. */
  run(place: Place, ...command: string[]): string {
    return run("ip", ["netns", "exec", nameOf(place), ...command]);
  }

  /** Starts a program in a place; `stop` ends it. */
  start(place: Place, command: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn("ip", ["netns", "exec", nameOf(place), ...command], {
      stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env },
    });
    this.#programs.add(child);
    child.once("exit", () => this.#programs.delete(child));
    return child;
  }

  /** Ends a program, the hard way when it takes long. */
  stop(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
      child.once("exit", () => {
        clearTimeout(hard);
        resolve();
      });
      child.kill("SIGTERM");
    });
  }

  /** Ends what still runs, and removes the namespaces with all that is in them. */
  async remove(): Promise<void> {
    for (const child of this.#programs) await this.stop(child);
    for (const place of PLACES) {
      try {
        run("ip", ["netns", "del", nameOf(place)]);
      } catch {
        // it was not made
      }
    }
  }

  #cable(first: Place, firstEnd: string, second: Place, secondEnd: string): void {
    this.ip(first, "link", "add", firstEnd, "type", "veth", "peer", "name", secondEnd, "netns", nameOf(second));
    this.ip(first, "link", "set", firstEnd, "up");
    this.ip(second, "link", "set", secondEnd, "up");
  }
}

export function nameOf(place: Place): string {
  return `mext-bench-${process.pid}-${place}`;
}

function run(command: string, words: readonly string[]): string {
  return execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
