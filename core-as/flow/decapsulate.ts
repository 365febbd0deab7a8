/**
 * Out of the tunnel: who may send through it, and where the inner packet goes.
 *
 *   home agent    outer source = care-of address that is bound to the inner source   RFC 6275 §10.4.5
 *   mobile node   outer source = home agent, inner destination = home address        RFC 6275 §11.3.3
 */
import { DeviceKind, Event, Role } from "../abi/contract";
import { BindingErrorStatus, MulticastScope, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { copyAddress, isLinkLocal, isMulticast, multicastScope, sameAddress } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as tunnel from "../encap/tunnel";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import * as devices from "../tables/devices";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as homeLink from "../protocol/home-link";
import * as mobileNode from "../protocol/mobile-node";
import * as received from "../protocol/mobility-message";
import * as multicastForwarding from "../protocol/multicast-forwarding";
import * as multicastMembership from "../protocol/multicast-membership";
import * as registration from "../protocol/registration";
import * as correspondentFlow from "./correspondent";
import * as listener from "./listener";
import * as node from "./node";
import * as peer from "./peer";
import * as peerErrors from "./peer-errors";

/** Takes a tunnel packet of which `extension.walk` found the headers; returns what refused it. */
export function receive(device: u32, packet: usize): Reason {
  const inner = packet + extension.upperOffset();
  const refusal = tunnel.open(packet, inner, extension.upperLength());
  if (refusal != Reason.None) return refusal;
  return node.role() == Role.HomeAgent
    ? fromMobileNode(device, packet, inner)
    : fromHomeAgent(device, packet, inner);
}

/** 6275-8.4-4, 6275-8.4-5, 6275-10.4.5-1, 6275-10.4.5-3, 6275-10.3.1-35 */
function fromMobileNode(device: u32, packet: usize, inner: usize): Reason {
  const home = ip6.source(inner);
  const isToGroup = isMulticast(ip6.destination(inner));
  // 6275-10.4.3-1: listener messages often have a link-local source; the tunnel tells whose they are.
  const record = isToGroup && isLinkLocal(home)
    ? multicastMembership.issuer(ip6.source(packet))
    : selector.boundTo(home, ip6.source(packet));
  if (record == NONE) {
    // A node that believes it is registered, where this home agent has lost its state: it is told as if
    // it had used a Home Address option, and registers anew (RFC 6275 §11.3.6).
    if (selector.forHomeAddress(home) == NONE && nodes.findHome(home) != NONE) {
      received.sendBindingError(device, homeLink.address(), BindingErrorStatus.UnknownBinding, packet, home);
    }
    return Reason.TunnelSourceNotBound;
  }
  if (isLinkLocal(ip6.destination(inner))) return Reason.LinkLocalNotTunnelled;
  if (isToGroup) return multicastForwarding.fromMobileNode(device, inner, ip6.totalLength(inner), record);
  const binding = bindings.at(record);
  const length = ip6.totalLength(inner);
  binding.packetsIn += 1;
  binding.bytesIn += <f64>length;
  orders.transmit(devices.first(DeviceKind.Tunnel), inner, length);
  return Reason.None;
}

/** 6275-11.3.3-1, 6275-11.3.3-2, 6275-8.5-3 */
function fromHomeAgent(device: u32, packet: usize, inner: usize): Reason {
  if (!registration.isConfigured()) return Reason.NotConfigured;
  if (!updates.isPeer(ip6.source(packet))) return Reason.TunnelNotFromHomeAgent;
  const isToGroup = isMulticast(ip6.destination(inner));
  const record = isToGroup
    ? updates.findPeer(ip6.source(packet))
    : updates.find(ip6.destination(inner));
  if (record == NONE) return Reason.TunnelInnerNotOurs;
  const update = updates.at(record);
  if (!sameAddress(ip6.source(packet), updates.peerOf(update))) return Reason.TunnelNotFromHomeAgent;
  const length = ip6.totalLength(inner);
  // 6275-8.5-18: packets to groups are the stack's; of a link's own traffic, the home agent's queries alone.
  const isOfLink = isToGroup && multicastScope(ip6.destination(inner)) <= <u32>MulticastScope.Link;
  if (isOfLink && !listener.noteQuery(update, inner, length)) return Reason.TunnelInnerNotOurs;
  update.packetsIn += 1;
  update.bytesIn += <f64>length;
  if ((update.inUse & INBOUND) == 0 && sameAddress(ip6.destination(packet), updates.careof(update))) {
    update.inUse |= INBOUND;
    orders.event(Event.PathInUse, device, 0, updates.careof(update), 0);
  }
  // A mobile node is a correspondent node as well (6275-5.2.9-1: others reach it at its home address).
  if (correspondentFlow.isConcerned(inner, length)) return receiveConcerned(device, record, inner, length);
  // Mobility messages to the home address are for us, not for the host's stack.
  if (peer.isMobility(inner, length)) return receiveMobility(device, inner, length);
  if (isErrorAboutMessage(inner, length)) {
    return peerErrors.receive(inner, inner + ip6.LENGTH_BYTES, ip6.payloadLength(inner));
  }
  orders.transmit(devices.first(DeviceKind.Tunnel), inner, length);
  // 6275-11.3.5-3: an error is no traffic that deserves an entry.
  const isTraffic = !isToGroup && !icmp6.isErrorPacket(inner, length);
  if (isTraffic && registration.isPrimary(record)) peer.noteTunnelledIn(ip6.source(inner));
  return Reason.None;
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

function receiveMobility(device: u32, inner: usize, length: u32): Reason {
  const malformed = extension.walk(inner, length);
  if (malformed != Reason.None) return malformed;
  const refusal = received.read(device, ip6.destination(inner), inner, length);
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
