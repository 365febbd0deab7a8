/**
 * What a home agent hears on a real home link, beside what is addressed to itself: Neighbour Discovery
 * about home addresses that it defends or is about to (RFC 6275 §10.3.1, §10.4.1), and packets that
 * neighbours send to a mobile node. Those to a home address are the host's to route into the tunnel.
 */
import { Icmpv6Type, MulticastScope, NeighbourOptionType, NextHeader, UnreachableCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isLinkLocal, isMulticast, isUnspecified, multicastScope, sameAddress } from "../wire/bytes";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as neighbour from "../wire/neighbour";
import * as neighbourOptions from "../wire/neighbour-options";
import * as errors from "../encap/errors";
import { NONE } from "../tables/slab";
import * as defendedAddress from "../protocol/defended-address";
import * as homeDelivery from "../protocol/home-delivery";
import * as homeLink from "../protocol/home-link";
import * as homeRegistration from "../protocol/home-registration";
import * as proxyNeighbour from "../protocol/proxy-neighbour";

/** True for the device of a real home link; only a home agent has one. */
function isHomeLink(device: u32): bool {
  return device == homeLink.device() && !homeLink.isVirtual();
}

/**
 * True for what the home agent hears on its home link beside its own address: the link's groups, its link-local
 * address.
 */
export function isForUs(device: u32, destination: usize): bool {
  if (!isHomeLink(device)) return false;
  return isMulticast(destination)
    ? multicastScope(destination) <= <u32>MulticastScope.Link
    : sameAddress(destination, homeLink.linkLocal());
}

/** Takes an ICMPv6 message from `device` that is no error; returns what refused it. */
export function receive(device: u32, packet: usize, message: usize, length: u32): Reason {
  if (!isHomeLink(device)) return Reason.MessageNotForThisRole;
  switch (icmp6.type(message)) {
    case Icmpv6Type.NeighbourSolicitation:
      return receiveSolicitation(packet, message, length);
    case Icmpv6Type.NeighbourAdvertisement:
      return receiveAdvertisement(packet, message, length);
    default:
      return Reason.MessageNotForThisRole;
  }
}

/** 6275-10.4.1-12, 6275-10.4.1-13 */
function receiveSolicitation(packet: usize, message: usize, length: u32): Reason {
  const refusal = neighbour.checkSolicitation(packet, message, length);
  if (refusal != Reason.None) return refusal;
  const target = neighbour.target(message);
  if (defendedAddress.holder(target) == NONE) return Reason.NotForUs;
  if (proxyNeighbour.isOurOwn(packet, message, length, NeighbourOptionType.SourceLinkLayerAddress)) {
    return Reason.OwnNeighbourMessage;
  }
  if (proxyNeighbour.interceptedBy(target) != NONE) proxyNeighbour.answer(packet, target);
  // RFC 4862 §5.4.3: only who detects duplicates himself is a rival; who looks for the address is not.
  else if (isUnspecified(ip6.source(packet))) homeRegistration.objected(target);
  return Reason.None;
}

/**
 * An advertisement for an address that is being checked (RFC 4862 §5.4.4), or of a node at home that is
 * being looked for.
 */
function receiveAdvertisement(packet: usize, message: usize, length: u32): Reason {
  const refusal = neighbour.checkAdvertisement(packet, message, length);
  if (refusal != Reason.None) return refusal;
  const target = neighbour.target(message);
  if (defendedAddress.holder(target) == NONE) return Reason.NotForUs;
  if (proxyNeighbour.isOurOwn(packet, message, length, NeighbourOptionType.TargetLinkLayerAddress)) {
    return Reason.OwnNeighbourMessage;
  }
  homeRegistration.objected(target);
  const option = neighbourOptions.find(
    message + neighbour.OPTIONS, message + length, NeighbourOptionType.TargetLinkLayerAddress,
  );
  if (option != 0) {
    homeDelivery.resolved(target, neighbourOptions.linkLayerAddress(option), LINK_ADDRESS_BYTES);
  }
  return Reason.None;
}

/** Octets of the link-layer addresses of Ethernet, which is what the option has room for without padding. */
const LINK_ADDRESS_BYTES: u32 = 6;

/**
 * A packet to somebody else's address on the home link. Neighbours ask an intercepted address whether it
 * is still there (RFC 4861 §7.3), and send to a link-local address what must not be tunnelled: they are
 * told that it is unreachable (6275-10.4.2-2, 6275-10.4.2-3).
 */
export function intercept(device: u32, packet: usize, length: u32): Reason {
  if (!isHomeLink(device)) return Reason.NotForUs;
  const destination = ip6.destination(packet);
  if (proxyNeighbour.interceptedBy(destination) == NONE) return Reason.NotForUs;
  if (ip6.nextHeader(packet) == NextHeader.Icmpv6) {
    const message = packet + ip6.LENGTH_BYTES;
    const octets = ip6.payloadLength(packet);
    if (octets >= <u32>icmp6.LENGTH_BYTES && icmp6.type(message) == Icmpv6Type.NeighbourSolicitation) {
      return receiveSolicitation(packet, message, octets);
    }
  }
  if (!isLinkLocal(destination)) return Reason.NotForUs;
  errors.answer(
    device, homeLink.linkLocal(), Icmpv6Type.DestinationUnreachable, UnreachableCode.AddressUnreachable, 0,
    packet, length,
  );
  return Reason.LinkLocalNotTunnelled;
}
