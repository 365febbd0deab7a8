/**
 * A home agent inside a program, without privileges: it serves mobile nodes that come by UDP (RFC 5555) or by
 * WebSockets. What they write to each other it forwards itself; everything else comes and goes by callbacks. Its IPv6
 * address need not be reachable: inside datagrams, nobody looks for it.
 */
import { contains, type Prefix, prefixOf } from "../../bindings/address.ts";
import { setDevice } from "../../bindings/commands.ts";
import type { HomeAgentConfig } from "../../bindings/config/index.ts";
import { DEVICE_ANY, type Engine, Role } from "../../bindings/engine.ts";
import { EventCode } from "../../bindings/events.ts";
import { configureHomeAgent, type HomeAgentEngineSettings, homeAgentEngineSettings } from "../../bindings/engine-settings.ts";
import { ipv4Number, type Ipv4Range } from "../../bindings/ipv4.ts";
import { type BindingStatus, readBindings, visitBoundEndpoints } from "../../bindings/status.ts";
import { endpointKey, HOME_AGENT_ADDRESS, isConnectionAddress } from "./connection-addresses.ts";
import type { Endpoint, Underlay } from "./contract.ts";
import { isAmong, type NodeOptions, type NodeStatus, PortableNode } from "./node.ts";
import { destinationOf, passRouter, sameOctets } from "./packets.ts";

const ACCESS = 1;
/** Reading where all mobile nodes are bound takes its time: so many of them a millisecond may be read at most. */
const BOUND_READ_PER_MS = 100;

export interface HomeAgentOptions extends NodeOptions {
  /** As `mext home-agent` reads it; its home link is a virtual one here. */
  readonly config: HomeAgentConfig | HomeAgentEngineSettings;
  readonly underlays: readonly Underlay[];
}

export interface HomeAgentStatus extends NodeStatus {
  readonly role: "home-agent";
  /** The binding cache, with the identity of each node. */
  readonly bindings: readonly (BindingStatus & { readonly identity: string })[];
}

/** A home agent without TUN device: forwards between its mobile nodes, and gives the rest to the program. */
export class HomeAgent extends PortableNode {
  readonly #settings: HomeAgentEngineSettings;
  readonly #home: HomeNetwork;
  /** Where mobile nodes are bound, and when that was read. */
  #bound = new Set<number>();
  #boundMs = -Infinity;
  #isBoundStale = true;

  private constructor(options: HomeAgentOptions) {
    const { config, underlays } = options;
    // connections of two of them could have the same endpoint
    if (underlays.filter(({ owns }) => owns !== undefined).length > 1) throw new RangeError("a home agent has one WebSocketHub, which several servers may share");
    const budgets = "role" in config ? { maxBindings: config.maxBindings, maxNodes: config.maxNodes } : {};
    super(Role.HomeAgent, options, underlays, { ...budgets, reassemblies: 16 });
    this.#settings = portableSettings(config);
    this.#home = new HomeNetwork(this.#settings);
    for (const underlay of underlays) {
      underlay.isBound = ({ address, port }) => this.#isBound(endpointKey(address, port));
    }
  }

  /** Starts it. Throws an error that says what is wrong with the options. */
  static async start(options: HomeAgentOptions): Promise<HomeAgent> {
    const agent = new HomeAgent(options);
    agent.begin();
    return agent;
  }

  get bindings(): BindingStatus[] {
    return readBindings(this.driver.engine);
  }

  /** Bindings, underlays, refusals. */
  status(): HomeAgentStatus {
    const securities = new Map(this.#settings.nodes.map(({ id, security }) => [id, security]));
    const bindings = this.bindings.map((binding) => {
      const security = securities.get(binding.node);
      return { ...binding, identity: security !== undefined && "identity" in security ? security.identity : "" };
    });
    return { role: "home-agent", bindings, ...this.commonStatus() };
  }

  /** Ends, and closes the underlays. Bindings are in `exportState`, and in what `keep` was given. */
  async stop(): Promise<void> {
    this.end();
  }

  protected override configure(engine: Engine, nowMs: number): void {
    configureHomeAgent(engine, this.#settings, nowMs);
  }

  protected override connect(engine: Engine, nowMs: number): void {
    const mtu = Math.min(...this.underlays.map(({ mtuBytes }) => mtuBytes));
    setDevice(engine, { index: ACCESS, kind: "access", mtu, up: true }, nowMs);
    this.#isBoundStale = true;
  }

  protected override deviceOf(): number {
    return ACCESS;
  }

  protected override isOwn(address: Uint8Array): boolean {
    return sameOctets(address, this.#settings.core.address);
  }

  /** What is for another mobile node goes into the tunnel again; the rest is the program's. */
  protected override passOn(packet: Uint8Array): void {
    const destination = destinationOf(packet);
    if (destination === undefined || this.isOwn(destination) || !this.#home.has(destination)) return this.give(packet);
    if (passRouter(packet)) this.send(packet);
    else this.orders.drops.add("hop limit exceeded");
  }

  /** @internal */
  override sendDatagram(device: number, payload: Uint8Array, to: Endpoint): void {
    const underlay = device === ACCESS || device === DEVICE_ANY ? this.#underlayTo(to.address) : undefined;
    if (underlay === undefined) this.orders.drops.add("no underlay to there");
    else underlay.send(payload, to);
  }

  /** A stranger cannot cause these events: with each, somebody is bound elsewhere. */
  override noteEvent(code: number): void {
    if (code === EventCode.BindingAccepted || code === EventCode.BindingEnded || code === EventCode.MappingChanged) this.#isBoundStale = true;
  }

  #underlayTo(address: Uint8Array): Underlay | undefined {
    if (isConnectionAddress(address)) return this.underlays.find((underlay) => underlay.owns?.(address));
    const isIpv4 = address[10] === 0xff && address[11] === 0xff;
    return this.underlays.find(({ owns, local }) => {
      return owns === undefined && (local.address[10] === 0xff && local.address[11] === 0xff) === isIpv4;
    });
  }

  #isBound(key: number): boolean {
    const { driver } = this;
    const isDue = driver.nowMs - this.#boundMs >= this.#bound.size / BOUND_READ_PER_MS;
    if (this.#isBoundStale && isDue && !driver.isBusy) {
      this.#bound = new Set();
      visitBoundEndpoints(driver.engine, (address, port) => this.#bound.add(endpointKey(address, port)));
      this.#boundMs = driver.nowMs;
      this.#isBoundStale = false;
    }
    return this.#bound.has(key);
  }
}

/** The addresses of the home network: home prefixes, and IPv4 home addresses. */
class HomeNetwork {
  readonly #prefixes: readonly Prefix[];
  readonly #ranges: readonly Ipv4Range[];
  readonly #addresses: readonly Uint8Array[];

  constructor({ core, serve, nodesIpv4 }: HomeAgentEngineSettings) {
    this.#prefixes = core.homePrefixes.map(({ address, length }) => prefixOf(address, length));
    this.#ranges = serve.pools.map(({ first, addresses }) => {
      return { first: ipv4Number(first), last: ipv4Number(first) + addresses - 1 };
    });
    this.#addresses = nodesIpv4.flatMap(({ ipv4 }) => (ipv4 instanceof Uint8Array ? [ipv4] : []));
  }

  has(address: Uint8Array): boolean {
    if (address[10] !== 0xff || address[11] !== 0xff) return this.#prefixes.some((prefix) => contains(prefix, address));
    const number = ipv4Number(address);
    return this.#ranges.some(({ first, last }) => first <= number && number <= last) || isAmong(address, this.#addresses);
  }
}

/** What the core is told: whatever a mobile node could do natively, to here it comes by UDP. */
function portableSettings(config: HomeAgentOptions["config"]): HomeAgentEngineSettings {
  const settings = "role" in config ? homeAgentEngineSettings(config) : config;
  if ("role" in config && config.homeLink.interface !== undefined) {
    throw new Error("[home_link] interface: a home agent without privileges has no home link; leave it out");
  }
  const { serve } = settings;
  return { ...settings, serve: { ...serve, ipv4Address: serve.ipv4Address ?? HOME_AGENT_ADDRESS, forceUdp: true } };
}
