/**
 * ICMP errors over IPv4 that this node sends about packets that were to go through a tunnel, or went
 * (RFC 1122 §3.2.2, RFC 1812 §4.3.2): never about an error, a later fragment or a group, and never more than the
 * limit.
 *
 * They come from the address that the packet was for. A host takes no packet out of a tunnel device that bears one
 * of the host's own addresses, or one whose route leads elsewhere; that one's leads into the tunnel.
 */
import { Icmpv4Type, Icmpv4UnreachableCode, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8 } from "../wire/bytes";
import * as icmp4 from "../wire/icmp4";
import * as ip4 from "../wire/ip4";
import { isUnicastIpv4 } from "../wire/mapped";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";
import { TokenBucket } from "../tables/token-bucket";
import * as delivery from "./delivery";

const allowance = new TokenBucket(50, 100);

/** The packet was larger than `mtu` octets, which is what passes in one piece (RFC 1191 §4). */
export function fragmentationNeeded(device: u32, mtu: u32, invoking: usize, invokingLength: u32): void {
  answer(device, Icmpv4UnreachableCode.FragmentationNeeded, mtu, invoking, invokingLength);
}

/** The packet reaches nobody. */
export function hostUnreachable(device: u32, invoking: usize, invokingLength: u32): void {
  answer(device, Icmpv4UnreachableCode.Host, 0, invoking, invokingLength);
}

function answer(device: u32, code: u32, mtu: u32, invoking: usize, invokingLength: u32): void {
  if (!isAnswerable(invoking, invokingLength)) return;
  if (!allowance.take()) {
    counters.refuse(Reason.ErrorRateLimited);
    return;
  }
  const packet = orders.allocate(icmp4.MAX_ERROR_BYTES);
  if (packet == 0) return;
  const length = icmp4.buildError(
    packet, Icmpv4Type.DestinationUnreachable, code, mtu, ip4.destination(invoking), ip4.source(invoking), invoking,
    invokingLength,
  );
  delivery.send(device, packet, length);
}

/** `invoking` has passed `ip4.check` or `ip4.checkQuoted`. */
function isAnswerable(invoking: usize, length: u32): bool {
  if (!isUnicastIpv4(ip4.source(invoking)) || !isUnicastIpv4(ip4.destination(invoking))) return false;
  if (ip4.isLaterFragment(invoking)) return false;
  if (ip4.protocol(invoking) != NextHeader.Icmpv4) return true;
  const message = invoking + ip4.headerBytes(invoking);
  return length > ip4.headerBytes(invoking) && !icmp4.isError(get8(message));
}
