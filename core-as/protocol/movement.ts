/**
 * Movement detection (RFC 6275 §11.5; 6275-7.5-1): the actions of the table in `uplink-table`, for each
 * uplink of a mobile node.
 *
 *   link up → router solicitation → router advertisement → care-of address → (checked) → selected
 */
import { DEVICE_ANY, Event, Order } from "../abi/contract";
import { MINIMUM_MTU } from "../abi/codes";
import { UplinkAction, UplinkEvent, UplinkState } from "../abi/states";
import { UNSPECIFIED } from "../wire/addresses";
import { copyAddress, sameAddress } from "../wire/bytes";
import { isMapped } from "../wire/mapped";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as uplinks from "../select/uplinks";
import { Router, Uplink } from "../select/uplinks";
import * as careofAddress from "./careof-address";
import * as random from "./crypto/random";
import * as discovery from "./neighbour-discovery";
import * as pathChoice from "./path-choice";
import * as registrationPath from "./registration-path";
import * as routerDiscovery from "./router-discovery";
import { TimerKind, restart, stop } from "./timers";
import { table } from "./uplink-table";

/** Until a first router solicitation is repeated; doubled each time, up to the last one. */
const SOLICIT_MS: f64 = 500;
const MAX_SOLICIT_MS: f64 = 32000;
/** How often a router is asked whether it is still there before it is given up. */
const MAX_DOUBTS: u32 = 2;
/** How many advertisement intervals of silence raise doubt (RFC 6275 §11.5.1 leaves the number to us). */
const SILENT_INTERVALS: f64 = 2.5;
/** How long a router that shares our link is not asked about again. */
const COMPANION_MS: f64 = 30000;
/** How long an uplink is avoided through which the home agent did not answer. */
const AVOID_MS: f64 = 30000;

/** Feeds an event to the uplink of `device`. */
export function happen(device: u32, event: UplinkEvent): void {
  const uplink = uplinks.at(device);
  prepare(uplink, event);
  // A router that does not answer is asked more than once before it is given up.
  if (event == UplinkEvent.SolicitTimeout && uplink.router().isKnown() && uplink.solicitations < MAX_DOUBTS) {
    solicit(device, uplink);
    return;
  }
  const before = uplink.state;
  const action = table().action(before, event);
  uplink.state = table().next(before, event);
  if (uplink.state != before) uplink.solicitations = 0;
  act(device, uplink, action);
  if (action != UplinkAction.None || uplink.state != before) reselect();
}

/** Notes what the event says about how the router may be asked. */
function prepare(uplink: Uplink, event: UplinkEvent): void {
  switch (event) {
    case UplinkEvent.LinkUp:
      // This may be another link, whose router may have the same address: only an advertisement tells.
      uplink.solicitations = 0;
      uplink.mayProbe = 0;
      break;
    case UplinkEvent.RouterSilent:
      uplink.mayProbe = 1;
      break;
    case UplinkEvent.RouterChanged:
      uplink.mayProbe = sameAddress(uplink.candidate().address(), uplink.router().address()) ? 0 : 1;
      break;
  }
}

/** A link event of the host. */
export function linkChanged(device: u32, up: bool): void {
  orders.event(Event.Link, device, 0, 0, up ? 1 : 0);
  // Without a link there is no address by IPv4; on a new one the host says anew what it has (5555-4.4.4-1).
  if (!up) setIpv4(device, uplinks.at(device), UNSPECIFIED);
  else uplinks.at(device).ipv4Doubted = 1;
  happen(device, up ? UplinkEvent.LinkUp : UplinkEvent.LinkDown);
}

/** The host has the address at `address` by IPv4 on this device, IPv4-mapped; unspecified: none (5555-4.4.4-1). */
export function ipv4Changed(device: u32, address: usize): void {
  const uplink = uplinks.at(device);
  const isSame = sameAddress(uplink.ipv4(), address);
  if (!isSame) {
    const wasUsable = uplink.isUsable();
    setIpv4(device, uplink, address);
    if (!wasUsable) uplink.usableSinceMs = clock.now();
    adjustMtu(device, uplink);
  }
  // The same address on what may be another network: the home agent learns what NATs there have made of it.
  const isAgain = isSame && uplink.ipv4Doubted != 0;
  uplink.ipv4Doubted = 0;
  reselect();
  if (isAgain) pathChoice.returned(device);
}

function setIpv4(device: u32, uplink: Uplink, address: usize): void {
  if (sameAddress(uplink.ipv4(), address)) return;
  copyAddress(uplink.ipv4(), address);
  orders.event(Event.Ipv4Uplink, device, address, 0, 0);
}

/** MTU or preference of a device is another one. */
export function deviceChanged(device: u32): void {
  adjustMtu(device, uplinks.at(device));
  reselect();
}

function act(device: u32, uplink: Uplink, action: u32): void {
  switch (action) {
    case UplinkAction.Solicit:
      uplink.solicitMs = min(MAX_SOLICIT_MS, SOLICIT_MS * <f64>(1 << min(uplink.solicitations, 6)));
      solicit(device, uplink);
      break;
    case UplinkAction.Clear:
      clear(device, uplink);
      break;
    case UplinkAction.ClearAndSolicit:
      orders.event(Event.RouterLost, device, uplink.router().address(), 0, 0);
      clear(device, uplink);
      uplink.solicitMs = SOLICIT_MS;
      solicit(device, uplink);
      break;
    case UplinkAction.ClearAndAdopt:
      replace(device, uplink);
      break;
    case UplinkAction.Adopt:
      adopt(device, uplink);
      break;
    case UplinkAction.Renew:
      uplink.router().become(routerDiscovery.heard());
      uplink.lifetimeTimer = restart(
        uplink.lifetimeTimer, TimerKind.RouterLifetime, device, uplink.router().lifetimeMs,
      );
      adjustMtu(device, uplink);
      trust(device, uplink);
      break;
    case UplinkAction.Trust:
      trust(device, uplink);
      break;
    case UplinkAction.Confirm:
      careofAddress.confirm(device, uplink);
      if (uplink.solicitTimer == NONE) awaitRouter(device, uplink);
      break;
    case UplinkAction.Reform:
      if (!careofAddress.reform(device, uplink)) giveUp(device, uplink);
      break;
  }
}

// ---- routers --------------------------------------------------------------------------------

/** Asks for routers, and where that proves something, our own router whether it is there. */
function solicit(device: u32, uplink: Uplink): void {
  uplink.solicitations++;
  discovery.solicitRouter(device);
  if (uplink.mayProbe != 0) discovery.probeRouter(device, uplink.careof(), uplink.router().address());
  // A jitter of a tenth keeps nodes that arrive together from asking together (RFC 4861 §6.3.7).
  uplink.solicitTimer = restart(
    uplink.solicitTimer, TimerKind.Solicit, device, uplink.solicitMs * (1 + random.nextUnit() / 10),
  );
}

/** A neighbour advertisement from `target`: perhaps our router's answer (RFC 4861 §7.3). */
export function answered(device: u32, target: usize): void {
  const uplink = uplinks.at(device);
  if (uplink.mayProbe != 0 && sameAddress(target, uplink.router().address())) {
    happen(device, UplinkEvent.RouterReachable);
  }
}

/** Our router is there: what else was heard shares the link with it. */
function trust(device: u32, uplink: Uplink): void {
  if (uplink.candidate().isKnown()) {
    remember(uplink, uplink.candidate());
    uplink.router().addHomes(uplink.candidate());
  }
  uplink.candidate().forget();
  awaitRouter(device, uplink);
}

function remember(uplink: Uplink, router: Router): void {
  uplink.companion().become(router);
  uplink.companionUntilMs = clock.now() + COMPANION_MS;
}

/** Starts the wait for the router's next advertisement, where it says how often they come. */
function awaitRouter(device: u32, uplink: Uplink): void {
  const intervalMs = uplink.router().intervalMs;
  if (intervalMs > 0) {
    uplink.solicitTimer = restart(uplink.solicitTimer, TimerKind.Solicit, device, intervalMs * SILENT_INTERVALS);
  }
  else uplink.solicitTimer = stop(uplink.solicitTimer);
}

/** Takes the candidate as router and forms a care-of address in its prefix. */
function adopt(device: u32, uplink: Uplink): void {
  uplink.router().become(uplink.candidate());
  uplink.candidate().forget();
  uplink.lifetimeTimer = restart(
    uplink.lifetimeTimer, TimerKind.RouterLifetime, device, uplink.router().lifetimeMs,
  );
  adjustMtu(device, uplink);
  awaitRouter(device, uplink);
  careofAddress.form(device, uplink);
  orders.address(Order.AddDefaultRoute, device, uplink.router().address(), 0);
}

/** Takes the candidate in place of the router; should that one be heard again, it is no news. */
function replace(device: u32, uplink: Uplink): void {
  remember(uplink, uplink.router());
  const until = uplink.companionUntilMs;
  clearLink(device, uplink);
  uplink.companionUntilMs = until;
  adopt(device, uplink);
}

/** Too many addresses of the prefix are somebody else's: later again. */
function giveUp(device: u32, uplink: Uplink): void {
  uplink.state = UplinkState.Soliciting;
  clear(device, uplink);
  uplink.solicitMs = MAX_SOLICIT_MS;
  solicit(device, uplink);
}

/** Forgets router and care-of address, and all that was heard on the link. */
function clear(device: u32, uplink: Uplink): void {
  clearLink(device, uplink);
  uplink.candidate().forget();
  uplink.companion().forget();
}

function clearLink(device: u32, uplink: Uplink): void {
  uplink.solicitTimer = stop(uplink.solicitTimer);
  uplink.lifetimeTimer = stop(uplink.lifetimeTimer);
  uplink.companionUntilMs = 0;
  uplink.avoidUntilMs = 0;
  uplink.mayProbe = 0;
  if (uplink.router().isKnown()) orders.address(Order.RemoveDefaultRoute, device, uplink.router().address(), 0);
  careofAddress.remove(device, uplink);
  uplink.router().forget();
}

/** The link's own MTU, or the smaller one that its router wants (RFC 4861 §6.3.4). */
function adjustMtu(device: u32, uplink: Uplink): void {
  const wanted = uplink.router().mtu;
  const own = devices.at(device).mtu;
  uplink.mtu = wanted >= <u32>MINIMUM_MTU ? min(wanted, own) : own;
}

// ---- selection and timers -------------------------------------------------------------------

let selectionTimer: u32 = NONE;

/** Chooses the uplink anew and tells the registration what became of it. */
export function reselect(): void {
  pathChoice.follow();
  uplinks.select();
  registrationPath.careofChanged(uplinks.selected());
  pathChoice.attend(uplinks.selected());
  const again = uplinks.nextSelectionMs();
  if (again == Infinity) selectionTimer = stop(selectionTimer);
  else selectionTimer = restart(selectionTimer, TimerKind.Selection, DEVICE_ANY, again - clock.now());
}

/** The home agent does not answer: the router of the care-of address is asked whether it is there. */
export function doubt(update: Update): void {
  if (isMapped(updates.careof(update))) return; // the IPv4 router is the host's matter (5555-4.4.4-1)
  happen(update.device, UplinkEvent.RouterSilent);
}

/** The home agent does not answer through `device`, by whatever way: another uplink is tried. */
export function avoid(device: u32): void {
  uplinks.avoid(device, AVOID_MS);
  reselect();
}

/** The selection's timer ended. */
export function onSelectionTimer(): void {
  selectionTimer = NONE;
  reselect();
}

/** A timer of the uplink ended. */
export function onTimer(kind: u32, device: u32): void {
  const uplink = uplinks.at(device);
  switch (kind) {
    case TimerKind.Solicit:
      uplink.solicitTimer = NONE;
      happen(device, isSettled(uplink.state) ? UplinkEvent.RouterSilent : UplinkEvent.SolicitTimeout);
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

/** True when nobody is being asked: the timer was the wait for an advertisement. */
function isSettled(state: u32): bool {
  return state == UplinkState.Ready || state == UplinkState.Tentative;
}
