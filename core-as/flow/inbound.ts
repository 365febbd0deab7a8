/**
 * Inbound: a packet that came in on a link, addressed to this node. By IPv4: inbound-ipv4; by UDP: datagrams.
 *
 *   1. IPv6 header                                      wire/ip6
 *   2. is it for us                                     below
 *   3. extension headers                                wire/extension
 *   4. a fragment waits for the others                  encap/reassembly
 *   5. a Home Address option needs a binding            below, select/selector, flow/correspondent
 *   6. by its upper protocol:
 *        Mobility Header      → the role's protocol     protocol/home-agent, protocol/mobile-node
 *        IPv6, IPv4           → out of the tunnel       flow/decapsulate
 *        ICMPv6               → routers, neighbours,    flow/icmp
 *                               errors from the path
 *        anything else        → refused: the host's own stack has the packet as well
 *
 * A packet of a correspondent by the direct way goes to the host after step 3: flow/peer.
 */
import { DEVICE_ANY, DeviceKind, Role } from "../abi/contract";
import { BindingErrorStatus, Icmpv6Type, MulticastScope, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isLinkLocal, isMulticast, multicastScope, sameAddress } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as routing2 from "../wire/routing2";
import * as arrival from "../encap/arrival";
import * as delivery from "../encap/delivery";
import * as optimised from "../encap/optimised";
import * as reassembly from "../encap/reassembly";
import * as selector from "../select/selector";
import * as uplinks from "../select/uplinks";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as correspondent from "../protocol/correspondent";
import * as correspondentSettings from "../protocol/correspondent-settings";
import * as addressDiscovery from "../protocol/address-discovery";
import * as homeAgent from "../protocol/home-agent";
import * as homeLink from "../protocol/home-link";
import * as mobileNode from "../protocol/mobile-node";
import * as received from "../protocol/mobility-message";
import * as multicastForwarding from "../protocol/multicast-forwarding";
import * as ownPackets from "../protocol/own-packets";
import * as registration from "../protocol/registration";
import * as correspondentFlow from "./correspondent";
import * as decapsulate from "./decapsulate";
import * as homeNeighbours from "./home-neighbours";
import * as icmp from "./icmp";
import * as inboundIpv4 from "./inbound-ipv4";
import * as node from "./node";
import * as peer from "./peer";

/** Takes a packet from link `device`; returns what refused it, uncounted. */
export function receive(device: u32, packet: usize, length: u32): Reason {
  const malformed = ip6.check(packet, length); // 1
  if (malformed != Reason.None) {
    const isIpv4 = malformed == Reason.NotIpv6 && ip6.version(packet) == 4;
    return isIpv4 ? inboundIpv4.receive(device, packet, length) : malformed;
  }
  length = ip6.totalLength(packet);
  arrival.byIpv6(device, packet);
  const destination = ip6.destination(packet);
  if (!isForUs(device, destination)) { // 2
    if (node.role() == Role.HomeAgent) return atHomeAgent(device, packet, length);
    return Reason.NotForUs;
  }
  return inspect(device, packet, length, true);
}

/**
 * Takes the IPv6 packet in a datagram, which has passed `ip6.check`, from a home address to this home agent: a message
 * with or without a Home Address option, which must say the same (RFC 5555 §2.2, §4.2).
 */
export function receiveMessage(device: u32, packet: usize, length: u32): Reason {
  length = ip6.totalLength(packet);
  if (extension.walk(packet, length) == Reason.None && extension.homeAddressOption() != 0) {
    if (!sameAddress(extension.homeAddress(packet), ip6.source(packet))) return Reason.DatagramMessageMisplaced;
  }
  return inspect(device, packet, length, false);
}

function inspect(device: u32, packet: usize, length: u32, mayBeFragment: bool): Reason {
  let refusal = extension.walk(packet, length); // 3
  if (refusal == Reason.None) refusal = checkRouting(packet);
  if (refusal != Reason.None) {
    // A group is no source of an answer.
    if (extension.errorCode() != extension.NO_ANSWER && !isMulticast(ip6.destination(packet))) {
      ownPackets.parameterProblem(
        ip6.destination(packet), extension.errorCode(), extension.errorPointer(), packet, length,
      );
    }
    return refusal;
  }
  // Of what goes to groups and link-local addresses, only Neighbour Discovery is ours.
  if (isOfLink(ip6.destination(packet)) && extension.upperProtocol() != NextHeader.Icmpv6) {
    return Reason.NotForUs;
  }
  // Most packets have neither header of the protocol, and are spared the questions.
  const isPlain = extension.homeAddressOption() == 0 && extension.routingHeaderOffset() == 0;
  if (!isPlain) { // fragments as well: the host puts them together (RFC 6275 §11.3.3)
    if (peer.isForHost() && !isPrefixAdvertisement(packet)) return peer.receive(packet, length);
    if (isForCorrespondent(packet)) return correspondentFlow.receive(packet, length); // 5
  }
  if (extension.isFragment()) { // 4
    if (!mayBeFragment || !mayReassemble(packet)) return Reason.FragmentMalformed;
    const whole = reassembly.take(packet);
    return whole != 0 ? inspect(device, whole, reassembly.lengthBytes(), false) : Reason.None;
  }
  if (!isPlain) { // 5
    const unbound = checkHomeAddress(packet);
    if (unbound != Reason.None) return unbound;
    if (isForHomeAgentsHost(packet)) return toHost(packet, length);
  }
  switch (extension.upperProtocol()) { // 6
    case NextHeader.Mobility:
      return receiveMobility(device, packet, length);
    case NextHeader.Ipv6:
      return decapsulateAt(device, packet, 6);
    case NextHeader.Ipv4:
      return decapsulateAt(device, packet, 4);
    case NextHeader.Icmpv6:
      return icmp.receive(device, packet);
    default:
      return Reason.UpperProtocolUnknown;
  }
}

function decapsulateAt(device: u32, packet: usize, version: u32): Reason {
  if (node.role() == Role.CorrespondentNode) return Reason.UpperProtocolUnknown;
  return decapsulate.receive(device, packet + extension.upperOffset(), extension.upperLength(), version);
}

/** A correspondent node gives packets with a Home Address option to the host; so does a mobile node that is at home. */
function isForCorrespondent(packet: usize): bool {
  if (extension.homeAddressOption() == 0 || extension.upperProtocol() == NextHeader.Mobility) return false;
  return node.role() != Role.HomeAgent && correspondentSettings.ownAddress(ip6.destination(packet)) != NONE;
}

/**
 * A home agent is a correspondent node at its own address for the nodes that it serves: what is no message of the
 * protocol goes to its host as if it had come from the home address (RFC 6275 §9.3.1), which `checkHomeAddress` has
 * found bound, or IPsec will show.
 */
function isForHomeAgentsHost(packet: usize): bool {
  if (node.role() != Role.HomeAgent || extension.homeAddressOption() == 0) return false;
  if (isProtected(extension.upperProtocol()) && !isBound(packet)) return false;
  switch (extension.upperProtocol()) {
    case NextHeader.Mobility:
    case NextHeader.Ipv6:
      return false;
    case NextHeader.Icmpv6:
      return extension.upperLength() >= <u32>icmp6.LENGTH_BYTES && isEcho(icmp6.type(packet + extension.upperOffset()));
    default:
      return true;
  }
}

function isEcho(type: u32): bool {
  return type == <u32>Icmpv6Type.EchoRequest || type == <u32>Icmpv6Type.EchoReply;
}

function toHost(packet: usize, length: u32): Reason {
  const plain = optimised.removeHomeAddress(packet);
  delivery.deliver(plain, length - <u32>(plain - packet));
  return Reason.None;
}

/** A Mobile Prefix Advertisement, which has a type 2 routing header like what correspondents send (RFC 6275 §6.8). */
function isPrefixAdvertisement(packet: usize): bool {
  if (extension.isFragment() || extension.upperProtocol() != NextHeader.Icmpv6) return false;
  return extension.upperLength() >= <u32>icmp6.LENGTH_BYTES &&
    icmp6.type(packet + extension.upperOffset()) == Icmpv6Type.MobilePrefixAdvertisement;
}

/** A mobile node puts together only what its home agent fragmented: strangers cannot fill its buffers. */
function mayReassemble(packet: usize): bool {
  if (node.role() == Role.CorrespondentNode) return false; // mobility messages are not fragmented
  if (node.role() != Role.MobileNode) return true;
  return registration.isConfigured() && updates.isPeer(ip6.source(packet));
}

/** What a home agent hears beside its own address: groups of the home link, its anycast address, intercepted ones. */
function atHomeAgent(device: u32, packet: usize, length: u32): Reason {
  const destination = ip6.destination(packet);
  if (device == homeLink.device() && isMulticast(destination)) {
    return multicastForwarding.fromHomeLink(device, packet, length);
  }
  if (addressDiscovery.isAnycast(destination)) return addressDiscovery.receiveAnycast(device, packet, length);
  return homeNeighbours.intercept(device, packet, length);
}

/** Addresses that this node listens to on a link: its own, and the groups of Neighbour Discovery. */
function isForUs(device: u32, destination: usize): bool {
  if (node.role() == Role.HomeAgent) {
    // On its home link it is a router among others, and hears its neighbours.
    return sameAddress(destination, homeLink.address()) || homeNeighbours.isForUs(device, destination);
  }
  if (node.role() == Role.CorrespondentNode) return correspondentSettings.ownAddress(destination) != NONE;
  // A mobile node also hears its routers, and those who want its address (RFC 4862 §5.4.1). A former care-of
  // address counts as long as its link is there (6275-11.5.4-5), at home the home address.
  if (uplinks.findCareof(destination) != DEVICE_ANY || isMulticast(destination)) return true;
  const record = updates.find(destination);
  return record != NONE && updates.isHome(updates.at(record)) && updates.at(record).homeDevice == device;
}

function isOfLink(destination: usize): bool {
  return isMulticast(destination) || isLinkLocal(destination);
}

/**
 * A type 2 routing header must name our own home address (6275-8.5-4, 6275-6.4-1), a home agent has none
 * (6275-8.2-3).
 */
function checkRouting(packet: usize): Reason {
  const at = extension.routingHeaderOffset();
  if (at == 0) return extension.refuseOtherRouting();
  if (node.role() != Role.MobileNode || !registration.isConfigured()) return Reason.RoutingHeaderNotOurs;
  return updates.find(routing2.homeAddress(packet + at)) != NONE ? Reason.None : Reason.RoutingHeaderNotOurs;
}

/** Away from home, such messages come through the tunnel; at home a mobile node hears them on the link (6275-5.2.9-1). */
function isForCorrespondentAtHome(packet: usize): bool {
  return correspondentSettings.ownAddress(ip6.destination(packet)) != NONE &&
    correspondent.isForCorrespondent(received.message());
}

function receiveMobility(device: u32, packet: usize, length: u32): Reason {
  const refusal = received.read(ip6.destination(packet), packet, length);
  if (refusal != Reason.None) return refusal;
  if (node.role() == Role.HomeAgent) {
    return homeLink.isConfigured() ? homeAgent.receive(device) : Reason.NotConfigured;
  }
  if (node.role() == Role.CorrespondentNode || isForCorrespondentAtHome(packet)) {
    return correspondentFlow.receiveMessage(device, packet);
  }
  return mobileNode.receive(false);
}

/**
 * The Home Address option (RFC 6275 §9.3.1; 6275-8.2-1): unless ESP, AH or a Mobility Header will show
 * who sent the packet (6275-9.3.1-2), there must be a binding of that home address to the source
 * (6275-9.3.1-3, 6275-9.3.1-4); else the sender is told (6275-9.3.1-5). So the option of a Binding Update to a
 * home agent, and of what IPsec protects, needs none (6275-10.3.1-9, 6275-10.3.1-10).
 */
function checkHomeAddress(packet: usize): Reason {
  if (extension.homeAddressOption() == 0 || isProtected(extension.upperProtocol())) return Reason.None;
  if (node.role() == Role.HomeAgent && isBound(packet)) return Reason.None;
  received.sendBindingError(
    ip6.destination(packet), ip6.source(packet), BindingErrorStatus.UnknownBinding, extension.homeAddress(packet),
  );
  return Reason.HomeAddressWithoutBinding;
}

/** True when the Home Address option names an address that is bound to where the packet came from. */
function isBound(packet: usize): bool {
  return selector.boundToSender(extension.homeAddress(packet), arrival.path()) != NONE;
}

function isProtected(protocol: u32): bool {
  return protocol == NextHeader.Mobility || protocol == NextHeader.Esp || extension.hasAuthentication();
}
