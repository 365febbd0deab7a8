/**
 * Out of the tunnel: who may send through it, and where the inner packet goes.
 *
 *   home agent    outer source = care-of address that is bound to the inner source   RFC 6275 §10.4.5, RFC 5555 §4.1
 *   mobile node   outer source = home agent, inner destination = home address        RFC 6275 §11.3.3
 *
 * What stood around the inner packet says encap/arrival; behind a NAT the port counts like the address
 * (RFC 5555 §2.3.2.2). IPv4 inner packets: decapsulate-ipv4.
 */
import { Encapsulation, Event, Role } from "../abi/contract";
import { BindingErrorStatus, Icmpv6Type, MobilityHeaderType, MulticastScope, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { copyAddress, isLinkLocal, isMulticast, isUnspecified, multicastScope, sameAddress } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as arrival from "../encap/arrival";
import * as delivery from "../encap/delivery";
import * as mssClamp from "../encap/mss-clamp";
import * as tunnel from "../encap/tunnel";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as homeAgent from "../protocol/home-agent";
import * as homeLink from "../protocol/home-link";
import * as mobileNode from "../protocol/mobile-node";
import * as received from "../protocol/mobility-message";
import * as multicastForwarding from "../protocol/multicast-forwarding";
import * as multicastMembership from "../protocol/multicast-membership";
import * as natMapping from "../protocol/nat-mapping";
import * as registration from "../protocol/registration";
import * as correspondentFlow from "./correspondent";
import * as decapsulateIpv4 from "./decapsulate-ipv4";
import * as icmp from "./icmp";
import * as listener from "./listener";
import * as node from "./node";
import * as peer from "./peer";
import * as peerErrors from "./peer-errors";

/**
 * Takes what a tunnel packet or a datagram from `device` carried: `length` octets at `inner`, a packet of IP version
 * `version` and perhaps more. Returns what refused it.
 */
export function receive(device: u32, inner: usize, length: u32, version: u32): Reason {
  const refusal = tunnel.open(inner, length, version, arrival.trafficClass());
  if (refusal != Reason.None) return refusal;
  if (node.role() == Role.HomeAgent) {
    return version == 4 ? decapsulateIpv4.fromMobileNode(inner) : fromMobileNode(inner);
  }
  if (!registration.isConfigured()) return Reason.NotConfigured;
  return version == 4 ? decapsulateIpv4.fromHomeAgent(device, inner) : fromHomeAgent(device, inner);
}

// ---- at the home agent ----------------------------------------------------------------------

/** 6275-8.4-4, 6275-8.4-5, 6275-10.4.5-1, 6275-10.4.5-3, 6275-10.3.1-35 */
function fromMobileNode(inner: usize): Reason {
  const home = ip6.source(inner);
  const isToGroup = isMulticast(ip6.destination(inner));
  // 6275-10.4.3-1: listener messages often have a link-local source; the tunnel tells whose they are.
  const record = isToGroup && isLinkLocal(home)
    ? multicastMembership.issuer(arrival.path())
    : selector.boundBy(home, arrival.path());
  if (record == NONE && !isToGroup && isTrial(inner) && nodes.findHome(home) != NONE) {
    return receiveTunnelledMessage(inner, ip6.totalLength(inner)); // a node tries a path before it binds it
  }
  if (record == NONE) return refuseUnbound(home, home);
  if (isLinkLocal(ip6.destination(inner))) return Reason.LinkLocalNotTunnelled;
  const length = ip6.totalLength(inner);
  if (isToGroup) return multicastForwarding.fromMobileNode(arrival.path().device, inner, length, record);
  const binding = bindings.at(record);
  binding.packetsIn += 1;
  binding.bytesIn += <f64>length;
  natMapping.heard(binding);
  if (ip6.nextHeader(inner) == NextHeader.Mobility && sameAddress(ip6.destination(inner), homeLink.address())) {
    return receiveTunnelledMessage(inner, length);
  }
  mssClamp.clamp(inner, length, bindings.room(binding));
  delivery.deliver(inner, length);
  return Reason.None;
}

/**
 * Refuses what came from the bound or unbound address `home`, IPv6 or IPv4-mapped. A node that believes it is
 * registered is told as if it had used a Home Address option, and registers anew (RFC 6275 §11.3.6): where this home
 * agent has lost its state, and where a NAT has given it another address or port (RFC 5555 §2.3.2.2). `homeAddress`
 * is the IPv6 home address that it knows, 0: none.
 */
export function refuseUnbound(home: usize, homeAddress: usize): Reason {
  const way = arrival.path();
  const isBound = selector.forHomeAddress(home) != NONE;
  const isMapping = isBound && way.encapsulation != <u32>Encapsulation.Ipv6;
  const isForgotten = !isBound && homeAddress != 0 && nodes.findHome(homeAddress) != NONE;
  if (homeAddress != 0 && (isMapping || isForgotten)) {
    const to = way.encapsulation == <u32>Encapsulation.Ipv6 ? way.remote() : homeAddress;
    received.sendBindingError(homeLink.address(), to, BindingErrorStatus.UnknownBinding, homeAddress);
  }
  return isMapping ? Reason.MappingUnknown : Reason.TunnelSourceNotBound;
}

/**
 * A mobility message to the home agent itself, out of a tunnel of its binding. Binding Updates come natively or in
 * datagrams (5555-4.1-2), what tries a path comes through it; by IPv6 the others are the host's to answer.
 */
function receiveTunnelledMessage(inner: usize, length: u32): Reason {
  if (!isTrial(inner)) {
    if (arrival.path().encapsulation != <u32>Encapsulation.Ipv6) return Reason.NotUdpEncapsulated;
    delivery.deliver(inner, length);
    return Reason.None;
  }
  const malformed = extension.walk(inner, length);
  if (malformed != Reason.None) return malformed;
  const refusal = received.read(homeLink.address(), inner, length);
  return refusal != Reason.None ? refusal : homeAgent.receive(arrival.path().device);
}

/** True for a probe to the home agent itself. */
function isTrial(inner: usize): bool {
  return ip6.nextHeader(inner) == NextHeader.Mobility && sameAddress(ip6.destination(inner), homeLink.address()) &&
    ip6.payloadLength(inner) >= mobility.UNIT_BYTES &&
    mobility.type(inner + ip6.LENGTH_BYTES) == <u32>MobilityHeaderType.Experimental;
}

// ---- at the mobile node ---------------------------------------------------------------------

/** 6275-11.3.3-1, 6275-11.3.3-2, 6275-8.5-3 */
function fromHomeAgent(device: u32, inner: usize): Reason {
  const isToGroup = isMulticast(ip6.destination(inner));
  const record = isToGroup ? entryOfSender() : updates.find(ip6.destination(inner));
  if (record == NONE) return entryOfSender() == NONE ? Reason.TunnelNotFromHomeAgent : Reason.TunnelInnerNotOurs;
  const update = updates.at(record);
  if (!selector.isHomeAgent(update, arrival.path())) return Reason.TunnelNotFromHomeAgent;
  const length = ip6.totalLength(inner);
  if (arrival.path().encapsulation != <u32>Encapsulation.Ipv6 && isMessageOf(update, inner, length)) {
    return receiveMessage(device, inner, length);
  }
  // 6275-8.5-18: packets to groups are the stack's; of a link's own traffic, the home agent's queries alone.
  const isOfLink = isToGroup && multicastScope(ip6.destination(inner)) <= <u32>MulticastScope.Link;
  if (isOfLink && !listener.noteQuery(update, inner, length)) return Reason.TunnelInnerNotOurs;
  noteTunnelled(device, update, length);
  // A mobile node is a correspondent node as well (6275-5.2.9-1: others reach it at its home address).
  if (correspondentFlow.isConcerned(inner, length)) return receiveConcerned(device, record, inner, length);
  // Mobility messages to the home address are for us, not for the host's stack.
  if (peer.isMobility(inner, length)) return receiveMobility(inner, length);
  if (isErrorAboutMessage(inner, length)) {
    return peerErrors.receive(inner, inner + ip6.LENGTH_BYTES, ip6.payloadLength(inner));
  }
  mssClamp.clamp(inner, length, updates.room(update));
  delivery.deliver(inner, length);
  // 6275-11.3.5-3: an error is no traffic that deserves an entry.
  const isTraffic = !isToGroup && !icmp6.isErrorPacket(inner, length);
  if (isTraffic && registration.isPrimary(record)) peer.noteTunnelledIn(ip6.source(inner));
  return Reason.None;
}

/** An entry whose home agent sent the packet in hand, NONE: it is none of ours. */
function entryOfSender(): u32 {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    if (selector.isHomeAgent(updates.at(record), arrival.path())) return record;
  }
  return NONE;
}

/** Counts a packet of `length` octets out of the tunnel; the first one on a care-of address is told. */
export function noteTunnelled(device: u32, update: Update, length: u32): void {
  update.packetsIn += 1;
  update.bytesIn += <f64>length;
  if ((update.inUse & INBOUND) == 0 && isOnCareof(device, update)) {
    update.inUse |= INBOUND;
    orders.event(Event.PathInUse, device, 0, updates.careof(update), 0);
  }
}

/** True when the packet in hand came to the care-of address that is registered now. */
function isOnCareof(device: u32, update: Update): bool {
  const way = arrival.path();
  return way.isUdp() ? update.device == device : sameAddress(way.local(), updates.careof(update));
}

/**
 * True for what the home agent itself tells this node, where it has no care-of address to send it to natively: a
 * mobility message, or a Mobile Prefix Advertisement (RFC 5555 §2.2). It is no tunnelled traffic.
 */
function isMessageOf(update: Update, inner: usize, length: u32): bool {
  if (!sameAddress(ip6.source(inner), updates.peerOf(update)) || isUnspecified(ip6.source(inner))) return false;
  if (peer.isMobility(inner, length)) return true;
  const at = chain.findUpper(inner, length, NextHeader.Icmpv6);
  return at != 0 && icmp6.type(inner + at) == <u32>Icmpv6Type.MobilePrefixAdvertisement;
}

function receiveMessage(device: u32, inner: usize, length: u32): Reason {
  if (peer.isMobility(inner, length)) return receiveMobility(inner, length);
  const malformed = extension.walk(inner, length);
  return malformed != Reason.None ? malformed : icmp.receive(device, inner);
}

/** A packet with a Home Address option that is valid is one of that peer (6275-11.7.2-5), and no test message is. */
function receiveConcerned(device: u32, record: u32, inner: usize, length: u32): Reason {
  const isOfPeer = extension.homeAddressOption() != 0 && extension.upperProtocol() != NextHeader.Mobility;
  if (isOfPeer) copyAddress(sender, extension.homeAddress(inner));
  const refusal = correspondentFlow.receiveTunnelled(device, inner, length);
  if (refusal == Reason.None && isOfPeer && registration.isPrimary(record)) peer.noteTunnelledIn(sender);
  return refusal;
}
const sender = memory.data(16, 16);

function receiveMobility(inner: usize, length: u32): Reason {
  const malformed = extension.walk(inner, length);
  if (malformed != Reason.None) return malformed;
  const refusal = received.read(ip6.destination(inner), inner, length);
  return refusal != Reason.None ? refusal : mobileNode.receive(true);
}

/** True for an ICMPv6 error about a Home Test Init: no application of the host sent that. */
function isErrorAboutMessage(inner: usize, length: u32): bool {
  const message = inner + ip6.LENGTH_BYTES;
  const octets = length - <u32>ip6.LENGTH_BYTES;
  if (ip6.nextHeader(inner) != NextHeader.Icmpv6 || octets < <u32>icmp6.LENGTH_BYTES) return false;
  if (!icmp6.isError(message)) return false;
  const invoking = icmp6.body(message);
  const quoted = octets - <u32>icmp6.LENGTH_BYTES;
  return quoted >= <u32>ip6.LENGTH_BYTES && ip6.nextHeader(invoking) == NextHeader.Mobility &&
    icmp6.check(message, octets, ip6.source(inner), ip6.destination(inner)) == Reason.None &&
    peerErrors.isAboutPeer(invoking, quoted);
}

/** Bit of Update.inUse. */
const INBOUND: u32 = 2;
