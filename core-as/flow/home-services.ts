/**
 * What a home agent does beside bindings and tunnels: discovery, router and prefix advertisements, groups. The
 * commands, messages and timers of those parts meet here.
 */
import { DEVICE_ANY, Order, Refusal } from "../abi/contract";
import { Icmpv6Type } from "../abi/codes";
import { Reason } from "../abi/reasons";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as router from "../wire/router";
import * as homeAgents from "../tables/home-agents";
import * as leases from "../tables/ipv4-leases";
import * as memberships from "../tables/memberships";
import * as orders from "../tables/orders";
import * as deliveries from "../tables/prefix-deliveries";
import * as addressDiscovery from "../protocol/address-discovery";
import * as advertisedPrefixes from "../protocol/advertised-prefixes";
import * as bindingReview from "../protocol/binding-review";
import * as random from "../protocol/crypto/random";
import * as detection from "../protocol/duplicate-detection";
import * as homeAgentsList from "../protocol/home-agents-list";
import * as homeLink from "../protocol/home-link";
import * as multicastForwarding from "../protocol/multicast-forwarding";
import * as multicastMembership from "../protocol/multicast-membership";
import * as prefixAdvertisement from "../protocol/prefix-advertisement";
import * as proxyNeighbour from "../protocol/proxy-neighbour";
import * as routerAdvertiser from "../protocol/router-advertiser";
import * as served from "../protocol/served";
import { TimerKind } from "../protocol/timers";

/** Memberships: few nodes join groups, so there is one for every sixteenth binding, within these. */
const BINDINGS_PER_MEMBERSHIP: u32 = 16;
const LEAST_MEMBERSHIPS: u32 = 512;
const MOST_MEMBERSHIPS: u32 = 65536;

function membershipCapacity(maxBindings: u32): u32 {
  return min(max(maxBindings / BINDINGS_PER_MEMBERSHIP, LEAST_MEMBERSHIPS), MOST_MEMBERSHIPS);
}

/** As many as there may be authorised home addresses: see tables/nodes. */
function deliveryCapacity(maxNodes: u32): u32 {
  return max<u32>(16, 2 * maxNodes);
}

/** How many timers these parts can have at once. */
export function timerCount(maxBindings: u32, maxNodes: u32): u32 {
  return homeAgents.MAX_HOME_AGENTS + 2 * membershipCapacity(maxBindings) + deliveryCapacity(maxNodes);
}

export function start(maxBindings: u32, maxNodes: u32, packetBytes: u32): void {
  multicastForwarding.start(packetBytes);
  homeAgents.start();
  memberships.start(membershipCapacity(maxBindings), random.next64(), random.next64());
  deliveries.start(deliveryCapacity(maxNodes), random.next64(), random.next64());
  leases.start(deliveryCapacity(maxNodes), random.next64(), random.next64());
}

/** Command.HomeAgent: what changes about the prefixes is told on the home link, and to the nodes that are away. */
export function configure(record: usize, length: u32): Refusal {
  const isFirst = !homeLink.isConfigured();
  advertisedPrefixes.remember();
  const refusal = homeLink.configure(record, length);
  if (refusal != Refusal.None) return refusal;
  const changed = advertisedPrefixes.settle();
  if (changed) prefixAdvertisement.prefixesChanged();
  if (changed || isFirst) routerAdvertiser.announce();
  bindingReview.begin(false);
  return Refusal.None;
}

/** Command.ServeDualStack: leases and bindings keep the addresses that they may have still. */
export function configureDualStack(record: usize, length: u32): Refusal {
  const refusal = served.configure(record, length);
  if (refusal == Refusal.None) bindingReview.begin(false);
  return refusal;
}

/** Command.HomeLink. */
export function configureLink(record: usize): Refusal {
  const unknown = homeLink.checkLink(record);
  if (unknown != Refusal.None) return unknown;
  const refusal = routerAdvertiser.check(record);
  if (refusal != Refusal.None) return refusal;
  const before = homeLink.device();
  routerAdvertiser.leave(record);
  homeLink.configureLink(record);
  if (homeLink.device() != before) {
    homeAgentsList.clear();
    if (before != DEVICE_ANY) orders.toggle(Order.HearGroups, before, false);
    // Neighbours that look for a home address ask in its solicited-node group.
    orders.toggle(Order.HearGroups, homeLink.device(), true);
    detection.start();
    proxyNeighbour.start();
  }
  routerAdvertiser.begin(record);
  bindingReview.begin(true);
  return Refusal.None;
}

/** Takes an ICMPv6 message that is no error and whose checksum is right; returns what refused it. */
export function receive(device: u32, packet: usize, message: usize, length: u32): Reason {
  const isAtHome = device == homeLink.device();
  switch (icmp6.type(message)) {
    case Icmpv6Type.RouterSolicitation:
      return isAtHome
        ? routerAdvertiser.receiveSolicitation(packet, message, length)
        : Reason.MessageNotForThisRole;
    case Icmpv6Type.RouterAdvertisement:
      return isAtHome ? receiveRouterAdvertisement(packet, message, length) : Reason.MessageNotForThisRole;
    case Icmpv6Type.HomeAgentAddressDiscoveryRequest:
      return addressDiscovery.receive(device, packet, message, length);
    case Icmpv6Type.MobilePrefixSolicitation:
      return prefixAdvertisement.receive(packet, message, length);
    default:
      return Reason.MessageNotForThisRole;
  }
}

function receiveRouterAdvertisement(packet: usize, message: usize, length: u32): Reason {
  const refusal = router.checkAdvertisement(packet, message, length);
  return refusal != Reason.None ? refusal : homeAgentsList.hear(ip6.source(packet), message, length);
}

export function onTimer(kind: u32, owner: u32): void {
  switch (kind) {
    case TimerKind.HomeAgent:
      homeAgentsList.onTimer(owner);
      break;
    case TimerKind.RouterAdvertisement:
      routerAdvertiser.onTimer();
      break;
    case TimerKind.PrefixDelivery:
      prefixAdvertisement.onTimer(owner);
      break;
    case TimerKind.Membership:
      multicastMembership.onMembershipTimer(owner);
      break;
    case TimerKind.ListenerQuery:
      multicastMembership.onQueryTimer(owner);
      break;
    default:
      multicastForwarding.onTimer();
      break;
  }
}
