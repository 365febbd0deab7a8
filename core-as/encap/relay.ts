/**
 * Errors from inside a tunnel (RFC 2473 §8): an ICMP error about a tunnel packet is told to the sender of the inner
 * packet, who alone can do something about it, in the inner packet's family.
 *
 *   received   │ IP │ ICMP error │ outer header │ inner packet │ … (cut)
 *   relayed    │ IP │ ICMP error │ inner packet │ … (cut)
 */
import { DeviceKind, Encapsulation } from "../abi/contract";
import { Icmpv6Type, NextHeader, UnreachableCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get16 } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";
import { map } from "../wire/mapped";
import * as devices from "../tables/devices";
import * as errors from "./errors";
import * as errorsIpv4 from "./errors-ipv4";
import * as tunnel from "./tunnel";

/** A UDP header (RFC 768), and where its destination port stands. */
const UDP_BYTES: u32 = 8;
const UDP_DESTINATION: usize = 2;

let way: u32 = Encapsulation.Ipv6;
let remotePort: u32 = 0;
let innerAt: usize = 0;
let innerBytes: u32 = 0;
let isInnerIpv4: bool = false;
const senderAt = memory.data(16, 16);
const receiverAt = memory.data(16, 16);

/**
 * Finds the inner packet in the invoking tunnel packet by IPv6, of which only the first `length` octets may be
 * here. After `Reason.None`, of the inner packet there is at least a whole IP header.
 */
export function find(invoking: usize, length: u32): Reason {
  if (length < <u32>ip6.LENGTH_BYTES || ip6.version(invoking) != 6) return Reason.IcmpNotOurs;
  if (extension.walk(invoking, min(length, ip6.totalLength(invoking))) != Reason.None) return Reason.IcmpNotOurs;
  if (extension.isLaterFragment()) return Reason.IcmpNotOurs;
  return take(false, extension.upperProtocol(), invoking + extension.upperOffset(), extension.upperLength());
}

/** The same in a tunnel packet by IPv4. */
export function findInIpv4(invoking: usize, length: u32): Reason {
  if (ip4.checkQuoted(invoking, length) != Reason.None || ip4.isLaterFragment(invoking)) return Reason.IcmpNotOurs;
  const header = ip4.headerBytes(invoking);
  return take(true, ip4.protocol(invoking), invoking + header, min(length, ip4.totalLength(invoking)) - header);
}

function take(isOuterIpv4: bool, protocol: u32, payload: usize, length: u32): Reason {
  switch (protocol) {
    case NextHeader.Ipv6:
    case NextHeader.Ipv4:
      way = isOuterIpv4 ? Encapsulation.Ipv4 : Encapsulation.Ipv6;
      remotePort = 0;
      return takeInner(protocol == NextHeader.Ipv4, payload, length);
    case NextHeader.Udp:
      if (length <= UDP_BYTES) return Reason.IcmpNotOurs;
      way = isOuterIpv4 ? Encapsulation.UdpIpv4 : Encapsulation.UdpIpv6;
      remotePort = get16(payload + UDP_DESTINATION);
      return takeInner(ip6.version(payload + UDP_BYTES) == 4, payload + UDP_BYTES, length - UDP_BYTES);
    default:
      return Reason.IcmpNotOurs;
  }
}

function takeInner(isIpv4: bool, inner: usize, length: u32): Reason {
  innerAt = inner;
  innerBytes = length;
  if (!isIpv4) {
    if (length < <u32>ip6.LENGTH_BYTES || ip6.version(inner) != 6) return Reason.IcmpNotOurs;
    isInnerIpv4 = false;
    return Reason.None;
  }
  if (ip4.checkQuoted(inner, length) != Reason.None) return Reason.IcmpNotOurs;
  isInnerIpv4 = true;
  map(senderAt, ip4.source(inner));
  map(receiverAt, ip4.destination(inner));
  return Reason.None;
}

/** Encapsulation of the tunnel packet. */
export function encapsulation(): u32 {
  return way;
}

/** UDP: the port that the tunnel packet was for; else 0. */
export function port(): u32 {
  return remotePort;
}

/** Pointer to the inner packet's source, 16 octets. */
export function sender(): usize {
  return isInnerIpv4 ? senderAt : ip6.source(innerAt);
}

/** Pointer to the inner packet's destination, 16 octets. */
export function receiver(): usize {
  return isInnerIpv4 ? receiverAt : ip6.destination(innerAt);
}

/** True when a home address that is meant is one of IPv4. */
export function isIpv4(): bool {
  return isInnerIpv4;
}

/**
 * Tells the inner sender, by IPv6 from `source`, what the error about its tunnel packet means for it (RFC 2473 §8.2;
 * 6275-9.3.4-1). `room` is what the outer headers leave of the MTU that the path to the exit point has now.
 */
export function tell(source: usize, isTooBig: bool, room: u32): void {
  const device = devices.first(DeviceKind.Tunnel);
  if (isInnerIpv4) {
    if (!isTooBig) errorsIpv4.hostUnreachable(device, innerAt, innerBytes);
    else if (ip4.totalLength(innerAt) > room && ip4.dontFragment(innerAt)) {
      errorsIpv4.fragmentationNeeded(device, room, innerAt, innerBytes);
    }
    return;
  }
  if (!isTooBig) {
    const code = UnreachableCode.AddressUnreachable;
    errors.answerTunnelled(device, source, Icmpv6Type.DestinationUnreachable, code, 0, innerAt, innerBytes);
    return;
  }
  // A packet that needs no more than the least MTU is fragmented by the tunnel: nothing to tell.
  const mtu = tunnel.innerMtu(room);
  if (ip6.totalLength(innerAt) > mtu) {
    errors.answerTunnelled(device, source, Icmpv6Type.PacketTooBig, 0, mtu, innerAt, innerBytes);
  }
}
