/**
 * Which way a mobile node's packets take to the home agent, within an uplink (RFC 5555 §4.4.1): what happens to the
 * machines of `way-machine`, one for each Encapsulation, and what follows from it.
 *
 *   address there → Binding Update by the best way → answered ──────────────────────────────► works
 *                        three without an answer → the next way                                 │
 *                                                                 a better one? → probe → proven┘
 *
 * What works is left only for a better way of which a probe has shown that it works. Ways that failed are asked again
 * by probes, each time after twice as long; where none is left that works, soon.
 */
import { DEVICE_ANY, DeviceKind, Encapsulation, Event, MAX_DEVICES } from "../abi/contract";
import { NatFinding, PathObstacle, WayEvent } from "../abi/states";
import { INTERFACE_PREFIX_BITS } from "../wire/addresses";
import { copyAddress, sameAddress, samePrefix } from "../wire/bytes";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import { Update } from "../tables/updates";
import * as uplinks from "../select/uplinks";
import * as ways from "../select/ways";
import { Way } from "../select/ways";
import * as dataCheck from "./data-check";
import * as movement from "./movement";
import * as pathProbe from "./path-probe";
import * as registration from "./registration";
import * as registrationPath from "./registration-path";
import { TimerKind, restart, stop } from "./timers";
import * as wayMachine from "./way-machine";

/** Attempts by one way before the next one is tried (5555-4.4.1-3). */
const ATTEMPTS: u32 = 3;
/** Probes of one round, and until the next one; doubled each time. */
const PROBES: u32 = 3;
const PROBE_MS: f64 = 500;
/** Timeouts are doubled no more often. */
const MAX_DOUBLINGS: u32 = 6;

// ---- addresses ------------------------------------------------------------------------------

/** Follows the addresses of all uplinks, and chooses a way for each. */
export function follow(): void {
  for (let device: u32 = 0; device < <u32>MAX_DEVICES; device++) {
    if (!devices.is(device, DeviceKind.Access)) continue;
    for (let which: u32 = 0; which < ways.WAYS; which++) followAddress(device, which);
    choose(device);
  }
}

function followAddress(device: u32, which: u32): void {
  const way = ways.at(device, which);
  const isThere = ways.isAllowed(which) && ways.hasAddress(device, which);
  if (isThere != way.isThere()) {
    wayMachine.happen(device, which, isThere ? WayEvent.Appeared : WayEvent.Vanished);
    if (!isThere) forgetNetwork(device, which);
  } else if (isThere && !isSameNetwork(way, ways.address(device, which), which)) {
    wayMachine.happen(device, which, WayEvent.Moved); // 5555-4.4.1-4
    forgetNetwork(device, which);
  }
  if (isThere) copyAddress(way.address(), ways.address(device, which));
}

/** An IPv6 address tells the network by its prefix, an IPv4 one is all that is known. */
function isSameNetwork(way: Way, address: usize, which: u32): bool {
  if (which >= <u32>Encapsulation.Ipv4) return sameAddress(way.address(), address);
  return samePrefix(way.address(), address, INTERFACE_PREFIX_BITS);
}

/** What was found out of the network that this way was in: NATs, and that nothing worked. */
function forgetNetwork(device: u32, which: u32): void {
  const choice = ways.choiceOf(device);
  choice.rounds = 0;
  if (which != choice.way) return;
  choice.nat = NatFinding.Unknown;
  choice.forced = 0;
}

// ---- choice ---------------------------------------------------------------------------------

/** Chooses the way of an uplink anew. True when that is another one. */
function choose(device: u32): bool {
  const choice = ways.choiceOf(device);
  const before = choice.way;
  choice.way = ways.best(device);
  if (choice.way == before) return false;
  choice.nat = NatFinding.Unknown;
  choice.forced = 0;
  dataCheck.end(device);
  return true;
}

/** A way has changed its state: the registration follows, and what is better is asked whether it works. */
function review(device: u32): void {
  const hasChanged = choose(device);
  if (uplinks.selected() != device) return;
  if (hasChanged) movement.reselect();
  else attend(device);
}

/** The selected uplink may have ways that are better than the one in use: they are asked. Sets its timer. */
export function attend(device: u32): void {
  if (device == DEVICE_ANY) return;
  const used = ways.choiceOf(device).way;
  if (used != NONE && ways.areMany()) {
    for (let which: u32 = 0; which < used; which++) {
      const isIdle = ways.at(device, which).dueMs == Infinity;
      if (isIdle && ways.isForUpdates(which)) wayMachine.happen(device, which, WayEvent.Outranked);
    }
  }
  schedule(device);
}

function schedule(device: u32): void {
  const uplink = uplinks.at(device);
  let earliest = dataCheck.dueMs(device);
  for (let which: u32 = 0; which < ways.WAYS; which++) {
    if (isAsked(device, which)) earliest = min(earliest, ways.at(device, which).dueMs);
  }
  if (earliest == Infinity || uplinks.selected() != device) uplink.wayTimer = stop(uplink.wayTimer);
  else uplink.wayTimer = restart(uplink.wayTimer, TimerKind.Ways, device, max<f64>(0, earliest - clock.now()));
}

/** Probes go by ways that are better than the one in use; where that one has failed as well, by all. */
function isAsked(device: u32, which: u32): bool {
  const way = ways.at(device, which);
  if (!way.isThere() || way.dueMs == Infinity || !ways.areMany()) return false;
  const used = ways.choiceOf(device).way;
  if (which == Encapsulation.Ipv4) return used == <u32>Encapsulation.UdpIpv4 && mayTryPlain(device);
  return used == NONE || which < used || ways.at(device, used).isBad();
}

/** Protocol 41 has a chance where it failed before only for a firewall, not behind a NAT. */
function mayTryPlain(device: u32): bool {
  const obstacle = ways.obstacle(device, Encapsulation.Ipv4, Encapsulation.UdpIpv4);
  return obstacle == PathObstacle.NothingPasses || obstacle == PathObstacle.FailedBefore;
}

// ---- time -----------------------------------------------------------------------------------

/** What was planned for the ways of an uplink is due. */
export function onTimer(device: u32): void {
  uplinks.at(device).wayTimer = NONE;
  if (uplinks.selected() != device) return;
  for (let which: u32 = 0; which < ways.WAYS; which++) {
    const way = ways.at(device, which);
    if (!isAsked(device, which) || way.dueMs > clock.now()) continue;
    // What waits in a bad state begins a round, one that is on goes on.
    if (way.probes == 0 && way.isBad()) wayMachine.happen(device, which, WayEvent.RetryDue);
    if (way.probes < PROBES) {
      pathProbe.ask(device, which);
      way.dueMs = clock.now() + PROBE_MS * <f64>(1 << way.probes);
      way.probes++;
    } else {
      wayMachine.happen(device, which, WayEvent.ProbesUnanswered);
    }
  }
  const failed = dataCheck.onTimer(device);
  if (failed != NONE) nothingPassed(device, failed);
  else review(device);
}

// ---- what the registration finds out --------------------------------------------------------

/** True when a Binding Update is the last by this way before the next one is tried: it waits no longer than the first. */
export function isLastAttempt(update: Update): bool {
  if (update.device == DEVICE_ANY || update.homeDevice != DEVICE_ANY) return false;
  const choice = ways.choiceOf(update.device);
  return update.transmissions == attempts(update.device) && choice.rounds == 0 && ways.count(update.device) > 1;
}

/** Attempts by one way: three, and where all ways had theirs, one by each in turn. */
function attempts(device: u32): u32 {
  return ways.choiceOf(device).rounds == 0 || ways.count(device) == 1 ? ATTEMPTS : 1;
}

/** How much longer than usual the first Binding Update of several is waited for: back-off goes on from way to way. */
export function backOff(update: Update): f64 {
  if (update.device == DEVICE_ANY || update.homeDevice != DEVICE_ANY) return 1;
  const rounds = ways.choiceOf(update.device).rounds;
  return ways.count(update.device) > 1 ? <f64>(1 << min(rounds, MAX_DOUBLINGS)) : 1;
}

/**
 * A Binding Update by the way in use is unanswered. True when that leads to another one, or another uplink; the
 * registration has followed then.
 */
export function unanswered(update: Update): bool {
  const device = update.device;
  const before = ways.choiceOf(device).way;
  if (before == NONE || update.transmissions < attempts(device)) return false;
  wayMachine.happen(device, before, WayEvent.Unanswered);
  const isHopeless = ways.isHopeless(device);
  if (isHopeless) {
    ways.choiceOf(device).rounds++;
    wayMachine.hasten(device);
  }
  const hasChanged = choose(device);
  if (isHopeless) movement.avoid(device); // 5555-4.4.1-3 has led to nothing
  else if (hasChanged) movement.reselect();
  attend(device);
  return update.device != device || update.way != before;
}

/** The home agent has acknowledged a Binding Update by the way in use. */
export function answered(update: Update): void {
  const device = update.device;
  if (device == DEVICE_ANY || update.homeDevice != DEVICE_ANY) return;
  ways.choiceOf(device).rounds = 0;
  wayMachine.happen(device, update.way, WayEvent.Answered);
  attend(device);
}

/** The home agent has accepted a Binding Update: what is tunnelled may be checked. */
export function confirmed(update: Update): void {
  dataCheck.begin(update);
  attend(update.device);
}

/** A probe by a way was answered. */
export function probeAnswered(device: u32, which: u32): void {
  const wasBad = ways.at(device, which).isBad();
  wayMachine.happen(device, which, WayEvent.ProbeAnswered);
  const isUsed = ways.choiceOf(device).way == which;
  if (which == Encapsulation.Ipv4) {
    if (wasBad && uplinks.selected() == device) registrationPath.renew(device); // without flag F
  } else if (isUsed && wasBad && uplinks.selected() == device) {
    registrationPath.hurry(device); // the Binding Update that waits for its time goes now
  }
  review(device);
}

/** What is tunnelled in `encapsulation` does not come through, though Binding Updates do. */
function nothingPassed(device: u32, encapsulation: u32): void {
  wayMachine.happen(device, encapsulation, WayEvent.NothingPassed);
  if (encapsulation == Encapsulation.Ipv4) {
    registrationPath.renew(device); // with flag F
    attend(device);
  } else {
    review(device);
  }
}

/** Tells people that packets to the home agent go by another encapsulation of the same uplink. */
export function tell(update: Update, before: u32): void {
  if (!registration.isPrimary(update.record)) return;
  const obstacle = ways.obstacle(update.device, before, update.encapsulation);
  orders.event(Event.PathChosen, update.device, 0, 0, update.encapsulation, before, obstacle);
}

/** The home agent has another IPv4 address: what was found out over IPv4 was about another path. */
export function agentMoved(): void {
  for (let device: u32 = 0; device < <u32>MAX_DEVICES; device++) {
    for (let which: u32 = Encapsulation.Ipv4; which < ways.WAYS; which++) {
      if (!ways.at(device, which).isThere()) continue;
      wayMachine.happen(device, which, WayEvent.Moved);
      forgetNetwork(device, which);
    }
    if (ways.choiceOf(device).way >= <u32>Encapsulation.Ipv4) registrationPath.renew(device);
  }
}

/** The link of an uplink came up anew, and its IPv4 address is the same: its NATs may be others. */
export function returned(device: u32): void {
  if (ways.choiceOf(device).way == <u32>Encapsulation.UdpIpv4) registrationPath.renew(device);
}
