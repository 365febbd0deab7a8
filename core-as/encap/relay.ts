/**
 * Errors from inside a tunnel (RFC 2473 §8): an ICMPv6 error about a tunnel packet is told to the
 * sender of the inner packet, who alone can do something about it.
 *
 *   received   │ IPv6 │ ICMPv6 error │ outer IPv6 │ inner IPv6 │ … (cut)
 *   relayed    │ IPv6 │ ICMPv6 error │ inner IPv6 │ … (cut)
 */
import { Icmpv6Type, NextHeader, UnreachableCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import * as extension from "../wire/extension";
import * as ip6 from "../wire/ip6";
import * as errors from "./errors";
import * as tunnel from "./tunnel";

let innerAt: usize = 0;
let innerLength: u32 = 0;

/**
 * Finds the inner packet in the invoking tunnel packet, of which only the first `length` octets may
 * be here. After `Reason.None`, `inner` is at least a whole IPv6 header.
 */
export function find(invoking: usize, length: u32): Reason {
  if (length < <u32>ip6.LENGTH_BYTES || ip6.version(invoking) != 6) return Reason.IcmpNotOurs;
  if (extension.walk(invoking, min(length, ip6.totalLength(invoking))) != Reason.None) return Reason.IcmpNotOurs;
  if (extension.upperProtocol() != NextHeader.Ipv6 || extension.upperLength() < <u32>ip6.LENGTH_BYTES) {
    return Reason.IcmpNotOurs;
  }
  innerAt = invoking + extension.upperOffset();
  innerLength = extension.upperLength();
  return ip6.version(innerAt) == 6 ? Reason.None : Reason.IcmpNotOurs;
}

/** The inner packet, cut as it came. */
export function inner(): usize {
  return innerAt;
}

/**
 * Tells the inner sender, from `source` on `device`, what the error of type `type` about its tunnel
 * packet means for it (RFC 2473 §8.2; 6275-9.3.4-1). `room` is what the outer headers leave of the MTU that the path
 * to the exit point has now.
 */
export function tell(device: u32, source: usize, type: u32, room: u32): void {
  if (type == Icmpv6Type.PacketTooBig) {
    // A packet that needs no more than the least MTU is fragmented by the tunnel: nothing to tell.
    const mtu = tunnel.innerMtu(room);
    if (ip6.totalLength(innerAt) > mtu) {
      errors.answerTunnelled(device, source, Icmpv6Type.PacketTooBig, 0, mtu, innerAt, innerLength);
    }
    return;
  }
  errors.answerTunnelled(
    device, source, Icmpv6Type.DestinationUnreachable, UnreachableCode.AddressUnreachable, 0, innerAt, innerLength,
  );
}
