/**
 * The variant `command` of engine.wit as the command records of the core (core-as/abi/contract.ts). What the record
 * itself says wrong, the core refuses; here only what cannot be written into it.
 */
import * as abi from "../../../core-as/abi/contract";
import {
  address, addresses, begin, fail, give, ipv4, ipv4Home, octets, OwnRefusal, record, security,
} from "./command-record";
import { isPresent } from "./memory";
import * as wit from "./records";

/** The cases of `command`, in its order. */
enum Case {
  SetDevice, SetLink, SetWallClock, SetHomeAgent, SetHomeLink, SetPrefixDelivery, SetCorrespondent,
  SetRouteOptimisation, AddNode, RemoveNode, SetMobileNode, Shutdown, RefuseAddress, SetIpv4Uplink, SetServe, SetReach,
  SetNodeIpv4, SetPathMtu, SetHomeAgentFound, Probe,
}

/** Carries out the command at `content`; returns a refusal, 0: none. */
export function carryOutCommand(kind: u32, content: usize, now: f64): i32 {
  begin();
  switch (<Case>kind) {
    case Case.SetDevice: return give(abi.Command.Device, device(changetype<wit.Device>(content)), now);
    case Case.SetLink:
      store<u32>(record, load<u32>(content), abi.LINK_DEVICE);
      store<u32>(record, load<u8>(content, 4), abi.LINK_UP);
      return give(abi.Command.Link, abi.LINK_BYTES, now);
    case Case.SetWallClock:
      store<f64>(record, load<f64>(content) - now, abi.WALL_CLOCK_OFFSET);
      return give(abi.Command.WallClock, abi.WALL_CLOCK_BYTES, now);
    case Case.SetHomeAgent: return give(abi.Command.HomeAgent, homeAgent(changetype<wit.HomeAgent>(content)), now);
    case Case.SetHomeLink: return give(abi.Command.HomeLink, homeLink(changetype<wit.HomeLink>(content)), now);
    case Case.SetPrefixDelivery: {
      const delivery = changetype<wit.PrefixDelivery>(content);
      store<f64>(record, delivery.minIntervalMs, abi.PREFIX_DELIVERY_MIN_INTERVAL);
      store<f64>(record, delivery.maxIntervalMs, abi.PREFIX_DELIVERY_MAX_INTERVAL);
      store<u32>(record, delivery.enabled, abi.PREFIX_DELIVERY_ENABLED);
      return give(abi.Command.PrefixDelivery, abi.PREFIX_DELIVERY_BYTES, now);
    }
    case Case.SetCorrespondent: return give(abi.Command.Correspondent, correspondent(changetype<wit.Correspondent>(content)), now);
    case Case.SetRouteOptimisation:
      return give(abi.Command.RouteOptimisation, routeOptimisation(changetype<wit.RouteOptimisation>(content)), now);
    case Case.AddNode: return give(abi.Command.AddNode, node(content), now);
    case Case.RemoveNode:
      store<u32>(record, load<u32>(content), abi.NODE_ID);
      return give(abi.Command.RemoveNode, abi.NODE_ID + 4, now);
    case Case.SetMobileNode: return give(abi.Command.MobileNode, mobileNode(content), now);
    case Case.Shutdown: return give(abi.Command.Shutdown, 0, now);
    case Case.RefuseAddress:
      store<u32>(record, load<u32>(content), abi.ADDRESS_DEVICE);
      address(abi.ADDRESS_VALUE, load<usize>(content, 4), load<u32>(content, 8));
      return give(abi.Command.AddressRefused, abi.ADDRESS_BYTES, now);
    case Case.SetIpv4Uplink: {
      const uplink = changetype<wit.Ipv4Uplink>(content);
      store<u32>(record, uplink.device, abi.IPV4_UPLINK_DEVICE);
      if (isPresent(uplink.hasAddress)) ipv4(abi.IPV4_UPLINK_ADDRESS, uplink.address, uplink.addressBytes);
      if (isPresent(uplink.hasGateway)) ipv4(abi.IPV4_UPLINK_GATEWAY, uplink.gateway, uplink.gatewayBytes);
      return give(abi.Command.Ipv4Uplink, abi.IPV4_UPLINK_BYTES, now);
    }
    case Case.SetServe: return give(abi.Command.ServeDualStack, serve(changetype<wit.Serve>(content)), now);
    case Case.SetReach: return give(abi.Command.ReachDualStack, reach(changetype<wit.Reach>(content)), now);
    case Case.SetNodeIpv4: {
      const permission = changetype<wit.NodeIpv4>(content);
      address(abi.NODE_IPV4_HOME_ADDRESS, permission.homeAddress, permission.homeAddressBytes);
      ipv4Home(abi.NODE_IPV4_ADDRESS, permission.ipv4Kind, permission.ipv4, permission.ipv4Bytes);
      return give(abi.Command.NodeIpv4, abi.NODE_IPV4_BYTES, now);
    }
    case Case.SetPathMtu: {
      const path = changetype<wit.PathMtu>(content);
      store<u32>(record, isPresent(path.hasDevice) ? path.device : abi.DEVICE_ANY, abi.PATH_MTU_DEVICE);
      address(abi.PATH_MTU_REMOTE, path.remote, path.remoteBytes);
      store<u32>(record, path.octets, abi.PATH_MTU_OCTETS);
      return give(abi.Command.PathMtu, abi.PATH_MTU_BYTES, now);
    }
    case Case.SetHomeAgentFound: {
      const found = changetype<wit.HomeAgentFound>(content);
      if (isPresent(found.hasAddress)) address(abi.HOME_AGENT_FOUND_ADDRESS, found.address, found.addressBytes);
      if (isPresent(found.hasIpv4)) ipv4(abi.HOME_AGENT_FOUND_IPV4, found.ipv4, found.ipv4Bytes);
      return give(abi.Command.HomeAgentFound, abi.HOME_AGENT_FOUND_BYTES, now);
    }
    default: return give(abi.Command.Probe, probe(changetype<wit.Probe>(content)), now);
  }
}

function device(from: wit.Device): u32 {
  store<u32>(record, from.index, abi.DEVICE_INDEX);
  store<u32>(record, from.kind === 0 ? abi.DeviceKind.Tunnel : abi.DeviceKind.Access, abi.DEVICE_KIND);
  store<u32>(record, from.mtu, abi.DEVICE_MTU);
  store<u32>(record, from.up, abi.DEVICE_UP);
  store<u32>(record, isPresent(from.hasPreference) ? from.preference : from.index, abi.DEVICE_PREFERENCE);
  if (isPresent(from.hasInterfaceId)) octets(abi.DEVICE_INTERFACE_ID, from.interfaceId, from.interfaceIdBytes, 8);
  if (isPresent(from.hasLinkAddress)) {
    octets(abi.DEVICE_LINK_ADDRESS, from.linkAddress, from.linkAddressBytes, 6);
    store<u32>(record, 6, abi.DEVICE_LINK_ADDRESS_BYTES);
  }
  return abi.DEVICE_BYTES;
}

function homeAgent(from: wit.HomeAgent): u32 {
  address(abi.HOME_AGENT_ADDRESS, from.address, from.addressBytes);
  store<f64>(record, from.maxLifetimeMs, abi.HOME_AGENT_MAX_LIFETIME);
  store<f64>(record, from.refreshAdviceMs, abi.HOME_AGENT_REFRESH_ADVICE);
  store<f64>(record, from.replayWindowMs, abi.HOME_AGENT_REPLAY_WINDOW);
  store<u32>(record, from.homePrefixCount, abi.HOME_AGENT_PREFIX_COUNT);
  if (from.homePrefixCount > <u32>abi.MAX_HOME_PREFIXES) {
    fail(OwnRefusal.TooLong);
    return 0;
  }
  for (let index: u32 = 0; index < from.homePrefixCount; index++) {
    homePrefix(abi.HOME_AGENT_PREFIXES + index * abi.HOME_PREFIX_BYTES,
      changetype<wit.HomePrefix>(from.homePrefixes + index * wit.HOME_PREFIX_SIZE));
  }
  return abi.HOME_AGENT_PREFIXES + from.homePrefixCount * abi.HOME_PREFIX_BYTES;
}

function homePrefix(at: usize, from: wit.HomePrefix): void {
  address(at + abi.HOME_PREFIX_ADDRESS, from.address, from.addressBytes);
  const to = record + at;
  const validMs = isPresent(from.hasValid) ? from.validMs : Infinity;
  store<u32>(to, from.length, abi.HOME_PREFIX_LENGTH);
  store<u32>(to, (from.onLink !== 0 ? abi.HomePrefixFlag.OnLink : 0) |
    (from.autonomous !== 0 ? abi.HomePrefixFlag.Autonomous : 0) |
    (from.routerAddress !== 0 ? abi.HomePrefixFlag.RouterAddress : 0), abi.HOME_PREFIX_FLAGS);
  store<f64>(to, validMs, abi.HOME_PREFIX_VALID);
  store<f64>(to, isPresent(from.hasPreferred) ? from.preferredMs : validMs, abi.HOME_PREFIX_PREFERRED);
}

function homeLink(from: wit.HomeLink): u32 {
  store<u32>(record, from.device, abi.HOME_LINK_DEVICE);
  store<u32>(record, from.advertise, abi.HOME_LINK_ADVERTISE);
  address(abi.HOME_LINK_ADDRESS, from.linkLocal, from.linkLocalBytes);
  store<f64>(record, from.minIntervalMs, abi.HOME_LINK_MIN_INTERVAL);
  store<f64>(record, from.maxIntervalMs, abi.HOME_LINK_MAX_INTERVAL);
  store<f64>(record, from.minDelayMs, abi.HOME_LINK_MIN_DELAY);
  store<f64>(record, from.routerLifetimeMs, abi.HOME_LINK_ROUTER_LIFETIME);
  store<f64>(record, from.homeAgentLifetimeMs, abi.HOME_LINK_LIFETIME);
  store<u32>(record, from.preference, abi.HOME_LINK_PREFERENCE);
  store<u32>(record, from.intervalOption, abi.HOME_LINK_INTERVAL_OPTION);
  store<u32>(record, from.unsolicited, abi.HOME_LINK_UNSOLICITED);
  return abi.HOME_LINK_BYTES;
}

function correspondent(from: wit.Correspondent): u32 {
  store<u32>(record, from.enabled, abi.CORRESPONDENT_ENABLED);
  store<u32>(record, from.addressCount, abi.CORRESPONDENT_ADDRESS_COUNT);
  store<f64>(record, from.maxLifetimeMs, abi.CORRESPONDENT_MAX_LIFETIME);
  store<f64>(record, from.testsPerSecond, abi.CORRESPONDENT_TESTS_PER_SECOND);
  return abi.CORRESPONDENT_ADDRESSES +
    addresses(abi.CORRESPONDENT_ADDRESSES, from.addresses, from.addressCount, abi.MAX_OWN_ADDRESSES);
}

function routeOptimisation(from: wit.RouteOptimisation): u32 {
  store<u32>(record, from.policy, abi.ROUTE_OPTIMISATION_POLICY);
  store<u32>(record, from.afterPackets, abi.ROUTE_OPTIMISATION_AFTER_PACKETS);
  store<f64>(record, from.lifetimeMs, abi.ROUTE_OPTIMISATION_LIFETIME);
  store<f64>(record, from.retryMs, abi.ROUTE_OPTIMISATION_RETRY);
  store<u32>(record, from.ruleCount, abi.ROUTE_OPTIMISATION_RULE_COUNT);
  if (from.ruleCount > <u32>abi.MAX_ROUTE_RULES) {
    fail(OwnRefusal.TooLong);
    return 0;
  }
  for (let index: u32 = 0; index < from.ruleCount; index++) {
    const rule = changetype<wit.RouteRule>(from.rules + index * wit.ROUTE_RULE_SIZE);
    const at = abi.ROUTE_OPTIMISATION_RULES + index * abi.ROUTE_RULE_BYTES;
    address(at + abi.ROUTE_RULE_PREFIX, rule.prefix, rule.prefixBytes);
    store<u32>(record + at, rule.prefixBytes === 4 ? rule.length + 96 : rule.length, abi.ROUTE_RULE_LENGTH);
    store<u32>(record + at, rule.policy, abi.ROUTE_RULE_POLICY);
  }
  return abi.ROUTE_OPTIMISATION_RULES + from.ruleCount * abi.ROUTE_RULE_BYTES;
}

function node(content: usize): u32 {
  const from = changetype<wit.Node>(content);
  store<u32>(record, from.id, abi.NODE_ID);
  store<u32>(record, <u32>(load<f64>(content, wit.NODE_MAX_LIFETIME_AT) / 1000), abi.NODE_MAX_LIFETIME);
  security(abi.NODE_SECURITY, changetype<wit.Security>(content + wit.NODE_SECURITY_AT));
  store<u32>(record, from.homeAddressCount, abi.NODE_HOME_ADDRESS_COUNT);
  return abi.NODE_HOME_ADDRESSES +
    addresses(abi.NODE_HOME_ADDRESSES, from.homeAddresses, from.homeAddressCount, abi.MAX_HOME_ADDRESSES);
}

function mobileNode(content: usize): u32 {
  const from = changetype<wit.MobileNode>(content);
  address(abi.MOBILE_NODE_HOME_ADDRESS, from.homeAddress, from.homeAddressBytes);
  if (isPresent(from.hasHomeAgent)) address(abi.MOBILE_NODE_HOME_AGENT, from.homeAgent, from.homeAgentBytes);
  store<f64>(record, from.lifetimeMs, abi.MOBILE_NODE_LIFETIME);
  store<f64>(record, from.firstRegistrationTimeoutMs, abi.MOBILE_NODE_FIRST_TIMEOUT);
  store<f64>(record, from.bindingAckTimeoutMs, abi.MOBILE_NODE_TIMEOUT);
  store<f64>(record, from.maxBindingAckTimeoutMs, abi.MOBILE_NODE_MAX_TIMEOUT);
  store<f64>(record, from.holdDownMs, abi.MOBILE_NODE_HOLD_DOWN);
  store<u32>(record, from.optimistic, abi.MOBILE_NODE_OPTIMISTIC);
  store<u32>(record, from.homePrefixLength, abi.MOBILE_NODE_HOME_PREFIX_LENGTH);
  security(abi.MOBILE_NODE_SECURITY, changetype<wit.Security>(content + wit.MOBILE_NODE_SECURITY_AT));
  return abi.MOBILE_NODE_BYTES;
}

function serve(from: wit.Serve): u32 {
  if (isPresent(from.hasIpv4Address)) ipv4(abi.SERVED_IPV4_ADDRESS, from.ipv4Address, from.ipv4AddressBytes);
  store<f64>(record, from.refreshMs, abi.SERVED_REFRESH);
  store<f64>(record, from.firstRefreshMs, abi.SERVED_FIRST_REFRESH);
  store<f64>(record, from.leaseMs, abi.SERVED_LEASE);
  store<u32>(record, (from.udpIpv6 !== 0 ? abi.ServedFlag.UdpIpv6 : 0) |
    (from.mayForceUdp !== 0 ? abi.ServedFlag.MayForceUdp : 0) | (from.forceUdp !== 0 ? abi.ServedFlag.ForceUdp : 0) |
    (from.probes !== 0 ? abi.ServedFlag.Probes : 0), abi.SERVED_FLAGS);
  store<u32>(record, from.poolCount, abi.SERVED_POOL_COUNT);
  if (from.poolCount > <u32>abi.MAX_IPV4_POOLS) {
    fail(OwnRefusal.TooLong);
    return 0;
  }
  for (let index: u32 = 0; index < from.poolCount; index++) {
    const pool = changetype<wit.AddressPool>(from.pools + index * wit.ADDRESS_POOL_SIZE);
    const at = abi.SERVED_POOLS + index * abi.SERVED_POOL_BYTES;
    ipv4(at + abi.SERVED_POOL_FIRST, pool.first, pool.firstBytes);
    store<u32>(record + at, pool.addresses, abi.SERVED_POOL_ADDRESSES);
  }
  return abi.SERVED_POOLS + from.poolCount * abi.SERVED_POOL_BYTES;
}

function reach(from: wit.Reach): u32 {
  if (isPresent(from.hasHomeAgentIpv4)) ipv4(abi.REACH_HOME_AGENT_IPV4, from.homeAgentIpv4, from.homeAgentIpv4Bytes);
  ipv4Home(abi.REACH_IPV4_HOME_ADDRESS, from.ipv4HomeKind, from.ipv4Home, from.ipv4HomeBytes);
  store<f64>(record, from.keepaliveFloorMs, abi.REACH_KEEPALIVE_FLOOR);
  store<f64>(record, from.keepaliveCeilingMs, abi.REACH_KEEPALIVE_CEILING);
  store<f64>(record, from.retryMs, abi.REACH_RETRY);
  store<u32>(record, (from.ipv6 !== 0 ? abi.ReachFlag.Ipv6 : 0) | (from.udpIpv6 !== 0 ? abi.ReachFlag.UdpIpv6 : 0) |
    (from.ipv4 !== 0 ? abi.ReachFlag.Ipv4 : 0) | (from.forceUdp !== 0 ? abi.ReachFlag.ForceUdp : 0) |
    (from.probesOnly !== 0 ? abi.ReachFlag.ProbesOnly : 0), abi.REACH_FLAGS);
  return abi.REACH_BYTES;
}

function probe(from: wit.Probe): u32 {
  store<u32>(record, from.device, abi.PROBE_DEVICE);
  store<u32>(record, from.encapsulation, abi.PROBE_ENCAPSULATION);
  store<u32>(record, from.number, abi.PROBE_NUMBER);
  store<u32>(record, from.bytes, abi.PROBE_BYTES_WANTED);
  store<u32>(record, from.answerPort, abi.PROBE_ANSWER_PORT);
  store<u32>(record, from.tunnelled, abi.PROBE_TUNNELLED);
  return abi.PROBE_BYTES;
}
