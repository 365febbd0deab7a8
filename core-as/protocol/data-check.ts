/**
 * Does what is tunnelled come through? Firewalls let Binding Updates pass in UDP, and drop protocol 41, or the other
 * way round (RFC 5555 §4.4.1). After the first registration by a path, probes go through the tunnel, and beside it for
 * comparison, until packets come out of the tunnel or it is clear that none do.
 *
 * A home agent that answers neither probe says nothing about the path.
 */
import { DEVICE_ANY, Encapsulation, MAX_DEVICES } from "../abi/contract";
import { RegistrationState } from "../abi/states";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as ways from "../select/ways";
import * as pathProbe from "./path-probe";
import { ProbePurpose } from "./path-probe";
import * as registration from "./registration";

/** Probes through the tunnel, and between them. */
const PROBES: u32 = 3;
const PROBE_MS: f64 = 500;

@unmanaged
class Check {
  /** Care-of address of the path that is or was checked. */
  careofHigh: u64;
  careofLow: u64;
  /** When the next probe is due, or the verdict; Infinity: no check is on. */
  dueMs: f64;
  /** Packets that had come out of the tunnel when the check began. */
  packetsBefore: f64;
  /** Encapsulation that is or was checked, NONE: none since the way is in use. */
  encapsulation: u32;
  sent: u32;
  /** 1: a probe beside the tunnel was answered. */
  besideAnswered: u32;

  careof(): usize {
    return changetype<usize>(this);
  }
}

const RECORD: usize = 48;
const records = memory.data(1536, 16); // MAX_DEVICES × RECORD

function at(device: u32): Check {
  return changetype<Check>(records + <usize>device * RECORD);
}

export function startAll(): void {
  for (let device: u32 = 0; device < <u32>MAX_DEVICES; device++) end(device);
}

/** Another way is in use: what was found out about the former one is void. */
export function end(device: u32): void {
  at(device).dueMs = Infinity;
  at(device).encapsulation = NONE;
}

/** The home agent has accepted a Binding Update: its path is checked, unless it was. */
export function begin(update: Update): void {
  const check = at(update.device);
  if (!registration.isPrimary(update.record) || !isWorthwhile(update)) return;
  const isSame = check.encapsulation == update.encapsulation && sameAddress(check.careof(), updates.careof(update));
  if (isSame) return;
  check.encapsulation = update.encapsulation;
  copyAddress(check.careof(), updates.careof(update));
  check.packetsBefore = update.packetsIn;
  check.sent = 0;
  check.besideAnswered = 0;
  check.dueMs = clock.now();
}

/** What goes by UDP passes as the Binding Update did. Without another way there is nothing to find out. */
function isWorthwhile(update: Update): bool {
  if (!ways.areMany()) return false;
  switch (update.encapsulation) {
    case Encapsulation.Ipv4:
      return ways.isForceAllowed();
    case Encapsulation.Ipv6:
      return ways.count(update.device) > 1;
    default:
      return false;
  }
}

/** When something is to be done, Infinity: no check is on. */
export function dueMs(device: u32): f64 {
  return at(device).dueMs;
}

/** A probe of a check was answered. */
export function answered(device: u32, isBeside: bool): void {
  if (isBeside) at(device).besideAnswered = 1;
  else at(device).dueMs = Infinity;
}

/** Goes on with the check of an uplink. Returns the Encapsulation that lets nothing pass, NONE: that is not known. */
export function onTimer(device: u32): u32 {
  const check = at(device);
  if (check.dueMs > clock.now()) return NONE;
  const update = registration.primary();
  const isStill = update.device == device && update.encapsulation == check.encapsulation &&
    update.state == RegistrationState.Registered && update.homeDevice == DEVICE_ANY;
  if (!isStill || update.packetsIn != check.packetsBefore) {
    // A registration that is being renewed is checked when it is accepted again.
    if (!isStill) check.encapsulation = NONE;
    check.dueMs = Infinity;
    return NONE;
  }
  if (check.sent == PROBES) {
    check.dueMs = Infinity;
    return check.besideAnswered != 0 ? check.encapsulation : NONE;
  }
  check.sent++;
  check.dueMs = clock.now() + PROBE_MS;
  pathProbe.send(device, check.encapsulation, ProbePurpose.Through);
  if (check.besideAnswered == 0) pathProbe.send(device, update.way, ProbePurpose.Beside);
  return NONE;
}
