/**
 * What a correspondent node has been told: its own addresses, and whether and how it takes part in route
 * optimisation (RFC 6275 §8.2). A mobile node is a correspondent node as well: for its home address.
 */
import {
  CORRESPONDENT_ADDRESSES, CORRESPONDENT_ADDRESS_COUNT, CORRESPONDENT_ENABLED, CORRESPONDENT_MAX_LIFETIME,
  CORRESPONDENT_TESTS_PER_SECOND, MAX_OWN_ADDRESSES, Refusal,
} from "../abi/contract";
import { LIFETIME_UNIT_MS, MAX_RR_BINDING_LIFETIME_MS } from "../abi/codes";
import { ADDRESS_BYTES, copyAddress, isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as updates from "../tables/updates";
import * as registration from "./registration";

const DEFAULT_TESTS_PER_SECOND: f64 = 1000;

/** Own addresses by their number; an unspecified one is free. The number stays as long as the address. */
const addresses = memory.data(256, 16); // MAX_OWN_ADDRESSES × ADDRESS_BYTES
/** The number of a mobile node's home address. */
const HOME: u32 = MAX_OWN_ADDRESSES;
/** One past the largest number of an own address. */
export const OWN_ADDRESSES: u32 = HOME + 1;

let isConfigured: bool = false;
let mayBind: bool = true; // 6275-8.2-12
let maxLifetimeMs: f64 = MAX_RR_BINDING_LIFETIME_MS;
const testInits = new TokenBucket(DEFAULT_TESTS_PER_SECOND, DEFAULT_TESTS_PER_SECOND);

/** Looks at a CORRESPONDENT_* record. */
export function check(record: usize, length: u32): Refusal {
  const count = load<u32>(record, CORRESPONDENT_ADDRESS_COUNT);
  if (count > <u32>MAX_OWN_ADDRESSES) return Refusal.OutOfRange;
  if (length < <u32>CORRESPONDENT_ADDRESSES + count * <u32>ADDRESS_BYTES) return Refusal.ShortRecord;
  const lifetimeMs = load<f64>(record, CORRESPONDENT_MAX_LIFETIME);
  if (!(lifetimeMs >= LIFETIME_UNIT_MS && lifetimeMs <= MAX_RR_BINDING_LIFETIME_MS)) return Refusal.OutOfRange;
  if (!(load<f64>(record, CORRESPONDENT_TESTS_PER_SECOND) >= 1)) return Refusal.OutOfRange;
  for (let index: u32 = 0; index < count; index++) {
    if (!isUnicastRoutable(given(record, index))) return Refusal.OutOfRange;
  }
  return Refusal.None;
}

/** Takes a record that `check` has found good (6275-8.2-11). Addresses that it names no longer are free. */
export function take(record: usize): void {
  isConfigured = true;
  mayBind = load<u32>(record, CORRESPONDENT_ENABLED) != 0;
  maxLifetimeMs = load<f64>(record, CORRESPONDENT_MAX_LIFETIME);
  const testsPerSecond = load<f64>(record, CORRESPONDENT_TESTS_PER_SECOND);
  testInits.configure(testsPerSecond, testsPerSecond);

  const count = load<u32>(record, CORRESPONDENT_ADDRESS_COUNT);
  for (let number: u32 = 0; number < HOME; number++) {
    if (!isGiven(record, at(number))) memory.fill(at(number), 0, ADDRESS_BYTES);
  }
  for (let index: u32 = 0; index < count; index++) {
    const address = given(record, index);
    if (find(address) == NONE) copyAddress(at(firstFree()), address);
  }
}

function given(record: usize, index: u32): usize {
  return record + CORRESPONDENT_ADDRESSES + <usize>index * ADDRESS_BYTES;
}

/** True when a CORRESPONDENT_* record leaves bindings of the own address number `own` in place. */
export function allows(record: usize, own: u32): bool {
  return load<u32>(record, CORRESPONDENT_ENABLED) != 0 && (own == HOME || isGiven(record, at(own)));
}

/** True when the record names the address. */
function isGiven(record: usize, address: usize): bool {
  const count = load<u32>(record, CORRESPONDENT_ADDRESS_COUNT);
  for (let index: u32 = 0; index < count; index++) if (sameAddress(given(record, index), address)) return true;
  return false;
}

function firstFree(): u32 {
  let number: u32 = 0;
  while (!isUnspecified(at(number))) number++;
  return number;
}

function find(address: usize): u32 {
  for (let number: u32 = 0; number < HOME; number++) if (sameAddress(at(number), address)) return number;
  return NONE;
}

/** Pointer to the own address with this number. */
export function at(number: u32): usize {
  return number == HOME ? updates.home(registration.primary()) : addresses + <usize>number * ADDRESS_BYTES;
}

/** The number of an own address for which nodes may bind routes: a unicast one, NONE when it is not ours. */
export function ownAddress(address: usize): u32 {
  if (registration.isConfigured()) return sameAddress(address, at(HOME)) ? HOME : NONE;
  return isUnspecified(address) ? NONE : find(address);
}

/** True when route optimisation is switched on (6275-8.2-11, 6275-8.2-12). */
export function isEnabled(): bool {
  return mayBind && (isConfigured || registration.isConfigured());
}

/** The longest lifetime that is granted: never above MAX_RR_BINDING_LIFETIME (6275-5.2.6-1). */
export function longestLifetimeMs(): f64 {
  return maxLifetimeMs;
}

/** Takes leave to answer one more Home or Care-of Test Init message (RFC 6275 §15.4.5). */
export function mayAnswerTest(): bool {
  return testInits.take();
}
