/**
 * A small internet in network namespaces, and daemons from dist/ in it:
 *
 *   home agent ─ eth0 ─────── home ┐
 *                                  router, which is also the correspondent node 2001:db8:c::1
 *   mobile node ┬ eth0 ─── net-a ──┤     advertises 2001:db8:a::/64
 *               └ eth1 ─── net-b ──┘     advertises 2001:db8:b::/64
 */
import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonStatus } from "../../platforms/linux/status.ts";
import { advertise } from "./advertise.ts";
import { NODE, type Runtime } from "./runtime.ts";
import { cable, eventually, inside, ip, makeNamespace, removeNamespaces } from "./system/namespace.ts";

export { MEXT } from "./runtime.ts";
export const HOME_AGENT = "2001:db8:100::1";
export const HOME_ADDRESS = "2001:db8:100::17";
export const CORRESPONDENT = "2001:db8:c::1";
export const KEY = "00112233445566778899aabbccddeeff";

const THROUGH_HOME_AGENT = '[route_optimisation]\npolicy = "never"';

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), "mext-lab-"));
  readonly home = makeNamespace("home");
  readonly router = makeNamespace("router");
  readonly mobile = makeNamespace("mobile");
  readonly programs: Program[] = [];
  /** What runs `mext <command>`, by the command; Node where nothing else is said. */
  readonly runtimes: Record<string, Runtime | undefined> = {};
  readonly #stopAdvertising: (() => void)[] = [];

  constructor() {
    cable(this.home, this.router, ["eth0", "home"]);
    cable(this.mobile, this.router, ["eth0", "net-a"]);
    cable(this.mobile, this.router, ["eth1", "net-b"]);
    ip("-n", this.home, "addr", "add", "2001:db8:1::2/64", "dev", "eth0", "nodad");
    // this interface forwards by itself, and is to do so afterwards
    execFileSync("ip", ["netns", "exec", this.home, "sysctl", "-qw", "net.ipv6.conf.eth0.forwarding=1"]);
    ip("-n", this.home, "-6", "route", "add", "default", "via", "2001:db8:1::1");
    ip("-n", this.router, "addr", "add", "2001:db8:1::1/64", "dev", "home", "nodad");
    ip("-n", this.router, "addr", "add", `${CORRESPONDENT}/128`, "dev", "lo", "nodad");
    ip("-n", this.router, "-6", "route", "add", "2001:db8:100::/64", "via", "2001:db8:1::2");
    execFileSync("ip", ["netns", "exec", this.router, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"]);
    this.#network("net-a", "2001:db8:a::");
    this.#network("net-b", "2001:db8:b::");
  }

  #network(name: string, prefix: string): void {
    ip("-n", this.router, "addr", "add", "fe80::1/64", "dev", name, "nodad");
    ip("-n", this.router, "addr", "add", `${prefix}1/64`, "dev", name, "nodad");
    this.#stopAdvertising.push(advertise(this.router, name, "fe80::1", prefix));
  }

  /** Ends what still runs, and removes everything. */
  async remove(): Promise<void> {
    for (const program of this.programs) await program.kill();
    for (const stop of this.#stopAdvertising) stop();
    removeNamespaces();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a file into the lab's folder; returns its path. */
  file(name: string, content: string): string {
    const path = join(this.folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  homeAgentConfig(more = ""): string {
    return this.file(
      "home-agent.toml",
      `role = "home-agent"
address = "${HOME_AGENT}"
home_prefixes = ["2001:db8:100::/64"]
tunnel = "mext0"
max_bindings = 100
max_nodes = 100
state_file = "${join(this.folder, "home-agent.state")}"
control = "${join(this.folder, "home-agent.sock")}"
${more}
[[node]]
identity = "car17@example.org"
home_addresses = ["${HOME_ADDRESS}"]
spi = 300
key = "${KEY}"
`,
    );
  }

  /** If nothing else is said, all packets go through the home agent. */
  mobileNodeConfig(more = THROUGH_HOME_AGENT): string {
    return this.file(
      "mobile-node.toml",
      `role = "mobile-node"
home_address = "${HOME_ADDRESS}"
home_agent = "${HOME_AGENT}"
identity = "car17@example.org"
spi = 300
key = "${KEY}"
tunnel = "mext0"
uplinks = ["eth0", "eth1", "wwan0"]
state_file = "${join(this.folder, "mobile-node.state")}"
control = "${join(this.folder, "mobile-node.sock")}"
${more}
`,
    );
  }

  /** Starts `mext` in a namespace. */
  start(namespace: string, ...words: string[]): Program {
    const [program, ...rest] = this.#commandLine(words);
    return this.run(namespace, program, rest);
  }

  /** Starts any program in a namespace. */
  run(namespace: string, command: string, words: string[], options: SpawnOptions = {}): Program {
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const program = new Program(
      inside(namespace, () => spawn(command, words, { ...options, stdio: [...stdio] })),
    );
    this.programs.push(program);
    return program;
  }

  async startHomeAgent(): Promise<Program> {
    const program = this.start(this.home, "home-agent", this.homeAgentConfig());
    await program.logs("is running");
    return program;
  }

  async startMobileNode(): Promise<Program> {
    const program = this.start(this.mobile, "mobile-node", this.mobileNodeConfig());
    await program.logs("is running");
    return program;
  }

  status(role: "home-agent" | "mobile-node"): DaemonStatus {
    const control = join(this.folder, `${role}.sock`);
    const [program, ...words] = this.#commandLine(["status", "--control", control, "--json"]);
    return JSON.parse(
      execFileSync(program, words, { encoding: "utf8" }),
    );
  }

  /** A command line of `mext` as the runtime of its command has it. */
  #commandLine(words: string[]): string[] {
    return [...(this.runtimes[words[0]] ?? NODE).command(words[0], this.folder), ...words];
  }

  /** Waits until the mobile node's kernel has heard both routers, and has addresses and default routes of its own. */
  async routersHeard(): Promise<void> {
    await eventually(() => {
      const routes = ip("-n", this.mobile, "-6", "route");
      return ["eth0", "eth1"].every((name) => routes.includes(`default via fe80::1 dev ${name}`)) || undefined;
    });
  }

  /** Waits until the mobile node is registered, at a care-of address with this prefix. */
  async registered(prefix: string): Promise<DaemonStatus> {
    return eventually(() => {
      const status = this.status("mobile-node");
      const [update] = status.updates!;
      return update.state === "Registered" && update.careofAddress.startsWith(prefix) ? status : undefined;
    });
  }

  /** Whether one of two pings comes back. */
  ping(namespace: string, to: string, ...more: string[]): boolean {
    try {
      return ip("netns", "exec", namespace, "ping", "-c", "2", "-i", "0.2", "-W", "1", ...more, to).includes(
        " 0% packet loss",
      );
    } catch {
      return false;
    }
  }

  /** All that a daemon may change in a namespace, as text; what a router advertisement lets expire is left out. */
  state(namespace: string): string {
    const shown = [
      ["-6", "-j", "addr"],
      ["-6", "-j", "route", "show", "table", "all"],
      ["-6", "-j", "rule"],
      ["-4", "-j", "addr"],
      ["-4", "-j", "route", "show", "table", "all"],
      ["-4", "-j", "rule"],
      ["-o", "link"],
    ].map((words) => ip("-n", namespace, ...words));
    const settings = ip("netns", "exec", namespace, "sysctl", "-a", "--pattern", "net.ipv[46].conf").replace(
      /.*stable_secret.*\n/g,
      "",
    );
    const tables = ip(
      "netns",
      "exec",
      namespace,
      "sh",
      "-c",
      "command -v nft >/dev/null && nft list tables || true",
    );
    return [...shown, settings, tables]
      .join("\n")
      .replace(/"(valid|preferred)_life_time":\d+|"expires":\d+|"metric":1024,/g, "");
  }
}

/** A running `mext`. */
export class Program {
  output = "";
  errors = "";
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcess) {
    child.stdout!.on("data", (text: Buffer) => {
      this.output += text;
    });
    child.stderr!.on("data", (text: Buffer) => {
      this.errors += text;
    });
    this.ended = new Promise((resolve) => child.once("close", resolve));
  }

  /** Waits for a line of the log, five seconds if not said otherwise. */
  async logs(text: string, seconds?: number): Promise<void> {
    await eventually(() => {
      if (this.child.exitCode !== null) {
        throw new Error(`ended with ${this.child.exitCode}: ${this.errors}${this.output}`);
      }
      return this.output.includes(text) || undefined;
    }, seconds);
  }

  /** Ends it as a person would; answers the exit code. */
  stop(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return this.ended;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** Runs a command line to its end, and gives what it printed. */
export async function runToEnd(
  program: Program,
): Promise<{ code: number | null; output: string; errors: string }> {
  const code = await program.ended;
  return { code, output: program.output, errors: program.errors };
}
