/** From a checked configuration to what the loop's thread is given: plain data, and keys as octets. */
import { parseAddress, parsePrefix } from "../../bindings/address.ts";
import {
  addNode, type HomeAgentSettings, type MobileNodeSettings, type NodeSettings,
  type Security, setHomeAgent, setMobileNode,
} from "../../bindings/commands.ts";
import type {
  Config, HomeAgentConfig, MobileNodeConfig, SecurityAssociation,
} from "../../bindings/config/index.ts";
import type { Engine } from "../../bindings/engine.ts";

/** What both roles have. */
interface CommonSettings {
  /** Name of the tunnel device. */
  readonly tunnel: string;
  readonly stateFile?: string;
}

export interface HomeAgentLoopSettings extends CommonSettings {
  readonly role: "home-agent";
  readonly address: string;
  readonly homePrefixes: readonly string[];
  readonly maxBindings: number;
  readonly maxNodes: number;
  readonly core: HomeAgentSettings;
  readonly nodes: readonly NodeSettings[];
}

export interface MobileNodeLoopSettings extends CommonSettings {
  readonly role: "mobile-node";
  readonly homeAddress: string;
  /** Interface names, the preferred one first. */
  readonly uplinks: readonly string[];
  readonly core: MobileNodeSettings;
}

export type LoopSettings = HomeAgentLoopSettings | MobileNodeLoopSettings;

/** What the loop's thread needs to know of a configuration. */
export function loopSettings(config: Config): LoopSettings {
  return config.role === "home-agent"
    ? homeAgentSettings(config as HomeAgentConfig)
    : mobileNodeSettings(config as MobileNodeConfig);
}

function homeAgentSettings(config: HomeAgentConfig): HomeAgentLoopSettings {
  const { tunnel, stateFile, address, homePrefixes, maxBindings, maxNodes } = config;
  return {
    role: "home-agent",
    tunnel,
    stateFile,
    address,
    homePrefixes,
    maxBindings,
    maxNodes,
    core: {
      address: parseAddress(address),
      homePrefixes: homePrefixes
        .map(parsePrefix)
        .map((prefix) => ({ address: prefix.address, length: prefix.lengthBits })),
      maxLifetimeMs: config.maxLifetimeMs,
      refreshAdviceMs: config.refreshAdviceMs ?? 0,
      replayWindowMs: config.replayWindowMs,
    },
    nodes: config.nodes.map((node, id) => ({
      id,
      homeAddresses: node.homeAddresses.map(parseAddress),
      maxLifetimeMs: node.maxLifetimeMs,
      security: securityOf(node.identity, node.association),
    })),
  };
}

function mobileNodeSettings(config: MobileNodeConfig): MobileNodeLoopSettings {
  const { tunnel, stateFile, homeAddress, uplinks } = config;
  return {
    role: "mobile-node",
    tunnel,
    stateFile,
    homeAddress,
    uplinks,
    core: {
      homeAddress: parseAddress(homeAddress),
      homeAgent: parseAddress(config.homeAgent),
      lifetimeMs: config.lifetimeMs,
      firstRegistrationTimeoutMs: config.initialBindingAckTimeoutFirstRegistrationMs,
      bindingAckTimeoutMs: config.initialBindingAckTimeoutMs,
      maxBindingAckTimeoutMs: config.maxBindingAckTimeoutMs,
      holdDownMs: config.holdDownMs,
      optimistic: config.optimistic,
      security: securityOf(config.identity, config.association),
    },
  };
}

function securityOf(identity: string, association: SecurityAssociation | undefined): Security {
  if (association === undefined) return { authentication: "none" };
  const { spi, key, replayProtection } = association;
  return { authentication: "shared-key", identity, spi, key: key.bytes(), replayProtection };
}

/** Tells a new core who it is. Throws CommandRefused. */
export function configure(engine: Engine, settings: LoopSettings, nowMs: number): void {
  if (settings.role === "mobile-node") return setMobileNode(engine, settings.core, nowMs);
  setHomeAgent(engine, settings.core, nowMs);
  for (const node of settings.nodes) addNode(engine, node, nowMs);
}
