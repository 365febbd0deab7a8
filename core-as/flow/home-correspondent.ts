/**
 * What a home agent itself says to its mobile nodes, and they to it: for these packets it is a correspondent node
 * (RFC 6275 §10.4.2, §9.3), whose binding cache is the home agent's.
 *
 *   host                                        link
 *   source       │ home agent         ──►       home agent
 *   destination  │ home address                 care-of address, type 2 routing header: home address
 *
 *   source       │ home address       ◄──       care-of address, Home Address option: home address
 *   destination  │ home agent                   home agent
 *
 * What does not fit the path with a routing header goes through the tunnel, as what others send.
 */
import { DEVICE_ANY, DeviceKind, Event, Role } from "../abi/contract";
import { Icmpv6Type, MINIMUM_MTU, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as routing2 from "../wire/routing2";
import * as optimised from "../encap/optimised";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as lifetimes from "../protocol/binding-lifetime";
import * as homeLink from "../protocol/home-link";
import * as correspondentFlow from "./correspondent";
import * as node from "./node";

/** The binding by which the packet that `extension.walk` has in hand came to a home agent's host, or NONE. */
function boundSender(packet: usize): u32 {
  if (node.role() != Role.HomeAgent || extension.homeAddressOption() == 0) return NONE;
  return selector.boundTo(extension.homeAddress(packet), ip6.source(packet));
}

/** True for a packet with the Home Address option of a binding that is the host's matter, and not ours. */
export function isForHost(packet: usize): bool {
  if (boundSender(packet) == NONE) return false;
  switch (extension.upperProtocol()) {
    case NextHeader.Mobility:
    case NextHeader.Ipv6:
      return false;
    case NextHeader.Icmpv6:
      return extension.upperLength() < <u32>icmp6.LENGTH_BYTES || !isDiscovery(packet + extension.upperOffset());
    default:
      return true;
  }
}

function isDiscovery(message: usize): bool {
  const type = icmp6.type(message);
  return type == Icmpv6Type.MobilePrefixSolicitation || type == Icmpv6Type.HomeAgentAddressDiscoveryRequest;
}

/** Gives the host such a packet as if it had come from the home address (6275-9.3.1-6, 6275-9.3.1-7). */
export function receive(packet: usize, length: u32): Reason {
  const binding = bindings.at(boundSender(packet));
  const plain = optimised.removeHomeAddress(packet);
  const plainLength = length - <u32>(plain - packet);
  binding.packetsIn += 1;
  binding.bytesIn += <f64>plainLength;
  binding.active = 1;
  orders.transmit(devices.first(DeviceKind.Tunnel), plain, plainLength);
  return Reason.None;
}

/**
 * Sends a packet of the host itself to the care-of address, with a type 2 routing header (6275-9.3.2-1,
 * 6275-9.3.2-2). False: it is somebody else's, or must go through the tunnel.
 */
export function send(packet: usize, length: u32, binding: Binding, pathMtu: u32): bool {
  const mayTake = sameAddress(ip6.source(packet), homeLink.address()) &&
    length + optimised.ADDED_BYTES <= pathMtu && correspondentFlow.mayTakeDirectWay(packet, length);
  if (!mayTake) return false;
  const routed = optimised.insertRoutingHeader(packet, length, bindings.careofAddress(binding));
  orders.transmit(DEVICE_ANY, routed, length + <u32>(packet - routed));
  return true;
}

/** The binding by which `send` has sent the packet that an error quotes, or NONE. */
export function findInvoking(invoking: usize, length: u32): u32 {
  if (node.role() != Role.HomeAgent || length < <u32>ip6.LENGTH_BYTES || ip6.version(invoking) != 6) return NONE;
  if (extension.walk(invoking, min(length, ip6.totalLength(invoking))) != Reason.None) return NONE;
  const at = extension.routingHeaderOffset();
  if (at == 0 || !sameAddress(ip6.source(invoking), homeLink.address())) return NONE;
  return selector.boundTo(routing2.homeAddress(invoking + at), ip6.destination(invoking));
}

/** Takes an error about such a packet (RFC 6275 §9.3.4): the path is noted, the host told of what it sent. */
export function receiveError(packet: usize, message: usize, length: u32, record: u32): Reason {
  const invoking = icmp6.body(message);
  const value = icmp6.value(message);
  if (icmp6.type(message) == Icmpv6Type.PacketTooBig) {
    const binding = bindings.at(record);
    if (value < <u32>MINIMUM_MTU || value > <u32>binding.pathMtu) return Reason.PathMtuImplausible; // RFC 8201 §4
    lifetimes.setPathMtu(binding, value);
    orders.event(Event.PathMtu, DEVICE_ANY, bindings.careofAddress(binding), 0, value);
    // The tunnel takes what no longer fits: it says how large that may be, or fragments.
    return Reason.None;
  }
  correspondentFlow.tellHost(packet, message, invoking, length - <u32>(invoking - message), value);
  return Reason.None;
}
