/**
 * Multicast packets between the home link and nodes away from home (RFC 6275 §10.4.2, §10.4.3; 6275-8.4-15).
 *
 *   home link, or the tunnel device of a virtual one ──► a copy to the care-of address of each member
 *   a mobile node's tunnel ──► home link, and a copy to each other member
 *
 * Only global scope goes into tunnels: link-local never (6275-10.4.2-4, 6275-10.4.2-5), what lies between should
 * not (6275-10.4.2-6). Copies that find no room for output wait for the next call, and other packets for them.
 */
import { NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isLinkLocal, sameAddress } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as mld from "../wire/mld";
import * as delivery from "../encap/delivery";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import * as counters from "../tables/counters";
import * as memberships from "../tables/memberships";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as homeLink from "./home-link";
import * as multicastMembership from "./multicast-membership";
import * as timers from "./timers";
import { TimerKind } from "./timers";

/** A packet to a group from the home link: the home agent is its next router, which lowers the hop limit. */
export function fromHomeLink(device: u32, packet: usize, length: u32): Reason {
  if (isLinkLocal(ip6.source(packet))) return Reason.LinkLocalNotTunnelled;
  if (!hasMembers(packet)) return refusal(packet);
  if (!lowerHopLimit(packet)) return Reason.MulticastHopLimit;
  return toMembers(device, packet, length);
}

/** A packet to a group from the tunnel device of a virtual home link: the host has lowered its hop limit. */
export function fromTunnelDevice(device: u32, packet: usize, length: u32): Reason {
  return hasMembers(packet) ? toMembers(device, packet, length) : refusal(packet);
}

/**
 * A packet to a group out of the tunnel of a binding: a listener message, or one that goes to the home link
 * and to the other members. Returns what refused it.
 */
export function fromMobileNode(device: u32, packet: usize, length: u32, binding: u32): Reason {
  const malformed = extension.walk(packet, length);
  if (malformed != Reason.None) return malformed;
  const message = packet + extension.upperOffset();
  const isListener = extension.upperProtocol() == NextHeader.Icmpv6 && !extension.isFragment() &&
    extension.upperLength() >= <u32>icmp6.LENGTH_BYTES && mld.isType(icmp6.type(message));
  const home = bindings.homeAddress(bindings.at(binding));
  if (isListener) return multicastMembership.receive(home, packet, message, extension.upperLength());
  if (isLinkLocal(ip6.source(packet))) return Reason.LinkLocalNotTunnelled;
  if (!multicastMembership.isTunnelled(ip6.destination(packet))) return Reason.MulticastNotTunnelled;
  if (homeLink.isVirtual()) {
    count(binding, length);
    delivery.deliver(packet, length);
  } else {
    if (!lowerHopLimit(packet)) return Reason.MulticastHopLimit;
    count(binding, length);
    orders.transmit(homeLink.device(), packet, length);
  }
  if (hasMembers(packet)) toMembers(device, packet, length);
  return Reason.None;
}

function count(binding: u32, length: u32): void {
  const entry = bindings.at(binding);
  entry.packetsIn += 1;
  entry.bytesIn += <f64>length;
}

function hasMembers(packet: usize): bool {
  return multicastMembership.isTunnelled(ip6.destination(packet)) &&
    memberships.hasMembers(ip6.destination(packet));
}

function refusal(packet: usize): Reason {
  return multicastMembership.isTunnelled(ip6.destination(packet)) ? Reason.NoListeners : Reason.MulticastNotTunnelled;
}

/** False for a packet that may not go further (RFC 8200 §3). */
function lowerHopLimit(packet: usize): bool {
  const hopLimit = ip6.hopLimit(packet);
  if (hopLimit <= 1) return false;
  ip6.setHopLimit(packet, hopLimit - 1);
  return true;
}

// ---- copies ---------------------------------------------------------------------------------

/** The packet whose copies did not all find room: the next call goes on with it before anything else. */
let waiting: usize = 0;
let waitingRoom: u32 = 0;
let waitingLength: u32 = 0;
let waitingDevice: u32 = 0;
let timer: u32 = NONE;

/** Room for a packet of up to `packetBytes` that waits. */
export function start(packetBytes: u32): void {
  waiting = heap.alloc(packetBytes);
  waitingRoom = packetBytes;
}

/** A copy to each member but the sender (6275-10.4.2-7); returns what refused the last one that was refused. */
function toMembers(device: u32, packet: usize, length: u32): Reason {
  memberships.walk(ip6.destination(packet));
  const refused = copyWhileThereIsRoom(device, packet, length);
  if (!memberships.isWalking()) return refused;
  if (length > waitingRoom) return Reason.PacketTooLarge;
  memory.copy(waiting, packet, length);
  waitingLength = length;
  waitingDevice = device;
  plan();
  return refused;
}

/** Goes on with the packet that waits, at the begin of a call; the host has carried out what was ordered before. */
export function resume(): void {
  if (!memberships.isWalking()) return;
  counters.refuse(copyWhileThereIsRoom(waitingDevice, waiting, waitingLength));
}

/** As `resume`, when no packet came in between. */
export function onTimer(): void {
  timer = NONE;
  resume();
  if (memberships.isWalking()) plan();
}

function plan(): void {
  timer = timers.restart(timer, TimerKind.MulticastCopies, 0, 0);
}

function copyWhileThereIsRoom(device: u32, packet: usize, length: u32): Reason {
  let refused = Reason.None;
  while (memberships.isWalking() && orders.hasRoom()) {
    const home = memberships.at(memberships.nextOfWalk()).home();
    const binding = selector.forHomeAddress(home);
    if (binding == NONE || sameAddress(home, ip6.source(packet))) continue;
    const copy = orders.allocate(length);
    if (copy == 0) continue;
    memory.copy(copy, packet, length);
    const each = multicastMembership.forward(copy, length, binding, device);
    if (each != Reason.None) {
      refused = each;
      continue;
    }
    const entry = bindings.at(binding);
    entry.packetsOut += 1;
    entry.bytesOut += <f64>length;
  }
  return refused;
}
