/**
 * The two ends of optimised routes, to be measured: a correspondent node to which any number of mobile nodes
 * have bound their home addresses, and a mobile node with as many correspondent nodes. Every binding is the
 * result of a real exchange: tests, tokens, Binding Update, acknowledgement.
 */
import { Codec } from "../bindings/codec.ts";
import {
  CORRESPONDENT_DEFAULTS, MOBILE_NODE_DEFAULTS, ROUTE_OPTIMISATION_DEFAULTS, setCorrespondent, setDevice, setLink,
  setMobileNode, setRouteOptimisation, setWallClock,
} from "../bindings/commands.ts";
import { Engine, Role, type Budgets } from "../bindings/engine.ts";
import { readPeers } from "../bindings/status.ts";
import {
  ACCESS, CORRESPONDENT, Counting, EPOCH_MS, HOME_AGENT, HomeAgent, SPI, TUNNEL, careofAddress, homeAddress, identity,
  key,
} from "./home-agent.ts";
import { echoRequest } from "./packets.ts";
import { Test, readToken, routeUpdate, testInit, type Token } from "./peer-packets.ts";

const START_MS = 1000;
/** The longest that such a binding may last (RFC 6275 §12). */
export const LIFETIME_S = 420;
/** Own addresses of one correspondent node: as many as it may have. */
const ADDRESSES = 16;
/** More tests than are asked for while it is being measured. */
const WITHOUT_LIMIT = 1e12;
/** A mobile node begins only so many exchanges a second. */
const BETWEEN_STARTS_MS = 250;

/** Address `index` of correspondent nodes. */
export function correspondentAddress(index: number): Uint8Array {
  const address = CORRESPONDENT.slice();
  new DataView(address.buffer).setUint16(12, index);
  return address;
}

function newEngine(module: WebAssembly.Module, role: Role, orders: Counting, budgets: Partial<Budgets>): Engine {
  const entropy = Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 11 + role) & 255);
  const engine = new Engine(module, role, orders, entropy, START_MS, { slots: 64, slotBytes: 2048, reassemblies: 4, ...budgets });
  setWallClock(engine, EPOCH_MS + START_MS, START_MS);
  setDevice(engine, { index: TUNNEL, kind: "tunnel", mtu: 1500, up: true }, START_MS);
  return engine;
}

/** A correspondent node of the core. */
export class CorrespondentNode {
  readonly orders = new Counting();
  readonly engine: Engine;
  readonly tokens: { homeToken: Token; careofToken: Token }[] = [];
  now = START_MS;

  constructor(module: WebAssembly.Module, maxBindings: number, addresses = [CORRESPONDENT]) {
    this.engine = newEngine(module, Role.CorrespondentNode, this.orders, { maxBindings, outputBytes: 262_144 });
    setDevice(this.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, this.now);
    setCorrespondent(
      this.engine, { ...CORRESPONDENT_DEFAULTS, addresses, testsPerSecond: WITHOUT_LIMIT }, this.now,
    );
  }

  /** Binds the home addresses of the first `count` nodes, whose side is made by hand. */
  bind(count: number): void {
    for (let node = 0; node < count; node++) {
      const homeToken = this.ask(Test.Home, homeAddress(node));
      const careofToken = this.ask(Test.Careof, careofAddress(node));
      this.tokens.push({ homeToken, careofToken });
      const update = routeUpdate({ node, sequence: 0, lifetimeS: LIFETIME_S, homeToken, careofToken });
      const acknowledgement = this.answerTo(update);
      const status = acknowledgement[STATUS_OFFSET];
      if (status !== 0) throw new Error(`Binding Update of node ${node}: status ${status}`);
    }
  }

  private ask(test: Test, source: Uint8Array): Token {
    return readToken(this.answerTo(testInit(test, source, CORRESPONDENT, 1n)));
  }

  /** The one packet with which the node answers to another. */
  answerTo(packet: Uint8Array): Uint8Array {
    const answers: Uint8Array[] = [];
    const { orders, engine } = this;
    orders.taker = (_device, pointer, length) => void answers.push(engine.memory.slice(pointer, pointer + length));
    engine.receive(this.now, ACCESS, packet);
    orders.taker = undefined;
    if (answers.length !== 1) throw new Error(`${answers.length} answers of a correspondent node`);
    return answers[0];
  }
}
/** Of a Binding Acknowledgement behind a type 2 routing header. */
const STATUS_OFFSET = 40 + 24 + 6;

interface Station {
  readonly engine: Engine;
  readonly orders: Counting;
  now: number;
}

/** Mobile node 0, registered, with optimised routes to `peers` addresses of correspondent nodes of the core. */
export class OptimisedMobileNode implements Station {
  readonly orders = new Counting();
  readonly engine: Engine;
  now = START_MS;
  private readonly stations: Station[] = [];
  /** Who gets what is sent to an address. */
  private readonly links = new Map<string, { station: Station; device: number }>();
  private readonly waiting: { packet: Uint8Array; destination: string }[] = [];

  constructor(module: WebAssembly.Module, readonly peers: number) {
    const budgets = { maxBindings: peers, outputBytes: 262_144 };
    this.engine = newEngine(module, Role.MobileNode, this.orders, budgets);
    const homeAgent = new HomeAgent(module, { nodes: 1, bindings: 0, authentication: "shared-key" });
    this.connect(this, [careofAddress(0)], ACCESS);
    this.connect(homeAgent, [HOME_AGENT], ACCESS);
    this.connect(homeAgent, [homeAddress(0)], TUNNEL);
    for (let first = 0; first < peers; first += ADDRESSES) {
      const addresses = Array.from({ length: Math.min(ADDRESSES, peers - first) }, (_, index) => correspondentAddress(first + index));
      this.connect(new CorrespondentNode(module, ADDRESSES, addresses), addresses, ACCESS);
    }
    this.register(module);
    this.optimise();
    for (const { orders } of this.stations) orders.taker = undefined;
  }

  private connect(station: Station, addresses: Uint8Array[], device: number): void {
    for (const address of addresses) this.links.set(String(address), { station, device });
    if (this.stations.includes(station)) return;
    this.stations.push(station);
    const isHomeAgent = station.engine.role === Role.HomeAgent;
    station.orders.taker = (device, pointer, length) => {
      if (device === TUNNEL && !isHomeAgent) return; // for the host
      const packet = station.engine.memory.slice(pointer, pointer + length);
      this.waiting.push({ packet, destination: String(packet.subarray(24, 40)) });
    };
  }

  private register(module: WebAssembly.Module): void {
    const { engine, now } = this;
    const careof = careofAddress(0);
    setDevice(engine, { index: ACCESS, kind: "access", mtu: 1500, up: false, interfaceId: careof.subarray(8) }, now);
    setMobileNode(engine, {
      ...MOBILE_NODE_DEFAULTS, homeAddress: homeAddress(0), homeAgent: HOME_AGENT,
      security: { authentication: "shared-key", identity: identity(0), spi: SPI, key: key(0), replayProtection: "timestamp" },
    }, now);
    setRouteOptimisation(engine, { ...ROUTE_OPTIMISATION_DEFAULTS, policy: "always", rules: [] }, now);
    setLink(engine, ACCESS, true, now);
    const prefix = new Uint8Array(16);
    prefix.set(careof.subarray(0, 8));
    engine.receive(now, ACCESS, new Codec(module).encode([
      { name: "ipv6", fields: { source: "fe80::1", destination: "ff02::1", hopLimit: 255 } },
      {
        name: "router-advertisement", fields: { hopLimit: 64, routerLifetime: 1800 }, options: [{
          name: "prefix-information",
          fields: { prefix, prefixLength: 64, onLink: true, autonomous: true, validLifetime: 3600, preferredLifetime: 1800 },
        }],
      },
    ]));
    this.run(2000);
  }

  private optimise(): void {
    for (let peer = 0; peer < this.peers; peer++) {
      this.engine.receive(this.now, TUNNEL, echoRequest(homeAddress(0), correspondentAddress(peer), 64, peer));
      this.run(BETWEEN_STARTS_MS);
    }
    const optimised = readPeers(this.engine).filter((peer) => peer.optimised).length;
    if (optimised !== this.peers) throw new Error(`${optimised} of ${this.peers} routes are optimised`);
  }

  /** Lets time pass, with every timer at its moment. */
  private run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      this.deliver();
      const next = Math.min(...this.stations.map(({ engine }) => engine.nextWakeupMs()));
      const now = Math.min(until, Math.max(this.now, next));
      for (const station of this.stations) {
        station.now = now;
        station.engine.tick(now);
      }
      if (next > until) return;
    }
  }

  private deliver(): void {
    for (let sent = this.waiting.shift(); sent; sent = this.waiting.shift()) {
      const link = this.links.get(sent.destination);
      if (link) link.station.engine.receive(link.station.now, link.device, sent.packet);
    }
  }
}
