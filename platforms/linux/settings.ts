/** From a checked configuration to what the loop's thread is given: plain data, and keys as octets. */
import { formatAddress, parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import {
  type CorrespondentSettings, type HomeLinkSettings, type HomePrefix, setCorrespondent, setHomeAgentFound,
} from "../../bindings/commands.ts";
import type {
  Config, CorrespondentConfig, HomeAgentConfig, HomeLinkConfig, MobileNodeConfig,
} from "../../bindings/config/index.ts";
import type { Engine } from "../../bindings/engine.ts";
import {
  configureHomeAgent, configureMobileNode, type HomeAgentEngineSettings, homeAgentEngineSettings,
  type MobileNodeEngineSettings, mobileNodeEngineSettings,
} from "../../bindings/engine-settings.ts";
import { homeAgentName, type HomeAgentName, ipv4Routes } from "./dual-stack-settings.ts";
import type { HomeAgentAddresses } from "./resolver.ts";

/** Device index of a real home link; 1 is all other interfaces of the host. */
export const HOME_LINK_DEVICE = 2;

/** What all roles have. */
interface CommonSettings {
  /** Name of the tunnel device. */
  readonly tunnel: string;
  readonly stateFile?: string;
}

export interface HomeAgentLoopSettings extends CommonSettings, HomeAgentEngineSettings {
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
}

export interface MobileNodeLoopSettings extends CommonSettings, MobileNodeEngineSettings {
  readonly role: "mobile-node";
  readonly homeAddress: string;
  /** Interface names, the preferred one first. */
  readonly uplinks: readonly string[];
  /** Where its addresses are to be asked for; undefined: they are known, or discovered. */
  readonly homeAgentName?: HomeAgentName;
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
  const engine = homeAgentEngineSettings(config);
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
      homeLink: homeLinkSettings(config.homeLink, config.homeLink.interface, engine.core.homePrefixes),
    }),
    ...engine,
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
  const { tunnel, stateFile, homeAddress, uplinks } = config;
  const common = { role: "mobile-node", tunnel, stateFile, homeAddress, uplinks } as const;
  return { ...common, homeAgentName: homeAgentName(config), ...mobileNodeEngineSettings(config) };
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
      return configureMobileNode(engine, settings, nowMs);
    case "home-agent":
      return configureHomeAgent(engine, settings, nowMs);
  }
}
