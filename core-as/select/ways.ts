/**
 * The ways of an uplink to the home agent, one for each Encapsulation, and which of them it uses (RFC 5555 §4.4.1).
 *
 *   Binding Updates go by       what is tunnelled goes by
 *   Ipv6                        Ipv6
 *   UdpIpv6                     UdpIpv6, or Ipv6 where the home agent wants no UDP
 *   UdpIpv4 (5555-4.2-1)        Ipv4, or UdpIpv4 behind a NAT or where UDP is forced
 *
 * So Ipv4 is no way of its own for Binding Updates: its state says whether protocol 41 passes. How states change is
 * in protocol/way-table, what is done about it in protocol/path-choice.
 */
import { DeviceKind, Encapsulation, MAX_DEVICES, ReachFlag } from "../abi/contract";
import { NatFinding, PathObstacle, WayState } from "../abi/states";
import { isUnspecified } from "../wire/bytes";
import * as devices from "../tables/devices";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as paths from "./paths";
import * as uplinks from "./uplinks";

@unmanaged
export class Way {
  /** The address that it was there with last; unspecified: it never was. */
  addressHigh: u64;
  addressLow: u64;
  /** When the next probe is sent or the next round of them begins, monotonic ms; Infinity: none is planned. */
  dueMs: f64;
  /** Until a way that failed is asked again. */
  intervalMs: f64;
  /** When it failed last. */
  failedMs: f64;
  /** Since when it works. */
  workingSinceMs: f64;
  /** WayState */
  state: u32;
  /** Probes sent in this round, 0: no round is on. */
  probes: u32;

  /** Pointer to the address that it was there with last. */
  address(): usize {
    return changetype<usize>(this);
  }

  /** True when it failed, here or in the network before, and nothing has shown that it works again. */
  isBad(): bool {
    return this.state >= <u32>WayState.Silent;
  }

  /** True when the home agent was heard by it in this network. */
  isProven(): bool {
    return this.state == WayState.Working || this.state == WayState.Proven;
  }

  isThere(): bool {
    return this.state > <u32>WayState.Lapsed;
  }
}

/** What else is known of an uplink's ways. */
@unmanaged
export class Choice {
  /** Encapsulation of its Binding Updates, NONE: there is no way. */
  way: u32;
  /** NatFinding between its IPv4 address, or its IPv6 one by UDP, and the home agent. */
  nat: u32;
  /** 1: the home agent wants UDP without a NAT. */
  forced: u32;
  /** Times that all ways failed in turn, in a row. */
  rounds: u32;
}

export const WAYS: u32 = 4;
const WAY_BYTES: usize = 64;
/** A record: Choice, and behind it a Way for each Encapsulation. */
const CHOICE_BYTES: usize = 32;
const RECORD: usize = CHOICE_BYTES + <usize>WAYS * WAY_BYTES;
const records = memory.data(9216, 16); // MAX_DEVICES × RECORD

let flags: u32 = ReachFlag.Ipv6;
/** True when the home agent has refused flag F (5555-4.4.2-10). */
let isForceRefused: bool = false;

/** No uplink has a way yet. */
export function start(): void {
  for (let device: u32 = 0; device < <u32>MAX_DEVICES; device++) {
    choiceOf(device).way = NONE;
    for (let which: u32 = 0; which < WAYS; which++) at(device, which).dueMs = Infinity;
  }
}

/** Takes ReachFlags. */
export function configure(reachFlags: u32): void {
  flags = reachFlags;
  isForceRefused = false;
  review();
}

/** The home agent, or what is known of its addresses, is another. */
export function agentChanged(): void {
  isForceRefused = false;
  review();
}

/** Addresses of which family make an uplink usable. */
function review(): void {
  uplinks.allow((flags & (<u32>ReachFlag.Ipv6 | <u32>ReachFlag.UdpIpv6)) != 0, isAllowed(Encapsulation.UdpIpv4));
}

export function at(device: u32, which: u32): Way {
  return changetype<Way>(records + <usize>device * RECORD + CHOICE_BYTES + <usize>which * WAY_BYTES);
}

export function choiceOf(device: u32): Choice {
  return changetype<Choice>(records + <usize>device * RECORD);
}

/** True when the configuration and what is known of the home agent allow this Encapsulation. */
export function isAllowed(which: u32): bool {
  if (!mayRegister()) return false;
  switch (which) {
    case Encapsulation.Ipv6:
      return (flags & ReachFlag.Ipv6) != 0;
    case Encapsulation.UdpIpv6: // behind the native one, where that fails: 5555-4.1-1, 5555-5-3, 5555-5.1-2
      return (flags & ReachFlag.UdpIpv6) != 0;
    default:
      // A Binding Update over IPv4 is for the IPv6 address of the home agent within.
      return (flags & ReachFlag.Ipv4) != 0 && !isUnspecified(paths.homeAgentIpv4Address()) && updates.knowPeer();
  }
}

/** False where only probes go to the home agent. */
export function mayRegister(): bool {
  return (flags & ReachFlag.ProbesOnly) == 0;
}

/** True when there is more than plain IPv6, so that there can be something to choose. */
export function areMany(): bool {
  return (flags & ~(<u32>ReachFlag.Ipv6 | <u32>ReachFlag.ForceUdp)) != 0;
}

/** True when the uplink has an address of this Encapsulation's family that packets may use. */
export function hasAddress(device: u32, which: u32): bool {
  if (!devices.is(device, DeviceKind.Access)) return false;
  const uplink = uplinks.at(device);
  return which < <u32>Encapsulation.Ipv4 ? uplink.isUsableByIpv6() : uplink.isUsableByIpv4();
}

/** Pointer to the uplink's address for this Encapsulation. */
export function address(device: u32, which: u32): usize {
  const uplink = uplinks.at(device);
  return which < <u32>Encapsulation.Ipv4 ? uplink.careof() : uplink.ipv4();
}

/** True for an Encapsulation that Binding Updates can have. */
export function isForUpdates(which: u32): bool {
  return which != Encapsulation.Ipv4;
}

/**
 * The way that an uplink's Binding Updates take from now on, NONE: there is none; IPv6 comes first (5555-2.3.1-5,
 * 5555-4.4.1-1). One that has not failed is left
 * only for a better one that is proven. Where all have failed, the one that did so longest ago is tried.
 */
export function best(device: u32): u32 {
  const current = choiceOf(device).way;
  const stays = current != NONE && at(device, current).isThere() && !at(device, current).isBad();
  let found = stays ? current : NONE;
  let leastBad = NONE;
  for (let which: u32 = 0; which < WAYS; which++) {
    const way = at(device, which);
    if (!isForUpdates(which) || !way.isThere()) continue;
    if (way.isBad()) {
      if (leastBad == NONE || way.failedMs < at(device, leastBad).failedMs) leastBad = which;
    } else if (found == NONE || (which < found && way.isProven())) {
      found = which;
      if (stays) break;
    }
  }
  return found != NONE ? found : leastBad;
}

/** True when every way of the uplink has failed. */
export function isHopeless(device: u32): bool {
  for (let which: u32 = 0; which < WAYS; which++) {
    if (isForUpdates(which) && at(device, which).isThere() && !at(device, which).isBad()) return false;
  }
  return true;
}

/** Ways for Binding Updates that the uplink has. */
export function count(device: u32): u32 {
  let found: u32 = 0;
  for (let which: u32 = 0; which < WAYS; which++) {
    if (isForUpdates(which) && at(device, which).isThere()) found++;
  }
  return found;
}

// ---- UDP ------------------------------------------------------------------------------------

/** True when a Binding Update by this way is to ask for UDP whatever the home agent finds (flag F). */
export function wantsForce(device: u32, which: u32): bool {
  if (isForceRefused || which == Encapsulation.Ipv6) return false;
  // 5555-3.1.3-1: over IPv6 UDP is for where nothing else passes, so for everything.
  if (which == Encapsulation.UdpIpv6) return true;
  return (flags & ReachFlag.ForceUdp) != 0 || at(device, Encapsulation.Ipv4).isBad();
}

/** The home agent does not allow flag F. */
export function refuseForce(): void {
  isForceRefused = true;
}

export function isForceAllowed(): bool {
  return !isForceRefused;
}

/** What packets to the home agent are encapsulated in by a way of which no acknowledgement has told: UDP passes. */
export function firstEncapsulation(device: u32, which: u32): u32 {
  const choice = choiceOf(device);
  if (which != Encapsulation.UdpIpv4 || wantsForce(device, which)) return which;
  const isPlain = at(device, Encapsulation.Ipv4).isProven() && choice.nat == NatFinding.None && choice.forced == 0;
  return isPlain ? Encapsulation.Ipv4 : Encapsulation.UdpIpv4;
}

// ---- reasons --------------------------------------------------------------------------------

/** Why an uplink does not use this Encapsulation; `used` is the one that it does use, NONE: none. */
export function obstacle(device: u32, which: u32, used: u32): PathObstacle {
  if (which == used) return PathObstacle.None;
  if (!isAllowed(which)) return PathObstacle.NotConfigured;
  if (devices.at(device).up == 0) return PathObstacle.LinkDown;
  if (!hasAddress(device, which)) return PathObstacle.NoAddress;
  // A NAT is reason enough, whatever was seen of protocol 41 before.
  if (which == Encapsulation.Ipv4 && choiceOf(device).nat == NatFinding.Nat) return PathObstacle.Nat;
  const way = at(device, which);
  switch (way.state) {
    case WayState.Silent:
      return PathObstacle.NoAnswer;
    case WayState.Blocked:
      return PathObstacle.NothingPasses;
    case WayState.Doubted:
      return PathObstacle.FailedBefore;
  }
  if (used == NONE) return PathObstacle.None;
  if (which > used) return PathObstacle.NotNeeded;
  if (which == Encapsulation.Ipv4) return ipv4Obstacle(device);
  return PathObstacle.BeingTried;
}

/** Why packets over IPv4 need UDP, where there is no NAT and protocol 41 did not fail. */
function ipv4Obstacle(device: u32): PathObstacle {
  const choice = choiceOf(device);
  if ((flags & ReachFlag.ForceUdp) != 0 || choice.forced != 0) return PathObstacle.UdpForced;
  return PathObstacle.BeingTried;
}

/** Why an uplink that uses `used` does not use the next better one that is configured; None for the best. */
export function obstacleAbove(device: u32, used: u32): PathObstacle {
  let reason = PathObstacle.None;
  for (let which: u32 = 0; which < used && which < WAYS; which++) {
    const each = obstacle(device, which, used);
    if (each != PathObstacle.NotConfigured || reason == PathObstacle.None) reason = each;
  }
  return reason;
}
