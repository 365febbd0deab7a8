/**
 * ICMPv6 errors about what a mobile node sent to a correspondent (RFC 6275 §11.3.5; 6275-8.5-6): test messages,
 * Binding Updates, and packets by the direct way. Anybody can send an error, so what it quotes must be what was
 * sent: a test with the cookie that is awaited, a Binding Update with its authenticator. No error makes an entry
 * (6275-11.3.5-3).
 */
import { DEVICE_ANY, DeviceKind, Event } from "../abi/contract";
import {
  Icmpv6Type, MINIMUM_MTU, MobilityHeaderType, MobilityOptionType, NextHeader, ParameterProblemCode, UnreachableCode,
} from "../abi/codes";
import { PeerEvent, PeerObstacle, PeerState } from "../abi/states";
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as bindingUpdate from "../wire/binding-update";
import * as careofTestInit from "../wire/careof-test-init";
import * as extension from "../wire/extension";
import * as homeTestInit from "../wire/home-test-init";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as options from "../wire/mobility-options";
import * as routing2 from "../wire/routing2";
import * as errors from "../encap/errors";
import * as optimised from "../encap/optimised";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import * as peers from "../tables/peers";
import { CAREOF_TEST, HOME_TEST, Peer, UPDATE } from "../tables/peers";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as updates from "../tables/updates";
import * as pathMtu from "../protocol/path-mtu";
import * as doubt from "../protocol/peer-doubt";
import * as messages from "../protocol/peer-messages";
import * as registration from "../protocol/registration";
import * as routeOptimisation from "../protocol/route-optimisation";

const reports = new TokenBucket(3, 0.2);

/**
 * True when an error quotes, in `length` octets at `invoking`, a packet to a peer that the node's own protocol made:
 * a mobility message, or one with a Home Address option.
 */
export function isAboutPeer(invoking: usize, length: u32): bool {
  if (length < <u32>ip6.LENGTH_BYTES || ip6.version(invoking) != 6) return false;
  if (extension.walk(invoking, min(length, ip6.totalLength(invoking))) != Reason.None) return false;
  if (peers.find(destination(invoking), 0) == NONE) return false;
  return extension.upperProtocol() == NextHeader.Mobility || extension.homeAddressOption() != 0;
}

/** The peer that the packet walked last is for: one that is mobile as well stands in the type 2 routing header. */
function destination(invoking: usize): usize {
  const at = extension.routingHeaderOffset();
  return at != 0 ? routing2.homeAddress(invoking + at) : ip6.destination(invoking);
}

/** Takes the error in the ICMPv6 message at `message` of `packet`, for which `isAboutPeer` holds. */
export function receive(packet: usize, message: usize, length: u32): Reason {
  const invoking = icmp6.body(message);
  const record = peers.find(destination(invoking), 0);
  const available = length - <u32>(invoking - message);
  return extension.upperProtocol() == NextHeader.Mobility
    ? aboutMessage(record, packet, message, invoking)
    : aboutPacket(record, packet, message, invoking, available);
}

// ---- test messages and Binding Updates ------------------------------------------------------

function aboutMessage(record: u32, packet: usize, message: usize, invoking: usize): Reason {
  const peer = peers.at(record);
  const quoted = invoking + extension.upperOffset();
  if (!isOutstanding(peer, quoted, extension.upperLength())) {
    return isKnownAlready(peer, quoted, extension.upperLength()) ? Reason.None : Reason.PeerErrorDoubted;
  }
  report(peer, packet, message);
  // 6275-11.3.5-1, 6275-11.6.2-10: it does not know the Mobility Header. Other errors may be gone at the next
  // attempt.
  const isUnsupported = icmp6.type(message) == Icmpv6Type.ParameterProblem &&
    icmp6.code(message) == ParameterProblemCode.UnrecognizedNextHeader;
  if (isUnsupported) routeOptimisation.happen(record, PeerEvent.Unsupported);
  return Reason.None;
}

/** True for the error about the second test message of a peer that has said by the first that it knows neither. */
function isKnownAlready(peer: Peer, quoted: usize, length: u32): bool {
  if (peer.obstacle != PeerObstacle.NotSupported || length < 2 * mobility.UNIT_BYTES) return false;
  switch (mobility.type(quoted)) {
    case MobilityHeaderType.HomeTestInit:
      return homeTestInit.cookie(quoted) == peer.token(HOME_TEST).cookie;
    case MobilityHeaderType.CareofTestInit:
      return careofTestInit.cookie(quoted) == peer.token(CAREOF_TEST).cookie;
    default:
      return false;
  }
}

/** True when the message quoted is the last of its kind that was sent, and not answered. */
function isOutstanding(peer: Peer, quoted: usize, length: u32): bool {
  if (length < 2 * mobility.UNIT_BYTES || mobility.lengthBytes(quoted) > length) return false;
  switch (mobility.type(quoted)) {
    case MobilityHeaderType.HomeTestInit:
      return peer.exchange(HOME_TEST).isAwaited() && homeTestInit.cookie(quoted) == peer.token(HOME_TEST).cookie;
    case MobilityHeaderType.CareofTestInit:
      return peer.exchange(CAREOF_TEST).isAwaited() && careofTestInit.cookie(quoted) == peer.token(CAREOF_TEST).cookie;
    case MobilityHeaderType.BindingUpdate:
      return peer.exchange(UPDATE).isAwaited() && isAuthorised(peer, quoted);
    default:
      return false;
  }
}

function isAuthorised(peer: Peer, quoted: usize): bool {
  const first = quoted + bindingUpdate.OPTIONS;
  const end = mobility.end(quoted);
  if (first > end || options.check(first, end) != Reason.None) return false;
  const option = options.find(first, end, MobilityOptionType.BindingAuthorizationData);
  return option != 0 && bindingUpdate.sequence(quoted) == <u32>peer.sequence &&
    messages.isAuthorised(peer, quoted, option, peer.state == PeerState.Removing);
}

// ---- packets by the direct way --------------------------------------------------------------

function aboutPacket(record: u32, packet: usize, message: usize, invoking: usize, available: u32): Reason {
  const peer = peers.at(record);
  const isOurs = peer.isDirect() && sameAddress(ip6.source(invoking), peer.careof()) &&
    sameAddress(extension.homeAddress(invoking), updates.home(registration.primary()));
  if (!isOurs) return Reason.PeerErrorDoubted;
  const code = icmp6.code(message);
  switch (icmp6.type(message)) {
    case Icmpv6Type.PacketTooBig:
      return narrow(peer, packet, icmp6.value(message), invoking, available);
    case Icmpv6Type.ParameterProblem:
      // 6275-11.3.5-5: noted, and no more, since who takes part in the tests knows the option.
      if (code != ParameterProblemCode.UnrecognizedOption) return Reason.PeerErrorDoubted;
      report(peer, packet, message);
      doubt.refused(record, peer);
      return Reason.HomeAddressOptionRefused;
    case Icmpv6Type.DestinationUnreachable:
      tell(packet, Icmpv6Type.DestinationUnreachable, code, 0, invoking, available);
      if (code == UnreachableCode.PortUnreachable) return Reason.None;
      if (doubt.isProgressing(peer)) {
        doubt.raise(record, peer);
        return Reason.PeerErrorDoubted;
      }
      report(peer, packet, message);
      routeOptimisation.happen(record, PeerEvent.Lost); // 6275-5.2.9-4
      return Reason.None;
    default:
      return Reason.IcmpNotOurs;
  }
}

/** RFC 8201 §4: the direct way is narrower than it was known to be, but no narrower than IPv6 allows. */
function narrow(peer: Peer, packet: usize, mtu: u32, invoking: usize, available: u32): Reason {
  if (!pathMtu.isNarrower(mtu, peer.pathMtu)) return Reason.PathMtuImplausible;
  routeOptimisation.setPathMtu(peer, mtu);
  orders.event(Event.PathMtu, peer.device, peer.address(), 0, mtu);
  // The host is told of what fits with the option; what is no larger than 1,280 octets goes through the tunnel.
  const added = extension.routingHeaderOffset() != 0 ? 2 * optimised.ADDED_BYTES : optimised.ADDED_BYTES;
  const largest = max<u32>(mtu - added, MINIMUM_MTU);
  if (ip6.totalLength(invoking) - added > largest) {
    tell(packet, Icmpv6Type.PacketTooBig, 0, largest, invoking, available);
  }
  return Reason.None;
}

/** Tells the host of the error as if it were about the packet that the host sent: without the headers of the direct way. */
function tell(packet: usize, type: u32, code: u32, value: u32, invoking: usize, available: u32): void {
  let begin = optimised.removeHomeAddress(invoking);
  if (extension.routingHeaderOffset() != 0) begin = optimised.removeRoutingHeader(begin);
  errors.answerTunnelled(
    devices.first(DeviceKind.Tunnel), ip6.source(packet), type, code, value, begin, available - <u32>(begin - invoking),
  );
}

/** Tells people. */
function report(peer: Peer, packet: usize, message: usize): void {
  if (!reports.take()) return;
  const type = icmp6.type(message);
  orders.event(Event.PeerUnreachable, DEVICE_ANY, peer.address(), ip6.source(packet), type, icmp6.code(message));
}
