/**
 * The uplinks of a mobile node, and which of them carries its traffic.
 *
 * Selection: the usable uplink with the smallest preference. A better one that (re)appears must
 * have been usable for the hold-down first, so that a flapping link does not flap the binding; an
 * uplink that is lost is replaced at once.
 */
import { DEVICE_ANY, DeviceKind, MAX_DEVICES } from "../abi/contract";
import { UplinkState } from "../abi/states";
import { copyAddress, isUnspecified, sameAddress } from "../wire/bytes";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import { NONE } from "../tables/slab";

@unmanaged
export class Uplink {
  careofHigh: u64;
  careofLow: u64;
  /** Link-local address of the router. */
  routerHigh: u64;
  routerLow: u64;
  /** Prefix of the care-of address. */
  prefixHigh: u64;
  prefixLow: u64;
  /** Router and prefix that were heard last while others are in use: the next to adopt. */
  candidateRouterHigh: u64;
  candidateRouterLow: u64;
  candidatePrefixHigh: u64;
  candidatePrefixLow: u64;
  /** A router with another prefix that was seen to share the link with ours. */
  companionHigh: u64;
  companionLow: u64;
  companionPrefixHigh: u64;
  companionPrefixLow: u64;
  /** When router or prefix end, monotonic ms. */
  lifetimeEndsMs: f64;
  candidateLifetimeMs: f64;
  /** Between two advertisements of the router (RFC 6275 §7.3), 0: unknown. */
  intervalMs: f64;
  /** Until the next router solicitation is repeated. */
  solicitMs: f64;
  /** Since when the care-of address is usable, monotonic ms. */
  usableSinceMs: f64;
  /** UplinkState */
  state: u32;
  solicitations: u32;
  /** Times that a care-of address was somebody else's, in a row. */
  duplicates: u32;
  /** MTU of the link as its router says, octets. */
  mtu: u32;
  /** Handles. */
  solicitTimer: u32;
  addressTimer: u32;
  lifetimeTimer: u32;
}

const RECORD: usize = 256;
const records = memory.data(8192, 16); // MAX_DEVICES × RECORD
let selectedDevice: u32 = DEVICE_ANY;
let holdDownMs: f64 = 0;
let optimistic: bool = false;

export function start(): void {
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    const uplink = at(index);
    uplink.solicitTimer = NONE;
    uplink.addressTimer = NONE;
    uplink.lifetimeTimer = NONE;
  }
}

/** `useTentative`: a care-of address may be used while duplicate address detection runs. */
export function configure(useTentative: bool, holdDown: f64): void {
  optimistic = useTentative;
  holdDownMs = holdDown;
}

export function isOptimistic(): bool {
  return optimistic;
}

export function at(device: u32): Uplink {
  return changetype<Uplink>(records + <usize>device * RECORD);
}

export function careof(uplink: Uplink): usize {
  return changetype<usize>(uplink) + offsetof<Uplink>("careofHigh");
}

export function router(uplink: Uplink): usize {
  return changetype<usize>(uplink) + offsetof<Uplink>("routerHigh");
}

export function prefix(uplink: Uplink): usize {
  return changetype<usize>(uplink) + offsetof<Uplink>("prefixHigh");
}

export function candidateRouter(uplink: Uplink): usize {
  return changetype<usize>(uplink) + offsetof<Uplink>("candidateRouterHigh");
}

export function candidatePrefix(uplink: Uplink): usize {
  return changetype<usize>(uplink) + offsetof<Uplink>("candidatePrefixHigh");
}

export function companion(uplink: Uplink): usize {
  return changetype<usize>(uplink) + offsetof<Uplink>("companionHigh");
}

export function companionPrefix(uplink: Uplink): usize {
  return changetype<usize>(uplink) + offsetof<Uplink>("companionPrefixHigh");
}

/** True when packets may use the uplink's care-of address. */
export function isUsable(uplink: Uplink): bool {
  if (isUnspecified(careof(uplink))) return false;
  switch (uplink.state) {
    case UplinkState.Ready:
    case UplinkState.Doubtful:
    case UplinkState.Contested:
      return true;
    case UplinkState.Tentative:
      return optimistic;
    default:
      return false;
  }
}

/** The device with this care-of address, selected or not (6275-11.5.4-5); DEVICE_ANY: it is not ours. */
export function findCareof(address: usize): u32 {
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (devices.is(index, DeviceKind.Access) && sameAddress(careof(at(index)), address) && isUsable(at(index))) return index;
  }
  return DEVICE_ANY;
}

/** The device that carries the traffic, DEVICE_ANY: none. */
export function selected(): u32 {
  return selectedDevice;
}

/** Selects; true when another device than before was chosen, or none any more. */
export function select(): bool {
  const before = selectedDevice;
  if (before != DEVICE_ANY && !isUsable(at(before))) selectedDevice = DEVICE_ANY;
  const best = bestOf(selectedDevice != DEVICE_ANY);
  if (best != DEVICE_ANY && best != selectedDevice) selectedDevice = best;
  return selectedDevice != before;
}

/** The best usable uplink; with `settled`, among the selected one and those that outlasted the hold-down. */
function bestOf(settled: bool): u32 {
  let best: u32 = settled ? selectedDevice : DEVICE_ANY;
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (!devices.is(index, DeviceKind.Access) || !isUsable(at(index))) continue;
    if (settled && clock.now() < at(index).usableSinceMs + holdDownMs) continue;
    if (best == DEVICE_ANY || devices.at(index).preference < devices.at(best).preference) best = index;
  }
  return best;
}

/** When a better uplink will have outlasted its hold-down, monotonic ms; Infinity: there is none. */
export function nextSelectionMs(): f64 {
  let earliest = Infinity;
  if (selectedDevice == DEVICE_ANY) return earliest;
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (!devices.is(index, DeviceKind.Access) || !isUsable(at(index)) || index == selectedDevice) continue;
    if (devices.at(index).preference < devices.at(selectedDevice).preference) earliest = min(earliest, at(index).usableSinceMs + holdDownMs);
  }
  return earliest;
}

/** Forgets router, prefix and care-of address; the link's state stays. */
export function clear(uplink: Uplink): void {
  memory.fill(changetype<usize>(uplink), 0, offsetof<Uplink>("candidateRouterHigh"));
  memory.fill(companion(uplink), 0, 32);
  uplink.intervalMs = 0;
  uplink.mtu = 0;
}

/** Takes the candidate as router and prefix. */
export function adoptCandidate(uplink: Uplink): void {
  copyAddress(router(uplink), candidateRouter(uplink));
  copyAddress(prefix(uplink), candidatePrefix(uplink));
}
