import * as abi from "../core-as/abi/contract.ts";
import { Command, type Engine } from "./engine.ts";

/** How mobility messages are authenticated (RFC 4285). */
export type Security =
  | { authentication: "none" }
  | {
      authentication: "shared-key";
      /** Network access identifier (RFC 4283). */
      identity: string;
      /** Security parameter index, 256 … 2^32 − 1. */
      spi: number;
      /** 16 … 64 octets. */
      key: Uint8Array;
      replayProtection: "timestamp" | "sequence";
    };

/** A device of the host as the core knows it. */
export interface Device {
  /** 0 … 31: stands in orders and input descriptors. */
  index: number;
  kind: "tunnel" | "access";
  /** Octets. */
  mtu: number;
  up: boolean;
  /** Among uplinks: the smaller number is preferred. */
  preference?: number;
  /** 8 octets of an interface identifier; without it the core makes a random one. */
  interfaceId?: Uint8Array;
  /** 6 octets. */
  linkAddress?: Uint8Array;
}

/** What a home agent serves. */
export interface HomeAgentSettings {
  /** 16 octets. */
  address: Uint8Array;
  homePrefixes: { address: Uint8Array; length: number }[];
  /** Longest lifetime granted. */
  maxLifetimeMs: number;
  /** Ask nodes to refresh this often; 0: no advice. */
  refreshAdviceMs: number;
  /** How far the clocks may differ. */
  replayWindowMs: number;
}

/** A mobile node that may register. */
export interface NodeSettings {
  /** The host's number for it. */
  id: number;
  homeAddresses: Uint8Array[];
  security: Security;
  /** 0: as the home agent. */
  maxLifetimeMs?: number;
}

/** Who a mobile node is. */
export interface MobileNodeSettings {
  homeAddress: Uint8Array;
  homeAgent: Uint8Array;
  lifetimeMs: number;
  firstRegistrationTimeoutMs: number;
  bindingAckTimeoutMs: number;
  maxBindingAckTimeoutMs: number;
  /** How long a preferred uplink must have been usable before the node returns to it. */
  holdDownMs: number;
  /** Use a care-of address while duplicate address detection still runs. */
  optimistic: boolean;
  security: Security;
}

/** The values of RFC 6275 §12 and §13, and ours where it has none. */
export const MOBILE_NODE_DEFAULTS = {
  lifetimeMs: 600_000,
  firstRegistrationTimeoutMs: 1500,
  bindingAckTimeoutMs: 1000,
  maxBindingAckTimeoutMs: 32_000,
  holdDownMs: 2000,
  optimistic: true,
} as const;

const setF64 = (view: DataView, at: number, value: number) => view.setFloat64(at, value, true);
const setU32 = (view: DataView, at: number, value: number) => view.setUint32(at, value, true);

function setSecurity(view: DataView, bytes: Uint8Array, at: number, security: Security): void {
  if (security.authentication === "none") {
    setU32(view, at + abi.SECURITY_AUTHENTICATION, abi.Authentication.None);
    return;
  }
  const identity = new TextEncoder().encode(security.identity);
  if (identity.length > abi.MAX_IDENTITY_BYTES) throw new RangeError(`an identity has at most ${abi.MAX_IDENTITY_BYTES} octets`);
  if (security.key.length > abi.MAX_KEY_BYTES) throw new RangeError(`a key has at most ${abi.MAX_KEY_BYTES} octets`);
  setU32(view, at + abi.SECURITY_AUTHENTICATION, abi.Authentication.SharedKey);
  setU32(view, at + abi.SECURITY_REPLAY,
    security.replayProtection === "timestamp" ? abi.ReplayProtection.Timestamp : abi.ReplayProtection.Sequence);
  setU32(view, at + abi.SECURITY_SPI, security.spi);
  setU32(view, at + abi.SECURITY_KEY_BYTES, security.key.length);
  bytes.set(security.key, at + abi.SECURITY_KEY);
  setU32(view, at + abi.SECURITY_IDENTITY_BYTES, identity.length);
  bytes.set(identity, at + abi.SECURITY_IDENTITY);
}

/** Adds or changes a device. */
export function setDevice(engine: Engine, device: Device, now: number): void {
  engine.command(Command.Device, abi.DEVICE_BYTES, now, (view, bytes) => {
    setU32(view, abi.DEVICE_INDEX, device.index);
    setU32(view, abi.DEVICE_KIND, device.kind === "tunnel" ? abi.DeviceKind.Tunnel : abi.DeviceKind.Access);
    setU32(view, abi.DEVICE_MTU, device.mtu);
    setU32(view, abi.DEVICE_UP, device.up ? 1 : 0);
    setU32(view, abi.DEVICE_PREFERENCE, device.preference ?? device.index);
    if (device.interfaceId) bytes.set(device.interfaceId, abi.DEVICE_INTERFACE_ID);
    if (device.linkAddress) {
      setU32(view, abi.DEVICE_LINK_ADDRESS_BYTES, device.linkAddress.length);
      bytes.set(device.linkAddress, abi.DEVICE_LINK_ADDRESS);
    }
  });
}

/** Says that a device went up or down. */
export function setLink(engine: Engine, device: number, up: boolean, now: number): void {
  engine.command(Command.Link, abi.LINK_BYTES, now, (view) => {
    setU32(view, abi.LINK_DEVICE, device);
    setU32(view, abi.LINK_UP, up ? 1 : 0);
  });
}

/** Says what the wall clock shows: `unixMs` at the monotonic time `now`. */
export function setWallClock(engine: Engine, unixMs: number, now: number): void {
  engine.command(Command.WallClock, abi.WALL_CLOCK_BYTES, now, (view) => setF64(view, abi.WALL_CLOCK_OFFSET, unixMs - now));
}

/** Tells a home agent what it serves. */
export function setHomeAgent(engine: Engine, settings: HomeAgentSettings, now: number): void {
  const length = abi.HOME_AGENT_PREFIXES + settings.homePrefixes.length * abi.HOME_PREFIX_BYTES;
  engine.command(Command.HomeAgent, length, now, (view, bytes) => {
    bytes.set(settings.address, abi.HOME_AGENT_ADDRESS);
    setF64(view, abi.HOME_AGENT_MAX_LIFETIME, settings.maxLifetimeMs);
    setF64(view, abi.HOME_AGENT_REFRESH_ADVICE, settings.refreshAdviceMs);
    setF64(view, abi.HOME_AGENT_REPLAY_WINDOW, settings.replayWindowMs);
    setU32(view, abi.HOME_AGENT_PREFIX_COUNT, settings.homePrefixes.length);
    settings.homePrefixes.forEach((prefix, index) => {
      const at = abi.HOME_AGENT_PREFIXES + index * abi.HOME_PREFIX_BYTES;
      bytes.set(prefix.address, at);
      setU32(view, at + 16, prefix.length);
    });
  });
}

/** Lets a mobile node register. */
export function addNode(engine: Engine, node: NodeSettings, now: number): void {
  const length = abi.NODE_HOME_ADDRESSES + node.homeAddresses.length * 16;
  engine.command(Command.AddNode, length, now, (view, bytes) => {
    setU32(view, abi.NODE_ID, node.id);
    setU32(view, abi.NODE_MAX_LIFETIME, Math.floor((node.maxLifetimeMs ?? 0) / 1000));
    setSecurity(view, bytes, abi.NODE_SECURITY, node.security);
    setU32(view, abi.NODE_HOME_ADDRESS_COUNT, node.homeAddresses.length);
    node.homeAddresses.forEach((address, index) => bytes.set(address, abi.NODE_HOME_ADDRESSES + index * 16));
  });
}

/** Takes the permission away again; the node's bindings end. */
export function removeNode(engine: Engine, id: number, now: number): void {
  engine.command(Command.RemoveNode, abi.NODE_ID + 4, now, (view) => setU32(view, abi.NODE_ID, id));
}

/** Tells a mobile node who it is. */
export function setMobileNode(engine: Engine, settings: MobileNodeSettings, now: number): void {
  engine.command(Command.MobileNode, abi.MOBILE_NODE_BYTES, now, (view, bytes) => {
    bytes.set(settings.homeAddress, abi.MOBILE_NODE_HOME_ADDRESS);
    bytes.set(settings.homeAgent, abi.MOBILE_NODE_HOME_AGENT);
    setF64(view, abi.MOBILE_NODE_LIFETIME, settings.lifetimeMs);
    setF64(view, abi.MOBILE_NODE_FIRST_TIMEOUT, settings.firstRegistrationTimeoutMs);
    setF64(view, abi.MOBILE_NODE_TIMEOUT, settings.bindingAckTimeoutMs);
    setF64(view, abi.MOBILE_NODE_MAX_TIMEOUT, settings.maxBindingAckTimeoutMs);
    setF64(view, abi.MOBILE_NODE_HOLD_DOWN, settings.holdDownMs);
    setU32(view, abi.MOBILE_NODE_OPTIMISTIC, settings.optimistic ? 1 : 0);
    setSecurity(view, bytes, abi.MOBILE_NODE_SECURITY, settings.security);
  });
}

/** Ends well: a mobile node deregisters. Its orders follow; wait for RegistrationState Idle. */
export function shutdown(engine: Engine, now: number): void {
  engine.command(Command.Shutdown, 0, now);
}

/** The host could not use an address that it was told to add: another node on the link has it. */
export function refuseAddress(engine: Engine, device: number, address: Uint8Array, now: number): void {
  engine.command(Command.AddressRefused, abi.ADDRESS_BYTES, now, (view, bytes) => {
    setU32(view, abi.ADDRESS_DEVICE, device);
    bytes.set(address, abi.ADDRESS_VALUE);
  });
}
