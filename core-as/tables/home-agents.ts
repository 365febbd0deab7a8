/**
 * The Home Agents List of one link (RFC 6275 §10.1): the other home agents there, by their link-local address,
 * each with the global addresses that it has made known.
 */
import { copyAddress, sameAddress } from "../wire/bytes";
import { NONE, Slab, newSlab } from "./slab";

/**
 * Home agents of one link, and global addresses of one of them: more than an answer has room for (RFC 6275
 * §10.5.1), and a flood on the link cannot make the list grow.
 */
export const MAX_HOME_AGENTS: u32 = 128;
export const MAX_ADDRESSES: u32 = 8;

@unmanaged
export class HomeAgent {
  linkLocalHigh: u64;
  linkLocalLow: u64;
  /** When its lifetime ends, monotonic ms. */
  expiresMs: f64;
  /** More is better. */
  preference: u32;
  /** Handle of its timer. */
  timer: u32;
  addressCount: u32;

  /** Pointer to its link-local address. */
  linkLocal(): usize {
    return changetype<usize>(this);
  }
}

//  0         16                24
//  ├─────────┼─────────────────┤
//  │ address │ valid until, ms │    the global addresses of a home agent, behind its record
//  └─────────┴─────────────────┘
const VALID_UNTIL: usize = 16;
const ADDRESS_RECORD: usize = VALID_UNTIL + 8;
const ADDRESSES: usize = 40;
const RECORD_BYTES: u32 = <u32>ADDRESSES + MAX_ADDRESSES * <u32>ADDRESS_RECORD;

let slab = changetype<Slab>(0);

export function start(): void {
  slab = newSlab(RECORD_BYTES, MAX_HOME_AGENTS);
}

export function at(record: u32): HomeAgent {
  return changetype<HomeAgent>(slab.at(record));
}

/** The home agent with this link-local address, or NONE. */
export function find(linkLocal: usize): u32 {
  let record = next(0);
  while (record != NONE && !sameAddress(at(record).linkLocal(), linkLocal)) record = next(record + 1);
  return record;
}

/** A new entry, all zero but its link-local address and its timer (NONE); NONE when the list is full. */
export function insert(linkLocal: usize): u32 {
  const record = slab.take();
  if (record == NONE) return NONE;
  copyAddress(at(record).linkLocal(), linkLocal);
  at(record).timer = NONE;
  return record;
}

export function remove(record: u32): void {
  slab.give(record);
}

/** The first entry from `cursor` on, or NONE. */
export function next(cursor: u32): u32 {
  return slab.next(cursor);
}

export function isLive(record: u32): bool {
  return slab.isTaken(record);
}

/** Pointer to the global address number `index` of an entry. */
export function address(agent: HomeAgent, index: u32): usize {
  return changetype<usize>(agent) + ADDRESSES + <usize>index * ADDRESS_RECORD;
}

/** Until when that address is valid, monotonic ms. */
export function validUntilMs(agent: HomeAgent, index: u32): f64 {
  return load<f64>(address(agent, index), VALID_UNTIL);
}

/** Adds an address, or gives one that is there its new time. False when there is no room. */
export function setAddress(agent: HomeAgent, globalAddress: usize, validUntilMs: f64): bool {
  let index: u32 = 0;
  while (index < agent.addressCount && !sameAddress(address(agent, index), globalAddress)) index++;
  if (index == MAX_ADDRESSES) return false;
  if (index == agent.addressCount) agent.addressCount++;
  copyAddress(address(agent, index), globalAddress);
  store<f64>(address(agent, index), validUntilMs, VALID_UNTIL);
  return true;
}

/** Deletes the addresses that were valid up to `nowMs` (6275-10.1-3). */
export function dropAddresses(agent: HomeAgent, nowMs: f64): void {
  let kept: u32 = 0;
  for (let index: u32 = 0; index < agent.addressCount; index++) {
    if (validUntilMs(agent, index) <= nowMs) continue;
    if (kept != index) memory.copy(address(agent, kept), address(agent, index), ADDRESS_RECORD);
    kept++;
  }
  agent.addressCount = kept;
}
