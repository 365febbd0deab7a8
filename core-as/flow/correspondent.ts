/**
 * The packets of a correspondent node (RFC 6275 §9.3): between the host's own stack, which knows a mobile node
 * by its home address alone, and the link, where they go straight to the care-of address.
 *
 *   host                                           link
 *   source       │ own address           ──►       own address
 *   destination  │ home address                    care-of address, type 2 routing header: home address
 *
 *   source       │ home address          ◄──       care-of address, Home Address option: home address
 *   destination  │ own address                     own address
 *
 * Where the path is narrower than 1304 octets, the header no longer fits into what IPv6 promises to everybody:
 * then a packet goes unchanged, through the home agent, which may fragment (RFC 2473 §7.1).
 */
import { DEVICE_ANY, DeviceKind } from "../abi/contract";
import { BindingErrorStatus, Icmpv6Type, MINIMUM_MTU, NextHeader, UnreachableCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isLinkLocal, isMulticast } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as routing2 from "../wire/routing2";
import * as delivery from "../encap/delivery";
import * as errors from "../encap/errors";
import * as optimised from "../encap/optimised";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as lifetimes from "../protocol/binding-lifetime";
import * as correspondent from "../protocol/correspondent";
import * as cache from "../protocol/correspondent-cache";
import * as settings from "../protocol/correspondent-settings";
import * as pathMtu from "../protocol/path-mtu";
import * as received from "../protocol/mobility-message";

/** Says how large the packets of the host may be so that a header still fits. */
export function tellMtu(): void {
  const device = devices.first(DeviceKind.Tunnel);
  if (device != DEVICE_ANY) orders.tunnelMtu(device, hostMtu(devices.leastAccessMtu()));
}

/** Largest packet of the host for a path of `octets`. */
function hostMtu(octets: u32): u32 {
  return max<u32>(octets - optimised.ADDED_BYTES, MINIMUM_MTU);
}

// ---- inbound --------------------------------------------------------------------------------

/** Takes a mobility message that `mobility-message.read` has found good. */
export function receiveMessage(device: u32, packet: usize): Reason {
  const self = ip6.destination(packet);
  return correspondent.receive(device, self, settings.ownAddress(self));
}

/**
 * Takes a packet with a Home Address option that carries no mobility message, for an own address: the host gets
 * it as if it had come from the home address (6275-9.3.1-6, 6275-9.3.1-7, 6275-8.2-1, 6275-11.3.5-4).
 */
export function receive(packet: usize, length: u32): Reason {
  const plain = removeHomeAddress(ip6.destination(packet), packet, length);
  if (plain == 0) return Reason.HomeAddressWithoutBinding;
  delivery.deliver(plain, length - <u32>(plain - packet));
  return Reason.None;
}

/**
 * Takes the Home Address option out of such a packet, which is for the own address `self`; returns where it
 * begins now. There must be a binding (6275-9.3.1-3, 6275-9.3.1-4), for ESP and AH as well: we do not see whether
 * they are genuine. 0: there is none, so the sender was told (6275-9.3.1-5, 6275-8.2-5), and nothing else happens
 * (6275-9.1-6, 6275-6.3-8).
 */
export function removeHomeAddress(self: usize, packet: usize, length: u32): usize {
  const home = extension.homeAddress(packet);
  const record = cache.boundTo(home, ip6.source(packet), settings.ownAddress(self));
  if (record == NONE) {
    received.sendBindingError(self, ip6.source(packet), BindingErrorStatus.UnknownBinding, home);
    return 0;
  }
  const binding = bindings.at(record);
  const plain = optimised.removeHomeAddress(packet);
  binding.packetsIn += 1;
  binding.bytesIn += <f64>(length - <u32>(plain - packet));
  const part = bindings.correspondentPart(binding);
  if (part.unreachables != 0) part.unreachables |= HEARD;
  use(binding);
  return plain;
}

/**
 * True for a packet through the tunnel to a mobile node's home address that concerns it as a correspondent
 * node: a message, a Home Address option, an error about a packet with a type 2 routing header.
 */
export function isConcerned(inner: usize, length: u32): bool {
  const first = ip6.nextHeader(inner);
  if (!chain.isExtension(first) && first != NextHeader.Mobility && first != NextHeader.Icmpv6) return false;
  if (extension.walk(inner, length) != Reason.None) return false; // the host's stack answers
  const upper = inner + extension.upperOffset();
  if (extension.upperProtocol() == NextHeader.Mobility) {
    return extension.upperLength() >= mobility.UNIT_BYTES && correspondent.isForCorrespondent(upper);
  }
  if (extension.homeAddressOption() != 0) return true;
  switch (extension.upperProtocol()) {
    case NextHeader.Icmpv6:
      return extension.upperLength() >= <u32>icmp6.LENGTH_BYTES && icmp6.isError(upper) &&
        isAboutDirectWay(upper, extension.upperLength());
    default:
      return false;
  }
}

/** True for an ICMPv6 error of `length` octets about a packet of ours with a type 2 routing header. */
export function isAboutDirectWay(message: usize, length: u32): bool {
  return findInvoking(icmp6.body(message), length - <u32>icmp6.LENGTH_BYTES) != NONE;
}

/** Takes a packet for which `isConcerned` holds. */
export function receiveTunnelled(device: u32, inner: usize, length: u32): Reason {
  extension.walk(inner, length);
  const upper = inner + extension.upperOffset();
  if (extension.upperProtocol() == NextHeader.Mobility && !extension.isFragment()) {
    const refusal = received.read(ip6.destination(inner), inner, length);
    return refusal != Reason.None ? refusal : receiveMessage(device, inner);
  }
  if (extension.homeAddressOption() != 0) return receive(inner, length);
  const damaged = icmp6.check(upper, extension.upperLength(), ip6.source(inner), ip6.destination(inner));
  return damaged != Reason.None ? damaged : receiveError(inner, upper, extension.upperLength());
}

function use(binding: Binding): void {
  binding.lastUsedMs = clock.now();
}

// ---- outbound -------------------------------------------------------------------------------

/** Takes a packet of the host's stack from tunnel device `device`; returns what refused it, uncounted. */
export function send(device: u32, packet: usize, length: u32): Reason {
  const destination = ip6.destination(packet);
  if (isMulticast(destination)) return Reason.MulticastNotTunnelled;
  if (isLinkLocal(destination)) return Reason.LinkLocalNotTunnelled;
  const routed = takeDirectWay(device, packet, length, devices.leastAccessMtu());
  if (routed == 0) return Reason.PacketTooBig;
  orders.transmit(DEVICE_ANY, routed, length + <u32>(packet - routed));
  return Reason.None;
}

/**
 * Gives a packet of the host's stack a type 2 routing header where there is a binding (6275-9.3.2-1,
 * 6275-9.3.2-2); nothing else puts one into a packet (6275-6.4.1-5). Returns where it begins now: `packet` itself
 * when it goes as it is, through the home agent or to a node that is at home; 0 when it is too large, and the
 * host was told so on `device`. `firstMtu` is the largest packet that leaves this node.
 */
export function takeDirectWay(device: u32, packet: usize, length: u32, firstMtu: u32): usize {
  const own = settings.ownAddress(ip6.source(packet));
  const record = own == NONE ? NONE : cache.findLive(ip6.destination(packet), own);
  if (record == NONE || !mayTakeDirectWay(packet, length)) return packet;
  const binding = bindings.at(record);
  const narrowest = min(lifetimes.currentPathMtu(binding), firstMtu);
  if (length + optimised.ADDED_BYTES > narrowest) {
    if (length <= <u32>MINIMUM_MTU) return packet;
    const home = ip6.destination(packet);
    errors.answerTunnelled(device, home, Icmpv6Type.PacketTooBig, 0, hostMtu(narrowest), packet, length);
    return 0;
  }
  binding.packetsOut += 1;
  binding.bytesOut += <f64>length;
  use(binding);
  return optimised.insertRoutingHeader(packet, length, bindings.careofAddress(binding));
}

/** Neighbour Discovery (6275-9.3.2-3) and mobility messages (6275-6.1-1, 6275-6.1-3) do not use a binding. */
function mayTakeDirectWay(packet: usize, length: u32): bool {
  if (!optimised.mayTakeRoutingHeader(packet, length)) return false;
  if (chain.findUpper(packet, length, NextHeader.Mobility) != 0) return false;
  const at = chain.findUpper(packet, length, NextHeader.Icmpv6);
  if (at == 0) return true;
  const type = icmp6.type(packet + at);
  return type < <u32>Icmpv6Type.RouterSolicitation || type > <u32>Icmpv6Type.Redirect;
}

// ---- errors ---------------------------------------------------------------------------------

/** Destination Unreachable messages, at most one a second, that end a binding, and within what time. */
const PERSISTENT: u32 = 3;
/** So many where packets of the node came between them. */
const PERSISTENT_THOUGH_HEARD: u32 = 12;
/** Bit of CorrespondentPart.unreachables: a packet of the node came since the first one. */
const HEARD: u8 = 0x80;
const PERSISTENT_WITHIN_S: u32 = 30;

/**
 * Takes an ICMPv6 error about a packet that went the direct way (RFC 6275 §9.3.4; 6275-8.2-4): what it says of
 * the path is noted, and the host is told of its own packet, which had no routing header.
 */
export function receiveError(packet: usize, message: usize, length: u32): Reason {
  const invoking = icmp6.body(message);
  const invokingLength = length - <u32>(invoking - message);
  const record = findInvoking(invoking, invokingLength);
  if (record == NONE) return Reason.IcmpNotOurs;
  const binding = bindings.at(record);
  const routingAt = extension.routingHeaderOffset();
  const type = icmp6.type(message);
  let value = icmp6.value(message);
  let isMeaningful = true;
  if (type == Icmpv6Type.PacketTooBig) {
    const implausible = pathMtu.narrowBinding(binding, value);
    if (implausible != Reason.None) return implausible;
    value = hostMtu(value);
    isMeaningful = ip6.totalLength(invoking) - optimised.ADDED_BYTES > value;
  } else if (type == Icmpv6Type.ParameterProblem) {
    // A pointer to our header is no business of the host, the others are counted without it.
    isMeaningful = value < routingAt || value >= routingAt + optimised.ADDED_BYTES;
    if (isMeaningful && value >= routingAt) value -= optimised.ADDED_BYTES;
  }
  if (isMeaningful) tellHost(packet, message, invoking, invokingLength, value);
  const isUnreachable = type == Icmpv6Type.DestinationUnreachable &&
    icmp6.code(message) != <u32>UnreachableCode.PortUnreachable;
  if (isUnreachable || !isMeaningful && type == Icmpv6Type.ParameterProblem) noteUnreachable(record);
  return Reason.None;
}

/** The live binding by which the packet of ours that an error quotes was sent, or NONE. */
function findInvoking(invoking: usize, length: u32): u32 {
  if (length < <u32>ip6.LENGTH_BYTES || ip6.version(invoking) != 6) return NONE;
  const whole = ip6.totalLength(invoking);
  if (extension.walk(invoking, min(length, whole)) != Reason.None) return NONE;
  const at = extension.routingHeaderOffset();
  const own = settings.ownAddress(ip6.source(invoking));
  if (at == 0 || own == NONE) return NONE;
  return cache.boundTo(routing2.homeAddress(invoking + at), ip6.destination(invoking), own);
}

/** Gives the host the error from the same node, about its packet as the host knows it. */
export function tellHost(packet: usize, message: usize, invoking: usize, length: u32, value: u32): void {
  const plain = optimised.removeRoutingHeader(invoking);
  errors.answerTunnelled(
    devices.first(DeviceKind.Tunnel), ip6.source(packet), icmp6.type(message), icmp6.code(message), value, plain,
    length - <u32>(plain - invoking),
  );
}

/**
 * Only when the care-of address is unreachable again and again the binding ends (6275-9.3.4-2): anybody can send
 * such an error, and one may come while the node moves. While packets come from there, much more is needed.
 */
function noteUnreachable(record: u32): void {
  const part = bindings.correspondentPart(bindings.at(record));
  const nowS = <u32><u64>(clock.now() / 1000) & 0xffff;
  const elapsedS = (nowS - <u32>part.unreachableSinceS) & 0xffff;
  if (part.unreachables == 0 || elapsedS > PERSISTENT_WITHIN_S) {
    part.unreachables = 1;
    part.unreachableSinceS = <u16>nowS;
  } else if (elapsedS >= <u32>(part.unreachables & ~HEARD)) {
    part.unreachables++;
  }
  const enough = (part.unreachables & HEARD) != 0 ? PERSISTENT_THOUGH_HEARD : PERSISTENT;
  if (<u32>(part.unreachables & ~HEARD) >= enough) cache.end(record, lifetimes.UNREACHABLE);
}
