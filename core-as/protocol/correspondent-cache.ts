/**
 * The binding cache of a correspondent node (RFC 6275 §9.1, §9.6; 6275-8.2-10). An entry is
 *
 *   live      packets take the direct way to the care-of address
 *   ended     no binding any more, but the nonces that made it are still valid: what was said with them is
 *             remembered, so that no old Binding Update can be said again (§5.2.8; 6275-9.5.3-3, 6275-9.6-4)
 *
 *   ──► live ──removed, expired, unreachable──► ended ──nonces too old──► gone
 *        ▲                                        │
 *        └──────── greater sequence number or newer nonces ──┘
 *
 * The entries are a budget. When it is used up, the least recently used entry makes room; where that is not
 * yet safe, the nonces that made it become invalid at once (6275-5.2.8-1), and nodes that have tokens of them
 * ask for new ones. An entry that carried packets lately stays, and the new binding is refused.
 */
import { DEVICE_ANY, DeviceKind, Event, Order } from "../abi/contract";
import { sameAddress } from "../wire/bytes";
import * as bindings from "../tables/bindings";
import { Binding, CorrespondentPart } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as lifetimes from "./binding-lifetime";
import * as settings from "./correspondent-settings";
import * as nonces from "./nonces";
import * as ownPackets from "./own-packets";
import * as sequence from "./sequence";
import { TimerKind, restart, stop } from "./timers";

/** Bits of a host route. */
const HOST_BITS: u32 = 128;
/** An entry that carried a packet within this time is in use: it is not replaced (6275-9.1-5). */
const IN_USE_MS: f64 = 10000;
/** Entries that are looked at for the least recently used one: a flood of bindings costs no more than this. */
const CANDIDATES: u32 = 64;

/** Where the search for an entry to replace goes on. */
let hand: u32 = 0;

/** The entry, live or ended, of a home address at the own address number `own`, or NONE. */
export function find(homeAddress: usize, own: u32): u32 {
  const record = bindings.find(homeAddress, own);
  if (record == NONE || bindings.at(record).expiresMs == 0 || isLive(bindings.at(record))) return record;
  end(record, lifetimes.EXPIRED); // its timer is about to say so
  return bindings.find(homeAddress, own);
}

/** True for an entry that packets may use. */
export function isLive(binding: Binding): bool {
  return binding.expiresMs > clock.now();
}

/** The live binding of a home address at an own address, or NONE. */
export function findLive(homeAddress: usize, own: u32): u32 {
  const record = bindings.find(homeAddress, own);
  return record != NONE && isLive(bindings.at(record)) ? record : NONE;
}

/** The live binding of a home address to a care-of address, or NONE (6275-9.3.1-4). */
export function boundTo(homeAddress: usize, careofAddress: usize, own: u32): u32 {
  const record = findLive(homeAddress, own);
  return record != NONE && sameAddress(bindings.careofAddress(bindings.at(record)), careofAddress) ? record : NONE;
}

/** True when neither of the nonces of a Binding Update is newer than `nonce`. */
export function isOfFormerNonces(nonce: u32, homeNonce: u32, careofNonce: u32): bool {
  return !sequence.isGreater(homeNonce, nonce) && !sequence.isGreater(careofNonce, nonce);
}

/** Notes the nonces of a Binding Update that was accepted. */
export function noteNonces(binding: Binding, homeNonce: u32, careofNonce: u32): void {
  const newer = sequence.isGreater(careofNonce, homeNonce) ? careofNonce : homeNonce;
  const part = bindings.correspondentPart(binding);
  if (!nonces.isValid(part.newestNonce) || sequence.isGreater(newer, part.newestNonce)) {
    part.newestNonce = <u16>newer;
  }
}

/** A new entry, not yet live; NONE when the budget is used up (6275-9.5.2-4, 6275-9.5.2-5). */
export function insert(homeAddress: usize, own: u32): u32 {
  let record = bindings.insert(homeAddress, own);
  if (record == NONE && makeRoom()) record = bindings.insert(homeAddress, own);
  if (record == NONE) return NONE;
  if (!lifetimes.begin(record)) {
    bindings.remove(record);
    return NONE;
  }
  const binding = bindings.at(record);
  binding.node = NONE;
  memory.fill(changetype<usize>(bindings.correspondentPart(binding)), 0, offsetof<CorrespondentPart>());
  return record;
}

/**
 * Makes an entry live for the lifetime that was granted (6275-6.1.8-3): from now on the host gives us what it
 * sends to the home address.
 */
export function enliven(record: u32, lifetimeMs: f64): void {
  const binding = bindings.at(record);
  if (!isRouted(bindings.homeAddress(binding))) route(Order.AddRoute, binding);
  binding.lastUsedMs = clock.now();
  bindings.correspondentPart(binding).unreachables = 0;
  lifetimes.renew(record, lifetimeMs);
}

function route(order: Order, binding: Binding): void {
  orders.address(order, devices.first(DeviceKind.Tunnel), bindings.homeAddress(binding), HOST_BITS);
}

/** True when the home address is bound at any of our addresses: they share one route. */
function isRouted(homeAddress: usize): bool {
  for (let own: u32 = 0; own < settings.OWN_ADDRESSES; own++) if (findLive(homeAddress, own) != NONE) return true;
  return false;
}

/** Ends a live binding; what must be remembered of it stays. */
export function end(record: u32, why: u32): void {
  const binding = bindings.at(record);
  orders.event(Event.BindingEnded, DEVICE_ANY, bindings.homeAddress(binding), bindings.careofAddress(binding), why);
  binding.expiresMs = 0;
  if (!isRouted(bindings.homeAddress(binding))) route(Order.RemoveRoute, binding);
  remember(record);
}

/** Keeps an entry that is not live until its newest nonce is too old. */
export function remember(record: u32): void {
  const binding = bindings.at(record);
  const newest = bindings.correspondentPart(binding).newestNonce;
  if (!nonces.isValid(newest)) {
    forget(record);
    return;
  }
  const afterMs = nonces.validUntilMs(newest) - clock.now();
  binding.timer = restart(binding.timer, TimerKind.Binding, record, afterMs);
}

function forget(record: u32): void {
  const binding = bindings.at(record);
  binding.timer = stop(binding.timer);
  bindings.remove(record);
}

/** Ends the bindings of own addresses that a CORRESPONDENT_* record does not name, or all when it forbids them. */
export function endWhatIsNotGiven(settingsRecord: usize): void {
  for (let record = bindings.next(0); record != NONE; record = bindings.next(record + 1)) {
    const binding = bindings.at(record);
    const stays = settings.allows(settingsRecord, binding.identifier);
    if (!stays && binding.expiresMs > 0) end(record, lifetimes.NODE_REMOVED);
  }
}

/** Frees the least recently used of some entries (6275-9.6-2, 6275-9.6-3); false when all of them are in use. */
function makeRoom(): bool {
  let safe = NONE;
  let other = NONE;
  for (let seen: u32 = 0; seen < min(CANDIDATES, bindings.count()); seen++) {
    hand = bindings.next(hand);
    if (hand == NONE) hand = bindings.next(0);
    if (nonces.isValid(bindings.correspondentPart(bindings.at(hand)).newestNonce)) other = lessRecent(hand, other);
    else safe = lessRecent(hand, safe);
    hand++;
  }
  if (safe != NONE && isInUse(safe)) safe = NONE;
  const victim = safe != NONE ? safe : other;
  if (victim == NONE || isInUse(victim)) return false;
  const nonce = <u32>bindings.correspondentPart(bindings.at(victim)).newestNonce;
  if (victim == other) nonces.retire(nonce);
  if (bindings.at(victim).expiresMs > 0) end(victim, lifetimes.REPLACED);
  else forget(victim);
  return true;
}

function lessRecent(a: u32, b: u32): u32 {
  return b == NONE || bindings.at(a).lastUsedMs < bindings.at(b).lastUsedMs ? a : b;
}

function isInUse(record: u32): bool {
  const binding = bindings.at(record);
  return isLive(binding) && clock.now() - binding.lastUsedMs < IN_USE_MS;
}

/** The timer of an entry ended (6275-9.5.2-3, 6275-9.6-1). */
export function onTimer(record: u32): void {
  if (!bindings.isLive(record)) return;
  const binding = bindings.at(record);
  if (binding.expiresMs == 0) {
    binding.timer = NONE;
    forget(record);
    return;
  }
  switch (lifetimes.due(record)) {
    case lifetimes.Due.Refresh:
      requestRefresh(binding);
      break;
    case lifetimes.Due.End:
      end(record, lifetimes.EXPIRED);
      break;
    default:
      break;
  }
}

/** Asks the node at its home address, not at the care-of address (RFC 6275 §9.5.5; 6275-6.1-3, 6275-6.1-1). */
function requestRefresh(binding: Binding): void {
  const out = orders.allocate(lifetimes.REQUEST_BYTES);
  if (out == 0) return;
  const to = bindings.homeAddress(binding);
  lifetimes.buildRequest(out, settings.at(binding.identifier), to);
  ownPackets.transmit(DEVICE_ANY, out, lifetimes.REQUEST_BYTES);
  orders.event(Event.RefreshRequested, DEVICE_ANY, to, bindings.careofAddress(binding), 0);
}
