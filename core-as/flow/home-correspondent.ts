/**
 * Errors about what a home agent itself sends to its mobile nodes: for these packets it is a correspondent
 * node (RFC 6275 §10.4.2), and they have a type 2 routing header instead of a tunnel (§9.3.2).
 */
import { Role } from "../abi/contract";
import { Icmpv6Type } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as routing2 from "../wire/routing2";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import { NONE } from "../tables/slab";
import * as homeLink from "../protocol/home-link";
import * as pathMtu from "../protocol/path-mtu";
import * as correspondentFlow from "./correspondent";
import * as node from "./node";

/** The binding by which the packet that an error quotes was sent with a routing header, or NONE. */
export function findInvoking(invoking: usize, length: u32): u32 {
  if (node.role() != Role.HomeAgent || length < <u32>ip6.LENGTH_BYTES) return NONE;
  if (ip6.version(invoking) != 6 || !sameAddress(ip6.source(invoking), homeLink.address())) return NONE;
  if (extension.walk(invoking, min(length, ip6.totalLength(invoking))) != Reason.None) return NONE;
  const at = extension.routingHeaderOffset();
  return at != 0 ? selector.boundTo(routing2.homeAddress(invoking + at), ip6.destination(invoking)) : NONE;
}

/**
 * Takes an error about a packet for which `findInvoking` gave `record` (RFC 6275 §9.3.4): what it says of the
 * path is noted, and the host is told of other errors as if they were about its packet. How large that may be
 * the host hears from the tunnel, which takes what no longer fits.
 */
export function receiveError(packet: usize, message: usize, length: u32, record: u32): Reason {
  const invoking = icmp6.body(message);
  const value = icmp6.value(message);
  if (icmp6.type(message) != Icmpv6Type.PacketTooBig) {
    correspondentFlow.tellHost(packet, message, invoking, length - <u32>(invoking - message), value);
    return Reason.None;
  }
  return pathMtu.narrowBinding(bindings.at(record), value);
}
