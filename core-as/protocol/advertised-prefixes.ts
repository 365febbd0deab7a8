/**
 * The Prefix Information options of a home agent, the same ones in Router Advertisements (RFC 6275 §7.2) and in
 * Mobile Prefix Advertisements (§10.6.1; 6275-6.8-7): all home prefixes, with lifetimes that count down, and those
 * that were withdrawn, with a lifetime of zero for as long as somebody may believe in what was promised before.
 */
import { HomePrefixFlag, MAX_HOME_PREFIXES } from "../abi/contract";
import { copyPrefix, samePrefix } from "../wire/bytes";
import * as options from "../wire/neighbour-options";
import { PrefixFlag } from "../wire/neighbour-options";
import * as clock from "../tables/clock";
import * as homeLink from "./home-link";
import { HomePrefix } from "./home-link";

/** The most octets that `append` writes: home prefixes and as many that were withdrawn. */
export const MAX_BYTES: u32 = 2 * <u32>MAX_HOME_PREFIXES * 32;

/** Lifetimes of the same end, said again later: they differ by no more than this. */
const SAME_END_MS: f64 = 1000;

const RECORD: usize = 48;
const former = memory.data(768, 8); // MAX_HOME_PREFIXES × RECORD
const withdrawn = memory.data(768, 8); // MAX_HOME_PREFIXES × RECORD
const masked = memory.data(16, 16);
let formerCount: u32 = 0;
let withdrawnCount: u32 = 0;

/** Takes note of the home prefixes before the host changes them. */
export function remember(): void {
  formerCount = homeLink.prefixCount();
  for (let index: u32 = 0; index < formerCount; index++) copy(recordAt(former, index), homeLink.prefix(index));
}

/**
 * Compares the home prefixes with those that `remember` saw. True when one was added or withdrawn, or its flags or
 * lifetimes changed otherwise than by time (6275-10.6.2-1, 6275-10.6.2-2, 6275-10.6.2-3).
 */
export function settle(): bool {
  let changed = false;
  for (let index: u32 = 0; index < homeLink.prefixCount(); index++) {
    const now = homeLink.prefix(index);
    const before = find(former, formerCount, now);
    if (before == 0 || !isSame(changetype<HomePrefix>(before), now)) changed = true;
    const ended = find(withdrawn, withdrawnCount, now);
    if (ended != 0) changetype<HomePrefix>(ended).validUntilMs = 0; // it is back
  }
  for (let index: u32 = 0; index < formerCount; index++) {
    const before = recordAt(former, index);
    if (isServed(before)) continue;
    changed = true;
    withdraw(before);
  }
  return changed && formerCount != 0;
}

/** True when the same router would be advertised with the same lifetimes. */
function isSame(before: HomePrefix, now: HomePrefix): bool {
  return before.flags == now.flags && isSameEnd(before.validUntilMs, now.validUntilMs) &&
    isSameEnd(before.preferredUntilMs, now.preferredUntilMs);
}

function isSameEnd(a: f64, b: f64): bool {
  return a == b || Math.abs(a - b) < SAME_END_MS;
}

function isServed(prefix: HomePrefix): bool {
  for (let index: u32 = 0; index < homeLink.prefixCount(); index++) {
    if (isSamePrefix(homeLink.prefix(index), prefix)) return true;
  }
  return false;
}

/** Keeps a prefix among the withdrawn ones; when there are many, in place of one that ends before all others. */
function withdraw(prefix: HomePrefix): void {
  let place: u32 = 0;
  for (let index: u32 = 1; index < withdrawnCount; index++) {
    if (recordAt(withdrawn, index).validUntilMs < recordAt(withdrawn, place).validUntilMs) place = index;
  }
  const isPlaceFree = withdrawnCount != 0 && recordAt(withdrawn, place).validUntilMs <= clock.now();
  if (!isPlaceFree && withdrawnCount < <u32>MAX_HOME_PREFIXES) place = withdrawnCount++;
  copy(recordAt(withdrawn, place), prefix);
}

/** Appends the Prefix Information options to a message that ends at `end`; returns the new end. */
export function append(end: usize): usize {
  for (let index: u32 = 0; index < homeLink.prefixCount(); index++) {
    const prefix = homeLink.prefix(index);
    end = appendOne(end, prefix, prefix.validMs(), prefix.preferredMs());
  }
  for (let index: u32 = 0; index < withdrawnCount; index++) {
    const prefix = recordAt(withdrawn, index);
    if (prefix.validUntilMs > clock.now()) end = appendOne(end, prefix, 0, 0);
  }
  return end;
}

/**
 * A prefix that this home agent has an address in shows the whole address, in every advertisement the same one
 * (6275-7.2-1, 6275-7.2-2, 6275-7.2-3, 6275-8.3-5); with another, the octets behind the prefix are zero.
 */
function appendOne(end: usize, prefix: HomePrefix, validMs: f64, preferredMs: f64): usize {
  let flags: u32 = 0;
  if (prefix.hasFlag(HomePrefixFlag.OnLink)) flags |= PrefixFlag.OnLink;
  if (prefix.hasFlag(HomePrefixFlag.Autonomous)) flags |= PrefixFlag.Autonomous;
  let address = prefix.address();
  if (prefix.hasFlag(HomePrefixFlag.RouterAddress)) {
    flags |= PrefixFlag.RouterAddress;
  } else if (samePrefix(address, homeLink.address(), prefix.lengthBits)) {
    flags |= PrefixFlag.RouterAddress;
    address = homeLink.address();
  } else {
    copyPrefix(masked, address, prefix.lengthBits);
    address = masked;
  }
  return options.appendPrefixInformation(end, prefix.lengthBits, flags, validMs, preferredMs, address);
}

function recordAt(records: usize, index: u32): HomePrefix {
  return changetype<HomePrefix>(records + <usize>index * RECORD);
}

function copy(to: HomePrefix, from: HomePrefix): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), offsetof<HomePrefix>());
}

function isSamePrefix(a: HomePrefix, b: HomePrefix): bool {
  return a.lengthBits == b.lengthBits && samePrefix(a.address(), b.address(), a.lengthBits);
}

/** Address of the record among `count` at `records` that is about the same prefix, or 0. */
function find(records: usize, count: u32, prefix: HomePrefix): usize {
  for (let index: u32 = 0; index < count; index++) {
    const record = recordAt(records, index);
    if (isSamePrefix(record, prefix)) return changetype<usize>(record);
  }
  return 0;
}
