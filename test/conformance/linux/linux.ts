/**
 * The real daemon as a host of the conformance suite: `mext` in a network namespace of its own. Its links are TAP
 * devices whose other ends are here, so that the tester is everybody on them.
 *
 *   - Neighbour Solicitations of the kernel are answered here, for every address but the subject's own; those of the
 *     core are shown: duplicate address detection (from ::), and whatever a mobile node asks of the routers that are
 *     played, where both are shown.
 *   - Time is the machine's: `next` waits.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatAddress } from "../../../bindings/address.ts";
import { addAddress } from "../../../platforms/linux/system/addresses.ts";
import { setLink } from "../../../platforms/linux/system/links.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { addRoute } from "../../../platforms/linux/system/routes.ts";
import { setInterfaceValue } from "../../../platforms/linux/system/sysctl.ts";
import { Program } from "../../linux/lab.ts";
import { inside, makeNamespace, pause, removeNamespace } from "../../linux/system/namespace.ts";
import { neighbourAdvertisement } from "../players/neighbour.ts";
import type { Attachment, Configuration, Sent, Subject } from "../subject.ts";
import { OTHERS_LINK_ADDRESS, Tap } from "./tap.ts";
import { NAMES, toml } from "./toml.ts";

/** The words of a shell before `home-agent file.toml`: a runtime, and `mext` for it. */
export type Command = readonly [program: string, ...words: string[]];

const READY = "is running";
/** How long a mobile node is waited for that was put into a link. */
const ARRIVAL_MS = 500;
const ROUTER_SOLICITATION = 133;
const NEIGHBOUR_SOLICITATION = 135;
const ICMPV6 = 58;
/** Of fixed headers (RFC 8200 §3, RFC 4861 §4.3). */
const [NEXT_HEADER, SOURCE, MESSAGE, TARGET] = [6, 8, 40, 48];

export class LinuxSubject implements Subject {
  readonly host: string;
  readonly #command: Command;
  readonly #folder = mkdtempSync(join(tmpdir(), "mext-subject-"));
  readonly #namespace = makeNamespace("subject");
  readonly #netlink = inside(this.#namespace, () => new NetlinkSocket());
  readonly #taps = new Map<string, Tap>();
  readonly #sent: Sent[] = [];
  /** Addresses that the kernel has by configuration, each behind its link. */
  readonly #own = new Set<string>();
  /** Addresses that a played router answers for by itself. */
  #answered: readonly string[] = [];
  #daemon: Program | undefined;
  #startedMs = performance.now();
  /** The link that a mobile node is in. */
  #uplink: string | undefined;
  #wake: (() => void) | undefined;

  constructor(command: Command, host = "linux") {
    this.#command = command;
    this.host = host;
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
    const role = configuration.role === "correspondent-node" ? "correspondent" : configuration.role;
    const file = join(this.#folder, "mext.toml");
    writeFileSync(file, toml(configuration), { mode: 0o600 });
    const [program, ...words] = this.#command;
    const child: ChildProcess = inside(this.#namespace, () => (
      spawn(program, [...words, role, file], { stdio: ["ignore", "pipe", "pipe"] })
    ));
    this.#daemon = new Program(child);
    await this.#daemon.logs(READY, 30);
    this.#sent.length = 0;
    this.#startedMs = performance.now();
  }

  async attach(link: string | undefined): Promise<void> {
    const { interfaceIndex } = this.#taps.get(NAMES.uplink)!;
    setLink(this.#netlink, interfaceIndex, { up: false });
    this.#uplink = undefined;
    if (link === undefined) return;
    await pause(20);
    this.#uplink = link;
    setLink(this.#netlink, interfaceIndex, { up: true });
    const limitMs = this.nowMs + ARRIVAL_MS;
    while (!this.#sent.some((sent) => sent.link === link && messageType(sent.packet) === ROUTER_SOLICITATION)) {
      if (this.nowMs > limitMs) break;
      await pause(2);
    }
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
    await this.#daemon?.kill();
    for (const tap of this.#taps.values()) tap.close();
    this.#netlink.close();
    removeNamespace(this.#namespace);
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#daemon?.output.includes("the core trapped")) throw new Error(`the core trapped: ${this.#daemon.output}`);
  }

  /** What the daemon said, for people. */
  get log(): string {
    return `${this.#daemon?.output}${this.#daemon?.errors}`;
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
    this.#answered = ["fe80::1", formatAddress(homeAgent)];
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
    if (this.#answerSolicitation(link, packet)) return;
    this.#sent.push({ link, packet, atMs: this.nowMs });
    this.#wake?.();
  }

  /** Whether it was a solicitation of the kernel. */
  #answerSolicitation(link: string, packet: Uint8Array): boolean {
    if (messageType(packet) !== NEIGHBOUR_SOLICITATION) return false;
    const source = packet.subarray(SOURCE, SOURCE + 16);
    const target = formatAddress(packet.subarray(TARGET, TARGET + 16));
    const isOwn = this.#own.has(`${link} ${target}`);
    if (source.every((octet) => octet === 0) || isOwn || this.#answered.includes(target)) return false;
    const linkAddress = Buffer.from(OTHERS_LINK_ADDRESS).toString("hex").replace(/..(?=.)/g, "$&:");
    void this.inject(link, neighbourAdvertisement(target, target, linkAddress, formatAddress(source)));
    return true;
  }
}

/** Of an ICMPv6 message without extension headers; undefined: it is none. */
function messageType(packet: Uint8Array): number | undefined {
  return packet[NEXT_HEADER] === ICMPV6 ? packet[MESSAGE] : undefined;
}
