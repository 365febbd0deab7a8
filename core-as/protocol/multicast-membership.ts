/**
 * Which groups nodes away from home listen to (RFC 6275 §10.4.3; 6275-8.4-14, 6275-10.4.3-1): the home agent hears
 * their Multicast Listener Discovery out of the tunnel. It asks after each registration, which shows a node that
 * there is somebody to report to (§11.3.4), and those who have joined groups again every two minutes.
 *
 * A tunnel has one node at its end, so a group is left at once when it says so: there is nobody else to be asked.
 * Sources that a report names are not told apart: the node gets all of the group, and its stack picks.
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import { Icmpv6Type, MulticastScope, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ALL_NODES } from "../wire/addresses";
import { copyAddress, get64, multicastScope, sameAddress, set64 } from "../wire/bytes";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import { isMapped } from "../wire/mapped";
import * as mld from "../wire/mld";
import * as tunnel from "../encap/tunnel";
import * as paths from "../select/paths";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as devices from "../tables/devices";
import * as memberships from "../tables/memberships";
import * as orders from "../tables/orders";
import { Path } from "../tables/path";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as homeLink from "./home-link";
import * as timers from "./timers";
import { TimerKind } from "./timers";

/** From a registration to the query: its acknowledgement has arrived then. */
const FIRST_QUERY_MS: f64 = 1000;

// RFC 3810 §9.
const ROBUSTNESS: u32 = 2;
const QUERY_INTERVAL_S: u32 = 125;
const MAXIMUM_RESPONSE_MS: u32 = 10000;
const MEMBERSHIP_MS: f64 = <f64>ROBUSTNESS * <f64>QUERY_INTERVAL_S * 1000 + <f64>MAXIMUM_RESPONSE_MS; // 260 s

const linkLocal = memory.data(16, 16);

/** Looking through all bindings takes its time, and strangers can ask for it. */
const searches = new TokenBucket(20, 20);

/**
 * The binding of the node that sent a listener message from a link-local address by way `way`, NONE: unknown, or
 * it has several. Such addresses need not be unique; the tunnel is (§10.4.3).
 */
export function issuer(way: Path): u32 {
  if (!searches.take()) return NONE;
  let found: u32 = NONE;
  for (let record = bindings.next(0); record != NONE; record = bindings.next(record + 1)) {
    const binding = bindings.at(record);
    if (!sameAddress(bindings.careofAddress(binding), way.remote()) || <u32>binding.port != way.port) continue;
    if (isMapped(bindings.homeAddress(binding))) continue; // it goes with another one
    if (found != NONE) return NONE;
    found = record;
  }
  return found == NONE ? NONE : selector.forHomeAddress(bindings.homeAddress(bindings.at(found)));
}

/**
 * Takes the listener message of `length` octets at `message` in a packet out of the tunnel, from the node with the
 * home address `home`; returns what refused it.
 */
export function receive(home: usize, packet: usize, message: usize, length: u32): Reason {
  const damaged = icmp6.check(message, length, ip6.source(packet), ip6.destination(packet));
  if (damaged != Reason.None) return damaged;
  if (icmp6.type(message) == Icmpv6Type.ListenerQuery) return Reason.MessageNotForThisRole;
  if (ip6.hopLimit(packet) != mld.HOP_LIMIT) return Reason.ListenerHopLimit;
  const malformed = mld.check(message, length);
  if (malformed != Reason.None) return malformed;
  switch (icmp6.type(message)) {
    case Icmpv6Type.ListenerReport:
      return join(home, mld.group(message));
    case Icmpv6Type.ListenerDone:
      leave(home, mld.group(message));
      return Reason.None;
    default:
      return readRecords(home, message);
  }
}

function readRecords(home: usize, message: usize): Reason {
  let refusal = Reason.None;
  let record = mld.firstRecord(message);
  for (let left = mld.recordCount(message); left > 0; left--) {
    if (mld.isWanted(record)) {
      const full = join(home, mld.recordGroup(record));
      if (full != Reason.None) refusal = full;
    } else if (mld.isLeft(record)) {
      leave(home, mld.recordGroup(record));
    }
    record = mld.nextRecord(record);
  }
  return refusal;
}

/** True for groups whose packets may be tunnelled (6275-10.4.2-4, 6275-10.4.2-6, 6275-10.4.2-7). */
export function isTunnelled(group: usize): bool {
  return multicastScope(group) >= <u32>MulticastScope.Global;
}

/** Every node is in groups of its link, which are none of ours: there is nothing to refuse about them. */
function join(home: usize, group: usize): Reason {
  if (!isTunnelled(group)) return Reason.None;
  let record = memberships.find(home, group);
  if (record == NONE) {
    record = memberships.insert(home, group);
    if (record == NONE) return Reason.MembershipBudgetExhausted;
    orders.event(Event.GroupMembership, DEVICE_ANY, home, group, 1);
    planQuery(memberships.at(record).listener);
  }
  const membership = memberships.at(record);
  membership.expiresMs = clock.now() + MEMBERSHIP_MS;
  membership.timer = timers.restart(membership.timer, TimerKind.Membership, record, MEMBERSHIP_MS);
  return Reason.None;
}

function leave(home: usize, group: usize): void {
  const record = memberships.find(home, group);
  if (record != NONE) end(record);
}

function end(record: u32): void {
  const membership = memberships.at(record);
  orders.event(
    Event.GroupMembership, DEVICE_ANY, membership.home(), memberships.groupAt(membership.group).address(), 0,
  );
  memberships.remove(record);
}

/** A membership was not renewed. */
export function onMembershipTimer(record: u32): void {
  memberships.at(record).timer = NONE;
  end(record);
}

// ---- queries --------------------------------------------------------------------------------

/** A home registration was accepted: the node is asked soon. */
export function registered(home: usize): void {
  const listener = memberships.takeListener(home);
  if (listener != NONE) queryAfter(listener, FIRST_QUERY_MS);
}

function queryAfter(listener: u32, ms: f64): void {
  const entry = memberships.listenerAt(listener);
  entry.timer = timers.restart(entry.timer, TimerKind.ListenerQuery, listener, ms);
}

/** Plans a listener's next query, unless one is planned. */
function planQuery(listener: u32): void {
  if (memberships.listenerAt(listener).timer == NONE) queryAfter(listener, <f64>QUERY_INTERVAL_S * 1000);
}

/** It is time to ask a listener; one that is not bound now is asked when it is again, or its memberships end. */
export function onQueryTimer(listener: u32): void {
  const entry = memberships.listenerAt(listener);
  entry.timer = NONE;
  const binding = selector.forHomeAddress(entry.home());
  if (binding != NONE) query(binding);
  if (entry.groupCount != 0) planQuery(listener);
  else memberships.dropListener(listener);
}

/** Sends a General Query through the tunnel of a binding, from a link-local address (RFC 3810 §5.1.14). */
function query(binding: u32): void {
  const payload = mld.ROUTER_ALERT_BYTES + mld.QUERY_BYTES;
  const packet = orders.allocate(<u32>ip6.LENGTH_BYTES + payload);
  if (packet == 0) return;
  const options = packet + ip6.LENGTH_BYTES;
  const message = options + mld.ROUTER_ALERT_BYTES;
  mld.buildRouterAlert(options, NextHeader.Icmpv6);
  mld.buildGeneralQuery(message, MAXIMUM_RESPONSE_MS, ROBUSTNESS, QUERY_INTERVAL_S);
  icmp6.finish(message, mld.QUERY_BYTES, source(), ALL_NODES);
  ip6.build(packet, 0, 0, payload, NextHeader.HopByHop, mld.HOP_LIMIT, source(), ALL_NODES);
  counters.refuse(forward(packet, <u32>ip6.LENGTH_BYTES + payload, binding, DEVICE_ANY));
}

/** Our link-local address; on a virtual link the one with our interface identifier. */
function source(): usize {
  if (homeLink.isVirtual()) {
    set64(linkLocal, 0xfe80000000000000);
    set64(linkLocal + 8, get64(homeLink.address() + 8));
  } else {
    copyAddress(linkLocal, homeLink.linkLocal());
  }
  return linkLocal;
}

/** Puts a packet into the tunnel of a binding; returns what refused it. `back` is where errors about it go. */
export function forward(packet: usize, length: u32, binding: u32, back: u32): Reason {
  const entry = bindings.at(binding);
  const mtu = min<u32>(entry.pathMtu, devices.leastAccessMtu());
  return tunnel.send(paths.toCareof(entry, mtu), packet, length, homeLink.address(), back);
}
