/**
 * Inbound by IPv4: a whole packet that came in on a link, addressed to this node (RFC 5555 §4.1).
 *
 *   1. IPv4 header                                       wire/ip4
 *   2. is it for us, and do we serve IPv4                below
 *   3. a fragment is refused: the host puts them together
 *   4. by its protocol:
 *        IPv6, IPv4  → out of the tunnel                 flow/decapsulate
 *        ICMP        → errors from the path              flow/icmp-ipv4
 *        anything else → refused: UDP is the host's, and comes as datagrams
 */
import { Role } from "../abi/contract";
import { NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isUnspecified, sameAddress } from "../wire/bytes";
import * as ip4 from "../wire/ip4";
import { isUnicast } from "../wire/mapped";
import * as arrival from "../encap/arrival";
import * as paths from "../select/paths";
import * as uplinks from "../select/uplinks";
import * as decapsulate from "./decapsulate";
import * as icmpIpv4 from "./icmp-ipv4";
import * as node from "./node";

/** Takes a packet from link `device`; returns what refused it, uncounted. */
export function receive(device: u32, packet: usize, length: u32): Reason {
  const malformed = ip4.check(packet, length); // 1
  if (malformed != Reason.None) return malformed;
  arrival.byIpv4(device, ip4.source(packet), ip4.destination(packet), ip4.typeOfService(packet));
  const notOurs = checkDestination(device); // 2
  if (notOurs != Reason.None) return notOurs;
  if (!isUnicast(arrival.path().remote())) return Reason.Ipv4Unroutable; // nobody could be answered
  if (ip4.isFragment(packet)) return Reason.Ipv4Fragment; // 3
  const header = ip4.headerBytes(packet);
  const payload = packet + header;
  const octets = ip4.totalLength(packet) - header;
  switch (ip4.protocol(packet)) { // 4
    case NextHeader.Ipv6:
      return decapsulate.receive(device, payload, octets, 6);
    case NextHeader.Ipv4:
      return decapsulate.receive(device, payload, octets, 4);
    case NextHeader.Icmpv4:
      return icmpIpv4.receive(packet);
    default:
      return Reason.UpperProtocolUnknown;
  }
}

function checkDestination(device: u32): Reason {
  const destination = arrival.path().local();
  switch (node.role()) {
    case Role.HomeAgent:
      if (isUnspecified(paths.ownIpv4Address())) return Reason.Ipv4NotServed;
      return sameAddress(destination, paths.ownIpv4Address()) ? Reason.None : Reason.NotForUs;
    case Role.MobileNode:
      return sameAddress(destination, uplinks.at(device).ipv4()) ? Reason.None : Reason.NotForUs;
    default:
      return Reason.NotForUs;
  }
}
