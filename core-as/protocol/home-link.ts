/**
 * What a home agent serves: its address, the home prefixes with their lifetimes, the home link, and the
 * bounds that people set.
 *
 * The home link is a virtual one until `configureLink` names a device: then the home prefixes are routed to
 * the home agent, and there is nobody else on the link.
 */
import {
  DEVICE_ANY, DeviceKind, HOME_AGENT_ADDRESS, HOME_AGENT_MAX_LIFETIME, HOME_AGENT_PREFIXES, HOME_AGENT_PREFIX_COUNT,
  HOME_AGENT_REFRESH_ADVICE, HOME_AGENT_REPLAY_WINDOW, HOME_LINK_ADDRESS, HOME_LINK_DEVICE, HOME_PREFIX_ADDRESS,
  HOME_PREFIX_BYTES, HOME_PREFIX_FLAGS, HOME_PREFIX_LENGTH, HOME_PREFIX_PREFERRED, HOME_PREFIX_VALID,
  MAX_HOME_PREFIXES, Refusal,
} from "../abi/contract";
import { LIFETIME_UNIT_MS } from "../abi/codes";
import { copyAddress, isLinkLocal, isUnicastRoutable, samePrefix } from "../wire/bytes";
import * as paths from "../select/paths";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";

/** A prefix of the home link. */
@unmanaged
export class HomePrefix {
  addressHigh: u64;
  addressLow: u64;
  /** Until when it is valid, monotonic ms; Infinity: for ever. */
  validUntilMs: f64;
  /** Until when it is preferred, monotonic ms. */
  preferredUntilMs: f64;
  lengthBits: u32;
  /** HomePrefixFlag */
  flags: u32;

  /** Pointer to the prefix; with HomePrefixFlag.RouterAddress to the home agent's whole address in it. */
  address(): usize {
    return changetype<usize>(this);
  }

  hasFlag(flag: u32): bool {
    return (this.flags & flag) != 0;
  }

  validMs(): f64 {
    return max<f64>(0, this.validUntilMs - clock.now());
  }

  preferredMs(): f64 {
    return max<f64>(0, this.preferredUntilMs - clock.now());
  }
}

const PREFIX_RECORD: usize = 48;

const self = memory.data(16, 16);
const linkLocalAddress = memory.data(16, 16);
const prefixes = memory.data(768, 8); // MAX_HOME_PREFIXES × PREFIX_RECORD
let prefixesKnown: u32 = 0;
let linkDevice: u32 = DEVICE_ANY;
let maxLifetimeMs: f64 = 0;
let refreshAdviceMs: f64 = 0;
let replayWindowMs: f64 = 0;

/** Takes what this home agent serves; given again, the prefixes replace the former ones. */
export function configure(record: usize, length: u32): Refusal {
  const count = load<u32>(record, HOME_AGENT_PREFIX_COUNT);
  if (count == 0 || count > <u32>MAX_HOME_PREFIXES) return Refusal.OutOfRange;
  if (length < <u32>HOME_AGENT_PREFIXES + count * <u32>HOME_PREFIX_BYTES) return Refusal.ShortRecord;
  if (!isUnicastRoutable(record + HOME_AGENT_ADDRESS)) return Refusal.OutOfRange;
  const lifetime = load<f64>(record, HOME_AGENT_MAX_LIFETIME);
  const advice = load<f64>(record, HOME_AGENT_REFRESH_ADVICE);
  const window = load<f64>(record, HOME_AGENT_REPLAY_WINDOW);
  if (!(lifetime >= LIFETIME_UNIT_MS) || !(advice >= 0) || !(window > 0)) return Refusal.OutOfRange;
  for (let index: u32 = 0; index < count; index++) {
    if (!isPrefix(record + HOME_AGENT_PREFIXES + <usize>index * HOME_PREFIX_BYTES)) return Refusal.OutOfRange;
  }
  copyAddress(self, record + HOME_AGENT_ADDRESS);
  paths.setOwnIpv6(self);
  maxLifetimeMs = lifetime;
  refreshAdviceMs = advice;
  replayWindowMs = window;
  prefixesKnown = count;
  for (let index: u32 = 0; index < count; index++) {
    takePrefix(prefix(index), record + HOME_AGENT_PREFIXES + <usize>index * HOME_PREFIX_BYTES);
  }
  return Refusal.None;
}

function isPrefix(record: usize): bool {
  const valid = load<f64>(record, HOME_PREFIX_VALID);
  const preferred = load<f64>(record, HOME_PREFIX_PREFERRED);
  return load<u32>(record, HOME_PREFIX_LENGTH) <= 128 && valid > 0 && preferred >= 0 && preferred <= valid;
}

function takePrefix(to: HomePrefix, record: usize): void {
  copyAddress(to.address(), record + HOME_PREFIX_ADDRESS);
  to.lengthBits = load<u32>(record, HOME_PREFIX_LENGTH);
  to.flags = load<u32>(record, HOME_PREFIX_FLAGS);
  to.validUntilMs = clock.now() + load<f64>(record, HOME_PREFIX_VALID);
  to.preferredUntilMs = clock.now() + load<f64>(record, HOME_PREFIX_PREFERRED);
}

/** Whether a HOME_LINK_* record names a link and an address on it. */
export function checkLink(record: usize): Refusal {
  if (!devices.is(load<u32>(record, HOME_LINK_DEVICE), DeviceKind.Access)) return Refusal.UnknownDevice;
  return isLinkLocal(record + HOME_LINK_ADDRESS) ? Refusal.None : Refusal.OutOfRange;
}

/** Takes the device of a real home link and our link-local address on it. */
export function configureLink(record: usize): Refusal {
  const refusal = checkLink(record);
  if (refusal != Refusal.None) return refusal;
  linkDevice = load<u32>(record, HOME_LINK_DEVICE);
  copyAddress(linkLocalAddress, record + HOME_LINK_ADDRESS);
  return Refusal.None;
}

export function isConfigured(): bool {
  return prefixesKnown != 0;
}

/** The device of the home link, DEVICE_ANY: the home link is a virtual one. */
export function device(): u32 {
  return linkDevice;
}

export function isVirtual(): bool {
  return linkDevice == DEVICE_ANY;
}

/** Pointer to our link-local address on a real home link. */
export function linkLocal(): usize {
  return linkLocalAddress;
}

/** The longest lifetime that is granted. */
export function longestLifetimeMs(): f64 {
  return maxLifetimeMs;
}

/** Pointer to the home agent's address. */
export function address(): usize {
  return self;
}

export function prefixCount(): u32 {
  return prefixesKnown;
}

/** The prefix number `index`, below `prefixCount`. */
export function prefix(index: u32): HomePrefix {
  return changetype<HomePrefix>(prefixes + <usize>index * PREFIX_RECORD);
}

/** The number of the home prefix that `address` is in and that is still valid, or `prefixCount()`: there is none. */
export function findPrefix(address: usize): u32 {
  for (let index: u32 = 0; index < prefixesKnown; index++) {
    const each = prefix(index);
    if (each.validUntilMs > clock.now() && samePrefix(each.address(), address, each.lengthBits)) return index;
  }
  return prefixesKnown;
}

/** True when `address` is on a home link that is served here (6275-10.3.1-6). */
export function isOnHomeLink(address: usize): bool {
  return findPrefix(address) < prefixesKnown;
}

/** How often nodes are advised to refresh, 0: not (RFC 6275 §6.2.4). */
export function adviceMs(): f64 {
  return refreshAdviceMs;
}

/** How far a node's clock may be from ours (RFC 4285 §5.1). */
export function replayToleranceMs(): f64 {
  return replayWindowMs;
}
