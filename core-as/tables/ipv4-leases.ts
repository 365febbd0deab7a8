/**
 * Which IPv4 home address goes with which home address, in either direction (RFC 5555 §4.5, §5): given for good by a
 * person, or leased from the pools. An address stands in one entry at most, so it is never given twice.
 *
 *   leases, in the order in which they end:   oldest ⇄ … ⇄ newest
 *
 * A lease that has ended is remembered until its address or its entry is needed: the same home address gets the same
 * IPv4 address again.
 */
import { copyAddress, isUnspecified } from "../wire/bytes";
import * as clock from "./clock";
import { AddressIndex, newIndex } from "./index";
import * as pools from "./ipv4-pools";
import { NONE, Slab, newSlab } from "./slab";

/** Where an address comes from. */
export enum LeaseKind {
  /** From a pool, for a time. */
  Leased = 0,
  /** Given by a person, for good. */
  Static = 1,
  /** A person has said: none. */
  Refused = 2,
}

@unmanaged
export class Lease {
  addressHigh: u64;
  addressLow: u64;
  homeHigh: u64;
  homeLow: u64;
  /** Monotonic ms; Infinity: for good. */
  expiresMs: f64;
  /** LeaseKind */
  kind: u32;
  /** Zero: the second key of the indices is not used here. */
  zero: u32;
  older: u32;
  newer: u32;

  /** Pointer to the IPv4 address, IPv4-mapped; unspecified when there is none. */
  address(): usize {
    return changetype<usize>(this);
  }

  /** Pointer to the home address. */
  home(): usize {
    return changetype<usize>(this) + offsetof<Lease>("homeHigh");
  }
}

let slab = changetype<Slab>(0);
let byAddress = changetype<AddressIndex>(0);
let byHome = changetype<AddressIndex>(0);
let oldest: u32 = NONE;
let newest: u32 = NONE;

/** Room for `capacity` home addresses. */
export function start(capacity: u32, secretHigh: u64, secretLow: u64): void {
  slab = newSlab(offsetof<Lease>(), capacity);
  byAddress = newIndex(slab, offsetof<Lease>("addressHigh"), offsetof<Lease>("zero"), secretHigh, secretLow);
  byHome = newIndex(slab, offsetof<Lease>("homeHigh"), offsetof<Lease>("zero"), secretHigh, secretLow);
}

export function at(record: u32): Lease {
  return changetype<Lease>(slab.at(record));
}

/** The entry of a home address, or NONE. */
export function find(homeAddress: usize): u32 {
  return byHome.find(homeAddress, 0);
}

/** The entry of an IPv4-mapped address, or NONE. */
export function findAddress(address: usize): u32 {
  return byAddress.find(address, 0);
}

/** The first entry from `cursor` on, or NONE. */
export function next(cursor: u32): u32 {
  return slab.next(cursor);
}

/** A new entry; NONE when the budget is used up. `address`, if not unspecified, and `homeAddress` must not have one. */
export function insert(homeAddress: usize, address: usize, kind: LeaseKind, expiresMs: f64): u32 {
  const record = slab.take();
  if (record == NONE) return NONE;
  const lease = at(record);
  copyAddress(lease.address(), address);
  copyAddress(lease.home(), homeAddress);
  lease.kind = kind;
  lease.expiresMs = expiresMs;
  lease.older = NONE;
  lease.newer = NONE;
  byHome.insert(record);
  if (!isUnspecified(address)) byAddress.insert(record);
  if (kind == LeaseKind.Leased) link(record);
  return record;
}

/** Takes an entry away. */
export function remove(record: u32): void {
  const lease = at(record);
  if (lease.kind == LeaseKind.Leased) unlink(record);
  if (!isUnspecified(lease.address())) byAddress.remove(record);
  byHome.remove(record);
  slab.give(record);
  fruitlessSize = 0;
}

/** A lease ends later, or earlier. */
export function renew(record: u32, expiresMs: f64): void {
  unlink(record);
  at(record).expiresMs = expiresMs;
  link(record);
}

/** Leases that `firstEnded` looks at: they nearly stand in their order. */
const FEW: u32 = 64;

/** A lease that has ended, or NONE. */
export function firstEnded(): u32 {
  let record = oldest;
  for (let step: u32 = 0; step < FEW && record != NONE; step++) {
    if (at(record).expiresMs <= clock.now()) return record;
    record = at(record).newer;
  }
  return NONE;
}

/** Size of the pools in which a search has found nothing since the last change; 0: none has. */
let fruitlessSize: u64 = 0;

/**
 * Writes an address of the pools that stands in no entry to `to`; false: there is none. The search begins at a place
 * that belongs to the home address, so that even a home agent that has forgotten all will mostly give the same one.
 */
export function findFree(to: usize, homeAddress: usize): bool {
  const size = pools.size();
  if (size == 0 || size == fruitlessSize) return false;
  let number = mix(homeAddress) % size;
  for (let step: u64 = 0; step < size; step++) {
    pools.write(to, number);
    if (pools.isLeasable(to) && findAddress(to) == NONE) return true;
    if (++number == size) number = 0;
  }
  fruitlessSize = size;
  return false;
}

/** The pools are others: what was searched in vain counts no longer. */
export function poolsChanged(): void {
  fruitlessSize = 0;
}

function mix(homeAddress: usize): u64 {
  const mixed = (load<u64>(homeAddress) ^ rotl<u64>(load<u64>(homeAddress, 8), 29)) * 0x9e3779b97f4a7c15;
  return mixed ^ (mixed >> 32);
}

/** Puts a lease where its end belongs: nearly always behind all others. */
function link(record: u32): void {
  const lease = at(record);
  let before = newest;
  for (let step: u32 = 0; step < FEW && before != NONE && at(before).expiresMs > lease.expiresMs; step++) {
    before = at(before).older;
  }
  lease.older = before;
  lease.newer = before == NONE ? oldest : at(before).newer;
  if (lease.older == NONE) oldest = record;
  else at(lease.older).newer = record;
  if (lease.newer == NONE) newest = record;
  else at(lease.newer).older = record;
}

function unlink(record: u32): void {
  const lease = at(record);
  if (lease.older == NONE) oldest = lease.newer;
  else at(lease.older).newer = lease.newer;
  if (lease.newer == NONE) newest = lease.older;
  else at(lease.newer).older = lease.older;
}
