/**
 * Which groups mobile nodes have joined through their tunnels (RFC 6275 §10.4.3):
 *
 *   listener: home address ──┐
 *                            ├── membership: until when       (home address, group)
 *   group: address, members ─┘        └─► next member of the group
 *
 * Members of a group are a list, so a packet to it costs what it is copied; a membership is found by its home address
 * and the number of its group. A listener may have MAX_GROUPS_EACH, so that no node uses up the room of all.
 */
import { copyAddress } from "../wire/bytes";
import { AddressIndex, newIndex } from "./index";
import { NONE, Slab, newSlab } from "./slab";
import * as timers from "./timers";

/** Groups that one node may join. */
export const MAX_GROUPS_EACH: u32 = 32;

@unmanaged
export class Listener {
  homeHigh: u64;
  homeLow: u64;
  zero: u32;
  /** Handle of the timer of the next query. */
  timer: u32;
  groupCount: u32;

  /** Pointer to the home address. */
  home(): usize {
    return changetype<usize>(this);
  }
}

@unmanaged
export class Group {
  addressHigh: u64;
  addressLow: u64;
  zero: u32;
  /** First membership of it. */
  first: u32;

  /** Pointer to the address. */
  address(): usize {
    return changetype<usize>(this);
  }
}

@unmanaged
export class Membership {
  homeHigh: u64;
  homeLow: u64;
  /** Record of the group. */
  group: u32;
  /** Record of the listener. */
  listener: u32;
  /** Neighbours in the list of the group's members. */
  next: u32;
  previous: u32;
  /** When it ends, monotonic ms. */
  expiresMs: f64;
  /** Handle of its timer. */
  timer: u32;

  /** Pointer to the home address. */
  home(): usize {
    return changetype<usize>(this);
  }
}

let listeners = changetype<Slab>(0);
let groups = changetype<Slab>(0);
let memberships = changetype<Slab>(0);
let byHome = changetype<AddressIndex>(0);
let byGroup = changetype<AddressIndex>(0);
let byBoth = changetype<AddressIndex>(0);

/** Room for `capacity` memberships. */
export function start(capacity: u32, secretHigh: u64, secretLow: u64): void {
  listeners = newSlab(offsetof<Listener>(), capacity);
  groups = newSlab(offsetof<Group>(), capacity);
  memberships = newSlab(offsetof<Membership>(), capacity);
  byHome = newIndex(listeners, offsetof<Listener>("homeHigh"), offsetof<Listener>("zero"), secretHigh, secretLow);
  byGroup = newIndex(groups, offsetof<Group>("addressHigh"), offsetof<Group>("zero"), secretLow, secretHigh);
  byBoth = newIndex(
    memberships, offsetof<Membership>("homeHigh"), offsetof<Membership>("group"), secretHigh, secretLow,
  );
}

export function at(record: u32): Membership {
  return changetype<Membership>(memberships.at(record));
}

export function listenerAt(record: u32): Listener {
  return changetype<Listener>(listeners.at(record));
}

export function groupAt(record: u32): Group {
  return changetype<Group>(groups.at(record));
}

/** The first membership from `cursor` on, or NONE. */
export function next(cursor: u32): u32 {
  return memberships.next(cursor);
}

/** The membership of a home address in a group, or NONE. */
export function find(home: usize, groupAddress: usize): u32 {
  const group = byGroup.find(groupAddress, 0);
  return group == NONE ? NONE : byBoth.find(home, group);
}

/** True when somebody has joined a group. */
export function hasMembers(groupAddress: usize): bool {
  return byGroup.find(groupAddress, 0) != NONE;
}

/** The membership that `walk` is at; NONE: behind the last one. */
let walker: u32 = NONE;

/** Begins a walk along the members of a group; it may take its time, while members come and go. */
export function walk(groupAddress: usize): void {
  const group = byGroup.find(groupAddress, 0);
  walker = group == NONE ? NONE : groupAt(group).first;
}

/** Whether the walk has members before it. */
export function isWalking(): bool {
  return walker != NONE;
}

/** The next member of the walk; only while it has some. */
export function nextOfWalk(): u32 {
  const record = walker;
  walker = at(record).next;
  return record;
}

/** A new membership, without timer; NONE when the budget, or the node's share of it, is used up. */
export function insert(home: usize, groupAddress: usize): u32 {
  const listener = takeListener(home);
  if (listener == NONE) return NONE;
  const group = listenerAt(listener).groupCount < MAX_GROUPS_EACH ? takeGroup(groupAddress) : NONE;
  const record = group == NONE ? NONE : memberships.take();
  if (record == NONE) {
    giveUnused(listener, group);
    return NONE;
  }
  const membership = at(record);
  copyAddress(membership.home(), home);
  membership.group = group;
  membership.listener = listener;
  membership.timer = NONE;
  membership.previous = NONE;
  membership.next = groupAt(group).first;
  if (membership.next != NONE) at(membership.next).previous = record;
  groupAt(group).first = record;
  listenerAt(listener).groupCount++;
  byBoth.insert(record);
  return record;
}

/** Takes a membership and its timer away; its group and its listener go with their last one. */
export function remove(record: u32): void {
  const membership = at(record);
  const group = membership.group;
  const listener = membership.listener;
  if (membership.previous == NONE) groupAt(group).first = membership.next;
  else at(membership.previous).next = membership.next;
  if (membership.next != NONE) at(membership.next).previous = membership.previous;
  listenerAt(listener).groupCount--;
  if (walker == record) walker = membership.next;
  timers.cancel(membership.timer);
  byBoth.remove(record);
  memberships.give(record);
  giveUnused(listener, group);
}

/** The listener at a home address, or a new one without groups; NONE when the budget is used up. */
export function takeListener(home: usize): u32 {
  let record = byHome.find(home, 0);
  if (record != NONE) return record;
  record = listeners.take();
  if (record == NONE) return NONE;
  copyAddress(listenerAt(record).home(), home);
  listenerAt(record).timer = NONE;
  byHome.insert(record);
  return record;
}

/** Takes a listener away that has no groups; another one stays. */
export function dropListener(record: u32): void {
  giveUnused(record, NONE);
}

function takeGroup(address: usize): u32 {
  let record = byGroup.find(address, 0);
  if (record != NONE) return record;
  record = groups.take();
  if (record == NONE) return NONE;
  copyAddress(groupAt(record).address(), address);
  groupAt(record).first = NONE;
  byGroup.insert(record);
  return record;
}

function giveUnused(listener: u32, group: u32): void {
  if (listenerAt(listener).groupCount == 0) {
    timers.cancel(listenerAt(listener).timer);
    byHome.remove(listener);
    listeners.give(listener);
  }
  if (group != NONE && groupAt(group).first == NONE) {
    byGroup.remove(group);
    groups.give(group);
  }
}
