/**
 * Messages of our own by the way of another one: answers go back as the question came, and Binding Updates take the
 * path that they are about (RFC 5555 §4.2, §4.4.2).
 *
 *   Ipv6                  │ message packet │                  as it is
 *   UdpIpv6, UdpIpv4      │ UDP │ message packet │            the datagram's payload
 *   Ipv4                  │ IPv4 │ message packet │           protocol 41
 */
import { Encapsulation } from "../abi/contract";
import { NextHeader } from "../abi/codes";
import * as ip6 from "../wire/ip6";
import * as orders from "../tables/orders";
import { Path } from "../tables/path";
import * as outer from "./outer";

/**
 * Sends the IPv6 packet of our own at `packet`, whole and with HEADROOM before it, along `path`: its device,
 * encapsulation, remote end and port count, with Ipv4 the local end as well; its MTU does not. The packet's own
 * addresses are the caller's: care-of addresses by Ipv6, else the home address and the home agent's. The packet stays
 * where it is until the host has drained the orders.
 */
export function sendMessage(path: Path, packet: usize, length: u32): void {
  if (path.encapsulation == Encapsulation.Ipv6) {
    orders.transmit(path.device, packet, length);
    return;
  }
  sendThrough(path, packet, length);
}

/** The same through a tunnel along `path`, also where that is one of IPv6: then the local end counts as well. */
export function sendThrough(path: Path, packet: usize, length: u32): void {
  outer.send(path, packet, length, NextHeader.Ipv6, ip6.trafficClass(packet), 0, false);
}
