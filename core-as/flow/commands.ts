/** Commands of the host: each checks its record, then changes one thing. */
import * as abi from "../abi/contract";
import { Authentication, Command, DeviceKind, Order, Refusal, Role } from "../abi/contract";
import { MINIMUM_MTU } from "../abi/codes";
import { isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import { isUnicast } from "../wire/mapped";
import * as authentication from "../protocol/authentication";
import * as bindingReview from "../protocol/binding-review";
import * as careofAddress from "../protocol/careof-address";
import * as correspondent from "../protocol/correspondent";
import * as detection from "../protocol/duplicate-detection";
import * as homeLink from "../protocol/home-link";
import * as homeRegistration from "../protocol/home-registration";
import * as mobileNode from "../protocol/mobile-node";
import * as movement from "../protocol/movement";
import * as pathProbe from "../protocol/path-probe";
import * as nodeIpv4 from "../protocol/node-ipv4";
import * as pathMtu from "../protocol/path-mtu";
import * as peerAttachment from "../protocol/peer-attachment";
import * as peerPolicy from "../protocol/peer-policy";
import * as proxyNeighbour from "../protocol/proxy-neighbour";
import * as prefixAdvertisement from "../protocol/prefix-advertisement";
import * as reach from "../protocol/reach";
import * as registration from "../protocol/registration";
import * as routerAdvertiser from "../protocol/router-advertiser";
import * as security from "../protocol/security";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as correspondentFlow from "./correspondent";
import * as homeServices from "./home-services";
import * as node from "./node";

/** Carries out the command whose record of `length` octets is at `record`. */
export function execute(code: u32, record: usize, length: u32): Refusal {
  switch (code) {
    case Command.Device:
      return length < <u32>abi.DEVICE_BYTES ? Refusal.ShortRecord : setDevice(record);
    case Command.Link:
      return length < <u32>abi.LINK_BYTES
        ? Refusal.ShortRecord
        : setLink(load<u32>(record, abi.LINK_DEVICE), load<u32>(record, abi.LINK_UP) != 0);
    case Command.WallClock:
      return length < <u32>abi.WALL_CLOCK_BYTES
        ? Refusal.ShortRecord
        : setWallClock(load<f64>(record, abi.WALL_CLOCK_OFFSET));
    case Command.HomeAgent:
      if (node.role() != Role.HomeAgent) return Refusal.WrongRole;
      return length < <u32>abi.HOME_AGENT_PREFIXES ? Refusal.ShortRecord : homeServices.configure(record, length);
    case Command.AddNode:
      if (node.role() != Role.HomeAgent) return Refusal.WrongRole;
      return length < <u32>abi.NODE_HOME_ADDRESSES ? Refusal.ShortRecord : addNode(record, length);
    case Command.RemoveNode:
      if (node.role() != Role.HomeAgent) return Refusal.WrongRole;
      return length < 4 ? Refusal.ShortRecord : removeNode(load<u32>(record, abi.NODE_ID));
    case Command.MobileNode:
      if (node.role() != Role.MobileNode) return Refusal.WrongRole;
      return length < <u32>abi.MOBILE_NODE_BYTES ? Refusal.ShortRecord : mobileNode.configure(record);
    case Command.HomeLink:
      if (node.role() != Role.HomeAgent) return Refusal.WrongRole;
      return length < <u32>abi.HOME_LINK_BYTES ? Refusal.ShortRecord : homeServices.configureLink(record);
    case Command.Correspondent:
      if (node.role() != Role.CorrespondentNode && node.role() != Role.MobileNode) return Refusal.WrongRole;
      return length < <u32>abi.CORRESPONDENT_ADDRESSES ? Refusal.ShortRecord : setCorrespondent(record, length);
    case Command.RouteOptimisation:
      if (node.role() != Role.MobileNode) return Refusal.WrongRole;
      return length < <u32>abi.ROUTE_OPTIMISATION_RULES ? Refusal.ShortRecord : configureRoutes(record, length);
    case Command.Ipv4Uplink:
      if (node.role() != Role.MobileNode) return Refusal.WrongRole;
      return length < <u32>abi.IPV4_UPLINK_BYTES ? Refusal.ShortRecord : setIpv4Uplink(record);
    case Command.ReachDualStack:
      if (node.role() != Role.MobileNode) return Refusal.WrongRole;
      return length < <u32>abi.REACH_BYTES ? Refusal.ShortRecord : reach.configure(record);
    case Command.HomeAgentFound:
      if (node.role() != Role.MobileNode) return Refusal.WrongRole;
      return length < <u32>abi.HOME_AGENT_FOUND_BYTES ? Refusal.ShortRecord : reach.found(record);
    case Command.Probe:
      if (node.role() != Role.MobileNode) return Refusal.WrongRole;
      return length < <u32>abi.PROBE_BYTES ? Refusal.ShortRecord : pathProbe.command(record);
    case Command.ServeDualStack:
      if (node.role() != Role.HomeAgent) return Refusal.WrongRole;
      return length < <u32>abi.SERVED_POOLS ? Refusal.ShortRecord : homeServices.configureDualStack(record, length);
    case Command.NodeIpv4:
      if (node.role() != Role.HomeAgent) return Refusal.WrongRole;
      return length < <u32>abi.NODE_IPV4_BYTES ? Refusal.ShortRecord : nodeIpv4.configure(record);
    case Command.PrefixDelivery:
      if (node.role() != Role.HomeAgent) return Refusal.WrongRole;
      return length < <u32>abi.PREFIX_DELIVERY_BYTES ? Refusal.ShortRecord : prefixAdvertisement.configure(record);
    case Command.Shutdown:
      if (node.role() == Role.HomeAgent) routerAdvertiser.cease();
      if (node.role() == Role.MobileNode) registration.shutdown();
      return Refusal.None;
    case Command.PathMtu:
      if (node.role() == Role.Codec) return Refusal.WrongRole;
      return length < <u32>abi.PATH_MTU_BYTES ? Refusal.ShortRecord : pathMtu.learn(record);
    case Command.AddressRefused:
      return length < <u32>abi.ADDRESS_BYTES ? Refusal.ShortRecord : refuseAddress(record);
    default:
      return Refusal.UnknownCommand;
  }
}

/** The largest time of a JavaScript Date, ms: a clock that shows more is broken. */
const MAX_UNIX_MS: f64 = 8.64e15;

function setWallClock(offsetMs: f64): Refusal {
  if (!(Math.abs(offsetMs) <= MAX_UNIX_MS)) return Refusal.OutOfRange;
  clock.setWallOffset(offsetMs);
  return Refusal.None;
}

function setDevice(record: usize): Refusal {
  const index = load<u32>(record, abi.DEVICE_INDEX);
  const kind = load<u32>(record, abi.DEVICE_KIND);
  if (!devices.isIndex(index) || (kind != DeviceKind.Tunnel && kind != DeviceKind.Access)) {
    return Refusal.OutOfRange;
  }
  if (
    load<u32>(record, abi.DEVICE_LINK_ADDRESS_BYTES) > 8 ||
    load<u32>(record, abi.DEVICE_MTU) < <u32>MINIMUM_MTU
  ) {
    return Refusal.OutOfRange;
  }
  const device = devices.at(index);
  if (device.kind != 0 && device.kind != kind) return Refusal.AlreadyPresent;
  device.kind = kind;
  device.mtu = load<u32>(record, abi.DEVICE_MTU);
  devices.mtuChanged();
  device.preference = load<u32>(record, abi.DEVICE_PREFERENCE);
  device.interfaceId = load<u64>(record, abi.DEVICE_INTERFACE_ID);
  device.linkAddressBytes = load<u32>(record, abi.DEVICE_LINK_ADDRESS_BYTES);
  device.linkAddress = load<u64>(record, abi.DEVICE_LINK_ADDRESS);
  device.offload = load<u32>(record, abi.DEVICE_OFFLOAD);
  const up = load<u32>(record, abi.DEVICE_UP) != 0;
  if (up != (device.up != 0)) return setLink(index, up);
  if (node.role() == Role.MobileNode && kind == DeviceKind.Access) movement.deviceChanged(index);
  if (node.role() == Role.CorrespondentNode) correspondentFlow.tellMtu();
  return Refusal.None;
}

/** A link event. `up` for a link that is up already says that it may be another link now. */
function setLink(index: u32, up: bool): Refusal {
  if (!devices.isIndex(index) || devices.at(index).kind == 0) return Refusal.UnknownDevice;
  devices.at(index).up = up ? 1 : 0;
  if (node.role() == Role.MobileNode && devices.at(index).kind == DeviceKind.Access) {
    movement.linkChanged(index, up);
  }
  if (node.role() == Role.HomeAgent && up && index == homeLink.device()) bindingReview.begin(true);
  if (node.role() == Role.HomeAgent && index == homeLink.device()) routerAdvertiser.linkChanged(up);
  return Refusal.None;
}

function setIpv4Uplink(record: usize): Refusal {
  const device = load<u32>(record, abi.IPV4_UPLINK_DEVICE);
  const address = record + abi.IPV4_UPLINK_ADDRESS;
  const gateway = record + abi.IPV4_UPLINK_GATEWAY;
  if (!devices.is(device, DeviceKind.Access)) return Refusal.UnknownDevice;
  if (!isUnspecified(address) && !isUnicast(address)) return Refusal.OutOfRange;
  if (!isUnspecified(gateway) && !isUnicast(gateway)) return Refusal.OutOfRange;
  movement.ipv4Changed(device, address);
  return Refusal.None;
}

function setCorrespondent(record: usize, length: u32): Refusal {
  const refusal = correspondent.configure(record, length);
  if (refusal == Refusal.None && node.role() == Role.CorrespondentNode) correspondentFlow.tellMtu();
  return refusal;
}

function addNode(record: usize, length: u32): Refusal {
  const id = load<u32>(record, abi.NODE_ID);
  const count = load<u32>(record, abi.NODE_HOME_ADDRESS_COUNT);
  if (count == 0 || count > <u32>abi.MAX_HOME_ADDRESSES || id >= nodes.capacity()) return Refusal.OutOfRange;
  if (length < <u32>abi.NODE_HOME_ADDRESSES + count * 16) return Refusal.ShortRecord;
  const secrets = record + abi.NODE_SECURITY;
  const refusal = security.check(secrets);
  if (refusal != Refusal.None) return refusal;
  if (nodes.findId(id) != NONE) return Refusal.AlreadyPresent;
  for (let index: u32 = 0; index < count; index++) {
    const home = record + abi.NODE_HOME_ADDRESSES + <usize>index * 16;
    if (!isUnicastRoutable(home) || !homeLink.isOnHomeLink(home) || sameAddress(home, homeLink.address())) {
      return Refusal.OutOfRange;
    }
    if (nodes.findHome(home) != NONE) return Refusal.AlreadyPresent;
  }
  const kind = load<u32>(secrets, abi.SECURITY_AUTHENTICATION);
  let identity: usize = 0;
  if (kind == Authentication.SharedKey) {
    identity = authentication.hashIdentity(
      secrets + abi.SECURITY_IDENTITY, load<u32>(secrets, abi.SECURITY_IDENTITY_BYTES),
    );
    if (nodes.findIdentity(identity) != NONE) return Refusal.AlreadyPresent;
  }
  const number = nodes.insert(id, identity);
  if (number == NONE) return Refusal.BudgetExhausted;
  const entry = nodes.at(number);
  entry.authentication = kind;
  entry.maxLifetimeS = load<u32>(record, abi.NODE_MAX_LIFETIME);
  if (kind == Authentication.SharedKey) {
    entry.replay = load<u32>(secrets, abi.SECURITY_REPLAY);
    entry.spi = load<u32>(secrets, abi.SECURITY_SPI);
    security.prepareKey(secrets, nodes.keyState(entry));
  }
  for (let index: u32 = 0; index < count; index++) {
    if (!nodes.addHome(number, record + abi.NODE_HOME_ADDRESSES + <usize>index * 16)) {
      nodes.remove(number);
      return Refusal.BudgetExhausted;
    }
    homeRegistration.yieldTo(number, record + abi.NODE_HOME_ADDRESSES + <usize>index * 16);
  }
  return Refusal.None;
}

function removeNode(id: u32): Refusal {
  const number = nodes.findId(id);
  if (number == NONE) return Refusal.NotFound;
  homeRegistration.forgetNode(number);
  nodeIpv4.removeNode(number);
  nodes.remove(number);
  return Refusal.None;
}

function configureRoutes(record: usize, length: u32): Refusal {
  const refusal = peerPolicy.configure(record, length);
  if (refusal == Refusal.None) peerAttachment.policyChanged();
  return refusal;
}

function refuseAddress(record: usize): Refusal {
  const device = load<u32>(record, abi.ADDRESS_DEVICE);
  if (!devices.is(device, DeviceKind.Access)) return Refusal.UnknownDevice;
  careofAddress.refused(device, record + abi.ADDRESS_VALUE);
  return Refusal.None;
}
