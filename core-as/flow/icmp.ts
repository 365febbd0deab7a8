/**
 * ICMPv6 that came in on a link: router and neighbour discovery on a mobile node's uplinks and a home agent's
 * home link, the discovery of home agents and home prefixes, and errors about packets that this node sent, through
 * a tunnel or by the direct way. Echo is the host's own.
 */
import { Event, Role } from "../abi/contract";
import { Icmpv6Type, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isUnspecified } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as neighbour from "../wire/neighbour";
import * as router from "../wire/router";
import * as routing2 from "../wire/routing2";
import * as relay from "../encap/relay";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as updates from "../tables/updates";
import * as homeAgentSelection from "../protocol/home-agent-selection";
import * as homePrefixes from "../protocol/home-prefixes";
import * as careofAddress from "../protocol/careof-address";
import * as homecoming from "../protocol/homecoming";
import * as movement from "../protocol/movement";
import * as routerDiscovery from "../protocol/router-discovery";
import * as registration from "../protocol/registration";
import * as correspondentFlow from "./correspondent";
import * as homeCorrespondent from "./home-correspondent";
import * as homeNeighbours from "./home-neighbours";
import * as homeServices from "./home-services";
import * as node from "./node";
import * as peerErrors from "./peer-errors";
import * as tunnelErrors from "./tunnel-errors";

/** Takes an ICMPv6 message of which `extension.walk` found the headers; returns what refused it. */
export function receive(device: u32, packet: usize): Reason {
  const message = packet + extension.upperOffset();
  const length = extension.upperLength();
  // A Home Address option shows whom the message is from (RFC 6275 §9.3.1).
  const source = extension.homeAddressOption() != 0 ? extension.homeAddress(packet) : ip6.source(packet);
  const damaged = icmp6.check(message, length, source, finalDestination(packet));
  if (damaged != Reason.None) return damaged;
  if (icmp6.isError(message)) return receiveError(packet, message, length);
  if (node.role() == Role.HomeAgent) return receiveAtHomeAgent(device, packet, message, length);
  if (node.role() != Role.MobileNode) return Reason.MessageNotForThisRole;
  switch (icmp6.type(message)) {
    case Icmpv6Type.RouterAdvertisement:
      return receiveRouterAdvertisement(device, packet, message, length);
    case Icmpv6Type.NeighbourSolicitation:
      return receiveNeighbourSolicitation(device, packet, message, length);
    case Icmpv6Type.NeighbourAdvertisement:
      return receiveNeighbourAdvertisement(device, packet, message, length);
    case Icmpv6Type.HomeAgentAddressDiscoveryReply:
      if (!registration.isConfigured()) return Reason.NotConfigured;
      return homeAgentSelection.receiveReply(packet, message, length);
    case Icmpv6Type.MobilePrefixAdvertisement:
      if (!registration.isConfigured()) return Reason.NotConfigured;
      return homePrefixes.receive(packet, message, length);
    default:
      return Reason.MessageNotForThisRole;
  }
}

/** Behind a type 2 routing header that is the home address (RFC 6275 §11.3.3). */
function finalDestination(packet: usize): usize {
  const routing = extension.routingHeaderOffset();
  return routing != 0 ? routing2.homeAddress(packet + routing) : ip6.destination(packet);
}

function receiveAtHomeAgent(device: u32, packet: usize, message: usize, length: u32): Reason {
  switch (icmp6.type(message)) {
    case Icmpv6Type.NeighbourSolicitation:
    case Icmpv6Type.NeighbourAdvertisement:
      return homeNeighbours.receive(device, packet, message, length);
    default:
      return homeServices.receive(device, packet, message, length);
  }
}

function receiveRouterAdvertisement(device: u32, packet: usize, message: usize, length: u32): Reason {
  const refusal = router.checkAdvertisement(packet, message, length);
  if (refusal == Reason.None) routerDiscovery.hear(device, ip6.source(packet), message, length);
  return refusal;
}

/** Only somebody else's duplicate address detection matters: the host's stack answers for our address. */
function receiveNeighbourSolicitation(device: u32, packet: usize, message: usize, length: u32): Reason {
  const refusal = neighbour.checkSolicitation(packet, message, length);
  if (refusal == Reason.None && isUnspecified(ip6.source(packet))) {
    careofAddress.objected(device, neighbour.target(message));
    homecoming.objected(device, neighbour.target(message));
  }
  return refusal;
}

function receiveNeighbourAdvertisement(device: u32, packet: usize, message: usize, length: u32): Reason {
  const refusal = neighbour.checkAdvertisement(packet, message, length);
  if (refusal != Reason.None) return refusal;
  careofAddress.objected(device, neighbour.target(message));
  movement.answered(device, neighbour.target(message));
  homecoming.heardAdvertisement(device, message, length);
  return refusal;
}

/** An error from the path of a tunnel (RFC 2473 §8; RFC 8201 §4 for its MTU). */
function receiveError(packet: usize, message: usize, length: u32): Reason {
  const invoking = icmp6.body(message);
  const invokingLength = length - <u32>(invoking - message);
  const type = icmp6.type(message);
  const value = icmp6.value(message);
  if (node.role() == Role.CorrespondentNode) return correspondentFlow.receiveError(packet, message, length);
  if (isAboutUpdate(invoking, invokingLength)) return reportUnreachable(packet, invoking, message);
  const routed = homeCorrespondent.findInvoking(invoking, invokingLength);
  if (routed != NONE) return homeCorrespondent.receiveError(packet, message, length, routed);
  if (isAboutPeer(invoking, invokingLength)) return peerErrors.receive(packet, message, length);
  if (correspondentFlow.isAboutDirectWay(message, length)) return correspondentFlow.receiveError(packet, message, length);
  if (type > <u32>Icmpv6Type.ParameterProblem || relay.find(invoking, invokingLength) != Reason.None) {
    return Reason.IcmpNotOurs;
  }
  return tunnelErrors.receive(
    ip6.source(invoking), ip6.destination(invoking), type == Icmpv6Type.PacketTooBig, value,
  );
}

/** True for a packet of ours to a home agent that is a message and no tunnel packet. */
function isAboutUpdate(invoking: usize, length: u32): bool {
  if (node.role() != Role.MobileNode || !registration.isConfigured() || length < <u32>ip6.LENGTH_BYTES) return false;
  const next = ip6.nextHeader(invoking);
  return (next == NextHeader.Destination || next == NextHeader.Mobility) &&
    updates.findPath(ip6.source(invoking), ip6.destination(invoking)) != NONE;
}

/** True for a packet of ours to a correspondent: a message, or one by the direct way. */
function isAboutPeer(invoking: usize, length: u32): bool {
  if (node.role() != Role.MobileNode || !registration.isConfigured()) return false;
  return peerErrors.isAboutPeer(invoking, length);
}

/** Tells people; the registration itself goes on, since anybody can send such an error. */
function reportUnreachable(packet: usize, invoking: usize, message: usize): Reason {
  if (reports.take()) {
    const peer = ip6.destination(invoking);
    const device = updates.at(updates.findPath(ip6.source(invoking), peer)).device;
    orders.event(
      Event.PeerUnreachable, device, peer, ip6.source(packet), icmp6.type(message), icmp6.code(message),
    );
  }
  return Reason.None;
}

const reports = new TokenBucket(3, 0.2);
