/**
 * Tunnels (RFC 2473, RFC 5555 §4.1): the entry point puts a header in front, the exit point takes it off. Nothing
 * is copied: the outer header is written into the room before the packet.
 *
 *            ┌────────┬──────────────┐         inner packet: IPv6, or IPv4
 *            │ IP     │ payload      │
 *   ┌────────┼────────┼──────────────┤
 *   │ outer  │ IP     │ payload      │         tunnel packet: encap/outer
 *   └────────┴────────┴──────────────┘
 */
import { Encapsulation } from "../abi/contract";
import { Icmpv6Type, MINIMUM_MTU, NextHeader, ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, sameAddress } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";
import { ipv4 } from "../wire/mapped";
import * as clock from "../tables/clock";
import { Path } from "../tables/path";
import * as congestion from "./congestion";
import * as limits from "./encapsulation-limit";
import * as errors from "./errors";
import * as errorsIpv4 from "./errors-ipv4";
import * as fragmentationIpv4 from "./fragmentation-ipv4";
import * as mssClamp from "./mss-clamp";
import * as outer from "./outer";

const NO_LIMIT: u32 = 256;

/**
 * Largest inner packet that a tunnel over a path takes when its headers leave `room` octets (RFC 2473 §7.1): what
 * the tunnel tells its users. An IPv6 packet of 1280 octets passes whatever the path.
 */
export function innerMtu(room: u32): u32 {
  return max<u32>(room, MINIMUM_MTU);
}

/** What was learnt of a path's MTU is forgotten after this: it may have grown (RFC 8201 §5.3). */
const PATH_MTU_AGE_MS: f64 = 600000;

/** True when an MTU that was learnt at `sinceMs` is to be learnt anew. */
export function isPathMtuOld(sinceMs: f64): bool {
  return clock.now() - sinceMs > PATH_MTU_AGE_MS;
}

// ---- in at the entry point ------------------------------------------------------------------

/**
 * Tunnels the packet at `packet` (which has passed `ip6.check` or `ip4.check` and has HEADROOM before it) along
 * `path`. An inner packet that cannot be tunnelled is answered towards its sender on device `back`, one of IPv6 from
 * `self`, an IPv6 address. Returns what refused it, uncounted.
 */
export function send(path: Path, packet: usize, length: u32, self: usize, back: u32): Reason {
  if (ip6.version(packet) == 4) return sendIpv4(path, packet, length, back);
  // RFC 2473 §4.1.2: a packet that this tunnel made already.
  const isOurs = sameAddress(ip6.source(packet), path.local()) && sameAddress(ip6.destination(packet), path.remote());
  if (isOurs) return Reason.RecursiveEncapsulation;

  const next = ip6.nextHeader(packet);
  const hasExtensions = chain.isExtension(next);
  const isIpv6 = path.encapsulation == <u32>Encapsulation.Ipv6;
  const limitAt = hasExtensions && isIpv6 ? limits.find(packet, length) : 0;
  const limit = limitAt == 0 ? NO_LIMIT : get8(packet + limitAt);
  if (limit == 0) {
    errors.answerTunnelled(
      back, self, Icmpv6Type.ParameterProblem, ParameterProblemCode.ErroneousHeaderField, limitAt, packet, length,
    );
    return Reason.EncapsulationLimit;
  }
  const limitBytes = limit == NO_LIMIT ? 0 : limits.HEADER_BYTES;
  // RFC 2473 §7.1: above the least MTU of IPv6, the sender is told; up to it, the tunnel must fragment.
  const room = path.mtu - path.overheadBytes() - limitBytes;
  const isTooLarge = <i32>length > <i32>room;
  if (isTooLarge && length > <u32>MINIMUM_MTU) {
    errors.answerTunnelled(back, self, Icmpv6Type.PacketTooBig, 0, innerMtu(room), packet, length);
    return Reason.PacketTooBig;
  }
  if (next == NextHeader.Tcp || hasExtensions) mssClamp.clamp(packet, length, room);
  // RFC 6040 §4.1 (normal mode): the ECN field is copied, and the DSCP with it (5555-4.1.1-1).
  const trafficClass = ip6.trafficClass(packet);
  const label = isIpv6 ? flowLabel(packet) : 0;
  let protocol: u32 = NextHeader.Ipv6;
  if (limitBytes != 0) {
    limits.build(packet - limitBytes, limit - 1);
    protocol = NextHeader.Destination;
  }
  outer.send(path, packet - limitBytes, length + limitBytes, protocol, trafficClass, label, isTooLarge);
  return Reason.None;
}

/** An IPv4 packet that is too large goes in fragments when it may (RFC 791 §3.2), else its sender is told (RFC 1191 §4). */
function sendIpv4(path: Path, packet: usize, length: u32, back: u32): Reason {
  if (path.isIpv4() && load<u32>(ip4.source(packet)) == load<u32>(ipv4(path.local())) &&
      load<u32>(ip4.destination(packet)) == load<u32>(ipv4(path.remote()))) {
    return Reason.RecursiveEncapsulation;
  }
  const room = path.mtu - path.overheadBytes();
  mssClamp.clampIpv4(packet, length, room);
  if (length <= room) {
    sendPiece(path, packet, length);
    return Reason.None;
  }
  if (ip4.dontFragment(packet)) {
    errorsIpv4.fragmentationNeeded(back, room, packet, length);
    return Reason.PacketTooBig;
  }
  const chunk = fragmentationIpv4.chunkBytes(packet, room);
  const payload = length - ip4.headerBytes(packet);
  for (let at: u32 = 0; at < payload; at += chunk) {
    const piece = fragmentationIpv4.make(packet, at, chunk);
    if (piece == 0) break; // counted: a part of a packet is no use
    sendPiece(path, piece, fragmentationIpv4.lengthBytes());
  }
  return Reason.None;
}

function sendPiece(path: Path, packet: usize, length: u32): void {
  const label = path.encapsulation == Encapsulation.Ipv6 ? flowLabelIpv4(packet) : 0;
  outer.send(path, packet, length, NextHeader.Ipv4, ip4.typeOfService(packet), label, false);
}

/** The same label for all packets of an inner flow, so that the path may spread flows (RFC 6438 §3). */
function flowLabel(packet: usize): u32 {
  const source = ip6.source(packet);
  const high = (load<u64>(source) ^ ip6.flowLabel(packet)) * 0x9e3779b97f4a7c15 ^ load<u64>(source, 16);
  const low = load<u64>(source, 8) * 0xd1b54a32d192ed03 ^ load<u64>(source, 24);
  return mixed((rotl<u64>(high, 32) ^ low) * 0x9e3779b97f4a7c15);
}

/** The same for IPv4, which has no label of its own. */
function flowLabelIpv4(packet: usize): u32 {
  const addresses = load<u64>(ip4.source(packet)) ^ (<u64>ip4.protocol(packet) << 32);
  return mixed(addresses * 0x9e3779b97f4a7c15);
}

function mixed(hash: u64): u32 {
  return <u32>((hash ^ (hash >> 32)) >> 12) & 0xfffff;
}

// ---- out at the exit point ------------------------------------------------------------------

/**
 * Checks the inner packet of IP version `version` that a tunnel packet or datagram brought, and carries what the path
 * did to the outer header, which came with `trafficClass`, over to it (RFC 6040 §4.2; 5555-4.1.1-2). `length` is what
 * the outer packet holds; afterwards the inner packet is as long as its own header says.
 */
export function open(inner: usize, length: u32, version: u32, trafficClass: u32): Reason {
  return version == 4 ? openIpv4(inner, length, trafficClass) : openIpv6(inner, length, trafficClass);
}

function openIpv6(inner: usize, length: u32, trafficClass: u32): Reason {
  if (ip6.check(inner, length) != Reason.None) return Reason.InnerMalformed;
  const own = ip6.trafficClass(inner);
  const merged = congestion.merge(trafficClass, own);
  if (merged == congestion.LOST) return Reason.CongestionLost;
  if (merged != own) ip6.setTrafficClass(inner, merged);
  return Reason.None;
}

function openIpv4(inner: usize, length: u32, trafficClass: u32): Reason {
  if (length == 0 || ip6.version(inner) != 4 || ip4.check(inner, length) != Reason.None) return Reason.InnerMalformed;
  const own = ip4.typeOfService(inner);
  const merged = congestion.merge(trafficClass, own);
  if (merged == congestion.LOST) return Reason.CongestionLost;
  if (merged != own) ip4.setTypeOfService(inner, merged);
  return Reason.None;
}
