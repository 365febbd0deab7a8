/**
 * A mobile node inside a program: its packets come and go by callbacks. Each underlay is an uplink, the first one
 * preferred; the core reaches the home agent in UDP over IPv4 alone (RFC 5555 §4.1), which is what underlays carry.
 */
import { parseAnyAddress } from "../../bindings/address.ts";
import { type MobileNodeSettings, type ReachSettings, setDevice, setIpv4Uplink, setLink, shutdown } from "../../bindings/commands.ts";
import type { MobileNodeConfig } from "../../bindings/config/index.ts";
import { statusText } from "../../bindings/describe-names.ts";
import { type Engine, Role, TUNNEL_PORT } from "../../bindings/engine.ts";
import { configureMobileNode, type MobileNodeEngineSettings, mobileNodeEngineSettings } from "../../bindings/engine-settings.ts";
import {
  type PeerStatus, readPeers, readUpdates, readUplinks, type UpdateStatus, type UplinkStatus,
} from "../../bindings/status.ts";
import { HOME_AGENT_ADDRESS, MOBILE_NODE_ADDRESS } from "./connection-addresses.ts";
import { ConnectionWatch } from "./connection-watch.ts";
import type { Endpoint, Underlay } from "./contract.ts";
import { isAmong, type NodeOptions, type NodeStatus, PortableNode } from "./node.ts";
import { TUNNEL } from "./orders.ts";
import { sameOctets } from "./packets.ts";

/** How long a mobile node tries to deregister at the end. */
const DEREGISTRATION_MS = 3000;
/** How often it looks whether it has. */
const LOOK_MS = 10;

export interface MobileNodeOptions extends NodeOptions {
  /** As `mext mobile-node` reads it; the names of its `uplinks` and its `tunnel` mean nothing here. */
  readonly config: MobileNodeConfig | MobileNodeEngineSettings;
  /** One uplink each, the preferred one first. */
  readonly underlays: readonly Underlay[];
  /** How long a connection may be silent after something was sent before it is doubted; 5 s by default. */
  readonly silenceMs?: number;
}

export interface MobileNodeStatus extends NodeStatus {
  readonly role: "mobile-node";
  readonly homeAddress: string;
  /** `true`: the home agent has accepted the binding, and it is in force. */
  readonly registered: boolean;
  readonly updates: readonly UpdateStatus[];
  readonly uplinks: readonly (UplinkStatus & { readonly underlay: string })[];
  readonly peers: readonly PeerStatus[];
}

/** A mobile node without TUN device: packets of its home address come and go by callbacks. */
export class MobileNode extends PortableNode {
  readonly #settings: MobileNodeEngineSettings;
  readonly #watches = new Map<Underlay, ConnectionWatch>();

  private constructor(options: MobileNodeOptions) {
    super(Role.MobileNode, options, options.underlays);
    this.#settings = portableSettings(options.config);
    if (this.#settings.reach.homeAgentIpv4 === HOME_AGENT_ADDRESS && !this.underlays.every(({ isPointToPoint }) => isPointToPoint)) {
      throw new Error("home_agent_ipv4 is missing: without it, UDP would go to an address that is nobody's");
    }
    for (const underlay of this.underlays) {
      underlay.changed = () => {
        this.#watches.get(underlay)?.stop();
        this.driver.call((engine, nowMs) => this.#tellUplink(engine, underlay, nowMs));
      };
      if (underlay.reconnect !== undefined) this.#watches.set(underlay, this.#watchOf(underlay, options.silenceMs));
    }
  }

  /** Starts it; it registers as soon as an underlay is up. Throws an error that says what is wrong with the options. */
  static async start(options: MobileNodeOptions): Promise<MobileNode> {
    const node = new MobileNode(options);
    node.begin();
    return node;
  }

  /** True while the home agent has a binding for this node. */
  get isRegistered(): boolean {
    return this.#update?.state === "Registered";
  }

  /** Waits until the home agent has accepted the binding; rejects when `withinMs` have passed, or the node has ended. */
  async registered(withinMs = 10_000): Promise<void> {
    const untilMs = this.clock.nowMs() + withinMs;
    while (!this.isRegistered) {
      if (this.driver.isClosed) throw new Error("the mobile node has ended");
      if (this.clock.nowMs() >= untilMs) throw new Error(`the home agent has not accepted a binding within ${withinMs} ms: ${this.#lastAnswer}`);
      await this.#wait();
    }
  }

  /** Registration, uplinks, underlays, refusals. */
  status(): MobileNodeStatus {
    const { engine } = this.driver;
    const updates = readUpdates(engine);
    return {
      role: "mobile-node",
      homeAddress: updates[0]?.homeAddress ?? "::",
      registered: this.isRegistered,
      updates,
      uplinks: readUplinks(engine).map((uplink) => ({ ...uplink, underlay: this.underlays[uplink.device - 1]?.name ?? "" })),
      peers: readPeers(engine),
      ...this.commonStatus(),
    };
  }

  /** Ends well: deregisters, which takes a round trip and three seconds at most, and closes the underlays. */
  async stop(): Promise<void> {
    if (this.driver.isClosed) return;
    this.driver.call(shutdown);
    const untilMs = this.clock.nowMs() + DEREGISTRATION_MS;
    while (!this.driver.isClosed && !this.#hasDeregistered && this.clock.nowMs() < untilMs) await this.#wait();
    this.end();
  }

  /** Ends at once: the home agent keeps the binding until its lifetime ends. */
  abandon(): void {
    this.end();
  }

  get #update(): UpdateStatus | undefined {
    return readUpdates(this.driver.engine)[0];
  }

  /** What a person should know who waits. */
  get #lastAnswer(): string {
    const status = this.#update?.lastStatus;
    if (status !== undefined) return `it said "${statusText(status)}"`;
    return this.underlays.some(({ isUp }) => isUp) ? "it does not answer"
      : `nothing answers at ${this.underlays.map(({ name }) => name).join(", ")}`;
  }

  get #hasDeregistered(): boolean {
    return readUpdates(this.driver.engine).every(({ state }) => state === "Stopped");
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(LOOK_MS, resolve));
  }

  protected override configure(engine: Engine, nowMs: number): void {
    configureMobileNode(engine, this.#settings, nowMs);
  }

  protected override connect(engine: Engine, nowMs: number): void {
    for (const underlay of this.underlays) this.#tellUplink(engine, underlay, nowMs);
  }

  /** The core asks its home agent anew when the same uplink comes up again (`doubt`). */
  #watchOf(underlay: Underlay, silenceMs: number | undefined): ConnectionWatch {
    return new ConnectionWatch(this.clock, {
      doubt: () => this.driver.call((engine, nowMs) => {
        setLink(engine, this.deviceOf(underlay), underlay.isUp, nowMs);
        this.#tellUplink(engine, underlay, nowMs);
      }),
      giveUp: () => underlay.reconnect?.(),
    }, silenceMs);
  }

  protected override end(): void {
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
    super.end();
  }

  #tellUplink(engine: Engine, underlay: Underlay, nowMs: number): void {
    const { isUp, mtuBytes, local } = underlay;
    const index = this.deviceOf(underlay);
    const isKnown = !sameOctets(local.address, parseAnyAddress("0.0.0.0")) && local.address.some((octet) => octet !== 0);
    setDevice(engine, { index, kind: "access", mtu: mtuBytes, up: isUp }, nowMs);
    setIpv4Uplink(engine, index, isUp ? (isKnown ? local.address : MOBILE_NODE_ADDRESS) : undefined, nowMs);
  }

  protected override deviceOf(underlay: Underlay): number {
    return this.underlays.indexOf(underlay) + TUNNEL + 1;
  }

  /** A WebSocket knows no addresses: what comes by it is the home agent's. */
  protected override originOf(underlay: Underlay, from: Endpoint): Endpoint | undefined {
    this.#watches.get(underlay)?.heard();
    if (!underlay.isPointToPoint) return super.originOf(underlay, from);
    return { address: this.#settings.reach.homeAgentIpv4 ?? HOME_AGENT_ADDRESS, port: TUNNEL_PORT };
  }

  protected override isOwn(address: Uint8Array): boolean {
    return sameOctets(address, this.#settings.core.homeAddress) || isAmong(address, this.orders.addresses.values()) ||
      (this.#settings.reach.ipv4HomeAddress instanceof Uint8Array && sameOctets(address, this.#settings.reach.ipv4HomeAddress));
  }

  protected override passOn(packet: Uint8Array): void {
    this.give(packet);
  }

  /** @internal */
  override sendDatagram(device: number, payload: Uint8Array, to: Endpoint): void {
    const underlay = this.underlays[device - TUNNEL - 1];
    if (underlay === undefined) return this.orders.drops.add("no underlay to there");
    if (underlay.isUp) this.#watches.get(underlay)?.sent();
    underlay.send(payload, to);
  }
}

/** What the core is told: of all ways, UDP over IPv4 is the one that an underlay has. */
function portableSettings(config: MobileNodeOptions["config"]): MobileNodeEngineSettings {
  const settings = "role" in config ? mobileNodeEngineSettings(config) : config;
  const core: MobileNodeSettings = settings.core;
  if (core.homeAgent.every((octet) => octet === 0)) {
    throw new Error("home_agent must be an IPv6 address here: names are not looked up, and home agents not discovered");
  }
  const reach: ReachSettings = {
    ...settings.reach,
    homeAgentIpv4: settings.reach.homeAgentIpv4 ?? HOME_AGENT_ADDRESS,
    ipv6: false, udpIpv6: false, ipv4: true, forceUdp: true,
  };
  return { ...settings, core, reach, routeOptimisation: { ...settings.routeOptimisation, policy: "never", rules: [] } };
}
