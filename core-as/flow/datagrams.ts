/**
 * Inbound by UDP: what the socket of an access device received on the tunnel's port (RFC 5555 §4.1). A train is
 * taken datagram by datagram; each payload is one packet, of the version that its first bits say.
 *
 *   IPv6 to the home agent     │ Mobility Header, Mobile Prefix Solicitation     → flow/inbound, as if it came natively
 *   IPv6 or IPv4               │ anything else                                   → out of the tunnel: flow/decapsulate
 */
import { DATAGRAM_BYTES, DATAGRAM_SEGMENT_BYTES, Role } from "../abi/contract";
import { Icmpv6Type, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import { isUnicast } from "../wire/mapped";
import * as arrival from "../encap/arrival";
import * as paths from "../select/paths";
import * as counters from "../tables/counters";
import * as homeLink from "../protocol/home-link";
import * as served from "../protocol/served";
import * as decapsulate from "./decapsulate";
import * as inbound from "./inbound";
import * as node from "./node";

/**
 * Takes `length` octets of datagrams at `payload`, behind their DATAGRAM_* record, from `device`. Counts what refused
 * all but the last one, and returns what refused that one, uncounted.
 */
export function receive(device: u32, payload: usize, length: u32): Reason {
  const record = payload - DATAGRAM_BYTES;
  const segmentBytes = <u32>load<u16>(record, DATAGRAM_SEGMENT_BYTES);
  arrival.byUdp(device, record);
  const unserved = checkServed();
  if (unserved != Reason.None) return unserved;
  const unanswerable = checkSource();
  if (unanswerable != Reason.None) return unanswerable;
  if (segmentBytes == 0 || segmentBytes >= length) return receiveOne(device, payload, length);
  const end = payload + length;
  let next = payload;
  while (next + segmentBytes < end) {
    counters.refuse(receiveOne(device, next, segmentBytes));
    next += segmentBytes;
    arrival.follow();
  }
  return receiveOne(device, next, <u32>(end - next));
}

/** A home agent serves what people have switched on; whom a mobile node hears is checked with the inner packet. */
function checkServed(): Reason {
  switch (node.role()) {
    case Role.HomeAgent:
      if (!homeLink.isConfigured()) return Reason.NotConfigured;
      if (arrival.path().isIpv4()) {
        return isUnspecified(paths.ownIpv4Address()) ? Reason.Ipv4NotServed : Reason.None;
      }
      return served.hasUdpIpv6() ? Reason.None : Reason.UdpIpv6NotServed;
    case Role.MobileNode:
      return Reason.None;
    default:
      return Reason.MessageNotForThisRole;
  }
}

/** Answers go to where a datagram came from: that must be one node, and a port. */
function checkSource(): Reason {
  const way = arrival.path();
  if (way.port == 0) return Reason.DatagramPortMissing;
  if (way.isIpv4()) return isUnicast(way.remote()) ? Reason.None : Reason.Ipv4Unroutable;
  return isUnicastRoutable(way.remote()) ? Reason.None : Reason.SourceNotUnicast;
}

function receiveOne(device: u32, packet: usize, length: u32): Reason {
  if (length == 0) return Reason.DatagramNotIp;
  switch (ip6.version(packet)) {
    case 6:
      if (node.role() == Role.HomeAgent && isMessage(packet, length)) {
        return inbound.receiveMessage(device, packet, length);
      }
      return decapsulate.receive(device, packet, length, 6);
    case 4:
      return decapsulate.receive(device, packet, length, 4);
    default:
      return Reason.DatagramNotIp; // an ESP header, TLV headers (flag T), keepalives of others
  }
}

/** True for what a mobile node says to its home agent; what its host says to ours is no message. */
function isMessage(packet: usize, length: u32): bool {
  if (ip6.check(packet, length) != Reason.None) return false;
  if (!sameAddress(ip6.destination(packet), homeLink.address())) return false;
  length = ip6.totalLength(packet);
  if (chain.findUpper(packet, length, NextHeader.Mobility) != 0) return true;
  const at = chain.findUpper(packet, length, NextHeader.Icmpv6);
  return at != 0 && icmp6.type(packet + at) == <u32>Icmpv6Type.MobilePrefixSolicitation;
}
