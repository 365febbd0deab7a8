/** From a checked configuration to what a core is told: the same for every host. */
import { contains, parseAddress, parseIpv4Address, parsePrefix } from "./address.ts";
import {
  addNode, CORRESPONDENT_DEFAULTS, type CorrespondentSettings, type HomeAgentSettings, type HomePrefix,
  type MobileNodeSettings, type NodeSettings, type PrefixDeliverySettings, type ReachSettings,
  type RouteOptimisationSettings, type Security, type ServeSettings, setCorrespondent, setHomeAgent, setMobileNode,
  setNodeIpv4, setPrefixDelivery, setReach, setRouteOptimisation, setServe,
} from "./commands.ts";
import type {
  HomeAgentConfig, MobileNodeConfig, RouteOptimisationConfig, SecurityAssociation,
} from "./config/index.ts";
import type { Engine } from "./engine.ts";
import { hostsOf, ipv4Number, ipv4OfNumber, withoutAddress } from "./ipv4.ts";

/** What the core of a home agent is told of its configuration. */
export interface HomeAgentEngineSettings {
  readonly core: HomeAgentSettings;
  readonly serve: ServeSettings;
  readonly nodesIpv4: readonly NodeIpv4[];
  readonly prefixDelivery: PrefixDeliverySettings;
  readonly nodes: readonly NodeSettings[];
}

/** What the core of a mobile node is told of its configuration. */
export interface MobileNodeEngineSettings {
  readonly core: MobileNodeSettings;
  readonly reach: ReachSettings;
  readonly routeOptimisation: RouteOptimisationSettings;
  readonly correspondent: CorrespondentSettings;
}

/** The IPv4 home address that goes with a home address. */
export interface NodeIpv4 {
  readonly homeAddress: Uint8Array;
  /** undefined: none. */
  readonly ipv4: Uint8Array | "dynamic" | undefined;
}

/** In place of a home agent: it is to be discovered, or its name is not looked up yet. */
const UNSPECIFIED = "::";

/** What a home agent's configuration means to the core, whatever host it runs on. */
export function homeAgentEngineSettings(config: HomeAgentConfig): HomeAgentEngineSettings {
  return {
    core: {
      address: parseAddress(config.address),
      homePrefixes: config.homePrefixes.map((prefix) => homePrefixOf(prefix, config)),
      maxLifetimeMs: config.maxLifetimeMs,
      refreshAdviceMs: config.refreshAdviceMs ?? 0,
      replayWindowMs: config.replayWindowMs,
    },
    serve: serveSettings(config),
    nodesIpv4: nodesIpv4(config),
    prefixDelivery: config.mobilePrefixAdvertisements,
    nodes: config.nodes.map((node, id) => ({
      id,
      homeAddresses: node.homeAddresses.map(parseAddress),
      maxLifetimeMs: node.maxLifetimeMs,
      security: securityOf(node.identity, node.association),
    })),
  };
}

/** What a mobile node's configuration means to the core. */
export function mobileNodeEngineSettings(config: MobileNodeConfig): MobileNodeEngineSettings {
  const { homeAgent } = config;
  const isAddress = homeAgent?.includes(":") === true;
  return {
    core: {
      homeAddress: parseAddress(config.homeAddress),
      homeAgent: parseAddress(isAddress ? homeAgent : UNSPECIFIED),
      homePrefixLength: config.homePrefixLength,
      lifetimeMs: config.lifetimeMs,
      firstRegistrationTimeoutMs: config.initialBindingAckTimeoutFirstRegistrationMs,
      bindingAckTimeoutMs: config.initialBindingAckTimeoutMs,
      maxBindingAckTimeoutMs: config.maxBindingAckTimeoutMs,
      holdDownMs: config.holdDownMs,
      optimistic: config.optimistic,
      security: securityOf(config.identity, config.association),
    },
    reach: reachSettings(config),
    routeOptimisation: routeOptimisationSettings(config.routeOptimisation),
    correspondent: { ...CORRESPONDENT_DEFAULTS, enabled: config.correspondent, addresses: [] },
  };
}

/** Tells a new core which home agent it is. Throws CommandRefused. */
export function configureHomeAgent(engine: Engine, settings: HomeAgentEngineSettings, nowMs: number): void {
  setHomeAgent(engine, settings.core, nowMs);
  setPrefixDelivery(engine, settings.prefixDelivery, nowMs);
  setServe(engine, settings.serve, nowMs);
  for (const node of settings.nodes) addNode(engine, node, nowMs);
  for (const { homeAddress, ipv4 } of settings.nodesIpv4) setNodeIpv4(engine, homeAddress, ipv4, nowMs);
}

/** Tells a new core which mobile node it is. Throws CommandRefused. */
export function configureMobileNode(engine: Engine, settings: MobileNodeEngineSettings, nowMs: number): void {
  setMobileNode(engine, settings.core, nowMs);
  setReach(engine, settings.reach, nowMs);
  setCorrespondent(engine, settings.correspondent, nowMs);
  setRouteOptimisation(engine, settings.routeOptimisation, nowMs);
}

/** What the core is told of a home prefix; on a real home link also the home agent's address in it. */
function homePrefixOf(text: string, { address, homeLink }: HomeAgentConfig): HomePrefix {
  const prefix = parsePrefix(text);
  const said = homeLink.prefixes.find((each) => each.prefix === text);
  const isHere = homeLink.interface !== undefined && contains(prefix, parseAddress(address));
  const routerAddress = said?.routerAddress ?? (isHere ? address : undefined);
  return {
    address: routerAddress === undefined ? prefix.address : parseAddress(routerAddress),
    length: prefix.lengthBits,
    routerAddress: routerAddress !== undefined,
    validMs: said?.validLifetimeMs,
    preferredMs: said?.preferredLifetimeMs,
  };
}

function serveSettings(config: HomeAgentConfig): ServeSettings {
  const { ipv4Address, ipv4Pools = [] } = config;
  const own = ipv4Address === undefined ? undefined : parseIpv4Address(ipv4Address);
  const ranges = ipv4Pools.map(hostsOf).flatMap((range) => {
    return own === undefined ? range : withoutAddress(range, ipv4Number(own));
  });
  return {
    ipv4Address: own,
    refreshMs: config.nat.refreshMs,
    firstRefreshMs: config.nat.firstRefreshMs,
    leaseMs: config.ipv4LeaseMs,
    udpIpv6: config.udpOverIpv6,
    mayForceUdp: config.allowForceUdp,
    forceUdp: config.forceUdp,
    probes: config.probes,
    pools: ranges.map(({ first, last }) => ({ first: ipv4OfNumber(first), addresses: last - first + 1 })),
  };
}

/** What the file says of each home address; where it says nothing, the core decides: a pool is for everybody. */
function nodesIpv4({ nodes }: HomeAgentConfig): NodeIpv4[] {
  return nodes.flatMap(({ homeAddresses, ipv4HomeAddress = [] }) => {
    return ipv4HomeAddress.map((text, index): NodeIpv4 => ({
      homeAddress: parseAddress(homeAddresses[index]),
      ipv4: text === "none" ? undefined : text === "dynamic" ? text : parseIpv4Address(text),
    }));
  });
}

function reachSettings(config: MobileNodeConfig): ReachSettings {
  const { homeAgentIpv4, ipv4HomeAddress } = config;
  return {
    homeAgentIpv4: homeAgentIpv4 === undefined ? undefined : parseIpv4Address(homeAgentIpv4),
    ipv4HomeAddress:
      ipv4HomeAddress === undefined || ipv4HomeAddress === "dynamic" ? ipv4HomeAddress : parseIpv4Address(ipv4HomeAddress),
    keepaliveFloorMs: config.keepalive.floorMs,
    keepaliveCeilingMs: config.keepalive.ceilingMs,
    retryMs: config.retryMs,
    ipv6: true,
    udpIpv6: config.udpOverIpv6,
    ipv4: config.ipv4,
    forceUdp: config.forceUdp,
  };
}

function routeOptimisationSettings({ rules, ...others }: RouteOptimisationConfig): RouteOptimisationSettings {
  return {
    ...others,
    rules: rules.map(({ prefix, policy }) => {
      const { address, lengthBits } = parsePrefix(prefix);
      return { prefix: address, length: lengthBits, policy };
    }),
  };
}

function securityOf(identity: string, association: SecurityAssociation | undefined): Security {
  if (association === undefined) return { authentication: "none" };
  const { spi, key, replayProtection } = association;
  return { authentication: "shared-key", identity, spi, key: key.bytes(), replayProtection };
}
