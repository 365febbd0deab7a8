/**
 * The listener part of multicast group membership through the tunnel (RFC 6275 §11.3.4; 6275-8.5-17): the host's
 * stack speaks Multicast Listener Discovery (RFC 2710, RFC 3810) on its tunnel device, this node lets it
 * through to the home agent and back.
 *
 * The stack's reports come from a link-local address of a link that is none. In the tunnel they come from the
 * home address, as all multicast packets do (6275-11.3.4-7): that tells the home agent whose they are
 * (RFC 6275 §10.4.3). The checksum is made anew. There is no Home Address option in them (6275-11.3.4-6).
 * A node that joins groups on a visited link does so by its stack, without us.
 */
import { Icmpv6Type, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { copyAddress } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as clock from "../tables/clock";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";

/** True when the packet, which has passed `ip6.check`, says which groups its sender listens to. */
export function isReport(packet: usize, length: u32): bool {
  switch (messageType(packet, length)) {
    case Icmpv6Type.ListenerReport:
    case Icmpv6Type.ListenerDone:
    case Icmpv6Type.ListenerReport2:
      return true;
    default:
      return false;
  }
}

/** Type of the ICMPv6 message of Multicast Listener Discovery in a packet, 0: there is none. */
function messageType(packet: usize, length: u32): u32 {
  const at = chain.findUpper(packet, length, NextHeader.Icmpv6);
  return at != 0 && length - at >= <u32>icmp6.LENGTH_BYTES ? icmp6.type(packet + at) : 0;
}

/**
 * Readies a report for the tunnel of an entry. Refused before the home agent has a binding and has spoken the
 * protocol itself through the tunnel (6275-11.3.4-4); that it does holds as long as the binding (6275-11.3.4-5).
 */
export function prepareReport(update: Update, packet: usize, length: u32): Reason {
  if (update.groups == 0 || clock.now() >= update.expiresMs) return Reason.ListenerReportTooEarly;
  const at = chain.findUpper(packet, length, NextHeader.Icmpv6);
  copyAddress(ip6.source(packet), updates.home(update));
  icmp6.finish(packet + at, length - at, updates.home(update), ip6.destination(packet));
  return Reason.None;
}

/**
 * Takes note of a query in a packet out of the tunnel of an entry: the home agent serves groups. Returns false
 * for a packet that is none, or is damaged.
 */
export function noteQuery(update: Update, packet: usize, length: u32): bool {
  if (messageType(packet, length) != Icmpv6Type.ListenerQuery) return false;
  const at = chain.findUpper(packet, length, NextHeader.Icmpv6);
  if (icmp6.check(packet + at, length - at, ip6.source(packet), ip6.destination(packet)) != Reason.None) return false;
  update.groups = 1;
  return true;
}
