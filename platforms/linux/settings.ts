/** From a checked configuration to what the loop's thread is given: plain data, and keys as octets. */
import { contains, formatAddress, parseAddress, parseIpv4Address, parsePrefix } from "../../bindings/address.ts";
import {
  addNode, CORRESPONDENT_DEFAULTS, type CorrespondentSettings, type HomeAgentSettings, type HomeLinkSettings,
  type HomePrefix, type MobileNodeSettings, type NodeSettings, type PrefixDeliverySettings,
  type ReachSettings, type RouteOptimisationSettings, type Security, type ServeSettings, setCorrespondent, setHomeAgent, setHomeAgentFound,
  setMobileNode, setNodeIpv4, setPrefixDelivery, setReach, setRouteOptimisation, setServe,
} from "../../bindings/commands.ts";
import type {
  Config, CorrespondentConfig, HomeAgentConfig, HomeLinkConfig, MobileNodeConfig, RouteOptimisationConfig,
  SecurityAssociation,
} from "../../bindings/config/index.ts";
import type { Engine } from "../../bindings/engine.ts";
import {
  homeAgentName, type HomeAgentName, ipv4Routes, type NodeIpv4, nodesIpv4, reachSettings, serveSettings,
} from "./dual-stack-settings.ts";
import type { HomeAgentAddresses } from "./resolver.ts";

/** Device index of a real home link; 1 is all other interfaces of the host. */
export const HOME_LINK_DEVICE = 2;

/** What all roles have. */
interface CommonSettings {
  /** Name of the tunnel device. */
  readonly tunnel: string;
  readonly stateFile?: string;
}

export interface HomeAgentLoopSettings extends CommonSettings {
  readonly role: "home-agent";
  readonly address: string;
  readonly homePrefixes: readonly string[];
  /** Text; undefined: no IPv4. */
  readonly ipv4Address?: string;
  /** Prefixes of all IPv4 home addresses. */
  readonly ipv4Routes: readonly string[];
  readonly maxBindings: number;
  readonly maxNodes: number;
  /** Without it the home link is a virtual one. */
  readonly homeLink?: HomeLinkLoopSettings;
  readonly core: HomeAgentSettings;
  readonly serve: ServeSettings;
  readonly nodesIpv4: readonly NodeIpv4[];
  readonly prefixDelivery: PrefixDeliverySettings;
  readonly nodes: readonly NodeSettings[];
}

export interface MobileNodeLoopSettings extends CommonSettings {
  readonly role: "mobile-node";
  readonly homeAddress: string;
  /** Interface names, the preferred one first. */
  readonly uplinks: readonly string[];
  /** Where its addresses are to be asked for; undefined: they are known, or discovered. */
  readonly homeAgentName?: HomeAgentName;
  readonly core: MobileNodeSettings;
  readonly reach: ReachSettings;
  readonly routeOptimisation: RouteOptimisationSettings;
  readonly correspondent: CorrespondentSettings;
}

export interface CorrespondentLoopSettings extends CommonSettings {
  readonly role: "correspondent";
  readonly addresses: readonly string[];
  readonly maxBindings: number;
  readonly core: CorrespondentSettings;
}

/** A real home link; the host adds the device, and its link-local address. */
export interface HomeLinkLoopSettings {
  /** Name. */
  readonly interface: string;
  /** The home agent's own addresses there. */
  readonly addresses: readonly { readonly address: string; readonly lengthBits: number }[];
  readonly core: Omit<HomeLinkSettings, "device" | "linkLocal">;
}

export type LoopSettings = HomeAgentLoopSettings | MobileNodeLoopSettings | CorrespondentLoopSettings;

/** In place of a home agent: it is to be discovered. */
const UNSPECIFIED = "::";

/** What the loop's thread needs to know of a configuration. */
export function loopSettings(config: Config): LoopSettings {
  switch (config.role) {
    case "home-agent":
      return homeAgentSettings(config as HomeAgentConfig);
    case "mobile-node":
      return mobileNodeSettings(config as MobileNodeConfig);
    case "correspondent":
      return correspondentSettings(config as CorrespondentConfig);
  }
}

function homeAgentSettings(config: HomeAgentConfig): HomeAgentLoopSettings {
  const { tunnel, stateFile, address, homePrefixes, maxBindings, maxNodes } = config;
  const prefixes = homePrefixes.map((prefix) => homePrefixOf(prefix, config));
  return {
    role: "home-agent",
    tunnel,
    stateFile,
    address,
    homePrefixes,
    ipv4Address: config.ipv4Address,
    ipv4Routes: ipv4Routes(config),
    maxBindings,
    maxNodes,
    ...(config.homeLink.interface !== undefined && {
      homeLink: homeLinkSettings(config.homeLink, config.homeLink.interface, prefixes),
    }),
    core: {
      address: parseAddress(address),
      homePrefixes: prefixes,
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

function homeLinkSettings(
  config: HomeLinkConfig, name: string, prefixes: readonly HomePrefix[],
): HomeLinkLoopSettings {
  const { maxIntervalMs, minIntervalMs } = config;
  return {
    interface: name,
    addresses: prefixes
      .filter(({ routerAddress }) => routerAddress)
      .map(({ address, length }) => ({ address: formatAddress(address), lengthBits: length })),
    core: {
      advertise: config.advertise,
      // RFC 4861 §6.2.1: a third of the longest interval, which is no rule for very short ones
      minIntervalMs: minIntervalMs ?? maxIntervalMs * (maxIntervalMs >= 9000 ? 0.33 : 0.75),
      maxIntervalMs,
      minDelayMs: config.minDelayMs,
      routerLifetimeMs: config.routerLifetimeMs,
      homeAgentLifetimeMs: config.lifetimeMs ?? 0,
      preference: config.preference,
      intervalOption: config.intervalOption,
      unsolicited: config.unsolicited,
    },
  };
}

function mobileNodeSettings(config: MobileNodeConfig): MobileNodeLoopSettings {
  const { tunnel, stateFile, homeAddress, homeAgent, uplinks } = config;
  const name = homeAgentName(config);
  return {
    role: "mobile-node",
    tunnel,
    stateFile,
    homeAddress,
    uplinks,
    homeAgentName: name,
    core: {
      homeAddress: parseAddress(homeAddress),
      homeAgent: parseAddress(homeAgent === undefined || name !== undefined ? UNSPECIFIED : homeAgent),
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

function routeOptimisationSettings({ rules, ...others }: RouteOptimisationConfig): RouteOptimisationSettings {
  return {
    ...others,
    rules: rules.map(({ prefix, policy }) => {
      const { address, lengthBits } = parsePrefix(prefix);
      return { prefix: address, length: lengthBits, policy };
    }),
  };
}

function correspondentSettings(config: CorrespondentConfig): CorrespondentLoopSettings {
  const { tunnel, addresses, maxBindings, enabled, maxLifetimeMs, testsPerSecond } = config;
  return {
    role: "correspondent",
    tunnel,
    addresses,
    maxBindings,
    core: { enabled, addresses: addresses.map(parseAddress), maxLifetimeMs, testsPerSecond },
  };
}

function securityOf(identity: string, association: SecurityAssociation | undefined): Security {
  if (association === undefined) return { authentication: "none" };
  const { spi, key, replayProtection } = association;
  return { authentication: "shared-key", identity, spi, key: key.bytes(), replayProtection };
}

/** Tells a mobile node which addresses the name of its home agent has. */
export function tellHomeAgent(engine: Engine, { address, ipv4Address }: HomeAgentAddresses, nowMs: number): void {
  setHomeAgentFound(engine, {
    address: address === undefined ? undefined : parseAddress(address),
    ipv4Address: ipv4Address === undefined ? undefined : parseIpv4Address(ipv4Address),
  }, nowMs);
}

/** Tells a new core who it is. Throws CommandRefused. */
export function configure(engine: Engine, settings: LoopSettings, nowMs: number): void {
  switch (settings.role) {
    case "correspondent":
      return setCorrespondent(engine, settings.core, nowMs);
    case "mobile-node":
      setMobileNode(engine, settings.core, nowMs);
      setReach(engine, settings.reach, nowMs);
      setCorrespondent(engine, settings.correspondent, nowMs);
      return setRouteOptimisation(engine, settings.routeOptimisation, nowMs);
    case "home-agent":
      setHomeAgent(engine, settings.core, nowMs);
      setPrefixDelivery(engine, settings.prefixDelivery, nowMs);
      setServe(engine, settings.serve, nowMs);
      for (const node of settings.nodes) addNode(engine, node, nowMs);
      for (const { homeAddress, ipv4 } of settings.nodesIpv4) setNodeIpv4(engine, homeAddress, ipv4, nowMs);
  }
}
