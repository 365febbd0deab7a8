/** What of a home agent outlives a restart, in whole: written, and taken again. One record at a time: protocol/state. */
import * as abi from "../abi/contract";
import { copyAddress, isUnspecified } from "../wire/bytes";
import { isMapped } from "../wire/mapped";
import * as bindingReview from "../protocol/binding-review";
import * as homeAddressOwner from "../protocol/home-address-owner";
import * as homeLink from "../protocol/home-link";
import * as homeRegistration from "../protocol/home-registration";
import * as ipv4HomeAddress from "../protocol/ipv4-home-address";
import * as ipv4Binding from "../protocol/ipv4-binding";
import * as lifetimes from "../protocol/binding-lifetime";
import * as natMapping from "../protocol/nat-mapping";
import * as state from "../protocol/state";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import * as leases from "../tables/ipv4-leases";
import { LeaseKind } from "../tables/ipv4-leases";
import * as nodes from "../tables/nodes";
import { NONE } from "../tables/slab";

/** Cursors from these on are in the second table, and in the third one. */
const LEASES: u32 = 0x40000000;
const BINDINGS: u32 = 0x80000000;
const LARGEST_STATE_BYTES: u32 = 128;

let nextCursor: u32 = 0;

/** Where `exportAll` goes on; 0: it is complete. */
export function cursor(): u32 {
  return nextCursor;
}

/** Writes state records to `reply`, from `from` on; returns their octets. */
export function exportAll(from: u32, reply: usize): u32 {
  nextCursor = 0;
  let used: u32 = 0;
  if (from < LEASES) {
    for (let record = nodes.next(from); record != NONE; record = nodes.next(record + 1)) {
      if (isFull(used, record)) return used;
      if (nodes.at(record).timestamp != 0) used += state.writeNode(reply + used, record);
    }
    from = LEASES;
  }
  if (from < BINDINGS) { // in front of the bindings, which need them
    for (let record = leases.next(from - LEASES); record != NONE; record = leases.next(record + 1)) {
      if (isFull(used, LEASES + record)) return used;
      const lease = leases.at(record);
      if (lease.kind == LeaseKind.Leased && lease.expiresMs > clock.now()) used += state.writeLease(reply + used, record);
    }
    from = BINDINGS;
  }
  for (let record = bindings.next(from - BINDINGS); record != NONE; record = bindings.next(record + 1)) {
    if (!bindings.isInForce(record) || isMapped(bindings.homeAddress(bindings.at(record)))) continue;
    if (isFull(used, BINDINGS + record)) break;
    used += state.writeBinding(reply + used, record);
  }
  return used;
}

function isFull(used: u32, cursor: u32): bool {
  if (used + LARGEST_STATE_BYTES <= <u32>abi.REPLY_BYTES) return false;
  nextCursor = cursor;
  return true;
}

/** A lease that was kept: only for a home address that may be bound still. */
export function importLease(record: usize): void {
  const home = record + abi.STATE_LEASE_HOME_ADDRESS;
  const address = record + abi.STATE_LEASE_ADDRESS;
  if (homeAddressOwner.find(home) == NONE || !isMapped(address)) return;
  ipv4HomeAddress.restore(home, address, clock.fromUnix(load<f64>(record, abi.STATE_LEASE_EXPIRES)) - clock.now());
}

/** A binding that was kept: only for a node that may still have it. */
export function importBinding(record: usize): void {
  const home = record + abi.STATE_BINDING_HOME_ADDRESS;
  const identifier = <u32>load<u16>(record, abi.STATE_BINDING_BID);
  const expires = load<f64>(record, abi.STATE_BINDING_EXPIRES);
  // Never longer than it was to last: the clock may have been set back since, and the prefix may end.
  const prefix = homeLink.findPrefix(home);
  const mostMs = prefix < homeLink.prefixCount()
    ? min(homeLink.longestLifetimeMs(), homeLink.prefix(prefix).validMs())
    : 0;
  const lifetimeMs = <f64>load<u32>(record, abi.STATE_BINDING_LIFETIME) * 1000;
  const leftMs = min(clock.fromUnix(expires) - clock.now(), min(mostMs, lifetimeMs));
  const owner = homeAddressOwner.find(home);
  let number = bindings.find(home, identifier);
  if (number != NONE && !bindings.isInForce(number)) {
    homeRegistration.forget(number, lifetimes.DEREGISTERED);
    number = NONE;
  }
  if (!(expires > 0) || !(leftMs > 0) || owner == NONE) {
    if (number != NONE) lifetimes.drop(number);
    return;
  }
  if (number == NONE) {
    number = bindings.insert(home, identifier);
    if (number == NONE) return;
    if (!lifetimes.begin(number)) {
      bindings.remove(number);
      return;
    }
  }
  const binding = bindings.at(number);
  copyAddress(bindings.careofAddress(binding), record + abi.STATE_BINDING_CAREOF_ADDRESS);
  binding.node = owner;
  binding.sequence = load<u16>(record, abi.STATE_BINDING_SEQUENCE);
  binding.flags = load<u16>(record, abi.STATE_BINDING_FLAGS);
  lifetimes.moved(binding);
  binding.sinceMs = clock.fromUnix(load<f64>(record, abi.STATE_BINDING_SINCE));
  restoreMapping(number, record);
  lifetimes.renew(number, leftMs);
  restoreIpv4(number, record + abi.STATE_BINDING_IPV4_HOME_ADDRESS);
  if (!homeLink.isVirtual()) bindingReview.begin(false); // its packets are to be intercepted
}

function restoreMapping(number: u32, record: usize): void {
  const binding = bindings.at(number);
  binding.port = load<u16>(record, abi.STATE_BINDING_PORT);
  binding.isBehindNat = load<u32>(record, abi.STATE_BINDING_NAT) != 0;
  natMapping.restore(
    binding, load<u32>(record, abi.STATE_BINDING_NAT_HELD), load<u32>(record, abi.STATE_BINDING_NAT_LOST),
  );
}

function restoreIpv4(number: u32, address: usize): void {
  if (isUnspecified(address)) ipv4Binding.unbind(number);
  else if (isMapped(address)) ipv4HomeAddress.restoreBound(number, address);
}

export function importNode(record: usize): void {
  const owner = nodes.findHome(record + abi.STATE_NODE_HOME_ADDRESS);
  if (owner != NONE) nodes.at(owner).timestamp = load<u64>(record, abi.STATE_NODE_TIMESTAMP);
}
