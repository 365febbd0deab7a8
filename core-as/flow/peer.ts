/**
 * The direct way between a mobile node and its correspondents (RFC 6275 §11.3.1, §11.3.3):
 *
 *   out   home address → peer       becomes   care-of address → peer, Home Address option
 *   in    peer → care-of address, type 2 routing header   becomes   peer → home address
 *
 * and the note of what went through the tunnel, which is how a peer comes to be one.
 */
import { DEVICE_ANY } from "../abi/contract";
import { Icmpv6Type, MINIMUM_MTU, NextHeader } from "../abi/codes";
import { PeerEvent, PeerObstacle, PeerState } from "../abi/states";
import { Reason } from "../abi/reasons";
import { isUnicastRoutable, sameAddress } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as routing2 from "../wire/routing2";
import * as delivery from "../encap/delivery";
import * as errors from "../encap/errors";
import * as optimised from "../encap/optimised";
import * as tunnel from "../encap/tunnel";
import * as uplinks from "../select/uplinks";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import * as peers from "../tables/peers";
import { Peer } from "../tables/peers";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as updates from "../tables/updates";
import * as attachment from "../protocol/peer-attachment";
import * as doubt from "../protocol/peer-doubt";
import * as policy from "../protocol/peer-policy";
import * as registration from "../protocol/registration";
import * as routeOptimisation from "../protocol/route-optimisation";
import * as correspondentFlow from "./correspondent";

/** Packets of one peer are counted for this long: enough of them are traffic. */
const COUNT_MS: f64 = 10000;

/** Peers that are asked for the first time: strangers with many addresses must not make this node flood others. */
const starts = new TokenBucket(16, 4);

// ---- out ------------------------------------------------------------------------------------

/** The entry of the peer with this address, made now if need be; NONE: there is no route to optimise. */
export function entryOf(address: usize): u32 {
  if (!policy.isWanted()) return NONE;
  const record = peers.find(address, 0);
  if (record != NONE) return record;
  const update = registration.primary();
  const isNoPeer = sameAddress(address, updates.peerOf(update)) || sameAddress(address, updates.home(update));
  if (isNoPeer || !isUnicastRoutable(address)) return NONE;
  const made = peers.insert(address, 0);
  if (made != NONE) routeOptimisation.begin(made);
  return made;
}

/** True when the packet from the home address takes the direct way (6275-11.3.1-4, 6275-11.3.1-9). */
export function isDirect(record: u32, packet: usize, length: u32): bool {
  if (record == NONE) return false;
  const peer = peers.at(record);
  if (!peer.isDirect() || !optimised.mayTake(packet, length) || isSignalling(packet, length)) return false;
  // What may not be made smaller, the tunnel can fragment.
  return length <= <u32>MINIMUM_MTU ? length + optimised.ADDED_BYTES <= pathMtu(peer) : true;
}

/** Neighbour Discovery (6275-11.3.1-8) and mobility messages have no Home Address option from here. */
function isSignalling(packet: usize, length: u32): bool {
  const protocol = ip6.nextHeader(packet);
  if (protocol != NextHeader.Icmpv6) {
    return protocol == NextHeader.Mobility || (chain.isExtension(protocol) && isMobility(packet, length));
  }
  if (length < <u32>(ip6.LENGTH_BYTES + icmp6.LENGTH_BYTES)) return false;
  const type = icmp6.type(packet + ip6.LENGTH_BYTES);
  return type >= <u32>Icmpv6Type.RouterSolicitation && type <= <u32>Icmpv6Type.Redirect;
}

/** True when a packet with whole headers carries a mobility message. */
export function isMobility(packet: usize, length: u32): bool {
  return chain.findUpper(packet, length, NextHeader.Mobility) != 0;
}

/**
 * Sends a packet for which `isDirect` holds: for both hosts it still comes from the home address (6275-11.3.1-2,
 * 6275-11.3.1-3). One that is too big is answered on `back`.
 */
export function send(record: u32, packet: usize, length: u32, back: u32): Reason {
  const peer = peers.at(record);
  const largest = largestBytes(record);
  if (length > largest) {
    errors.answerTunnelled(back, peer.careof(), Icmpv6Type.PacketTooBig, 0, largest, packet, length);
    return Reason.PacketTooBig;
  }
  const begin = optimised.insertHomeAddress(packet, length, peer.careof()); // 6275-11.3.1-10, 6275-11.3.1-11
  orders.transmit(peer.device, begin, length + optimised.ADDED_BYTES);
  peer.optimisedOut += 1;
  peer.isActive = 1;
  return Reason.None;
}

/** The largest packet that the direct way takes, before it gets its header, octets. */
function largestBytes(record: u32): u32 {
  return max<u32>(pathMtu(peers.at(record)) - optimised.ADDED_BYTES, MINIMUM_MTU);
}

/** The largest packet that a type 2 routing header may make of one before it gets the Home Address option, octets. */
export function largestRoutedBytes(record: u32): u32 {
  return pathMtu(peers.at(record)) - optimised.ADDED_BYTES;
}

/** What is known of the direct way; forgotten after a while, since it may have become wider (RFC 8201 §5.3). */
function pathMtu(peer: Peer): u32 {
  const own = uplinks.at(peer.device).mtu;
  if (<u32>peer.pathMtu != own && tunnel.isPathMtuOld(peer.pathMtuSinceMs)) routeOptimisation.setPathMtu(peer, own);
  return min<u32>(peer.pathMtu, own);
}

// ---- in -------------------------------------------------------------------------------------

/**
 * True for a packet by the direct way, whole or a fragment, that is for the host and not for this node: its type 2
 * routing header, which names our home address, stands before what a fragment may cut.
 */
export function isForHost(): bool {
  const at = extension.routingHeaderOffset();
  if (at == 0 || extension.upperProtocol() == NextHeader.Mobility) return false;
  return extension.fragmentHeaderOffset() == 0 || at < extension.fragmentHeaderOffset();
}

/**
 * Takes such a packet (RFC 6275 §11.3.3). It may come from a peer whose binding was forgotten, and to a former
 * care-of address that an uplink still has (RFC 6275 §11.5.4): it is as good as one through the tunnel. The host does
 * not see the routing header, so nothing reverses it (6275-6.4.1-5). A peer that is a mobile node as well is bound
 * here, and its Home Address option, which stands behind the routing header, goes first.
 */
export function receive(packet: usize, length: u32): Reason {
  let begin = packet;
  if (extension.homeAddressOption() != 0) {
    const home = routing2.homeAddress(packet + extension.routingHeaderOffset());
    begin = correspondentFlow.removeHomeAddress(home, packet, length);
    if (begin == 0) return Reason.HomeAddressWithoutBinding;
  }
  begin = optimised.removeRoutingHeader(begin);
  delivery.deliver(begin, ip6.totalLength(begin));
  // An error is no traffic, and makes no entry: 6275-11.3.5-3.
  const isTraffic = !icmp6.isErrorPacket(begin, ip6.totalLength(begin));
  const record = isTraffic ? entryOf(ip6.source(begin)) : NONE;
  if (record != NONE) {
    const peer = peers.at(record);
    peer.optimisedIn += 1;
    peer.directInMs = clock.now();
    count(record, peer);
  }
  return Reason.None;
}

// ---- through the tunnel ---------------------------------------------------------------------

/** A packet to the peer went through the tunnel. */
export function noteTunnelledOut(record: u32): void {
  if (record == NONE) return;
  peers.at(record).tunnelledOut += 1;
  count(record, peers.at(record));
}

/**
 * A packet of the peer with this home address, no mobility message, came through the tunnel to our home address
 * (RFC 6275 §11.7.2; 6275-11.7.2-4).
 */
export function noteTunnelledIn(address: usize): void {
  const record = entryOf(address);
  if (record == NONE) return;
  peers.at(record).tunnelledIn += 1;
  doubt.tunnelled(record, peers.at(record));
  count(record, peers.at(record));
}

/** Counts a packet of the peer, and begins when there are enough (RFC 6275 §11.7.2). */
function count(record: u32, peer: Peer): void {
  const now = clock.now();
  peer.isActive = 1;
  peer.activeMs = now;
  if (peer.state != PeerState.Tunnelled) return;
  if (now - peer.countedMs > COUNT_MS) {
    peer.countedMs = now;
    peer.counted = 0;
  }
  peer.counted++;
  if (peer.afterPackets == 0 || peer.counted < peer.afterPackets || peer.pending != NONE) return;
  if (!attachment.isRegistered()) {
    peer.obstacle = attachment.obstacle();
  } else if (starts.take()) {
    routeOptimisation.happen(record, PeerEvent.Wanted);
  }
}
