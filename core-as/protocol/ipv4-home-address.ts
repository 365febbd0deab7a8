/**
 * Which IPv4 home address a mobile node gets (RFC 5555 §4.5): the one that it was given for good, or one of the pools
 * for a time. What it asks for in options is answered in options, each with a status (5555-2.3.1-3).
 *
 *   0.0.0.0         its static address, else a lease: the same one as before where it can be     132: none is left
 *   an address      when it is its own (5555-4.5-7)            130: it is not   131: it is none a node can have
 *   a prefix        133: mobile network prefixes are not given out here
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import { Ipv4AddressStatus } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import { ADDRESS_BITS } from "../wire/ipv4-options";
import { ipv4, isUnicastIpv4, map } from "../wire/mapped";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as leases from "../tables/ipv4-leases";
import { LeaseKind } from "../tables/ipv4-leases";
import * as pools from "../tables/ipv4-pools";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as ipv4Binding from "./ipv4-binding";
import { AskedIpv4, ReceivedUpdate } from "./received-update";
import * as served from "./served";
import * as state from "./state";

const wanted = memory.data(16, 8);
const free = memory.data(16, 8);
const reports = new TokenBucket(50, 100);

/**
 * Answers the options of `update`, which will be accepted (5555-4.5-5). Returns the entry of tables/ipv4-leases whose address is to
 * be bound, or NONE: it asked for none, or gets none.
 */
export function choose(update: ReceivedUpdate): u32 {
  let chosen = NONE;
  let wasAsked = false;
  for (let index: u32 = 0; index < update.askedCount; index++) {
    const asked = update.asked(index);
    const bits = <u32>asked.prefixLength;
    if (bits == 0 || bits > ADDRESS_BITS) { // 5555-3.1.1-2
      refuse(update, asked, Reason.Ipv4HomeAddressInvalid, Ipv4AddressStatus.InvalidAddress);
    } else if (asksForPrefix(update, asked)) { // 5555-4.5-8, 5555-4.5-11
      refuse(update, asked, Reason.Ipv4PrefixUnauthorized, Ipv4AddressStatus.PrefixUnauthorized);
    } else if (wasAsked) {
      refuse(update, asked, Reason.Ipv4HomeAddressInvalid, Ipv4AddressStatus.ReasonUnspecified);
    } else {
      wasAsked = true;
      chosen = chooseAddress(update, asked);
      if (chosen != NONE) accept(asked, leases.at(chosen).address());
    }
  }
  return chosen;
}

/** The P bit means nothing in a refresh, with the address that the node has (RFC 5555 §3.1.1). */
function asksForPrefix(update: ReceivedUpdate, asked: AskedIpv4): bool {
  if (asked.prefixLength < <u8>ADDRESS_BITS) return true;
  return asked.wantsPrefix && (asked.address == 0 || !owns(entryOf(update.home()), asked));
}

function owns(entry: u32, asked: AskedIpv4): bool {
  if (entry == NONE || leases.at(entry).kind == LeaseKind.Refused) return false;
  map(wanted, asked.octets());
  return sameAddress(leases.at(entry).address(), wanted);
}

function chooseAddress(update: ReceivedUpdate, asked: AskedIpv4): u32 {
  if (asked.address != 0 && !isUnicastIpv4(asked.octets())) {
    return refuse(update, asked, Reason.Ipv4HomeAddressInvalid, Ipv4AddressStatus.InvalidAddress);
  }
  const entry = entryOf(update.home()); // 5555-4.5-2
  if (entry != NONE && leases.at(entry).kind == LeaseKind.Refused) {
    return refuse(update, asked, Reason.Ipv4HomeAddressNotOwned, Ipv4AddressStatus.AdministrativelyProhibited);
  }
  if (asked.address != 0 && !owns(entry, asked)) { // 5555-4.5-7, 5555-5-1
    return refuse(update, asked, Reason.Ipv4HomeAddressNotOwned, Ipv4AddressStatus.IncorrectAddress);
  }
  if (entry != NONE && leases.at(entry).kind == LeaseKind.Static) return entry; // 5555-4.5-3
  const lent = lend(update.home()); // 5555-4.5-9, 5555-2.5-1
  if (lent != NONE && (asked.address == 0 || owns(lent, asked))) return lent;
  return asked.address == 0 // 5555-4.5-10
    ? refuse(update, asked, Reason.Ipv4PoolExhausted, Ipv4AddressStatus.DynamicNotAvailable)
    : refuse(update, asked, Reason.Ipv4HomeAddressNotOwned, Ipv4AddressStatus.IncorrectAddress);
}

function accept(asked: AskedIpv4, address: usize): void {
  asked.address = load<u32>(ipv4(address)); // 5555-3.2.1-3
  asked.status = <u8>Ipv4AddressStatus.Success;
  asked.grantedPrefixLength = <u8>ADDRESS_BITS;
}

/** The address that was chosen cannot be bound after all: there is no room. */
export function withdraw(update: ReceivedUpdate): void {
  for (let index: u32 = 0; index < update.askedCount; index++) {
    const asked = update.asked(index);
    if (asked.status != <u8>Ipv4AddressStatus.Success) continue;
    asked.grantedPrefixLength = 0; // 5555-3.2.1-1
    refuse(update, asked, Reason.BindingBudgetExhausted, Ipv4AddressStatus.ReasonUnspecified);
  }
}

/** A Binding Update that removes the binding asks for nothing: it hears what it had. */
export function removed(update: ReceivedUpdate): void {
  const entry = entryOf(update.home());
  for (let index: u32 = 0; index < update.askedCount; index++) {
    const asked = update.asked(index);
    const had = entry != NONE && leases.at(entry).kind != LeaseKind.Refused &&
      (asked.address == 0 || owns(entry, asked));
    if (had) accept(asked, leases.at(entry).address());
  }
}

function refuse(update: ReceivedUpdate, asked: AskedIpv4, reason: Reason, status: Ipv4AddressStatus): u32 {
  asked.status = <u8>status;
  counters.refuse(reason);
  if (reports.take()) {
    map(wanted, asked.octets());
    orders.event(Event.Ipv4HomeAddress, DEVICE_ANY, update.home(), wanted, status);
  }
  return NONE;
}

/**
 * The entry of a home address, or NONE. While the home link is renumbered, a static address goes with all home
 * addresses of its node that have the interface identifier of the one that it was given to.
 */
function entryOf(homeAddress: usize): u32 {
  const own = leases.find(homeAddress);
  if (own != NONE || nodes.findHome(homeAddress) != NONE) return own;
  const given = nodes.interfaceHome(homeAddress);
  const entry = given == 0 ? NONE : leases.find(given);
  return entry != NONE && leases.at(entry).kind != LeaseKind.Leased ? entry : NONE;
}

/** The lease of a home address, renewed or new (5555-4.5-4); NONE: no address is left. */
function lend(homeAddress: usize): u32 {
  const expiresMs = clock.now() + served.leaseMs();
  let entry = leases.find(homeAddress);
  if (entry != NONE && !pools.isLeasable(leases.at(entry).address())) {
    release(entry);
    entry = NONE;
  }
  if (entry != NONE) leases.renew(entry, expiresMs);
  else entry = lendNew(homeAddress, expiresMs);
  if (entry != NONE) state.keepLease(entry);
  return entry;
}

function lendNew(homeAddress: usize, expiresMs: f64): u32 {
  let isFound = leases.findFree(free, homeAddress);
  while (!isFound && makeRoom()) isFound = leases.findFree(free, homeAddress);
  if (!isFound) return NONE;
  const entry = leases.insert(homeAddress, free, LeaseKind.Leased, expiresMs);
  return entry == NONE && makeRoom() ? leases.insert(homeAddress, free, LeaseKind.Leased, expiresMs) : entry;
}

/** Forgets a lease that has ended; false: all are in use. */
export function makeRoom(): bool {
  const entry = leases.firstEnded();
  if (entry == NONE) return false;
  release(entry);
  return true;
}

/** Takes a lease back; who has it bound loses it. */
export function release(entry: u32): void {
  unbindAddress(leases.at(entry).address());
  forget(entry);
}

/** Takes a lease away and nothing else. */
export function forget(entry: u32): void {
  leases.at(entry).expiresMs = -Infinity;
  state.keepLease(entry);
  leases.remove(entry);
}

/** Nobody has this IPv4-mapped address bound any more. */
export function unbindAddress(address: usize): void {
  const entry = bindings.find(address, 0);
  if (entry == NONE) return;
  const record = bindings.at(entry).companion;
  ipv4Binding.unbind(record);
  if (bindings.isInForce(record)) state.keepBinding(record);
}

/** Looks at a binding anew: an address that is no longer leased or given is taken from it. */
export function review(record: u32): void {
  const address = ipv4Binding.addressOf(record);
  if (address == 0) return;
  const entry = leases.findAddress(address);
  if (entry == NONE) unbindAddress(address);
  else if (leases.at(entry).kind == LeaseKind.Leased && !pools.isLeasable(address)) release(entry);
}

/** Takes a lease that was kept, `leftMs` before it ends: only where nobody else has the address. */
export function restore(homeAddress: usize, address: usize, leftMs: f64): void {
  const entry = leases.find(homeAddress);
  if (entry != NONE) {
    const lease = leases.at(entry);
    if (lease.kind != LeaseKind.Leased) return; // a person has decided otherwise since
    if (leftMs > 0 && sameAddress(lease.address(), address)) {
      leases.renew(entry, clock.now() + leftMs);
      return;
    }
    if (!(leftMs > 0) || !pools.isLeasable(address) || leases.findAddress(address) != NONE) {
      if (!(leftMs > 0)) release(entry);
      return;
    }
    release(entry);
  }
  if (!(leftMs > 0) || !pools.isLeasable(address) || leases.findAddress(address) != NONE) return;
  leases.insert(homeAddress, address, LeaseKind.Leased, clock.now() + leftMs);
}

/** Gives a binding that was kept its IPv4 home address again, where that is still the one that goes with it. */
export function restoreBound(record: u32, address: usize): void {
  const home = bindings.homeAddress(bindings.at(record));
  let entry = entryOf(home);
  if (entry == NONE && pools.isLeasable(address) && leases.findAddress(address) == NONE) {
    // The record of the lease may come behind this one.
    entry = leases.insert(home, address, LeaseKind.Leased, bindings.at(record).expiresMs);
  }
  const isIts = entry != NONE && leases.at(entry).kind != LeaseKind.Refused &&
    sameAddress(leases.at(entry).address(), address);
  if (isIts && ipv4Binding.bind(record, address)) ipv4Binding.follow(record);
}
