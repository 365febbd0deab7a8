/**
 * Movement detection and care-of addresses (RFC 6275 §11.5; 6275-7.5-1, 6275-8.5-7): what a mobile node learns from link
 * events and router advertisements, for each of its uplinks. The table is in `uplink-table`; this
 * file has the actions.
 *
 *   link up → router solicitation → router advertisement → care-of address → (checked) → selected
 *
 * A router is known by its link-local address and its prefix: neighbouring networks may well both
 * have a fe80::1.
 */
import { DEVICE_ANY, Event, Order } from "../abi/contract";
import { UplinkAction, UplinkEvent, UplinkState } from "../abi/states";
import { copyAddress, isUnspecified, sameAddress, samePrefix, set64 } from "../wire/bytes";
import * as neighbourOptions from "../wire/neighbour-options";
import { PrefixFlag } from "../wire/neighbour-options";
import * as router from "../wire/router";
import { MINIMUM_MTU, NeighbourOptionType } from "../abi/codes";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import * as timers from "../tables/timers";
import { NONE } from "../tables/slab";
import * as uplinks from "../select/uplinks";
import { Uplink } from "../select/uplinks";
import * as random from "./crypto/random";
import * as discovery from "./neighbour-discovery";
import * as registration from "./registration";
import { TimerKind } from "./timers";
import { table } from "./uplink-table";

/** Until a first router solicitation is repeated; doubled each time, up to the last one. */
const SOLICIT_MS: f64 = 500;
const MAX_SOLICIT_MS: f64 = 32000;
/** Solicitations to a router that fell silent before it is given up. */
const MAX_DOUBTS: u32 = 2;
/** How many advertisement intervals of silence raise doubt (RFC 6275 §11.5.1 leaves the number to us). */
const SILENT_INTERVALS: f64 = 2.5;
/** RetransTimer of RFC 4861: how long duplicate address detection waits for an objection. */
const DETECTION_MS: f64 = 1000;
/** Care-of addresses tried in one prefix before the uplink starts anew (RFC 7217 §6). */
const MAX_DUPLICATES: u32 = 3;
const PREFIX_BITS: u32 = 64;

// What the advertisement in hand offers: a router and the prefix to form an address in.
let offered: usize = 0;
let offeredMs: f64 = 0;
let offeredIntervalMs: f64 = 0;
let offeredMtu: u32 = 0;

/** Feeds an event to the uplink of `device`. */
export function happen(device: u32, event: UplinkEvent): void {
  const uplink = uplinks.at(device);
  // A router that does not answer is asked more than once before it is given up.
  if (event == UplinkEvent.SolicitTimeout && uplink.state == UplinkState.Doubtful && uplink.solicitations < MAX_DOUBTS) {
    solicit(device, uplink);
    return;
  }
  const action = table().action(uplink.state, event);
  const before = uplink.state;
  uplink.state = table().next(uplink.state, event);
  if (uplink.state != before) uplink.solicitations = 0;
  act(device, uplink, action);
  if (action != UplinkAction.None || uplink.state != before) reselect();
}

/** A link event of the host. */
export function linkChanged(device: u32, up: bool): void {
  orders.event(Event.Link, device, 0, 0, up ? 1 : 0);
  happen(device, up ? UplinkEvent.LinkUp : UplinkEvent.LinkDown);
}

function act(device: u32, uplink: Uplink, action: u32): void {
  switch (action) {
    case UplinkAction.Solicit:
      uplink.solicitMs = SOLICIT_MS;
      if (uplink.solicitations > 0) uplink.solicitMs = min(MAX_SOLICIT_MS, SOLICIT_MS * <f64>(1 << min(uplink.solicitations, 6)));
      solicit(device, uplink);
      break;
    case UplinkAction.Clear:
      clear(device, uplink);
      break;
    case UplinkAction.ClearAndSolicit:
      orders.event(Event.RouterLost, device, uplinks.router(uplink), 0, 0);
      clear(device, uplink);
      uplink.solicitMs = SOLICIT_MS;
      solicit(device, uplink);
      break;
    case UplinkAction.ClearAndAdopt:
      clear(device, uplink);
      adopt(device, uplink);
      break;
    case UplinkAction.Adopt:
      adopt(device, uplink);
      break;
    case UplinkAction.Renew:
      renew(device, uplink);
      break;
    case UplinkAction.Confirm:
      orders.event(Event.CareofConfirmed, device, uplinks.careof(uplink), 0, 0);
      uplink.duplicates = 0;
      if (!uplinks.isOptimistic()) becomeUsable(device, uplink);
      if (uplink.solicitTimer == NONE) awaitRouter(device, uplink);
      break;
    case UplinkAction.Reform:
      reform(device, uplink);
      break;
  }
}

// ---- routers --------------------------------------------------------------------------------

/** Takes a router advertisement that `router.checkAdvertisement` has passed. */
export function hear(device: u32, source: usize, message: usize, length: u32): void {
  const uplink = uplinks.at(device);
  if (uplink.state == UplinkState.Down) return; // the link event is still on its way
  const end = message + length;
  const option = findPrefix(router.advertisementOptions(message), end, uplink);
  const lifetimeMs = router.routerLifetimeMs(message);
  const isCurrent = sameAddress(source, uplinks.router(uplink));
  if (option == 0 || lifetimeMs == 0) {
    // A router that stops being one, or takes our prefix back.
    if (isCurrent && (lifetimeMs == 0 || withdraws(message, end, uplink))) happen(device, UplinkEvent.LifetimeEnded);
    return;
  }
  offered = neighbourOptions.prefix(option);
  offeredMs = min(lifetimeMs, neighbourOptions.validLifetimeMs(option));
  const interval = neighbourOptions.find(router.advertisementOptions(message), end, NeighbourOptionType.AdvertisementInterval);
  offeredIntervalMs = interval != 0 ? <f64>neighbourOptions.advertisementIntervalMs(interval) : 0; // 6275-7.3-5
  const mtu = neighbourOptions.find(router.advertisementOptions(message), end, NeighbourOptionType.Mtu);
  offeredMtu = mtu != 0 ? neighbourOptions.mtuBytes(mtu) : 0;
  orders.event(Event.RouterAdvertisement, device, source, offered, 0);

  const isOurs = isCurrent && samePrefix(offered, uplinks.prefix(uplink), PREFIX_BITS);
  if (!isOurs && uplink.state == UplinkState.Ready && isCompanion(source, uplink)) return;
  if (!isOurs) {
    copyAddress(uplinks.candidateRouter(uplink), source);
    copyAddress(uplinks.candidatePrefix(uplink), offered);
    uplink.candidateLifetimeMs = offeredMs;
  }
  const hasRouter = !isUnspecified(uplinks.router(uplink));
  happen(device, isOurs || !hasRouter ? UplinkEvent.RouterHeard : UplinkEvent.RouterChanged);
}

/** True for a router and prefix that were seen to share the link with ours. */
function isCompanion(source: usize, uplink: Uplink): bool {
  return sameAddress(source, uplinks.companion(uplink)) && samePrefix(offered, uplinks.companionPrefix(uplink), PREFIX_BITS);
}

/** The option of our own prefix, else the first one that an address can be formed in; 0: none. */
function findPrefix(first: usize, end: usize, uplink: Uplink): usize {
  let found: usize = 0;
  for (let option = neighbourOptions.find(first, end, NeighbourOptionType.PrefixInformation); option != 0;
    option = neighbourOptions.find(neighbourOptions.next(option), end, NeighbourOptionType.PrefixInformation)) {
    if (!isFormable(option)) continue;
    if (samePrefix(neighbourOptions.prefix(option), uplinks.prefix(uplink), PREFIX_BITS)) return option;
    if (found == 0) found = option;
  }
  return found;
}

/** RFC 4862 §5.5.3, and not deprecated (6275-11.5.3-2). */
function isFormable(option: usize): bool {
  const prefix = neighbourOptions.prefix(option);
  return neighbourOptions.hasPrefixFlag(option, PrefixFlag.Autonomous) && neighbourOptions.prefixLength(option) == PREFIX_BITS &&
    neighbourOptions.validLifetimeMs(option) > 0 && neighbourOptions.preferredLifetimeMs(option) > 0 && isGlobal(prefix);
}

function isGlobal(prefix: usize): bool {
  const first = <u32>load<u8>(prefix);
  return first != 0xff && !(first == 0xfe && (load<u8>(prefix, 1) & 0xc0) == 0x80) && load<u64>(prefix) != 0;
}

/** True when the advertisement names our prefix, but not as one to be used. */
function withdraws(message: usize, end: usize, uplink: Uplink): bool {
  for (let option = neighbourOptions.find(router.advertisementOptions(message), end, NeighbourOptionType.PrefixInformation); option != 0;
    option = neighbourOptions.find(neighbourOptions.next(option), end, NeighbourOptionType.PrefixInformation)) {
    if (samePrefix(neighbourOptions.prefix(option), uplinks.prefix(uplink), PREFIX_BITS)) return true;
  }
  return false;
}

function solicit(device: u32, uplink: Uplink): void {
  uplink.solicitations++;
  discovery.solicitRouter(device);
  // A jitter of a tenth keeps nodes that arrive together from asking together (RFC 4861 §6.3.7).
  uplink.solicitTimer = setTimer(uplink.solicitTimer, TimerKind.Solicit, device, uplink.solicitMs * (1 + random.nextUnit() / 10));
}

/** The current router was heard again: its lifetimes and its silence begin anew. */
function renew(device: u32, uplink: Uplink): void {
  // It shares the link with the one that contested it.
  if (!isUnspecified(uplinks.candidateRouter(uplink))) {
    copyAddress(uplinks.companion(uplink), uplinks.candidateRouter(uplink));
    copyAddress(uplinks.companionPrefix(uplink), uplinks.candidatePrefix(uplink));
  }
  memory.fill(uplinks.candidateRouter(uplink), 0, 16);
  keepRouter(device, uplink, offeredMs);
}

function keepRouter(device: u32, uplink: Uplink, lifetimeMs: f64): void {
  uplink.lifetimeEndsMs = clock.now() + lifetimeMs;
  uplink.lifetimeTimer = setTimer(uplink.lifetimeTimer, TimerKind.RouterLifetime, device, lifetimeMs);
  uplink.intervalMs = offeredIntervalMs;
  uplink.mtu = offeredMtu >= <u32>MINIMUM_MTU ? min(offeredMtu, devices.at(device).mtu) : devices.at(device).mtu;
  awaitRouter(device, uplink);
}

/** Starts the wait for the router's next advertisement, where it says how often they come. */
function awaitRouter(device: u32, uplink: Uplink): void {
  if (uplink.intervalMs > 0) uplink.solicitTimer = setTimer(uplink.solicitTimer, TimerKind.Solicit, device, uplink.intervalMs * SILENT_INTERVALS);
  else uplink.solicitTimer = stopTimer(uplink.solicitTimer);
}

// ---- care-of addresses ----------------------------------------------------------------------

/** Takes the router heard last and forms a care-of address in its prefix (6275-11.5.3-1). */
function adopt(device: u32, uplink: Uplink): void {
  uplinks.adoptCandidate(uplink);
  memory.fill(uplinks.candidateRouter(uplink), 0, 16);
  keepRouter(device, uplink, uplink.candidateLifetimeMs);
  form(device, uplink, devices.at(device).interfaceId);
  orders.address(Order.AddDefaultRoute, device, uplinks.router(uplink), 0);
}

/** Forms the care-of address and starts its check, without delay (6275-11.5.3-10). */
function form(device: u32, uplink: Uplink, interfaceId: u64): void {
  const careof = uplinks.careof(uplink);
  store<u64>(careof, load<u64>(uplinks.prefix(uplink)));
  if (interfaceId != 0) store<u64>(careof, interfaceId, 8);
  else set64(careof + 8, random.next64() | 1);
  orders.address(Order.AddAddress, device, careof, PREFIX_BITS);
  orders.event(Event.CareofFormed, device, careof, 0, uplinks.isOptimistic() ? 1 : 0);
  discovery.probeAddress(device, careof);
  if (uplinks.isOptimistic()) becomeUsable(device, uplink);
  uplink.addressTimer = setTimer(uplink.addressTimer, TimerKind.Address, device, DETECTION_MS);
}

function becomeUsable(device: u32, uplink: Uplink): void {
  uplink.usableSinceMs = clock.now();
  discovery.announceAddress(device, uplinks.careof(uplink));
}

/** The address is somebody else's: another one in the same prefix, a few times. */
function reform(device: u32, uplink: Uplink): void {
  orders.event(Event.CareofDuplicate, device, uplinks.careof(uplink), 0, 0);
  orders.address(Order.RemoveAddress, device, uplinks.careof(uplink), PREFIX_BITS);
  uplink.duplicates++;
  if (uplink.duplicates <= MAX_DUPLICATES) {
    form(device, uplink, 0);
    return;
  }
  uplink.duplicates = 0;
  memory.fill(uplinks.careof(uplink), 0, 16);
  uplink.state = UplinkState.Soliciting;
  clear(device, uplink);
  uplink.solicitMs = MAX_SOLICIT_MS;
  solicit(device, uplink);
}

/** Forgets router and care-of address of a link that is gone (6275-11.5.4-6). */
function clear(device: u32, uplink: Uplink): void {
  uplink.solicitTimer = stopTimer(uplink.solicitTimer);
  uplink.addressTimer = stopTimer(uplink.addressTimer);
  uplink.lifetimeTimer = stopTimer(uplink.lifetimeTimer);
  if (!isUnspecified(uplinks.router(uplink))) orders.address(Order.RemoveDefaultRoute, device, uplinks.router(uplink), 0);
  if (!isUnspecified(uplinks.careof(uplink))) {
    orders.event(Event.CareofLost, device, uplinks.careof(uplink), 0, 0);
    orders.address(Order.RemoveAddress, device, uplinks.careof(uplink), PREFIX_BITS);
  }
  uplinks.clear(uplink);
}

/** Another node on the link wants our care-of address while we are checking it (RFC 4862 §5.4.3). */
export function objectedWhileTentative(device: u32, target: usize): void {
  if (uplinks.at(device).state == UplinkState.Tentative) objected(device, target);
}

/** Another node on the link has our care-of address (RFC 4862 §5.4.4). */
export function objected(device: u32, target: usize): void {
  if (sameAddress(target, uplinks.careof(uplinks.at(device)))) happen(device, UplinkEvent.AddressDuplicate);
}

// ---- selection and timers -------------------------------------------------------------------

let selectionTimer: u32 = NONE;

/** Chooses the uplink anew and tells the registration what became of it. */
export function reselect(): void {
  uplinks.select();
  registration.careofChanged(uplinks.selected());
  const again = uplinks.nextSelectionMs();
  if (again == Infinity) selectionTimer = stopTimer(selectionTimer);
  else selectionTimer = setTimer(selectionTimer, TimerKind.Selection, DEVICE_ANY, max<f64>(0, again - clock.now()));
}

/** The selection's timer ended. */
export function onSelectionTimer(): void {
  selectionTimer = NONE;
  reselect();
}

/** A timer of the uplink ended. */
export function onTimer(kind: u32, device: u32): void {
  const uplink = uplinks.at(device);
  // No advertisement is in hand: of a candidate that is adopted now, only router and prefix are known.
  offeredIntervalMs = 0;
  offeredMtu = 0;
  switch (kind) {
    case TimerKind.Solicit:
      uplink.solicitTimer = NONE;
      happen(device, uplink.state == UplinkState.Ready || uplink.state == UplinkState.Tentative ? UplinkEvent.RouterSilent : UplinkEvent.SolicitTimeout);
      break;
    case TimerKind.Address:
      uplink.addressTimer = NONE;
      happen(device, UplinkEvent.AddressConfirmed);
      break;
    case TimerKind.RouterLifetime:
      uplink.lifetimeTimer = NONE;
      happen(device, UplinkEvent.LifetimeEnded);
      break;
  }
}

/** Sets or moves a timer; returns its handle. */
function setTimer(timer: u32, kind: TimerKind, device: u32, afterMs: f64): u32 {
  const deadline = clock.now() + afterMs;
  return timers.move(timer, deadline) ? timer : timers.set(kind, device, deadline);
}

function stopTimer(timer: u32): u32 {
  timers.cancel(timer);
  return NONE;
}
