/**
 * What a home agent does with a Binding Update that it has found to be good (RFC 6275 §10.3): it makes,
 * changes or removes the entry of the binding cache.
 *
 *   (none) ── register ──► pending ── nobody objects ──► in force ── remove ──► removed ── 10 s ──► (none)
 *      │                      │                             ▲  │                    │
 *      │                      └─ somebody does: status 134  │  └─ lifetime ends     │
 *      └───────── on a virtual home link at once ───────────┘◄────── register ──────┘
 *
 * On a virtual home link nobody else can have the home address: nothing is to be detected.
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import {
  BindingAcknowledgementStatus as Status, BindingUpdateFlag, Ipv4AddressStatus, LIFETIME_UNIT_MS,
} from "../abi/codes";
import { Reason } from "../abi/reasons";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as leases from "../tables/ipv4-leases";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as timers from "../tables/timers";
import * as acknowledgement from "./acknowledgement";
import * as bindingRefusal from "./binding-refusal";
import * as lifetimes from "./binding-lifetime";
import * as defendedAddress from "./defended-address";
import * as detection from "./duplicate-detection";
import * as homeLink from "./home-link";
import { HomePrefix } from "./home-link";
import * as ipv4Binding from "./ipv4-binding";
import * as ipv4HomeAddress from "./ipv4-home-address";
import * as multicastMembership from "./multicast-membership";
import * as natMapping from "./nat-mapping";
import * as prefixAdvertisement from "./prefix-advertisement";
import * as proxyNeighbour from "./proxy-neighbour";
import { ReceivedUpdate } from "./received-update";
import * as state from "./state";

/** True for a Binding Update that waits for duplicate address detection already: it will be answered once. */
export function isBeingChecked(update: ReceivedUpdate): bool {
  const record = bindings.find(update.home(), 0);
  return record != NONE && detection.isRunning(record) && bindings.at(record).sequence == update.sequence;
}

/** A binding is made or changed (RFC 6275 §10.3.1; 6275-8.4-1, 6275-10.3.1-11). */
export function register(update: ReceivedUpdate): Reason {
  if (update.hasFlag(BindingUpdateFlag.LinkLocalAddressCompatibility) && !homeLink.isVirtual()) {
    if (defendedAddress.linkLocalOf(update.home()) == 0) {
      return bindingRefusal.refuse(update, Reason.LinkLocalNotDerivable, Status.AdministrativelyProhibited);
    }
    if (defendedAddress.isTaken(update.home(), update.node)) return refuseDuplicate(update); // 6275-10.3.1-15
  }
  let record = bindings.find(update.home(), 0);
  if (record != NONE && bindings.isInForce(record)) return accept(record, update);
  if (record == NONE) record = bindings.insert(update.home(), 0);
  if (record == NONE) return refuseForLack(update); // 6275-9.5.2-4
  if (homeLink.isVirtual()) return enforce(record, update);
  if (detection.begin(record, update)) return Reason.None;
  bindings.remove(record);
  return refuseForLack(update);
}

/** The entry begins to be in force: it gets its timer. */
function enforce(record: u32, update: ReceivedUpdate): Reason {
  timers.cancel(bindings.at(record).timer);
  if (lifetimes.begin(record)) return accept(record, update);
  bindings.remove(record);
  return refuseForLack(update);
}

function accept(record: u32, update: ReceivedUpdate): Reason {
  const binding = bindings.at(record);
  const isNew = !bindings.isInForce(record);
  const prefix = homeLink.prefix(homeLink.findPrefix(update.home()));
  let grantedMs = grant(update, prefix);
  if (grantedMs == 0) { // and 6275-10.3.1-17: what there is may not be granted
    if (isNew) forget(record, lifetimes.PREFIX_ENDED);
    return bindingRefusal.refuse(update, Reason.HomePrefixEnding, Status.NotHomeSubnet);
  }
  const moved = isNew || !sameAddress(bindings.careofAddress(binding), update.careof());
  const needsAnnouncement = isNew || (
    update.hasFlag(BindingUpdateFlag.LinkLocalAddressCompatibility) && !defendedAddress.hasLinkLocal(binding)
  );
  natMapping.registered(record, update, isNew);
  copyAddress(bindings.careofAddress(binding), update.careof()); // 5555-2.3.2.1-3, 5555-2.3.2.2-1, 5555-4.5-13
  binding.node = update.node;
  binding.sequence = <u16>update.sequence;
  binding.flags = update.flags; // 6275-10.3.1-12: with the H bit, which says whose work it is
  if (moved) lifetimes.moved(binding);
  grantedMs = min(grantedMs, bindIpv4(record, update));
  lifetimes.renew(record, grantedMs);
  state.keepBinding(record);
  orders.event(
    Event.BindingAccepted, DEVICE_ANY, update.home(), update.careof(), binding.sequence, <u32>(grantedMs / 1000),
    isNew ? 0 : moved ? 1 : 2,
  );
  if (needsAnnouncement) proxyNeighbour.begin(record); // 6275-10.3.1-34
  prefixAdvertisement.registered(update.home()); // RFC 6275 §10.6.2; 6275-10.3.1-36
  multicastMembership.registered(update.home()); // RFC 6275 §10.4.3

  // 5555-2.3.1-2, 6275-8.4-7, 6275-10.3.1-22, 6275-10.3.1-23, 6275-10.3.1-27, 6275-10.3.1-28: acknowledged whether asked
  // for or not (6275-9.5.4-2), below 128 (6275-9.5.4-5), with the update's sequence number and the lifetime
  // that is left.
  // 6275-10.3.1-31, 6275-6.2.4-2. Advice shortens nothing here: the lifetime stands (6275-10.3.1-33).
  const adviceMs = homeLink.adviceMs() < grantedMs ? homeLink.adviceMs() : 0;
  acknowledgement.send(
    update, homeLink.address(), status(prefix, grantedMs), binding.sequence, grantedMs, adviceMs,
  );
  return Reason.None;
}

/**
 * The entry of the IPv4 home address (5555-2.3.2.1-4, 5555-2.3.2.2-2): made when an option asks for it, gone when none
 * does. Returns for how long it lasts, whole units: no longer than its lease (RFC 5555 §2.5).
 */
function bindIpv4(record: u32, update: ReceivedUpdate): f64 {
  const before = ipv4Binding.addressOf(record);
  const entry = ipv4HomeAddress.choose(update);
  if (entry == NONE) {
    ipv4Binding.unbind(record);
    return Infinity;
  }
  const lease = leases.at(entry);
  const isNew = before == 0 || !sameAddress(before, lease.address());
  if (!ipv4Binding.bind(record, lease.address())) {
    ipv4HomeAddress.withdraw(update);
    return Infinity;
  }
  if (isNew) {
    orders.event(Event.Ipv4HomeAddress, DEVICE_ANY, update.home(), lease.address(), Ipv4AddressStatus.Success);
  }
  return wholeUnits(lease.expiresMs - clock.now());
}

/** Milliseconds in whole units of the wire. */
function wholeUnits(ms: f64): f64 {
  return Math.floor(ms / LIFETIME_UNIT_MS) * LIFETIME_UNIT_MS;
}

/**
 * The lifetime granted for one that is asked for (6275-6.1.7-6, 6275-9.5.2-2, 6275-10.3.1-16, 6275-10.3.1-20), no
 * longer than the home prefix is valid (6275-10.3.1-17, 6275-10.6.4-1), however long it is preferred
 * (6275-10.3.1-18). 0: the prefix does not last for one unit, and zero would say that the binding is gone.
 */
function grant(update: ReceivedUpdate, prefix: HomePrefix): f64 {
  const ownS = nodes.at(update.node).maxLifetimeS;
  const longestMs = homeLink.longestLifetimeMs();
  const mostMs = ownS != 0 ? min(longestMs, <f64>ownS * 1000) : longestMs;
  const policyMs = max<f64>(LIFETIME_UNIT_MS, wholeUnits(min(update.lifetimeMs, mostMs)));
  return min(policyMs, wholeUnits(prefix.validMs()));
}

/**
 * 6275-10.3.1-24, 6275-10.3.1-25: 1 when the prefix is deprecated before the binding ends, or is valid no
 * longer than it. Compared in units of four seconds.
 */
function status(prefix: HomePrefix, grantedMs: f64): u32 {
  const changes = wholeUnits(prefix.preferredMs()) < grantedMs || wholeUnits(prefix.validMs()) <= grantedMs;
  return changes ? Status.PrefixDiscoveryNecessary : Status.Accepted;
}

/**
 * A binding ends, and none is made (RFC 6275 §10.3.2; 6275-6.1.7-7, 6275-9.5.3-1, 6275-9.5.3-2). On a real
 * home link interception ends before the acknowledgement, which then finds the node itself on the link.
 */
export function remove(update: ReceivedUpdate): Reason {
  const record = bindings.find(update.home(), 0);
  if (detection.isRunning(record)) detection.end(record);
  ipv4HomeAddress.removed(update);
  lifetimes.deregister(record, update.sequence);
  // 6275-10.3.2-4, 6275-10.3.2-5, 6275-10.3.2-6, 6275-10.3.2-7, 6275-10.3.2-8
  acknowledgement.send(update, homeLink.address(), Status.Accepted, update.sequence, 0, 0);
  return Reason.None;
}

/** Takes an entry away, whatever it is; a binding in force ends for the reason `why`. */
export function forget(record: u32, why: u32): void {
  if (bindings.isInForce(record)) {
    lifetimes.end(record, why);
    return;
  }
  if (detection.isRunning(record)) detection.end(record);
  lifetimes.drop(record);
}

/** A node may no longer register: what it has in any home prefix ends. */
export function forgetNode(node: u32): void {
  for (let home = nodes.firstHome(node); home != NONE; home = nodes.nextHome(home)) {
    const own = nodes.homeAddressOf(home);
    forgetOf(node, own);
    for (let index: u32 = 0; index < homeLink.prefixCount(); index++) {
      store<u64>(renumbered, load<u64>(homeLink.prefix(index).address()));
      store<u64>(renumbered, load<u64>(own, 8), 8);
      forgetOf(node, renumbered);
    }
  }
}
const renumbered = memory.data(16, 16);

function forgetOf(node: u32, homeAddress: usize): void {
  const record = bindings.find(homeAddress, 0);
  if (record != NONE && bindings.at(record).node == node) forget(record, lifetimes.NODE_REMOVED);
}

/** `homeAddress` is given to `node`: who has bound it by its interface identifier alone loses it. */
export function yieldTo(node: u32, homeAddress: usize): void {
  const record = bindings.find(homeAddress, 0);
  if (record != NONE && bindings.at(record).node != node) forget(record, lifetimes.NODE_REMOVED);
}

/** Nobody objected in time: the Binding Update that waited is acknowledged. */
export function onDetectionTimer(record: u32): void {
  if (!bindings.isLive(record) || !detection.isRunning(record)) return;
  const update = detection.end(record);
  if (!homeLink.isOnHomeLink(update.home())) { // the prefix went away meanwhile
    bindings.remove(record);
    counters.refuse(bindingRefusal.refuse(update, Reason.NotHomeSubnet, Status.NotHomeSubnet));
    return;
  }
  counters.refuse(enforce(record, update));
}

/** Somebody else on the home link has `address`, or wants it: a registration that waits is refused. */
export function objected(address: usize): void {
  const record = defendedAddress.holder(address);
  if (record == NONE || !detection.isRunning(record)) return;
  const update = detection.end(record);
  bindings.remove(record);
  counters.refuse(refuseDuplicate(update));
}

/** 6275-10.3.1-15 */
function refuseDuplicate(update: ReceivedUpdate): Reason {
  orders.event(Event.HomeAddressDuplicate, homeLink.device(), update.home(), 0, 0);
  return bindingRefusal.refuse(update, Reason.HomeAddressDuplicate, Status.DuplicateAddressDetectionFailed);
}

/** 6275-9.5.2-6, 6275-10.3.1-7 */
function refuseForLack(update: ReceivedUpdate): Reason {
  return bindingRefusal.refuse(update, Reason.BindingBudgetExhausted, Status.InsufficientResources);
}
