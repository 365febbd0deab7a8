/**
 * Outbound: an IPv4 packet that came out of the host's tunnel device (RFC 5555 §4.1), of or to an IPv4 home address.
 *
 *   1. IPv4 header                                        wire/ip4
 *   2. may it go through a tunnel                         below
 *   3. which binding, which path                          select/selector
 *   4. outer header, size, fragments                      encap/tunnel
 *
 * The host's stack has decremented the time to live when it routed the packet to us.
 */
import { DEVICE_ANY, Role } from "../abi/contract";
import { Reason } from "../abi/reasons";
import * as ip4 from "../wire/ip4";
import { map } from "../wire/mapped";
import * as errorsIpv4 from "../encap/errors-ipv4";
import * as selector from "../select/selector";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as registration from "../protocol/registration";
import * as decapsulateIpv4 from "./decapsulate-ipv4";
import * as node from "./node";
import * as outbound from "./outbound";

const mapped = memory.data(16, 16);

/** Takes a packet from tunnel device `device`; returns what refused it, uncounted. */
export function send(device: u32, packet: usize, length: u32): Reason {
  const malformed = ip4.check(packet, length); // 1
  if (malformed != Reason.None) return malformed;
  const unroutable = decapsulateIpv4.refuseDestination(packet); // 2
  if (unroutable != Reason.None) return unroutable;
  length = ip4.totalLength(packet);
  switch (node.role()) {
    case Role.HomeAgent:
      return toMobileNode(device, packet, length);
    case Role.MobileNode:
      return toHomeAgent(device, packet, length);
    default:
      return Reason.MessageNotForThisRole;
  }
}

function toMobileNode(device: u32, packet: usize, length: u32): Reason {
  map(mapped, ip4.destination(packet));
  const record = selector.forHomeAddress(mapped); // 3
  if (record != NONE) return outbound.throughBinding(device, record, packet, length); // 4
  errorsIpv4.hostUnreachable(device, packet, length);
  return Reason.NoBinding;
}

function toHomeAgent(device: u32, packet: usize, length: u32): Reason {
  if (!registration.isConfigured()) return Reason.NotConfigured;
  map(mapped, ip4.source(packet));
  const record = updates.findIpv4Home(mapped);
  if (record == NONE) return Reason.InnerSourceNotHome;
  const update = updates.at(record);
  if (updates.isHome(update)) { // at home, a packet like any other
    orders.transmit(update.homeDevice, packet, length);
    return Reason.None;
  }
  const uplink = selector.forHomeAgent(update); // 3
  return uplink == DEVICE_ANY ? Reason.NoPath : outbound.throughUplink(device, update, uplink, packet, length); // 4
}
