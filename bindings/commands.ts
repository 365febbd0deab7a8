import * as abi from "../core-as/abi/contract.ts";
import { ipv4Mapped } from "./address.ts";
import { Command, type CommandTaker } from "./engine.ts";

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
  /** What the host can do for large packets; nothing by default. */
  offload?: Offload;
}

/** Segmentation offload of a device. */
export interface Offload {
  /** Tunnel: a virtio header is in front of every packet, from the device and to it. */
  virtio?: boolean;
  /** Tunnel: it takes TCP packets of several segments. */
  tcp?: boolean;
  /** Tunnel: it takes UDP packets of several datagrams. */
  udp?: boolean;
  /** Access: it takes trains of datagrams. */
  trains?: boolean;
}

/** A prefix of the home link. */
export interface HomePrefix {
  /** The prefix, or with `routerAddress` the home agent's whole address in it: 16 octets. */
  address: Uint8Array;
  length: number;
  /** On by default. */
  onLink?: boolean;
  /** Nodes may form addresses in it; on by default. */
  autonomous?: boolean;
  routerAddress?: boolean;
  /** From now on; for ever by default. */
  validMs?: number;
  preferredMs?: number;
}

/** The link on which a home agent serves its prefixes. */
export interface HomeLinkSettings {
  /** Access device. */
  device: number;
  /** The home agent's link-local address there: 16 octets. */
  linkLocal: Uint8Array;
  /** Send router advertisements. */
  advertise: boolean;
  minIntervalMs: number;
  maxIntervalMs: number;
  minDelayMs: number;
  routerLifetimeMs: number;
  /** 0: as the router's. */
  homeAgentLifetimeMs: number;
  /** 0 … 65535; the larger one is preferred. */
  preference: number;
  /** Say how often advertisements come. */
  intervalOption: boolean;
  /** Advertise without being asked. */
  unsolicited: boolean;
}

/** RFC 4861 §6.2.1 and RFC 6275 §7, §13: faster advertisements must be asked for (6275-7.5-5). */
export const HOME_LINK_DEFAULTS = {
  advertise: true,
  minIntervalMs: 198_000,
  maxIntervalMs: 600_000,
  minDelayMs: 3000,
  routerLifetimeMs: 1_800_000,
  homeAgentLifetimeMs: 0,
  preference: 0,
  intervalOption: true,
  unsolicited: true,
} as const;

/** Whether and when a home agent sends Mobile Prefix Advertisements (RFC 6275 §10.6). */
export interface PrefixDeliverySettings {
  enabled: boolean;
  /** MinMobPfxAdvInterval. */
  minIntervalMs: number;
  /** MaxMobPfxAdvInterval, not below the other one. */
  maxIntervalMs: number;
}

/** RFC 6275 §13 (6275-13-1). */
export const PREFIX_DELIVERY_DEFAULTS = { enabled: true, minIntervalMs: 600_000, maxIntervalMs: 86_400_000 } as const;

/** What a correspondent node answers. */
export interface CorrespondentSettings {
  /** False: every attempt to bind a route is refused. */
  enabled: boolean;
  /** The node's own addresses, 16 octets each; a mobile node has its home addresses, and gives none here. */
  addresses: Uint8Array[];
  /** At most 420,000. */
  maxLifetimeMs: number;
  /** Home and Care-of Test Init messages that are answered in a second. */
  testsPerSecond: number;
}

/** What a correspondent node does when nobody says anything else (RFC 6275 §9). */
export const CORRESPONDENT_DEFAULTS = { enabled: true, maxLifetimeMs: 420_000, testsPerSecond: 1000 } as const;

/** With whom optimised routes are wanted: with nobody, where there is traffic, or with everybody. */
export type RoutePolicyName = "never" | "automatic" | "always";

/** With which peers a mobile node wants optimised routes. */
export interface RouteOptimisationSettings {
  policy: RoutePolicyName;
  /** So many packets of one peer within 10 s are traffic. */
  afterPackets: number;
  /** At most 420,000. */
  lifetimeMs: number;
  /** Until a peer that does not take part is asked again. */
  retryMs: number;
  rules: readonly { prefix: Uint8Array; length: number; policy: RoutePolicyName }[];
}

/** What a mobile node does when nobody says anything else (RFC 6275 §11.6). */
export const ROUTE_OPTIMISATION_DEFAULTS = {
  policy: "automatic", afterPackets: 5, lifetimeMs: 420_000, retryMs: 60_000, rules: [],
} as const;

/** What a home agent serves. */
export interface HomeAgentSettings {
  /** 16 octets. */
  address: Uint8Array;
  homePrefixes: HomePrefix[];
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
  /** Unspecified: it is discovered (RFC 6275 §11.4.1). */
  homeAgent: Uint8Array;
  /** Bits of the home prefix; 64 by default. */
  homePrefixLength?: number;
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

/** How a home agent serves IPv4 and UDP (RFC 5555). */
export interface ServeSettings {
  /** 16 octets, IPv4-mapped, of this host; absent: no IPv4. */
  ipv4Address?: Uint8Array;
  /** Behind a NAT, mobile nodes are to be silent for no longer. */
  refreshMs: number;
  /** What they are told before the NAT is known; as `refreshMs`: nothing is learnt. */
  firstRefreshMs: number;
  /** Of a dynamic IPv4 home address. */
  leaseMs: number;
  /** UDP over IPv6: our extension. */
  udpIpv6: boolean;
  /** Mobile nodes may ask for UDP where there is no NAT. */
  mayForceUdp: boolean;
  /** UDP over IPv4 whether there is a NAT or not. */
  forceUdp: boolean;
  /** Answer probes: our extension. */
  probes: boolean;
  /** IPv4 home addresses to lease: the first one, and how many. */
  pools: readonly { first: Uint8Array; addresses: number }[];
}

/** RFC 5555 §6, and ours where it has none. */
export const SERVE_DEFAULTS = {
  refreshMs: 110_000, firstRefreshMs: 25_000, leaseMs: 86_400_000, udpIpv6: false, mayForceUdp: true,
  forceUdp: false, probes: true, pools: [],
} as const;

/** How a mobile node may reach its home agent (RFC 5555 §4.4.1). */
export interface ReachSettings {
  /** 16 octets, IPv4-mapped; absent: not by IPv4, or not known yet. */
  homeAgentIpv4?: Uint8Array;
  /** The IPv4 home address that the node wants, 16 octets, IPv4-mapped. */
  ipv4HomeAddress?: Uint8Array | "dynamic";
  keepaliveFloorMs: number;
  keepaliveCeilingMs: number;
  /** Until a better encapsulation is tried again. */
  retryMs: number;
  ipv6: boolean;
  /** UDP over IPv6: our extension. */
  udpIpv6: boolean;
  ipv4: boolean;
  /** Always ask for UDP over IPv4. */
  forceUdp: boolean;
  /** Register nothing: the engine is there for `probe`. */
  probesOnly?: boolean;
}

/** RFC 5555 §6, and ours where it has none. */
export const REACH_DEFAULTS = {
  keepaliveFloorMs: 15_000, keepaliveCeilingMs: 110_000, retryMs: 30_000, ipv6: true, udpIpv6: false, ipv4: true,
  forceUdp: false,
} as const;

/** What `probe` asks. */
export interface ProbeSettings {
  device: number;
  encapsulation: keyof typeof abi.Encapsulation;
  /** The host's own: stands in the answer. */
  number: number;
  /** Octets of the outer packet; as few as there are by default. */
  bytes?: number;
  /** By UDP: the answer goes to this port instead of where the probe came from. */
  answerPort?: number;
  /** It goes through the tunnel, as data do; by `Ipv4` it always does. */
  tunnelled?: boolean;
}

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
export function setDevice(engine: CommandTaker, device: Device, now: number): void {
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
    const { virtio, tcp, udp, trains } = device.offload ?? {};
    setU32(view, abi.DEVICE_OFFLOAD, (virtio ? abi.DeviceOffload.Virtio : 0) | (tcp ? abi.DeviceOffload.Tcp : 0) |
      (udp ? abi.DeviceOffload.Udp : 0) | (trains ? abi.DeviceOffload.Trains : 0));
  });
}

/** Says that a device went up or down. */
export function setLink(engine: CommandTaker, device: number, up: boolean, now: number): void {
  engine.command(Command.Link, abi.LINK_BYTES, now, (view) => {
    setU32(view, abi.LINK_DEVICE, device);
    setU32(view, abi.LINK_UP, up ? 1 : 0);
  });
}

/** Says what the wall clock shows: `unixMs` at the monotonic time `now`. */
export function setWallClock(engine: CommandTaker, unixMs: number, now: number): void {
  engine.command(Command.WallClock, abi.WALL_CLOCK_BYTES, now, (view) => setF64(view, abi.WALL_CLOCK_OFFSET, unixMs - now));
}

/** Tells a home agent what it serves. */
export function setHomeAgent(engine: CommandTaker, settings: HomeAgentSettings, now: number): void {
  const length = abi.HOME_AGENT_PREFIXES + settings.homePrefixes.length * abi.HOME_PREFIX_BYTES;
  engine.command(Command.HomeAgent, length, now, (view, bytes) => {
    bytes.set(settings.address, abi.HOME_AGENT_ADDRESS);
    setF64(view, abi.HOME_AGENT_MAX_LIFETIME, settings.maxLifetimeMs);
    setF64(view, abi.HOME_AGENT_REFRESH_ADVICE, settings.refreshAdviceMs);
    setF64(view, abi.HOME_AGENT_REPLAY_WINDOW, settings.replayWindowMs);
    setU32(view, abi.HOME_AGENT_PREFIX_COUNT, settings.homePrefixes.length);
    settings.homePrefixes.forEach((prefix, index) => {
      const at = abi.HOME_AGENT_PREFIXES + index * abi.HOME_PREFIX_BYTES;
      bytes.set(prefix.address, at + abi.HOME_PREFIX_ADDRESS);
      setU32(view, at + abi.HOME_PREFIX_LENGTH, prefix.length);
      setU32(view, at + abi.HOME_PREFIX_FLAGS,
        ((prefix.onLink ?? true) ? abi.HomePrefixFlag.OnLink : 0) |
        ((prefix.autonomous ?? true) ? abi.HomePrefixFlag.Autonomous : 0) |
        (prefix.routerAddress ? abi.HomePrefixFlag.RouterAddress : 0));
      setF64(view, at + abi.HOME_PREFIX_VALID, prefix.validMs ?? Infinity);
      setF64(view, at + abi.HOME_PREFIX_PREFERRED, prefix.preferredMs ?? prefix.validMs ?? Infinity);
    });
  });
}

/** Tells a home agent on which link it serves its prefixes. */
export function setHomeLink(engine: CommandTaker, settings: HomeLinkSettings, now: number): void {
  engine.command(Command.HomeLink, abi.HOME_LINK_BYTES, now, (view, bytes) => {
    setU32(view, abi.HOME_LINK_DEVICE, settings.device);
    setU32(view, abi.HOME_LINK_ADVERTISE, settings.advertise ? 1 : 0);
    bytes.set(settings.linkLocal, abi.HOME_LINK_ADDRESS);
    setF64(view, abi.HOME_LINK_MIN_INTERVAL, settings.minIntervalMs);
    setF64(view, abi.HOME_LINK_MAX_INTERVAL, settings.maxIntervalMs);
    setF64(view, abi.HOME_LINK_MIN_DELAY, settings.minDelayMs);
    setF64(view, abi.HOME_LINK_ROUTER_LIFETIME, settings.routerLifetimeMs);
    setF64(view, abi.HOME_LINK_LIFETIME, settings.homeAgentLifetimeMs);
    setU32(view, abi.HOME_LINK_PREFERENCE, settings.preference);
    setU32(view, abi.HOME_LINK_INTERVAL_OPTION, settings.intervalOption ? 1 : 0);
    setU32(view, abi.HOME_LINK_UNSOLICITED, settings.unsolicited ? 1 : 0);
  });
}

/** Tells a home agent whether and when it sends Mobile Prefix Advertisements. */
export function setPrefixDelivery(engine: CommandTaker, settings: PrefixDeliverySettings, now: number): void {
  engine.command(Command.PrefixDelivery, abi.PREFIX_DELIVERY_BYTES, now, (view) => {
    setF64(view, abi.PREFIX_DELIVERY_MIN_INTERVAL, settings.minIntervalMs);
    setF64(view, abi.PREFIX_DELIVERY_MAX_INTERVAL, settings.maxIntervalMs);
    setU32(view, abi.PREFIX_DELIVERY_ENABLED, settings.enabled ? 1 : 0);
  });
}

/** Tells a correspondent node, or a mobile node that is one, what it answers. */
export function setCorrespondent(engine: CommandTaker, settings: CorrespondentSettings, now: number): void {
  const length = abi.CORRESPONDENT_ADDRESSES + settings.addresses.length * 16;
  engine.command(Command.Correspondent, length, now, (view, bytes) => {
    setU32(view, abi.CORRESPONDENT_ENABLED, settings.enabled ? 1 : 0);
    setU32(view, abi.CORRESPONDENT_ADDRESS_COUNT, settings.addresses.length);
    setF64(view, abi.CORRESPONDENT_MAX_LIFETIME, settings.maxLifetimeMs);
    setF64(view, abi.CORRESPONDENT_TESTS_PER_SECOND, settings.testsPerSecond);
    settings.addresses.forEach((address, index) => bytes.set(address, abi.CORRESPONDENT_ADDRESSES + index * 16));
  });
}

const POLICIES = { never: abi.RoutePolicy.Never, automatic: abi.RoutePolicy.Automatic, always: abi.RoutePolicy.Always };

/** Tells a mobile node with which peers it is to optimise. */
export function setRouteOptimisation(engine: CommandTaker, settings: RouteOptimisationSettings, now: number): void {
  const length = abi.ROUTE_OPTIMISATION_RULES + settings.rules.length * abi.ROUTE_RULE_BYTES;
  engine.command(Command.RouteOptimisation, length, now, (view, bytes) => {
    setU32(view, abi.ROUTE_OPTIMISATION_POLICY, POLICIES[settings.policy]);
    setU32(view, abi.ROUTE_OPTIMISATION_AFTER_PACKETS, settings.afterPackets);
    setF64(view, abi.ROUTE_OPTIMISATION_LIFETIME, settings.lifetimeMs);
    setF64(view, abi.ROUTE_OPTIMISATION_RETRY, settings.retryMs);
    setU32(view, abi.ROUTE_OPTIMISATION_RULE_COUNT, settings.rules.length);
    settings.rules.forEach((rule, index) => {
      const at = abi.ROUTE_OPTIMISATION_RULES + index * abi.ROUTE_RULE_BYTES;
      bytes.set(rule.prefix, at + abi.ROUTE_RULE_PREFIX);
      setU32(view, at + abi.ROUTE_RULE_LENGTH, rule.length);
      setU32(view, at + abi.ROUTE_RULE_POLICY, POLICIES[rule.policy]);
    });
  });
}

/** Lets a mobile node register. */
export function addNode(engine: CommandTaker, node: NodeSettings, now: number): void {
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
export function removeNode(engine: CommandTaker, id: number, now: number): void {
  engine.command(Command.RemoveNode, abi.NODE_ID + 4, now, (view) => setU32(view, abi.NODE_ID, id));
}

/** Tells a mobile node who it is. */
export function setMobileNode(engine: CommandTaker, settings: MobileNodeSettings, now: number): void {
  engine.command(Command.MobileNode, abi.MOBILE_NODE_BYTES, now, (view, bytes) => {
    bytes.set(settings.homeAddress, abi.MOBILE_NODE_HOME_ADDRESS);
    bytes.set(settings.homeAgent, abi.MOBILE_NODE_HOME_AGENT);
    setF64(view, abi.MOBILE_NODE_LIFETIME, settings.lifetimeMs);
    setF64(view, abi.MOBILE_NODE_FIRST_TIMEOUT, settings.firstRegistrationTimeoutMs);
    setF64(view, abi.MOBILE_NODE_TIMEOUT, settings.bindingAckTimeoutMs);
    setF64(view, abi.MOBILE_NODE_MAX_TIMEOUT, settings.maxBindingAckTimeoutMs);
    setF64(view, abi.MOBILE_NODE_HOLD_DOWN, settings.holdDownMs);
    setU32(view, abi.MOBILE_NODE_OPTIMISTIC, settings.optimistic ? 1 : 0);
    setU32(view, abi.MOBILE_NODE_HOME_PREFIX_LENGTH, settings.homePrefixLength ?? 64);
    setSecurity(view, bytes, abi.MOBILE_NODE_SECURITY, settings.security);
  });
}

/** Ends well: a mobile node deregisters. Its orders follow; wait for RegistrationState Idle. */
export function shutdown(engine: CommandTaker, now: number): void {
  engine.command(Command.Shutdown, 0, now);
}

/** The host could not use an address that it was told to add: another node on the link has it. */
export function refuseAddress(engine: CommandTaker, device: number, address: Uint8Array, now: number): void {
  engine.command(Command.AddressRefused, abi.ADDRESS_BYTES, now, (view, bytes) => {
    setU32(view, abi.ADDRESS_DEVICE, device);
    bytes.set(address, abi.ADDRESS_VALUE);
  });
}

const DYNAMIC = ipv4Mapped(Uint8Array.of(0, 0, 0, 0));

/** Tells a home agent how it serves IPv4 and UDP. */
export function setServe(engine: CommandTaker, settings: ServeSettings, now: number): void {
  const length = abi.SERVED_POOLS + settings.pools.length * abi.SERVED_POOL_BYTES;
  engine.command(Command.ServeDualStack, length, now, (view, bytes) => {
    if (settings.ipv4Address) bytes.set(settings.ipv4Address, abi.SERVED_IPV4_ADDRESS);
    setF64(view, abi.SERVED_REFRESH, settings.refreshMs);
    setF64(view, abi.SERVED_FIRST_REFRESH, settings.firstRefreshMs);
    setF64(view, abi.SERVED_LEASE, settings.leaseMs);
    setU32(view, abi.SERVED_FLAGS,
      (settings.udpIpv6 ? abi.ServedFlag.UdpIpv6 : 0) | (settings.mayForceUdp ? abi.ServedFlag.MayForceUdp : 0) |
      (settings.forceUdp ? abi.ServedFlag.ForceUdp : 0) | (settings.probes ? abi.ServedFlag.Probes : 0));
    setU32(view, abi.SERVED_POOL_COUNT, settings.pools.length);
    settings.pools.forEach(({ first, addresses }, index) => {
      const at = abi.SERVED_POOLS + index * abi.SERVED_POOL_BYTES;
      bytes.set(first, at + abi.SERVED_POOL_FIRST);
      setU32(view, at + abi.SERVED_POOL_ADDRESSES, addresses);
    });
  });
}

/** Tells a mobile node how it may reach its home agent. */
export function setReach(engine: CommandTaker, settings: ReachSettings, now: number): void {
  engine.command(Command.ReachDualStack, abi.REACH_BYTES, now, (view, bytes) => {
    const { homeAgentIpv4, ipv4HomeAddress } = settings;
    if (homeAgentIpv4) bytes.set(homeAgentIpv4, abi.REACH_HOME_AGENT_IPV4);
    if (ipv4HomeAddress) bytes.set(ipv4HomeAddress === "dynamic" ? DYNAMIC : ipv4HomeAddress, abi.REACH_IPV4_HOME_ADDRESS);
    setF64(view, abi.REACH_KEEPALIVE_FLOOR, settings.keepaliveFloorMs);
    setF64(view, abi.REACH_KEEPALIVE_CEILING, settings.keepaliveCeilingMs);
    setF64(view, abi.REACH_RETRY, settings.retryMs);
    setU32(view, abi.REACH_FLAGS,
      (settings.ipv6 ? abi.ReachFlag.Ipv6 : 0) | (settings.udpIpv6 ? abi.ReachFlag.UdpIpv6 : 0) |
      (settings.ipv4 ? abi.ReachFlag.Ipv4 : 0) | (settings.forceUdp ? abi.ReachFlag.ForceUdp : 0) |
      (settings.probesOnly ? abi.ReachFlag.ProbesOnly : 0));
  });
}

/** Says which address by IPv4 (16 octets, IPv4-mapped) an uplink has now; undefined: none. */
export function setIpv4Uplink(
  engine: CommandTaker, device: number, address: Uint8Array | undefined, now: number, gateway?: Uint8Array,
): void {
  engine.command(Command.Ipv4Uplink, abi.IPV4_UPLINK_BYTES, now, (view, bytes) => {
    setU32(view, abi.IPV4_UPLINK_DEVICE, device);
    if (address) bytes.set(address, abi.IPV4_UPLINK_ADDRESS);
    if (gateway) bytes.set(gateway, abi.IPV4_UPLINK_GATEWAY);
  });
}

/** Gives a home address an IPv4 home address for good, one of the pool when it asks, or none at all. */
export function setNodeIpv4(
  engine: CommandTaker, homeAddress: Uint8Array, ipv4: Uint8Array | "dynamic" | undefined, now: number,
): void {
  engine.command(Command.NodeIpv4, abi.NODE_IPV4_BYTES, now, (_view, bytes) => {
    bytes.set(homeAddress, abi.NODE_IPV4_HOME_ADDRESS);
    if (ipv4) bytes.set(ipv4 === "dynamic" ? DYNAMIC : ipv4, abi.NODE_IPV4_ADDRESS);
  });
}

/** Says what IP packets to `remote` may have at most, as the host has learnt it. */
export function setPathMtu(engine: CommandTaker, device: number, remote: Uint8Array, octets: number, now: number): void {
  engine.command(Command.PathMtu, abi.PATH_MTU_BYTES, now, (view, bytes) => {
    setU32(view, abi.PATH_MTU_DEVICE, device);
    bytes.set(remote, abi.PATH_MTU_REMOTE);
    setU32(view, abi.PATH_MTU_OCTETS, octets);
  });
}

/** Says which addresses the name of a mobile node's home agent has. */
export function setHomeAgentFound(
  engine: CommandTaker, found: { address?: Uint8Array; ipv4Address?: Uint8Array }, now: number,
): void {
  engine.command(Command.HomeAgentFound, abi.HOME_AGENT_FOUND_BYTES, now, (_view, bytes) => {
    if (found.address) bytes.set(found.address, abi.HOME_AGENT_FOUND_ADDRESS);
    if (found.ipv4Address) bytes.set(found.ipv4Address, abi.HOME_AGENT_FOUND_IPV4);
  });
}

/** Asks what a path to the home agent lets through; what comes back is the event ProbeAnswered. */
export function probe(engine: CommandTaker, settings: ProbeSettings, now: number): void {
  engine.command(Command.Probe, abi.PROBE_BYTES, now, (view) => {
    setU32(view, abi.PROBE_DEVICE, settings.device);
    setU32(view, abi.PROBE_ENCAPSULATION, abi.Encapsulation[settings.encapsulation]);
    setU32(view, abi.PROBE_NUMBER, settings.number);
    setU32(view, abi.PROBE_BYTES_WANTED, settings.bytes ?? 0);
    setU32(view, abi.PROBE_ANSWER_PORT, settings.answerPort ?? 0);
    setU32(view, abi.PROBE_TUNNELLED, settings.tunnelled ? 1 : 0);
  });
}
