/**
 * The records of engine.wit as they lie in memory. Fields in the order of the WIT; a list or text is a pointer and
 * a length; a discriminant is as wide as what follows it is aligned, and only its first octet counts.
 */

@unmanaged
export class Device {
  index: u32;
  kind: u8;
  mtu: u32;
  up: u8;
  hasPreference: u32;
  preference: u32;
  hasInterfaceId: u32;
  interfaceId: usize;
  interfaceIdBytes: u32;
  hasLinkAddress: u32;
  linkAddress: usize;
  linkAddressBytes: u32;
}

/** The variant, and the record of its second case: 4 octets behind. */
@unmanaged
export class Security {
  hasKey: u32;
  identity: usize;
  identityBytes: u32;
  spi: u32;
  key: usize;
  keyBytes: u32;
  replayProtection: u8;
}
/** Octets of the variant, aligned to 4. */
export const SECURITY_SIZE: u32 = 28;

@unmanaged
export class HomePrefix {
  address: usize;
  addressBytes: u32;
  length: u32;
  onLink: u8;
  autonomous: u8;
  routerAddress: u8;
  hasValid: u64;
  validMs: f64;
  hasPreferred: u64;
  preferredMs: f64;
}
export const HOME_PREFIX_SIZE: u32 = 48;

@unmanaged
export class HomeAgent {
  address: usize;
  addressBytes: u32;
  homePrefixes: usize;
  homePrefixCount: u32;
  maxLifetimeMs: f64;
  refreshAdviceMs: f64;
  replayWindowMs: f64;
}

@unmanaged
export class HomeLink {
  device: u32;
  linkLocal: usize;
  linkLocalBytes: u32;
  advertise: u8;
  minIntervalMs: f64;
  maxIntervalMs: f64;
  minDelayMs: f64;
  routerLifetimeMs: f64;
  homeAgentLifetimeMs: f64;
  preference: u32;
  intervalOption: u8;
  unsolicited: u8;
}

@unmanaged
export class PrefixDelivery {
  enabled: u8;
  minIntervalMs: f64;
  maxIntervalMs: f64;
}

@unmanaged
export class Correspondent {
  enabled: u8;
  addresses: usize;
  addressCount: u32;
  maxLifetimeMs: f64;
  testsPerSecond: f64;
}

@unmanaged
export class RouteRule {
  prefix: usize;
  prefixBytes: u32;
  length: u32;
  policy: u8;
}
export const ROUTE_RULE_SIZE: u32 = 16;

@unmanaged
export class RouteOptimisation {
  policy: u8;
  afterPackets: u32;
  lifetimeMs: f64;
  retryMs: f64;
  rules: usize;
  ruleCount: u32;
}

/** Up to its `security`. */
@unmanaged
export class Node {
  id: u32;
  homeAddresses: usize;
  homeAddressCount: u32;
}
export const NODE_SECURITY_AT: usize = 12;
export const NODE_MAX_LIFETIME_AT: usize = NODE_SECURITY_AT + <usize>SECURITY_SIZE;

/** Up to its `security`. */
@unmanaged
export class MobileNode {
  homeAddress: usize;
  homeAddressBytes: u32;
  hasHomeAgent: u32;
  homeAgent: usize;
  homeAgentBytes: u32;
  homePrefixLength: u32;
  lifetimeMs: f64;
  firstRegistrationTimeoutMs: f64;
  bindingAckTimeoutMs: f64;
  maxBindingAckTimeoutMs: f64;
  holdDownMs: f64;
  optimistic: u8;
}
export const MOBILE_NODE_SECURITY_AT: usize = 68;

@unmanaged
export class Ipv4Uplink {
  device: u32;
  hasAddress: u32;
  address: usize;
  addressBytes: u32;
  hasGateway: u32;
  gateway: usize;
  gatewayBytes: u32;
}

@unmanaged
export class AddressPool {
  first: usize;
  firstBytes: u32;
  addresses: u32;
}
export const ADDRESS_POOL_SIZE: u32 = 12;

@unmanaged
export class Serve {
  hasIpv4Address: u32;
  ipv4Address: usize;
  ipv4AddressBytes: u32;
  refreshMs: f64;
  firstRefreshMs: f64;
  leaseMs: f64;
  udpIpv6: u8;
  mayForceUdp: u8;
  forceUdp: u8;
  probes: u8;
  pools: usize;
  poolCount: u32;
}

@unmanaged
export class Reach {
  hasHomeAgentIpv4: u32;
  homeAgentIpv4: usize;
  homeAgentIpv4Bytes: u32;
  ipv4HomeKind: u32;
  ipv4Home: usize;
  ipv4HomeBytes: u32;
  keepaliveFloorMs: f64;
  keepaliveCeilingMs: f64;
  retryMs: f64;
  ipv6: u8;
  udpIpv6: u8;
  ipv4: u8;
  forceUdp: u8;
  probesOnly: u8;
}

@unmanaged
export class NodeIpv4 {
  homeAddress: usize;
  homeAddressBytes: u32;
  ipv4Kind: u32;
  ipv4: usize;
  ipv4Bytes: u32;
}

@unmanaged
export class PathMtu {
  hasDevice: u32;
  device: u32;
  remote: usize;
  remoteBytes: u32;
  octets: u32;
}

@unmanaged
export class HomeAgentFound {
  hasAddress: u32;
  address: usize;
  addressBytes: u32;
  hasIpv4: u32;
  ipv4: usize;
  ipv4Bytes: u32;
}

@unmanaged
export class Probe {
  device: u32;
  encapsulation: u8;
  number: u32;
  bytes: u32;
  answerPort: u32;
  tunnelled: u8;
}
