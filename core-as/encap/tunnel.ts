/**
 * IPv6-in-IPv6 tunnels (RFC 2473): the entry point puts a header in front, the exit point takes it
 * off. Nothing is copied: the outer header is written into the room before the packet.
 *
 *            ┌────────┬──────────────┐         inner packet
 *            │ IPv6   │ payload      │
 *   ┌────────┼────────┼──────────────┤
 *   │ outer  │ IPv6   │ payload      │         tunnel packet
 *   └────────┴────────┴──────────────┘
 */
import { Icmpv6Type, MINIMUM_MTU, NextHeader, OptionType, ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, sameAddress, set8 } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as ip6 from "../wire/ip6";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { Path } from "../tables/path";
import * as errors from "./errors";
import * as fragmentation from "./fragmentation";

/** RFC 2473 §6.3: the hop limit that a host uses. */
const HOP_LIMIT: u32 = 64;

/** Octets of a Destination Options header with a Tunnel Encapsulation Limit (RFC 2473 §4.1.1). */
const LIMIT_HEADER_BYTES: u32 = 8;
const NO_LIMIT: u32 = 256;

/**
 * Largest inner packet that a tunnel over a path of `pathMtu` octets takes unfragmented
 * (RFC 2473 §7.1): what the tunnel tells its users.
 */
export function innerMtu(pathMtu: u32): u32 {
  return max<u32>(pathMtu - <u32>ip6.LENGTH_BYTES, MINIMUM_MTU);
}

/** What was learnt of a path's MTU is forgotten after this: it may have grown (RFC 8201 §5.3). */
const PATH_MTU_AGE_MS: f64 = 600000;

/** True when an MTU that was learnt at `sinceMs` is to be learnt anew. */
export function isPathMtuOld(sinceMs: f64): bool {
  return clock.now() - sinceMs > PATH_MTU_AGE_MS;
}

/**
 * Tunnels the packet at `packet` (which has passed `ip6.check` and has HEADROOM before it) along `path`. An
 * inner packet that cannot be tunnelled is answered towards its sender from `self`, an IPv6 address, on device
 * `back`. Returns what refused it, uncounted.
 */
export function send(path: Path, packet: usize, length: u32, self: usize, back: u32): Reason {
  const source = path.local();
  const destination = path.remote();
  const pathMtu = path.mtu;
  // RFC 2473 §4.1.2: a packet that this tunnel made already.
  if (sameAddress(ip6.source(packet), source) && sameAddress(ip6.destination(packet), destination)) {
    return Reason.RecursiveEncapsulation;
  }

  const limitAt = encapsulationLimit(packet, length);
  const limit = limitAt == 0 ? NO_LIMIT : get8(packet + limitAt);
  if (limit == 0) {
    errors.answerTunnelled(
      back, self, Icmpv6Type.ParameterProblem, ParameterProblemCode.ErroneousHeaderField, limitAt, packet, length,
    );
    return Reason.EncapsulationLimit;
  }
  const limitBytes = limit == NO_LIMIT ? 0 : LIMIT_HEADER_BYTES;
  const outerLength = <u32>ip6.LENGTH_BYTES + limitBytes + length;
  // RFC 2473 §7.1: above the least MTU of IPv6, the sender is told; up to it, the tunnel must fragment.
  if (outerLength > pathMtu && length > <u32>MINIMUM_MTU) {
    errors.answerTunnelled(
      back, self, Icmpv6Type.PacketTooBig, 0, innerMtu(pathMtu - limitBytes), packet, length,
    );
    return Reason.PacketTooBig;
  }

  const outer = packet - ip6.LENGTH_BYTES - limitBytes;
  if (limitBytes != 0) buildLimitHeader(packet - limitBytes, limit - 1);
  // RFC 6040 §4.1 (normal mode): the ECN field is copied, and the DSCP with it.
  ip6.build(outer, ip6.trafficClass(packet), flowLabel(packet), outerLength - <u32>ip6.LENGTH_BYTES,
    limitBytes != 0 ? NextHeader.Destination : NextHeader.Ipv6, HOP_LIMIT, source, destination);
  if (outerLength <= pathMtu) orders.transmit(path.device, outer, outerLength);
  else fragmentation.send(path.device, outer, outerLength, pathMtu);
  return Reason.None;
}

/**
 * Checks the inner packet of a tunnel packet that arrived and carries what the path did to the
 * outer header over to it (RFC 6040 §4.2). `length` is what the outer packet holds; afterwards the
 * inner packet is `ip6.totalLength(inner)` octets long.
 */
export function open(outer: usize, inner: usize, length: u32): Reason {
  if (ip6.check(inner, length) != Reason.None) return Reason.InnerMalformed;
  const outerEcn = ip6.trafficClass(outer) & ECN_MASK;
  const inside = ip6.trafficClass(inner);
  const innerEcn = inside & ECN_MASK;
  if (outerEcn == CONGESTION_EXPERIENCED && innerEcn != CONGESTION_EXPERIENCED) {
    if (innerEcn == NOT_CAPABLE) return Reason.CongestionLost; // it cannot be told, so the packet is lost
    ip6.setTrafficClass(inner, inside | CONGESTION_EXPERIENCED);
  } else if (outerEcn == CAPABLE_1 && innerEcn == CAPABLE_0) {
    ip6.setTrafficClass(inner, (inside & ~ECN_MASK) | CAPABLE_1);
  }
  return Reason.None;
}

// The ECN field (RFC 3168 §5).
const ECN_MASK: u32 = 3;
const NOT_CAPABLE: u32 = 0;
const CAPABLE_1: u32 = 1;
const CAPABLE_0: u32 = 2;
const CONGESTION_EXPERIENCED: u32 = 3;

/** The same label for all packets of an inner flow, so that the path may spread flows (RFC 6438 §3). */
function flowLabel(packet: usize): u32 {
  const source = ip6.source(packet);
  const high = (load<u64>(source) ^ ip6.flowLabel(packet)) * 0x9e3779b97f4a7c15 ^ load<u64>(source, 16);
  const low = load<u64>(source, 8) * 0xd1b54a32d192ed03 ^ load<u64>(source, 24);
  const mixed = (rotl<u64>(high, 32) ^ low) * 0x9e3779b97f4a7c15;
  return <u32>((mixed ^ (mixed >> 32)) >> 12) & 0xfffff;
}

/** Offset of the value of the inner packet's Tunnel Encapsulation Limit, 0: it has none (RFC 2473 §4.1.1(a)). */
function encapsulationLimit(packet: usize, length: u32): u32 {
  let protocol = ip6.nextHeader(packet);
  let at = <u32>ip6.LENGTH_BYTES;
  for (let headers: u32 = 0; chain.isExtension(protocol) && headers < chain.MAX_HEADERS; headers++) {
    if (at + chain.UNIT_BYTES > length) return 0;
    const end = at + chain.lengthBytes(protocol, packet + at);
    if (protocol == NextHeader.Destination) {
      const limit = limitAmong(packet, at + OPTIONS, min(end, length));
      if (limit != 0) return limit;
    }
    if (protocol == NextHeader.Fragment) return 0; // what follows may be the middle of something
    protocol = get8(packet + at + chain.NEXT_HEADER);
    at = end;
  }
  return 0;
}

/** Where the options of a Destination Options header begin. */
const OPTIONS: u32 = 2;

function limitAmong(packet: usize, at: u32, end: u32): u32 {
  while (at < end) {
    if (get8(packet + at) == OptionType.Pad1) {
      at++;
      continue;
    }
    if (at + 2 > end) return 0;
    const octets = get8(packet + at + 1);
    if (get8(packet + at) == OptionType.TunnelEncapsulationLimit && octets == 1 && at + 2 < end) return at + 2;
    at += 2 + octets;
  }
  return 0;
}

/** Writes a Destination Options header with the limit and padding before an inner IPv6 header. */
function buildLimitHeader(p: usize, limit: u32): void {
  set8(p, NextHeader.Ipv6);
  set8(p + 1, 0);
  set8(p + 2, OptionType.TunnelEncapsulationLimit);
  set8(p + 3, 1);
  set8(p + 4, limit);
  set8(p + 5, OptionType.PadN);
  set8(p + 6, 1);
  set8(p + 7, 0);
}
