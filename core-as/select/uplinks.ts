/**
 * The uplinks of a mobile node, and which of them carries its traffic.
 *
 * Selection: the usable uplink with the smallest preference. A better one that (re)appears must
 * have been usable for the hold-down first, so that a flapping link does not flap the binding; an
 * uplink that is lost is replaced at once. One through which the home agent cannot be reached is
 * avoided for a while, if there is another.
 */
import { DEVICE_ANY, DeviceKind, MAX_DEVICES } from "../abi/contract";
import { UplinkState } from "../abi/states";
import { isUnspecified, sameAddress } from "../wire/bytes";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import { NONE } from "../tables/slab";

/** A router as its advertisement shows it: known by its link-local address and its prefix. */
@unmanaged
export class Router {
  addressHigh: u64;
  addressLow: u64;
  /** The prefix that a care-of address can be formed in. */
  prefixHigh: u64;
  prefixLow: u64;
  /** How long router and prefix can be used from when it was heard. */
  lifetimeMs: f64;
  /** Until when the prefix is valid, monotonic ms. */
  validUntilMs: f64;
  /** Between two advertisements (RFC 6275 §7.3), 0: unknown. */
  intervalMs: f64;
  /**
   * The entries of the binding update list whose home prefix is on this link: bit n is record n (RFC 6275
   * §11.5.2).
   */
  homes: u64;
  /** Until when, monotonic ms. */
  homesUntilMs: f64;
  /** MTU of the link, octets, 0: unknown. */
  mtu: u32;
  /** 1: an address can be formed in the prefix. */
  formable: u32;

  address(): usize {
    return changetype<usize>(this) + offsetof<Router>("addressHigh");
  }

  prefix(): usize {
    return changetype<usize>(this) + offsetof<Router>("prefixHigh");
  }

  isKnown(): bool {
    return !isUnspecified(this.address());
  }

  forget(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<Router>());
  }

  /** The other router shares this one's link: its home prefixes are on the same link. */
  addHomes(other: Router): void {
    if (other.homes == 0) return;
    this.homes |= other.homes;
    this.homesUntilMs = max(this.homesUntilMs, other.homesUntilMs);
  }

  /** Takes over what the other says about home prefixes. False when that is nothing new. */
  setHomes(other: Router): bool {
    const isNew = this.homes != other.homes;
    this.homes = other.homes;
    this.homesUntilMs = other.homesUntilMs;
    return isNew;
  }

  become(other: Router): void {
    memory.copy(changetype<usize>(this), changetype<usize>(other), offsetof<Router>());
  }
}

@unmanaged
export class Uplink {
  careofHigh: u64;
  careofLow: u64;
  /** Until the next router solicitation is repeated. */
  solicitMs: f64;
  /** Since when the care-of address is usable, monotonic ms. */
  usableSinceMs: f64;
  /** Until when to prefer others, monotonic ms. */
  avoidUntilMs: f64;
  /** Until when `companion` is believed to share the link, monotonic ms. */
  companionUntilMs: f64;
  /** UplinkState */
  state: u32;
  solicitations: u32;
  /** Times that a care-of address was somebody else's, in a row. */
  duplicates: u32;
  /** MTU of the link, octets. */
  mtu: u32;
  /** 1: an answer of the router itself shows that we are still on its link. */
  mayProbe: u32;
  /** Handles. */
  solicitTimer: u32;
  addressTimer: u32;
  lifetimeTimer: u32;
  /** The address by IPv4, IPv4-mapped; unspecified: none. */
  ipv4High: u64;
  ipv4Low: u64;

  /** 1: the link came up anew since the host told of that address: it may be on another network now. */
  ipv4Doubted: u32;
  /** Handle: what is due for the ways to the home agent. */
  wayTimer: u32;

  /** Pointer to the address by IPv4, IPv4-mapped. */
  ipv4(): usize {
    return changetype<usize>(this) + offsetof<Uplink>("ipv4High");
  }

  /** Pointer to the care-of address. */
  careof(): usize {
    return changetype<usize>(this) + offsetof<Uplink>("careofHigh");
  }

  hasCareof(): bool {
    return !isUnspecified(this.careof());
  }

  /** The router in use. */
  router(): Router {
    return changetype<Router>(changetype<usize>(this) + ROUTERS);
  }

  /** Another router that was heard: the next to adopt. */
  candidate(): Router {
    return changetype<Router>(changetype<usize>(this) + ROUTERS + ROUTER_BYTES);
  }

  /** A router that was seen to share the link with ours. */
  companion(): Router {
    return changetype<Router>(changetype<usize>(this) + ROUTERS + 2 * ROUTER_BYTES);
  }

  /** True when packets may use one of its addresses. */
  isUsable(): bool {
    return (allowsIpv6 && this.isUsableByIpv6()) || (allowsIpv4 && this.isUsableByIpv4());
  }

  /** True when packets may use the address by IPv4 (RFC 5555 §4.4.4). */
  isUsableByIpv4(): bool {
    return !isUnspecified(this.ipv4()) && this.state != UplinkState.Down;
  }

  /** True when packets may use the care-of address by IPv6. */
  isUsableByIpv6(): bool {
    if (!this.hasCareof()) return false;
    switch (this.state) {
      case UplinkState.Ready:
      case UplinkState.Doubtful:
      case UplinkState.Contested:
      case UplinkState.Returned:
        return true;
      case UplinkState.Tentative:
        return optimistic;
      default:
        return false;
    }
  }
}

// A record: Uplink, and behind it its three routers.
const ROUTERS: usize = 192;
/** Octets of a Router with room to grow. */
export const ROUTER_BYTES: usize = 96;
const RECORD: usize = ROUTERS + 3 * ROUTER_BYTES;
const records = memory.data(15360, 16); // MAX_DEVICES × RECORD
let selectedDevice: u32 = DEVICE_ANY;
let holdDownMs: f64 = 0;
let optimistic: bool = false;
let allowsIpv6: bool = true;
let allowsIpv4: bool = false;

export function start(): void {
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    const uplink = at(index);
    uplink.solicitTimer = NONE;
    uplink.addressTimer = NONE;
    uplink.lifetimeTimer = NONE;
    uplink.wayTimer = NONE;
  }
}

/** Addresses of which family lead to the home agent. */
export function allow(ipv6: bool, ipv4: bool): void {
  allowsIpv6 = ipv6;
  allowsIpv4 = ipv4;
}

/** `useTentative`: a care-of address may be used while duplicate address detection runs. */
export function configure(useTentative: bool, holdDown: f64): void {
  optimistic = useTentative;
  holdDownMs = holdDown;
}

/** True when the uplink is usable without its IPv6 address. */
export function isUsableByOther(uplink: Uplink): bool {
  return allowsIpv4 && uplink.isUsableByIpv4();
}

export function isOptimistic(): bool {
  return optimistic;
}

export function at(device: u32): Uplink {
  return changetype<Uplink>(records + <usize>device * RECORD);
}

/** The device with this care-of address by IPv6, selected or not; DEVICE_ANY: it is not ours. */
export function findCareof(address: usize): u32 {
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (!devices.is(index, DeviceKind.Access) || !at(index).isUsableByIpv6()) continue;
    if (sameAddress(at(index).careof(), address)) return index;
  }
  return DEVICE_ANY;
}

/** The link that is the home link of the home address in entry `record`, DEVICE_ANY: the node is away from home. */
export function homeLinkOf(record: u32): u32 {
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    const router = at(index).router();
    if (((router.homes >> record) & 1) != 0 && clock.now() < router.homesUntilMs) return index;
  }
  return DEVICE_ANY;
}

/** The entry `record` is another home address now: where its home link is will be heard. */
export function forgetHome(record: u32): void {
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    at(index).router().homes &= ~(<u64>1 << record);
    at(index).candidate().homes &= ~(<u64>1 << record);
    at(index).companion().homes &= ~(<u64>1 << record);
  }
}

/** The device that carries the traffic, DEVICE_ANY: none. */
export function selected(): u32 {
  return selectedDevice;
}

/** Chooses the uplink anew. */
export function select(): void {
  if (selectedDevice != DEVICE_ANY && !at(selectedDevice).isUsable()) selectedDevice = DEVICE_ANY;
  const before = selectedDevice;
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (isCandidate(index) && mayReplace(index, before) && isBetter(index, selectedDevice)) selectedDevice = index;
  }
}

/** When `select` may choose another one without any event, monotonic ms; Infinity: not at all. */
export function nextSelectionMs(): f64 {
  let earliest = Infinity;
  if (selectedDevice == DEVICE_ANY) return earliest;
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (!isCandidate(index) || devices.at(index).preference >= devices.at(selectedDevice).preference) continue;
    const may = max(at(index).usableSinceMs + holdDownMs, at(index).avoidUntilMs);
    if (may > clock.now()) earliest = min(earliest, may);
  }
  return earliest;
}

/** The home agent cannot be reached through `device`: others are preferred for `forMs`. */
export function avoid(device: u32, forMs: f64): void {
  at(device).avoidUntilMs = clock.now() + forMs;
}

function isAvoided(device: u32): bool {
  return at(device).avoidUntilMs > clock.now();
}

/** True for a device with an address that packets may use. */
function isCandidate(device: u32): bool {
  return devices.is(device, DeviceKind.Access) && at(device).isUsable();
}

/** A lost or avoided uplink is replaced at once, a working one only by one that has lasted. */
function mayReplace(device: u32, current: u32): bool {
  if (current == DEVICE_ANY || isAvoided(current)) return true;
  const isSettled = at(device).state == UplinkState.Ready || isUsableByOther(at(device));
  return isSettled && clock.now() >= at(device).usableSinceMs + holdDownMs;
}

function isBetter(device: u32, current: u32): bool {
  if (current == DEVICE_ANY) return true;
  if (isAvoided(device) != isAvoided(current)) return isAvoided(current);
  return devices.at(device).preference < devices.at(current).preference;
}
