/**
 * The packet loop: waits in the kernel for packets, timers, network changes and messages, and gives
 * them to the core, one change at a time.
 *
 *   1. wait: packets, netlink, a message, or until the core's next timer          ppoll
 *   2. messages of the main thread                                                eventfd
 *   3. changes of links and addresses                                             netlink
 *   4. packets from each socket of the access side, as one batch                  recvmmsg
 *   5. packets from the tunnel device, as one batch                               read
 *   6. timers that are due; the wall clock, when it was set
 *   7. what happened, to the main thread
 *
 * There is no protocol in here: it carries packets and orders.
 */
import { refuseAddress, setDevice, setPathMtu, shutdown } from "../../bindings/commands.ts";
import { type Engine, MINIMUM_MTU, Role } from "../../bindings/engine.ts";
import {
  readBindings, readGroups, readHomeAgents, readPeers, readRefusals, readUpdates, readUplinks,
} from "../../bindings/status.ts";
import type { Access } from "./access.ts";
import { CorrespondentAccess } from "./correspondent-access.ts";
import { EngineHost } from "./engine-host.ts";
import { HomeAgentAccess } from "./home-agent-access.ts";
import { Journal } from "./journal.ts";
import { closeSafely, type Linux, linkMtus, openLinux } from "./linux.ts";
import type { FromLoop, LoopData, LoopStatus, ToLoop } from "./messages.ts";
import { MobileNodeAccess } from "./mobile-node-access.ts";
import { Orders, TUNNEL } from "./orders.ts";
import { RefusalReport } from "./refusal-report.ts";
import type { HomeAgentAddresses } from "./resolver.ts";
import { configure, type LoopSettings, tellHomeAgent } from "./settings.ts";
import type { Source } from "./source.ts";
import { monotonicMs, wallClockOffsetMs } from "./system/clock.ts";
import { linkByName } from "./system/links.ts";
import { NetworkMonitor } from "./system/network-monitor.ts";
import { Wake } from "./system/poll.ts";
import { Waiting } from "./waiting.ts";

/** How often the wall clock is looked at, and so the longest wait. */
const WALL_CLOCK_MS = 5000;
/** How long a mobile node tries to deregister at the end. */
const DEREGISTRATION_MS = 3000;
/** IPv6 tunnels have a header of 40 octets (RFC 2473 §3) and take packets of 1280 at least (§7.1). */
const OUTER_HEADER_BYTES = 40;
const MIN_SLOT_BYTES = 2048;
const MAX_SLOT_BYTES = 9216;
/** With segmentation offload, a packet with the largest payload that IPv6 has. */
const LARGE_SLOT_BYTES = 65575;
/** Room for large packets cut into trains, and for those put together: a dozen, then the core wants them to be taken. */
const OUTPUT_BYTES = 1 << 20;
/** Packets that are put together from fragments at once: those of many nodes arrive interleaved. */
const REASSEMBLIES = 64;

const ROLES: Readonly<Record<LoopSettings["role"], Role>> = {
  "home-agent": Role.HomeAgent,
  "mobile-node": Role.MobileNode,
  correspondent: Role.CorrespondentNode,
};

function openAccess(linux: Linux, settings: LoopSettings, mtuBytes: number): Access {
  switch (settings.role) {
    case "home-agent":
      return new HomeAgentAccess(linux, settings, mtuBytes);
    case "mobile-node":
      return new MobileNodeAccess(linux, settings);
    case "correspondent":
      return new CorrespondentAccess(linux, settings, mtuBytes);
  }
}

/** The main thread, as the loop sees it. */
export interface MainThread {
  post(message: FromLoop): void;
  /** The messages that have come since the last call. */
  take(): ToLoop[];
}

export class Loop {
  readonly #settings: LoopSettings;
  readonly #main: MainThread;
  readonly #wake: Wake;
  readonly #monitor: NetworkMonitor;
  readonly #linux: Linux;
  readonly #access: Access;
  readonly #journal: Journal;
  readonly #orders: Orders;
  readonly #host: EngineHost;
  readonly #refusals: RefusalReport;
  /** What the name of the home agent has turned out to mean. */
  #homeAgent: HomeAgentAddresses | undefined;
  #stopBy = Infinity;
  #wallClockDueMs = 0;

  /** Opens everything. Throws an error that says what to do; nothing is left changed then. */
  constructor({ settings, module, wakeFd }: LoopData, main: MainThread) {
    this.#settings = settings;
    this.#main = main;
    const report = (warning: string) => main.post({ kind: "report", warning });
    this.#refusals = new RefusalReport((refusals) => main.post({ kind: "refusals", refusals }));
    this.#wake = new Wake(wakeFd);
    this.#journal = new Journal(settings.stateFile, report);
    const { leastBytes, mostBytes } = linkMtus(settings.tunnel);
    const condition = (about: string, warning?: string) => main.post({ kind: "condition", about, warning });
    const tunnelMtuBytes = Math.max(leastBytes - OUTER_HEADER_BYTES, MINIMUM_MTU);
    this.#linux = openLinux(settings.tunnel, tunnelMtuBytes, report, condition);
    try {
      this.#monitor = new NetworkMonitor(); // before the interfaces are listed: no change is missed
      this.#access = openAccess(this.#linux, settings, leastBytes);
      this.#orders = new Orders(this.#linux, this.#access, this.#journal);
      this.#host = new EngineHost({
        module,
        role: ROLES[settings.role],
        budgets: {
          slotBytes: this.#slotBytes(mostBytes),
          outputBytes: OUTPUT_BYTES,
          reassemblies: REASSEMBLIES,
          ...("maxBindings" in settings && { maxBindings: settings.maxBindings }),
          ...("maxNodes" in settings && { maxNodes: settings.maxNodes }),
        },
        host: this.#orders,
        journal: this.#journal,
        configure: (engine, nowMs) => {
          configure(engine, settings, nowMs);
          this.#access.configure?.(engine, nowMs);
        },
        connect: (engine, nowMs) => this.#connect(engine, nowMs),
        report,
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Runs until the main thread says stop. */
  run(): void {
    let waiting = this.#waiting();
    this.#deliver();
    while (!this.#finished()) {
      if (waiting.sources !== this.#access.sources) waiting = this.#waiting();
      waiting.wait(this.#nextMs()); // 1
      if (waiting.isWoken()) this.#takeMessages(); // 2
      if (waiting.hasNetworkEvents()) this.#takeNetworkEvents(); // 3
      for (const source of waiting.readySources()) this.#receive(source, waiting); // 4
      if (waiting.hasTunnelPackets()) this.#receiveFromTunnel(); // 5
      this.#lookAtClocks(); // 6
      this.#deliver(); // 7
    }
  }

  /** Takes everything back, and lets go of everything. */
  close(): void {
    const failures = [
      () => this.#access?.close(),
      () => this.#orders?.network.clear(),
      () => this.#journal.close(),
      () => this.#monitor?.close(),
      () => this.#linux.close(),
    ].flatMap(closeSafely);
    for (const { message } of failures) this.#linux.report(`a change could not be taken back: ${message}`);
  }

  #waiting(): Waiting {
    return new Waiting(this.#wake, this.#monitor, this.#linux.tun, this.#access.sources);
  }

  #slotBytes(mostBytes: number): number {
    if (this.#linux.tun.offload !== "none") return LARGE_SLOT_BYTES;
    return Math.min(Math.max(mostBytes, MIN_SLOT_BYTES), MAX_SLOT_BYTES);
  }

  #connect(engine: Engine, nowMs: number): void {
    const { offload } = this.#linux.tun;
    setDevice(engine, {
      index: TUNNEL, kind: "tunnel", mtu: this.#tunnelMtu(), up: true,
      offload: { virtio: offload !== "none", tcp: offload === "tcp" || offload === "udp", udp: offload === "udp" },
    }, nowMs);
    for (const device of this.#access.devices()) setDevice(engine, device, nowMs);
    if (this.#homeAgent !== undefined) tellHomeAgent(engine, this.#homeAgent, nowMs);
    this.#access.connected?.(engine, nowMs);
  }

  #nextMs(): number {
    const untilMs = Math.min(this.#host.engine.nextWakeupMs(), this.#stopBy) - monotonicMs();
    return Math.max(0, Math.min(untilMs, WALL_CLOCK_MS));
  }

  #takeMessages(): void {
    this.#wake.clear();
    for (const message of this.#main.take()) {
      switch (message.kind) {
        case "stop":
          this.#stop();
          break;
        case "status":
          this.#main.post({ kind: "status", id: message.id, status: this.#status() });
          break;
        case "home-agent-found":
          this.#homeAgentFound(message.addresses);
          break;
        case "looking-up":
          this.#orders.network.attempt(() => this.#access.lookingUp?.(message.isLookingUp));
          break;
      }
    }
  }

  #homeAgentFound(addresses: HomeAgentAddresses): void {
    this.#homeAgent = addresses;
    this.#host.call((engine, nowMs) => tellHomeAgent(engine, addresses, nowMs));
    this.#access.homeAgentFound?.(addresses.ipv4Address, this.#host);
  }

  #takeNetworkEvents(): void {
    const events = this.#monitor.read();
    for (const event of events) this.#access.networkChanged(event, this.#host);
    // afterwards: with a link that was switched off, its addresses are not missed any more
    for (const event of events) this.#orders.network.networkChanged(event);
  }

  #receive(source: Source, waiting: Waiting): void {
    // a change of the network, or a trap, has closed it: its successor is read in the next round
    if (waiting.sources !== this.#access.sources) return;
    this.#host.call((engine, nowMs) => engine.processSlots(nowMs, source.receive(engine)));
    for (const { remote, mtuBytes } of source.takePathMtus()) {
      this.#host.call((engine, nowMs) => setPathMtu(engine, source.device, remote, mtuBytes, nowMs));
    }
  }

  #receiveFromTunnel(): void {
    this.#host.call((engine, nowMs) => engine.processSlots(nowMs, this.#readTunnel(engine)));
  }

  /** Reads what programs of this host sent into the tunnel, into the slots from 0 on; returns how many. */
  #readTunnel(engine: Engine): number {
    let count = 0;
    while (count < engine.slots) {
      const address = this.#orders.addressAt(engine.slotPointer(count));
      const length = this.#linux.tun.read(address, engine.slotBytes);
      if (length === 0) break;
      engine.fillSlot(count++, TUNNEL, length);
    }
    return count;
  }

  #lookAtClocks(): void {
    if (this.#host.engine.nextWakeupMs() <= monotonicMs()) {
      this.#host.call((engine, nowMs) => engine.tick(nowMs));
    }
    if (monotonicMs() < this.#wallClockDueMs) return;
    this.#wallClockDueMs = monotonicMs() + WALL_CLOCK_MS;
    const jumpMs = this.#host.followWallClock();
    if (Math.abs(jumpMs) >= 1000) {
      this.#linux.report(`the wall clock was set by ${(jumpMs / 1000).toFixed(1)} s`);
    }
    this.#refusals.look(readRefusals(this.#host.engine), monotonicMs());
  }

  #deliver(): void {
    for (const { device, address } of this.#orders.takeRefused()) {
      this.#host.call((engine, nowMs) => refuseAddress(engine, device, address, nowMs));
    }
    const batch = this.#orders.takeEvents();
    if (batch) this.#main.post({ kind: "events", ...batch, wallClockOffsetMs: wallClockOffsetMs() });
  }

  #stop(): void {
    const isFirst = this.#stopBy === Infinity;
    const waits = isFirst && !this.#mayEnd();
    this.#stopBy = monotonicMs() + (waits ? DEREGISTRATION_MS : 0);
    if (waits) this.#host.call(shutdown);
  }

  #finished(): boolean {
    if (this.#stopBy === Infinity) return false;
    return monotonicMs() >= this.#stopBy || this.#mayEnd();
  }

  /** A mobile node when it has deregistered, the others at any time. */
  #mayEnd(): boolean {
    if (this.#settings.role !== "mobile-node") return true;
    return readUpdates(this.#host.engine).every(({ state }) => state === "Stopped");
  }

  #tunnelMtu(): number {
    return linkByName(this.#linux.netlink, this.#linux.tun.name).mtuBytes;
  }

  /** The core knows of an interface that is gone only that it is down. */
  #isPresent(device: number): boolean {
    return this.#access.interfaceIndex(device) !== undefined;
  }

  #status(): LoopStatus {
    const { engine, traps } = this.#host;
    return {
      bindings: readBindings(engine),
      updates: readUpdates(engine),
      uplinks: readUplinks(engine).filter(({ device }) => this.#isPresent(device)),
      peers: readPeers(engine),
      homeAgents: readHomeAgents(engine),
      groups: readGroups(engine),
      refusals: readRefusals(engine),
      sendFailures: this.#orders.failures.toJSON(),
      tunnelMtu: this.#tunnelMtu(),
      homeAgentIpv4: this.#homeAgent?.ipv4Address,
      traps,
    };
  }
}
