/**
 * A ready-made network:
 *
 *   correspondent 1 … ─┐
 *                      ├─ core router ── home agent ── home prefix 2001:db8:1::/64: a virtual link,
 *   visited router 1 … ┘       │                       or a real one with a host
 *          │              (backbone)
 *      visited 1 … ── mobile node 1 …
 */
import { parseAddress } from "../../bindings/address.ts";
import {
  type HomeAgentSettings, type HomeLinkSettings, MOBILE_NODE_DEFAULTS, type MobileNodeSettings, type Security,
} from "../../bindings/commands.ts";
import { CorrespondentNode } from "./correspondent-node.ts";
import { HOME_AGENT_DEFAULTS, HomeAgent } from "./home-agent.ts";
import { Host } from "./host.ts";
import { UNSPECIFIED } from "./ip.ts";
import type { Conditions, Link, Port } from "./link.ts";
import { MobileNode, type RouteOptimisation } from "./mobile-node.ts";
import { Network, type NetworkSettings } from "./network.ts";
import { type Advertising, advertisedPrefix, Router } from "./router.ts";

export interface TopologySettings extends NetworkSettings {
  visitedNetworks?: number;
  mobileNodes?: number;
  correspondents?: number;
  /** Correspondents that know of mobility; they are running. */
  correspondentNodes?: number;
  /** Ports of each mobile node. */
  uplinks?: number;
  /** Of the visited networks. */
  access?: Partial<Conditions>;
  /** Of the link between the core router and the visited routers. */
  backbone?: Partial<Conditions>;
  advertising?: Partial<Advertising>;
  homeAgent?: Partial<HomeAgentSettings>;
  mobileNode?: Partial<MobileNodeSettings>;
  /** Of all mobile nodes. */
  routeOptimisation?: RouteOptimisation;
  /** How the home agent serves a real home link; without it the home link is a virtual one. */
  homeLink?: Partial<Omit<HomeLinkSettings, "device">>;
  replayProtection?: ReplayProtection;
}

type SharedKey = Extract<Security, { authentication: "shared-key" }>;
type ReplayProtection = SharedKey["replayProtection"];

/** One visited network. */
export interface Visited {
  readonly link: Link;
  readonly router: Router;
  /** The router's port in `link`. */
  readonly port: Port;
}

export const HOME_AGENT_ADDRESS = "2001:db8:1::1";
const HOME_PREFIX = { address: parseAddress("2001:db8:1::"), length: 64 };
const CORE_ON_BACKBONE = "2001:db8::1";
const CORE_AT_HOME = "2001:db8:3::1";
const HOME_AGENT_OUTSIDE = "2001:db8:3::2";
const HOST_AT_HOME = "2001:db8:1::99";
const CORRESPONDENT_PREFIX = "2001:db8:2::";
const CORRESPONDENT_ROUTER = `${CORRESPONDENT_PREFIX}1`;

/** 2001:db8:1::101 is the home address of mobile node 1. */
export const homeAddressOf = (number: number) => parseAddress(`2001:db8:1::${(0x100 + number).toString(16)}`);
const visitedPrefix = (number: number) => `2001:db8:${(0x100 + number).toString(16)}::`;

/** The security association of mobile node `number` with its home agent (RFC 4285 §3.1). */
export function securityOf(number: number, replayProtection: ReplayProtection = "timestamp"): SharedKey {
  const key = new Uint8Array(16).map((_, index) => (17 * index + number) & 0xff);
  const identity = `node${number}@example.org`;
  return { authentication: "shared-key", identity, spi: 1000 + number, key, replayProtection };
}

export class Topology {
  readonly network: Network;
  readonly coreRouter: Router;
  readonly homeAgent: HomeAgent;
  readonly visited: Visited[];
  readonly correspondents: Host[];
  readonly correspondentNodes: CorrespondentNode[];
  readonly mobileNodes: MobileNode[];
  /** Between the core router and the visited routers. */
  readonly backbone: Link;
  /** A real home link, and the host that lives there. */
  readonly homeLink?: Link;
  readonly neighbour?: Host;

  /** Builds the network with the home agent running, the mobile nodes switched off and in no link. */
  constructor(private readonly settings: TopologySettings) {
    const { visitedNetworks = 2, correspondents = 1, correspondentNodes = 0, mobileNodes = 1 } = settings;
    this.network = new Network(settings);
    this.backbone = this.network.link("backbone", { delayMs: 5, ...settings.backbone });
    this.coreRouter = new Router(this.network, "core router");
    this.coreRouter.connect(this.backbone, CORE_ON_BACKBONE);
    if (settings.homeLink) {
      this.homeLink = this.network.link("home link");
      this.neighbour = new Host(this.network, "neighbour", this.homeLink, HOST_AT_HOME, HOME_AGENT_ADDRESS);
    }
    this.homeAgent = this.buildHomeAgent();
    this.visited = count(visitedNetworks).map((number) => this.buildVisited(number));
    const link = this.network.link("correspondents");
    this.coreRouter.connect(link, CORRESPONDENT_ROUTER);
    this.correspondents = count(correspondents).map((number) => this.buildCorrespondent(number, link));
    this.correspondentNodes = count(correspondentNodes)
      .map((number) => this.buildCorrespondentNode(number, link));
    this.mobileNodes = count(mobileNodes).map((number) => this.buildMobileNode(number));
    for (const node of [this.homeAgent, ...this.correspondentNodes]) node.start();
  }

  private buildHomeAgent(): HomeAgent {
    const { network, coreRouter } = this;
    const link = network.link("home");
    const port = coreRouter.connect(link, CORE_AT_HOME);
    const settings = {
      ...HOME_AGENT_DEFAULTS, address: parseAddress(HOME_AGENT_ADDRESS), homePrefixes: [HOME_PREFIX],
      ...this.settings.homeAgent,
    };
    const { address: prefix, length: lengthBits } = HOME_PREFIX;
    const outsideAddress = parseAddress(HOME_AGENT_OUTSIDE);
    const gateway = this.homeLink ? outsideAddress : settings.address;
    coreRouter.addRoute({ prefix, lengthBits, device: port, gateway });
    const homeLink = this.homeLink &&
      { link: this.homeLink, outsideAddress, settings: this.settings.homeLink };
    return new HomeAgent(network, "home agent", settings, link, parseAddress(CORE_AT_HOME), homeLink);
  }

  private buildVisited(number: number): Visited {
    const { network, coreRouter, backbone } = this;
    const link = network.link(`visited ${number}`, this.settings.access);
    const router = new Router(network, `visited router ${number}`);
    const prefix = parseAddress(visitedPrefix(number));
    const outside = `2001:db8::${(0x100 + number).toString(16)}`;
    const uplink = router.connect(backbone, outside);
    const gateway = parseAddress(CORE_ON_BACKBONE);
    router.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: uplink, gateway });
    const [towardsVisited] = coreRouter.devices;
    coreRouter.addRoute({ prefix, lengthBits: 64, device: towardsVisited, gateway: parseAddress(outside) });
    const port = router.connect(link, `${visitedPrefix(number)}1`);
    router.advertise(port, [advertisedPrefix(prefix)], this.settings.advertising);
    return { link, router, port };
  }

  private buildCorrespondent(number: number, link: Link): Host {
    const address = `${CORRESPONDENT_PREFIX}${(0x100 + number).toString(16)}`;
    return new Host(this.network, `correspondent ${number}`, link, address, CORRESPONDENT_ROUTER);
  }

  private buildCorrespondentNode(number: number, link: Link): CorrespondentNode {
    const address = `${CORRESPONDENT_PREFIX}${(0x200 + number).toString(16)}`;
    const name = `correspondent node ${number}`;
    return new CorrespondentNode(this.network, name, link, [address], CORRESPONDENT_ROUTER);
  }

  private buildMobileNode(number: number): MobileNode {
    const homeAddress = homeAddressOf(number);
    const security = securityOf(number, this.settings.replayProtection);
    const settings: MobileNodeSettings = {
      ...MOBILE_NODE_DEFAULTS, homeAddress, homeAgent: parseAddress(HOME_AGENT_ADDRESS), security,
      ...this.settings.mobileNode,
    };
    this.homeAgent.addNode({ id: number, homeAddresses: [homeAddress], security });
    const { uplinks, routeOptimisation } = this.settings;
    return new MobileNode(this.network, `mobile node ${number}`, settings, uplinks, routeOptimisation);
  }
}

/** 1 … total */
function count(total: number): number[] {
  return Array.from({ length: total }, (_, index) => index + 1);
}
