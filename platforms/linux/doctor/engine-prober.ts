/**
 * Asks the home agent by a core of its own, which is a mobile node that registers nothing: it hears routers, knows its
 * addresses, and sends probes. Nothing of this host changes, and a daemon may run beside it.
 *
 *   ask ─▶ command Probe ─▶ core ─▶ packets, datagrams ─▶ network ─▶ home agent
 *   answer ◀─ event ProbeAnswered ◀─ core ◀──────────────────────────────┘
 */
import { randomBytes } from "node:crypto";
import { setTimeout as setTimeoutAsync } from "node:timers/promises";
import { parseAddress, parseIpv4Address } from "../../../bindings/address.ts";
import {
  probe, setDevice, setIpv4Uplink, setMobileNode, setReach, setWallClock, type MobileNodeSettings, type ReachSettings,
} from "../../../bindings/commands.ts";
import {
  CommandRefused, Engine, ENTROPY_BYTES, MINIMUM_MTU, type OrderHandler, Refusal, Role,
} from "../../../bindings/engine.ts";
import { readEvent } from "../../../bindings/events.ts";
import { readUplinks } from "../../../bindings/status.ts";
import { monotonicMs, wallClockOffsetMs } from "../system/clock.ts";
import type { Answer, Obstacle, Prober, Question } from "./prober.ts";
import type { Way } from "./report.ts";
import { FIRST_DEVICE, ProbeSockets } from "./sockets.ts";
import type { UplinkFacts } from "./uplink.ts";

/** The longest wait in the kernel: the event loop of this thread is to go on. */
const WAIT_MS = 10;
/** Instead of an address that is not told. */
const UNSPECIFIED = "::";
/** All families to ask by, and nothing that is wanted. */
const PROBING = {
  ipv6: true, udpIpv6: true, ipv4: true, forceUdp: false, ipv4HomeAddress: undefined, probesOnly: true,
} as const;
const SLOTS = 8;
const SLOT_BYTES = 4096;
const TUNNEL = 0;
/** Routers answer a solicitation within half a second, and the first one may be lost (RFC 4861 §6.2.6, §10). */
const ROUTER_MS = 5000;

export interface ProberOptions {
  readonly module: WebAssembly.Module;
  readonly mobileNode: MobileNodeSettings;
  readonly reach: ReachSettings;
  /** IPv4 addresses of the home agent, as text. */
  readonly ipv4: readonly string[];
  readonly uplink: UplinkFacts;
  readonly sockets: number;
}

export class EngineProber implements Prober, OrderHandler {
  readonly sockets: number;
  readonly destinations: number;
  readonly #options: ProberOptions;
  readonly #engine: Engine;
  readonly #sockets: ProbeSockets;
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #number = 0;
  #destination = 0;
  #careofAddress: string | undefined;
  #pump: Promise<void> | undefined;
  #failed: unknown;

  /** Opens the sockets, and waits until a router was heard or none can be. */
  static async open(options: ProberOptions): Promise<EngineProber> {
    const prober = new EngineProber(options);
    await prober.#hearRouter();
    return prober;
  }

  private constructor(options: ProberOptions) {
    const { module, mobileNode, uplink } = options;
    const nowMs = monotonicMs();
    this.#options = options;
    this.sockets = options.sockets;
    this.destinations = options.ipv4.length;
    const budgets = { slots: SLOTS, slotBytes: SLOT_BYTES, maxBindings: 4, maxNodes: 1 };
    this.#engine = new Engine(module, Role.MobileNode, this, randomBytes(ENTROPY_BYTES), nowMs, budgets);
    setWallClock(this.#engine, nowMs + wallClockOffsetMs(), nowMs);
    this.#sockets = new ProbeSockets(this.#engine, uplink.link!.index, options.sockets);
    this.#reach(0); // before there is anything that could be registered
    setMobileNode(this.#engine, { ...mobileNode, optimistic: true }, nowMs);
    this.#addDevices(uplink, nowMs);
  }

  obstacle(way: Way): Obstacle | undefined {
    const { uplink, ipv4, mobileNode } = this.#options;
    const isIpv4 = way === "Ipv4" || way === "UdpIpv4";
    const absent = (why: string) => ({ passage: "absent", why }) as const;
    const untried = (why: string) => ({ passage: "untried", why }) as const;
    if (isIpv4 && uplink.ipv4.length === 0) return absent(`${uplink.name} has no IPv4 address`);
    if (isIpv4 && ipv4.length === 0) return absent("no IPv4 address of the home agent is known");
    if (mobileNode.homeAgent.every((octet) => octet === 0)) {
      return untried("the IPv6 address of the home agent is not known, which every way needs; the doctor discovers none");
    }
    if (!isIpv4 && uplink.ipv6.length === 0) return absent(`${uplink.name} has no global IPv6 address`);
    if (way !== "UdpIpv4" && this.#sockets.rawObstacle !== undefined) return untried(this.#sockets.rawObstacle);
    if (!isIpv4 && this.#careofAddress === undefined) {
      return absent(`no router of ${uplink.name} advertises a prefix, which a mobile node needs`);
    }
    if (!isIpv4 && !uplink.ipv6.includes(this.#careofAddress!)) {
      return untried(`the care-of address would be ${this.#careofAddress}, which is not on ${uplink.name}`);
    }
    return undefined;
  }

  localPort(socket: number, way: Way): number | undefined {
    return way === "UdpIpv4" || way === "UdpIpv6" ? this.#sockets.port(socket + FIRST_DEVICE) : undefined;
  }

  localAddresses(way: Way): readonly string[] {
    const { ipv4, ipv6 } = this.#options.uplink;
    return way === "Ipv4" || way === "UdpIpv4" ? ipv4 : ipv6;
  }

  async ask(question: Question, timeoutMs: number): Promise<Answer | undefined> {
    const { way, socket = 0, bytes, answerPort, destination = 0, tunnelled } = question;
    const number = this.#number++;
    const settings = { device: socket + FIRST_DEVICE, encapsulation: way, number, bytes, answerPort, tunnelled };
    try {
      this.#reach(destination);
      probe(this.#engine, settings, monotonicMs());
    } catch (error) {
      if (!(error instanceof CommandRefused) || error.refusal === Refusal.WrongRole) throw error;
      return undefined; // it cannot go this way now
    }
    const answer = new Promise<Answer | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      this.#waiting.set(number, (got) => {
        clearTimeout(timer);
        resolve(got);
      });
    });
    this.#pump ??= this.#run(() => this.#waiting.size === 0).finally(() => (this.#pump = undefined));
    try {
      return await answer;
    } finally {
      this.#waiting.delete(number);
      if (this.#failed !== undefined) throw this.#failed;
    }
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await setTimeoutAsync(ms, undefined, { signal }).catch(() => {}); // given up
  }

  close(): void {
    this.#sockets.close();
  }

  // ---- orders of the core: packets leave, answers are handed on, the rest is not done here ------------------

  transmit(device: number, pointer: number, lengthBytes: number): void {
    this.#sockets?.transmit(device, pointer, lengthBytes);
  }

  sendDatagrams(device: number, pointer: number, lengthBytes: number): void {
    this.#sockets?.sendDatagrams(device, pointer, lengthBytes);
  }

  drained(): void {
    this.#sockets?.flush();
  }

  event(record: DataView): void {
    const { name, fields } = readEvent(record);
    if (name !== "ProbeAnswered") return;
    const answer = fields as unknown as Answer & { number: number };
    const { number, seenAddress, seenPort, roundTripMs, clockAheadMs } = answer;
    const isKnown = clockAheadMs !== undefined && !Number.isNaN(clockAheadMs);
    const seen = seenAddress === UNSPECIFIED ? {} : { seenAddress };
    this.#waiting.get(number)?.({ ...seen, seenPort, roundTripMs, ...(isKnown && { clockAheadMs }) });
  }

  keep(): void {}
  addAddress(): void {}
  removeAddress(): void {}
  addDefaultRoute(): void {}
  removeDefaultRoute(): void {}
  tunnelMtu(): void {}
  addRoute(): void {}
  removeRoute(): void {}
  addNeighbour(): void {}
  useTunnel(): void {}
  hearGroups(): void {}
  sendArp(): void {}

  /** The core's home agent has one IPv4 address at a time. */
  #reach(destination: number): void {
    if (this.#number > 0 && destination === this.#destination) return;
    this.#destination = destination;
    const text = this.#options.ipv4[destination];
    const homeAgentIpv4 = text === undefined ? undefined : parseIpv4Address(text);
    setReach(this.#engine, { ...this.#options.reach, ...PROBING, homeAgentIpv4 }, monotonicMs());
  }

  /** The interface identifier is that of an address which the interface has: the kernel answers for it. */
  #addDevices({ link, ipv6, ipv4 }: UplinkFacts, nowMs: number): void {
    const interfaceId = ipv6.length > 0 ? parseAddress(ipv6[0]).slice(8) : undefined;
    // what comes out of tunnels goes nowhere: the tunnel device is switched off
    setDevice(this.#engine, { index: TUNNEL, kind: "tunnel", mtu: MINIMUM_MTU, up: false }, nowMs);
    for (let device = FIRST_DEVICE; device < FIRST_DEVICE + this.sockets; device++) {
      const mtu = link!.mtuBytes;
      setDevice(this.#engine, { index: device, kind: "access", mtu, up: true, interfaceId }, nowMs);
      if (ipv4.length > 0) setIpv4Uplink(this.#engine, device, parseIpv4Address(ipv4[0]), nowMs);
    }
  }

  async #hearRouter(): Promise<void> {
    if (this.#options.uplink.ipv6.length === 0 || this.#sockets.rawObstacle !== undefined) return;
    const untilMs = monotonicMs() + ROUTER_MS;
    await this.#run(() => this.#findCareof() !== undefined || monotonicMs() > untilMs);
    if (this.#careofAddress !== undefined) this.#sockets.guard(this.#careofAddress);
  }

  #findCareof(): string | undefined {
    const uplink = readUplinks(this.#engine).find(({ device }) => device === FIRST_DEVICE);
    const found = uplink?.careofAddress;
    if (found !== undefined && found !== "::") this.#careofAddress = found;
    return this.#careofAddress;
  }

  /** The packet loop, until there is nothing more to wait for. */
  async #run(isDone: () => boolean): Promise<void> {
    try {
      while (!isDone()) {
        const untilTimerMs = this.#engine.nextWakeupMs() - monotonicMs();
        this.#sockets.wait(Math.max(0, Math.min(WAIT_MS, untilTimerMs)));
        this.#sockets.receive(monotonicMs);
        if (this.#engine.nextWakeupMs() <= monotonicMs()) this.#engine.tick(monotonicMs());
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      this.#failed = error;
      for (const resolve of this.#waiting.values()) resolve(undefined);
    }
  }
}
