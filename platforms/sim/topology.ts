/**
 * A ready-made network:
 *
 *   correspondent 1 … ─┐
 *                      ├─ core router ── home agent ── home prefix 2001:db8:1::/64: a virtual link,
 *   visited router 1 … ┘       │                       or a real one with a host
 *          │              (backbone)
 *      visited 1 … ── mobile node 1 …
 *
 * With `dualStack` everything but mobile nodes has IPv4 as well: the home agent serves home addresses in
 * 203.0.113.0/24.
 */
import { parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import {
  type HomeAgentSettings, type HomeLinkSettings, MOBILE_NODE_DEFAULTS, type MobileNodeSettings, type ReachSettings,
  type Security, type ServeSettings,
} from "../../bindings/commands.ts";
import { CorrespondentNode } from "./correspondent-node.ts";
import { type DualStack, HOME_AGENT_DEFAULTS, HomeAgent } from "./home-agent.ts";
import { Host } from "./host.ts";
import { Leases } from "./leases.ts";
import type { Conditions, Link, Port } from "./link.ts";
import { MobileNode, type RouteOptimisation } from "./mobile-node.ts";
import { Network, type NetworkSettings } from "./network.ts";
import type { NatSettings } from "./nat-mappings.ts";
import { type Advertising, Router } from "./router.ts";
import { type Backbone, buildVisited, type Visited, type VisitedKind } from "./visited.ts";

/** IPv4 in a topology. */
export interface DualStackSettings {
  serve?: Partial<ServeSettings>;
  /** Of all mobile nodes; without `homeAgentIpv4` they know the home agent's address. */
  reach?: Partial<ReachSettings>;
  /** Which IPv4 home address mobile nodes ask for: their own, one of the pool, or none. */
  homeAddresses?: "static" | "dynamic" | "none";
  nat?: Partial<NatSettings>;
}

/** What a `Topology` consists of. */
export interface TopologySettings extends NetworkSettings {
  /** Networks of IPv6 alone, unless `visited` says which. */
  visitedNetworks?: number;
  /** Those with IPv4 need `dualStack`. */
  visited?: readonly VisitedKind[];
  dualStack?: DualStackSettings;
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

/** The home agent of a `Topology`. */
export const HOME_AGENT_ADDRESS = "2001:db8:1::1";
const HOME_PREFIX = { address: parseAddress("2001:db8:1::"), length: 64 };
const CORE_ON_BACKBONE = "2001:db8::1";
const CORE_AT_HOME = "2001:db8:3::1";
const HOME_AGENT_OUTSIDE = "2001:db8:3::2";
const HOST_AT_HOME = "2001:db8:1::99";
const CORRESPONDENT_PREFIX = "2001:db8:2::";
const CORRESPONDENT_ROUTER = `${CORRESPONDENT_PREFIX}1`;
const CORE_ON_BACKBONE_IPV4 = "192.0.2.1";
const CORE_AT_HOME_IPV4 = "198.51.100.1";
/** Its IPv4 address, where there is IPv4. */
export const HOME_AGENT_IPV4 = "198.51.100.2";
const HOME_PREFIX_IPV4 = { prefix: parseIpv4Address("203.0.113.0"), lengthBits: 96 + 24 };
const HOME_LINK_IPV4 = "203.0.113.1";
const HOST_AT_HOME_IPV4 = "203.0.113.99";
const POOL = { first: parseIpv4Address("203.0.113.128"), addresses: 64 };
/** Of those who come to the home link with an address of their own. */
const FIRST_LEASE_AT_HOME = 200;
const CORRESPONDENT_ROUTER_IPV4 = "198.19.0.1";

/** 2001:db8:1::101 is the home address of mobile node 1. */
export const homeAddressOf = (number: number) => parseAddress(`2001:db8:1::${(0x100 + number).toString(16)}`);
/** 203.0.113.11 is the IPv4 home address of mobile node 1, if it has a static one. */
export const ipv4HomeAddressOf = (number: number) => parseIpv4Address(`203.0.113.${10 + number}`);

/** The security association of mobile node `number` with its home agent (RFC 4285 §3.1). */
export function securityOf(number: number, replayProtection: ReplayProtection = "timestamp"): SharedKey {
  const key = new Uint8Array(16).map((_, index) => (17 * index + number) & 0xff);
  const identity = `node${number}@example.org`;
  return { authentication: "shared-key", identity, spi: 1000 + number, key, replayProtection };
}

/** A ready-made network: correspondents, a home agent, visited networks, mobile nodes. */
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
    const { visitedNetworks = 2, dualStack, correspondents = 1, correspondentNodes = 0, mobileNodes = 1 } = settings;
    this.network = new Network(settings);
    this.backbone = this.network.link("backbone", { delayMs: 5, ...settings.backbone });
    this.coreRouter = new Router(this.network, "core router");
    this.addIpv4(this.coreRouter.connect(this.backbone, CORE_ON_BACKBONE), CORE_ON_BACKBONE_IPV4);
    if (settings.homeLink) {
      this.homeLink = this.network.link("home link");
      if (dualStack) this.homeLink.leases = new Leases(HOME_LINK_IPV4, undefined, FIRST_LEASE_AT_HOME);
      this.neighbour = new Host(this.network, "neighbour", this.homeLink, HOST_AT_HOME, HOME_AGENT_ADDRESS);
      if (dualStack) this.neighbour.addIpv4(HOST_AT_HOME_IPV4, HOME_LINK_IPV4);
    }
    this.homeAgent = this.buildHomeAgent();
    const kinds = settings.visited ?? count(visitedNetworks).map(() => "ipv6" as const);
    this.visited = kinds.map((kind, index) =>
      buildVisited(this.network, this.onBackbone, index + 1, kind, { ...settings, nat: dualStack?.nat }));
    const link = this.network.link("correspondents");
    this.addIpv4(this.coreRouter.connect(link, CORRESPONDENT_ROUTER), CORRESPONDENT_ROUTER_IPV4);
    this.correspondents = count(correspondents).map((number) => this.buildCorrespondent(number, link));
    this.correspondentNodes = count(correspondentNodes)
      .map((number) => this.buildCorrespondentNode(number, link));
    this.mobileNodes = count(mobileNodes).map((number) => this.buildMobileNode(number));
    for (const node of [this.homeAgent, ...this.correspondentNodes]) node.start();
  }

  private get onBackbone(): Backbone {
    const ipv4Address = this.settings.dualStack && CORE_ON_BACKBONE_IPV4;
    return { link: this.backbone, router: this.coreRouter, address: CORE_ON_BACKBONE, ipv4Address };
  }

  /** An address of the core router, if there is IPv4. */
  private addIpv4(port: Port, address: string): Port {
    if (this.settings.dualStack) this.coreRouter.addAddress(port, parseIpv4Address(address), 96 + 24);
    return port;
  }

  private buildHomeAgent(): HomeAgent {
    const { network, coreRouter } = this;
    const link = network.link("home");
    const port = this.addIpv4(coreRouter.connect(link, CORE_AT_HOME), CORE_AT_HOME_IPV4);
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
    const dualStack = this.settings.dualStack && this.homeAgentIpv4(this.settings.dualStack);
    if (dualStack) coreRouter.addRoute({ ...HOME_PREFIX_IPV4, device: port, gateway: dualStack.address });
    return new HomeAgent(network, "home agent", settings, link, parseAddress(CORE_AT_HOME), homeLink, dualStack);
  }

  private homeAgentIpv4({ serve }: DualStackSettings): DualStack {
    return {
      address: parseIpv4Address(HOME_AGENT_IPV4), gateway: parseIpv4Address(CORE_AT_HOME_IPV4),
      homePrefix: HOME_PREFIX_IPV4.prefix, homePrefixBits: HOME_PREFIX_IPV4.lengthBits,
      homeLinkAddress: parseIpv4Address(HOME_LINK_IPV4), settings: { pools: [POOL], ...serve },
    };
  }

  private buildCorrespondent(number: number, link: Link): Host {
    const address = `${CORRESPONDENT_PREFIX}${(0x100 + number).toString(16)}`;
    const host = new Host(this.network, `correspondent ${number}`, link, address, CORRESPONDENT_ROUTER);
    return this.settings.dualStack ? host.addIpv4(`198.19.0.${100 + number}`, CORRESPONDENT_ROUTER_IPV4) : host;
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
    const { uplinks, routeOptimisation, dualStack } = this.settings;
    const reach = dualStack && this.reachOf(number, homeAddress, dualStack);
    return new MobileNode(this.network, `mobile node ${number}`, settings, uplinks, routeOptimisation, reach);
  }

  private reachOf(
    number: number, homeAddress: Uint8Array, { reach, homeAddresses = "static" }: DualStackSettings,
  ): Partial<ReachSettings> {
    const ipv4HomeAddress = homeAddresses === "static" ? ipv4HomeAddressOf(number)
      : homeAddresses === "dynamic" ? homeAddresses : undefined;
    if (homeAddresses !== "none") this.homeAgent.setNodeIpv4(homeAddress, ipv4HomeAddress);
    return { homeAgentIpv4: parseIpv4Address(HOME_AGENT_IPV4), ipv4HomeAddress, ...reach };
  }
}

/** 1 … total */
function count(total: number): number[] {
  return Array.from({ length: total }, (_, index) => index + 1);
}
