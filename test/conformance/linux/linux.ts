/**
 * The real daemon as a host of the conformance suite: `mext` in a network namespace of its own. Its links are TAP
 * devices whose other ends are here, so that the tester is everybody on them.
 *
 *   - Neighbour Solicitations of the kernel are answered here, for every address but the subject's own; those of the
 *     core are shown: duplicate address detection (from ::), and whatever a mobile node asks of the routers that are
 *     played, where both are shown.
 *   - Time is the machine's: `next` waits.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { formatAddress } from "../../../bindings/address.ts";
import { addAddress } from "../../../platforms/linux/system/addresses.ts";
import { setLink } from "../../../platforms/linux/system/links.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { addRoute } from "../../../platforms/linux/system/routes.ts";
import { setInterfaceValue } from "../../../platforms/linux/system/sysctl.ts";
import { Program } from "../../linux/lab.ts";
import type { Runtime } from "../../linux/runtime.ts";
import { eventually, inside, makeNamespace, removeNamespaces } from "../../linux/system/namespace.ts";
import { ROUTER } from "../scenes.ts";
import type { Attachment, Configuration, Sent, Subject } from "../subject.ts";
import { answerTo, isForwardedDiscovery, solicitationIn } from "./discovery.ts";
import { OTHERS_LINK_ADDRESS, Tap } from "./tap.ts";
import { NAMES, toml } from "./toml.ts";
import { takeTurn } from "./turns.ts";

/**
 * The folders of all subjects of this process. What a subject leaves in the kernel stays until `removeSubjects`: to
 * take a device or a namespace away makes everybody wait for a tenth of a second, all of them together hardly longer.
 */
const folder = mkdtempSync(join(tmpdir(), "mext-subject-"));
const running = new Set<LinuxSubject>();
const unused: Tap[] = [];
let isOver = false;

/** Ends the subjects that still run, after a failure for one, and takes away all that was made for any. */
export async function removeSubjects(): Promise<void> {
  isOver = true;
  await Promise.allSettled([...running].map((subject) => subject.stop()));
  removeNamespaces();
  for (const tap of unused.splice(0)) tap.close();
  rmSync(folder, { recursive: true, force: true });
}

const READY = "is running";
const LINK_EVENT = '"event":"Link"';
/** How long a daemon is waited for, on a machine that has much to do. */
const WAIT_SECONDS = 30;

export class LinuxSubject implements Subject {
  readonly host: string;
  /** The kernel resolves the first router meanwhile, and other cases run on the same processors. */
  readonly latenessMs = 150;
  readonly #runtime: Runtime;
  readonly #folder = mkdtempSync(join(folder, "of-"));
  readonly #namespace = makeNamespace("subject");
  readonly #netlink = inside(this.#namespace, () => new NetlinkSocket());
  readonly #taps = new Map<string, Tap>();
  readonly #sent: Sent[] = [];
  /** Addresses that the kernel has by configuration, each behind its link. */
  readonly #own = new Set<string>();
  /** Addresses that a played router answers for by itself. */
  #answered: readonly string[] = [];
  #daemon: Program | undefined;
  #control: string | undefined;
  #startedMs = performance.now();
  /** The link that a mobile node is in. */
  #uplink: string | undefined;
  #isUp = false;
  #wake: (() => void) | undefined;

  constructor(runtime: Runtime, host = "linux") {
    if (isOver) throw new Error("all subjects have been removed");
    this.#runtime = runtime;
    this.host = host;
    running.add(this);
  }

  get nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  get unixMs(): number {
    return Date.now();
  }

  async start(configuration: Configuration): Promise<void> {
    inside(this.#namespace, () => {
      setInterfaceValue("default", "router_solicitations", 0);
      if (configuration.role !== "mobile-node") setInterfaceValue("default", "accept_ra", 0);
    });
    if (configuration.role === "mobile-node") this.#makeUplink(configuration.mobileNode.homeAgent);
    else this.#attachTo(configuration.attachment);
    if (configuration.role === "home-agent" && configuration.homeLink) this.#makeHomeLink(configuration);
    await takeTurn(() => this.#startDaemon(configuration));
    this.#sent.length = 0;
    this.#startedMs = performance.now();
  }

  /** The hash of the binary that the daemon runs, as it tells. */
  async sha256(): Promise<string> {
    const [program, ...words] = this.#runtime.command("status", this.#folder);
    const { stdout } = await promisify(execFile)(program, [...words, "status", "--json", "--control", this.#control!]);
    return JSON.parse(stdout).core.sha256;
  }

  async attach(link: string | undefined): Promise<void> {
    this.#uplink = undefined;
    await this.#switchUplink(false);
    if (link === undefined) return;
    this.#uplink = link;
    await this.#switchUplink(true);
  }

  async inject(link: string, packet: Uint8Array): Promise<void> {
    if (this.#taps.has(NAMES.uplink)) {
      if (link === this.#uplink) this.#taps.get(NAMES.uplink)!.send(packet);
      return;
    }
    const tap = this.#taps.get(link);
    if (!tap) throw new Error(`the subject has no link ${link}`);
    tap.send(packet);
  }

  async next(untilMs: number): Promise<Sent | undefined> {
    while (this.#sent.length === 0) {
      const waitMs = untilMs - this.nowMs;
      if (waitMs <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#sent.shift();
  }

  async stop(): Promise<void> {
    if (!running.delete(this)) return;
    await this.#daemon?.kill();
    for (const tap of this.#taps.values()) tap.ignore();
    unused.push(...this.#taps.values());
    this.#netlink.close();
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#daemon?.output.includes("the core trapped")) throw new Error(`the core trapped: ${this.#daemon.output}`);
  }

  /** What the daemon said, for people. */
  get log(): string {
    return `${this.#daemon?.output}${this.#daemon?.errors}`;
  }

  async #startDaemon(configuration: Configuration): Promise<void> {
    const role = configuration.role === "correspondent-node" ? "correspondent" : configuration.role;
    this.#control = join(this.#folder, `${role}.sock`);
    const file = join(this.#folder, "mext.toml");
    writeFileSync(file, toml(configuration, this.#control), { mode: 0o600 });
    const [program, ...words] = this.#runtime.command(role, this.#folder);
    this.#daemon = new Program(inside(this.#namespace, () => (
      spawn(program, [...words, role, file], { stdio: ["ignore", "pipe", "pipe"] })
    )));
    await this.#daemon.logs(READY, WAIT_SECONDS);
  }

  #attachTo({ link, addresses, router }: Attachment): void {
    const { interfaceIndex } = this.#makeTap(link, link);
    setLink(this.#netlink, interfaceIndex, { up: true });
    for (const address of addresses) this.#address(link, address);
    addRoute(this.#netlink, { destination: "::/0", interfaceIndex, gateway: router });
  }

  #makeHomeLink({ homeAgent, homeLink }: Extract<Configuration, { role: "home-agent" }>): void {
    const { interfaceIndex } = this.#makeTap(homeLink!.link, NAMES.home);
    inside(this.#namespace, () => setInterfaceValue(NAMES.home, "addr_gen_mode", 1));
    setLink(this.#netlink, interfaceIndex, { up: true });
    const linkLocal = homeAgent.address.slice();
    linkLocal.set([0xfe, 0x80, 0, 0, 0, 0, 0, 0]);
    for (const octets of [linkLocal, homeAgent.address]) this.#address(homeLink!.link, formatAddress(octets));
  }

  #makeUplink(homeAgent: Uint8Array): void {
    const tap = new Tap(this.#namespace, this.#netlink, NAMES.uplink, (packet) => {
      if (this.#uplink !== undefined) this.#receive(this.#uplink, packet);
    });
    this.#taps.set(NAMES.uplink, tap);
    this.#answered = [ROUTER, formatAddress(homeAgent)];
  }

  /** Switches the uplink on or off, and waits until the daemon has told its core. */
  async #switchUplink(up: boolean): Promise<void> {
    if (up === this.#isUp) return;
    this.#isUp = up;
    const told = () => this.#daemon!.output.split(LINK_EVENT).length;
    const before = told();
    setLink(this.#netlink, this.#taps.get(NAMES.uplink)!.interfaceIndex, { up });
    await eventually(() => told() > before || undefined, WAIT_SECONDS);
  }

  #makeTap(link: string, name: string): Tap {
    const tap = new Tap(this.#namespace, this.#netlink, name, (packet) => this.#receive(link, packet));
    this.#taps.set(link, tap);
    return tap;
  }

  #address(link: string, address: string): void {
    addAddress(this.#netlink, { interfaceIndex: this.#taps.get(link)!.interfaceIndex, address, prefixLength: 64 });
    this.#own.add(`${link} ${address}`);
  }

  #receive(link: string, packet: Uint8Array): void {
    if (isForwardedDiscovery(packet) || this.#answerSolicitation(link, packet)) return;
    this.#sent.push({ link, packet, atMs: this.nowMs });
    this.#wake?.();
  }

  /** Whether it was a solicitation of the kernel. */
  #answerSolicitation(link: string, packet: Uint8Array): boolean {
    const solicitation = solicitationIn(packet);
    if (!solicitation) return false;
    const { target } = solicitation;
    if (this.#own.has(`${link} ${target}`) || this.#answered.includes(target)) return false;
    void this.inject(link, answerTo(solicitation, OTHERS_LINK_ADDRESS));
    return true;
  }
}
