/**
 * Outbound: a packet that came out of the host's tunnel device, to be sent through a tunnel, or by the direct way
 * between mobile node and correspondent (flow/peer, flow/correspondent).
 *
 *   0. segments of a large packet, one by one             encap/segmentation
 *   1. IPv6 header                                        wire/ip6
 *   2. may it go through a tunnel                         below
 *   3. which binding, which path                          select/selector
 *   4. outer header, size, fragments                      encap/tunnel
 *
 * An IPv4 packet goes through the same steps: outbound-ipv4.
 * The host's stack has decremented the hop limit when it routed the packet to us (RFC 2473 §3.1).
 */
import { DEVICE_ANY, DeviceOffload, Encapsulation, Event, Role } from "../abi/contract";
import { Icmpv6Type, MulticastScope, UnreachableCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isLinkLocal, isMulticast, isUnspecified, multicastScope, sameAddress } from "../wire/bytes";
import * as ip6 from "../wire/ip6";
import * as errors from "../encap/errors";
import * as optimised from "../encap/optimised";
import * as segmentation from "../encap/segmentation";
import * as tunnel from "../encap/tunnel";
import * as paths from "../select/paths";
import * as selector from "../select/selector";
import * as uplinks from "../select/uplinks";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as lifetimes from "../protocol/binding-lifetime";
import * as homeLink from "../protocol/home-link";
import * as multicastForwarding from "../protocol/multicast-forwarding";
import * as ownPackets from "../protocol/own-packets";
import * as pathWatch from "../protocol/path-watch";
import * as registration from "../protocol/registration";
import * as correspondentFlow from "./correspondent";
import * as listener from "./listener";
import * as node from "./node";
import * as outboundIpv4 from "./outbound-ipv4";
import * as peer from "./peer";

/**
 * Takes what tunnel device `device` gave, perhaps a large packet, which goes segment by segment; returns what refused
 * it, uncounted. When the orders' room ends first, `segmentation.isUnfinished` says so, and `resume` goes on.
 */
export function receive(device: u32, packet: usize, length: u32): Reason {
  if ((devices.at(device).offload & DeviceOffload.Virtio) == 0) {
    segmentation.single(packet, length);
  } else {
    const malformed = segmentation.begin(packet, length);
    if (malformed != Reason.None) return malformed;
  }
  return sendLeads(device);
}

/** Goes on with a large packet when there is room again. */
export function resume(device: u32): Reason {
  return segmentation.next() ? sendLeads(device) : Reason.None;
}

function sendLeads(device: u32): Reason {
  do {
    const refusal = send(device, segmentation.lead(), segmentation.leadLength());
    if (refusal != Reason.None) {
      segmentation.abandon(); // what refused one segment would refuse them all
      return refusal;
    }
  } while (segmentation.advance() && orders.hasRoom() && segmentation.next());
  return Reason.None;
}

/** Takes a packet from tunnel device `device`; returns what refused it, uncounted. */
function send(device: u32, packet: usize, length: u32): Reason {
  const malformed = ip6.check(packet, length); // 1
  if (malformed != Reason.None) {
    const isIpv4 = malformed == Reason.NotIpv6 && ip6.version(packet) == 4;
    return isIpv4 ? outboundIpv4.send(device, packet, length) : malformed;
  }
  length = ip6.totalLength(packet);
  switch (node.role()) {
    case Role.HomeAgent:
      return toMobileNode(device, packet, length);
    case Role.CorrespondentNode:
      return correspondentFlow.send(device, packet, length);
    default:
      return toHomeAgent(device, packet, length);
  }
}

/** RFC 6275 §10.4.2 (6275-8.4-3, 6275-10.4.2-1). */
function toMobileNode(device: u32, packet: usize, length: u32): Reason {
  const destination = ip6.destination(packet);
  if (isMulticast(destination)) return multicastForwarding.fromTunnelDevice(device, packet, length); // 2
  if (isLinkLocal(destination)) { // 6275-10.4.2-2, 6275-10.4.2-3
    return unreachable(device, packet, length, Reason.LinkLocalNotTunnelled);
  }
  const record = selector.forHomeAddress(destination); // 3
  return record == NONE
    ? unreachable(device, packet, length, Reason.NoBinding)
    : throughBinding(device, record, packet, length);
}

function unreachable(device: u32, packet: usize, length: u32, refusal: Reason): Reason {
  errors.answerTunnelled(
    device, homeLink.address(), Icmpv6Type.DestinationUnreachable, UnreachableCode.AddressUnreachable, 0, packet,
    length,
  );
  return refusal;
}

/** Home agent: sends an IPv6 or IPv4 packet by the path of a binding. */
export function throughBinding(device: u32, record: u32, packet: usize, length: u32): Reason {
  const binding = bindings.at(record);
  const pathMtu = lifetimes.currentPathMtu(binding);
  const refusal = isOwnPacket(binding, packet, length, pathMtu)
    ? route(packet, length, bindings.careofAddress(binding))
    : tunnel.send(paths.toCareof(binding, pathMtu), packet, length, homeLink.address(), device);
  if (refusal == Reason.None) {
    binding.packetsOut += <f64>segmentation.packetsSent();
    binding.bytesOut += <f64>segmentation.octetsSent(length);
  }
  return refusal;
}

/** A packet of the home agent's own host needs no tunnel of IPv6, as long as the routing header fits (RFC 6275 §9.3.2). */
function isOwnPacket(binding: Binding, packet: usize, length: u32, pathMtu: u32): bool {
  return ip6.version(packet) == 6 && sameAddress(ip6.source(packet), homeLink.address()) &&
    binding.encapsulation() == <u32>Encapsulation.Ipv6 && length + optimised.ADDED_BYTES <= pathMtu &&
    optimised.mayTakeRoutingHeader(packet, length);
}

function route(packet: usize, length: u32, careofAddress: usize): Reason {
  orders.transmit(
    DEVICE_ANY, optimised.insertRoutingHeader(packet, length, careofAddress), length + optimised.ADDED_BYTES,
  );
  return Reason.None;
}

/**
 * The direct way where the destination has a binding, else reverse tunnelling (RFC 6275 §11.3.1; 6275-11.3.1-5).
 * That applications use the home address is the doing of the host's stack, whose routes lead into this device,
 * and of this function, which takes nothing else: a connection keeps its home address wherever the node goes
 * (6275-11.3.1-2, 6275-11.3.1-3).
 */
function toHomeAgent(device: u32, packet: usize, length: u32): Reason {
  if (!registration.isConfigured()) return Reason.NotConfigured;
  if (listener.isReport(packet, length)) {
    const refusal = listener.prepareReport(registration.primary(), packet, length);
    return refusal != Reason.None ? refusal : throughTunnel(device, registration.primary(), packet, length);
  }
  const destination = ip6.destination(packet);
  // 2: what the host's stack says to the neighbours of a link that is none.
  if (isUnspecified(ip6.source(packet)) || isLinkLocal(ip6.source(packet))) return Reason.LinkLocalNotTunnelled;
  if (isLinkLocal(destination)) return Reason.LinkLocalNotTunnelled; // and with no Home Address option: 6275-11.3.1-7
  if (isMulticast(destination) && multicastScope(destination) <= <u32>MulticastScope.Link) {
    return Reason.MulticastNotTunnelled;
  }
  const record = updates.find(ip6.source(packet));
  if (record == NONE) return Reason.InnerSourceNotHome; // 6275-11.3.4-7
  const update = updates.at(record);
  if (updates.isHome(update)) return atHome(device, update, packet, length);
  const entry = registration.isPrimary(record) ? peer.entryOf(destination) : NONE;
  if (peer.isDirect(entry, packet, length)) {
    // To a node that is mobile as well, and has bound its home address here: past both home agents.
    const routed = correspondentFlow.takeDirectWay(device, packet, length, peer.largestRoutedBytes(entry));
    return routed == 0 ? Reason.PacketTooBig : peer.send(entry, routed, length + <u32>(packet - routed), device);
  }
  const refusal = throughTunnel(device, update, packet, length);
  if (refusal == Reason.None) peer.noteTunnelledOut(entry);
  return refusal;
}

/** RFC 6275 §11.3.1: at home, a packet like any other, also for a peer that is mobile and bound here. */
function atHome(device: u32, update: Update, packet: usize, length: u32): Reason {
  const routed = correspondentFlow.takeDirectWay(device, packet, length, devices.at(update.homeDevice).mtu);
  if (routed == 0) return Reason.PacketTooBig;
  orders.transmit(update.homeDevice, routed, length + <u32>(packet - routed));
  return Reason.None;
}

function throughTunnel(device: u32, update: Update, packet: usize, length: u32): Reason {
  const uplink = selector.forHomeAgent(update); // 3
  if (uplink == DEVICE_ANY) return Reason.NoPath;
  // The same through our own home agent.
  const routed = correspondentFlow.takeDirectWay(device, packet, length, tunnel.innerMtu(updates.room(update)));
  if (routed == 0) return Reason.PacketTooBig;
  return throughUplink(device, update, uplink, routed, length + <u32>(packet - routed));
}

/** Mobile node: sends an IPv6 or IPv4 packet through the tunnel to the home agent of `update`. */
export function throughUplink(device: u32, update: Update, uplink: u32, packet: usize, length: u32): Reason {
  if (update.pathMtu != uplinks.at(uplink).mtu && tunnel.isPathMtuOld(update.pathMtuSinceMs)) {
    registration.setPathMtu(update, uplinks.at(uplink).mtu);
  }
  const refusal = ownPackets.throughTunnel(update, paths.toHomeAgent(update, uplink), packet, length, device); // 4
  if (refusal != Reason.None) return refusal;
  update.packetsOut += <f64>segmentation.packetsSent();
  update.bytesOut += <f64>segmentation.octetsSent(length);
  update.pathUsedMs = clock.now();
  pathWatch.sent(update);
  if ((update.inUse & OUTBOUND) == 0) {
    update.inUse |= OUTBOUND;
    orders.event(Event.PathInUse, uplink, 0, updates.careof(update), 1);
  }
  return Reason.None;
}

/** Bit of Update.inUse. */
const OUTBOUND: u32 = 1;
