/**
 * The home registrations of a mobile node (RFC 6275 §11.7.1, §11.8), one for each home address: the
 * actions of the table in `registration-table`, and the timers. What comes back is in
 * `registration-answer`.
 */
import { DEVICE_ANY, DeviceKind, Event } from "../abi/contract";
import { BindingAcknowledgementStatus as Status, LIFETIME_UNIT_MS } from "../abi/codes";
import { RegistrationAction, RegistrationEvent, RegistrationState } from "../abi/states";
import { isMapped } from "../wire/mapped";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as tunnel from "../encap/tunnel";
import * as uplinks from "../select/uplinks";
import * as ways from "../select/ways";
import * as bindingUpdateSender from "./binding-update-sender";
import * as random from "./crypto/random";
import * as homeAgentSelection from "./home-agent-selection";
import * as homePrefixes from "./home-prefixes";
import * as homecoming from "./homecoming";
import * as ipv4Home from "./ipv4-home";
import * as keepalive from "./keepalive";
import * as movement from "./movement";
import * as pathChoice from "./path-choice";
import * as peerAttachment from "./peer-attachment";
import * as registrationPath from "./registration-path";
import { table } from "./registration-table";
import * as times from "./registration-times";
import * as renumbering from "./renumbering";
import * as state from "./state";
import { TimerKind, restart, stop } from "./timers";
import * as updateRate from "./update-rate";

/** After a refusal: until the next attempt, where the node itself can't mend the cause. */
const HOLD_OFF_MS: f64 = 60000;
/** After a failed authentication a node is to stop (4285-5.3-2): a person must act first. */
const AUTHENTICATION_HOLD_OFF_MS: f64 = 3600000;
/** Unanswered transmissions that raise doubt about the uplink's router. */
const DOUBT_AFTER: u32 = 2;

/** The entry of the configured home address, NONE: the node has not been told who it is. */
let primaryEntry: u32 = NONE;

/**
 * A home address that is to be registered at home agent `peer`, at once when there is a care-of address
 * (6275-11.7.1-20), with timers of its own (6275-11.8-6); the first one is the primary. Sequence numbers begin at
 * random (6275-11.7.2-19). Returns its entry of the binding update list, NONE when the budget is used up or the
 * address is one of ours already.
 */
export function addHome(homeAddress: usize, peer: usize): u32 {
  if (updates.find(homeAddress) != NONE) return NONE;
  const record = updates.insert(homeAddress, peer);
  if (record == NONE) return NONE;
  const update = updates.at(record);
  update.sequence = <u16>random.next32();
  if (primaryEntry != NONE) update.clockAddedMs = primary().clockAddedMs; // the same home agent's clock
  if (primaryEntry == NONE) primaryEntry = record;
  ways.agentChanged();
  registrationPath.follow(update, uplinks.selected());
  return record;
}

/**
 * Forgets a home address, without a word to its home agent: who wants to deregister it first feeds
 * `Shutdown` and waits for the state Stopped.
 */
export function removeHome(record: u32): void {
  const update = updates.at(record);
  stopTimer(update);
  end(update);
  keepalive.stopFor(update);
  ipv4Home.drop(update);
  uplinks.forgetHome(record);
  updates.remove(record);
  if (primaryEntry == record) primaryEntry = updates.next(0);
  orders.tunnelMtu(devices.first(DeviceKind.Tunnel), tunnel.innerMtu(updates.leastRoom(MAX_MTU)));
}

export function isConfigured(): bool {
  return primaryEntry != NONE;
}

/** The entry of the configured home address. There is one once `isConfigured`. */
export function primary(): Update {
  return updates.at(primaryEntry);
}

/** True for the entry of the configured home address. */
export function isPrimary(record: u32): bool {
  return record == primaryEntry;
}

/** The host shuts the node down: all its home addresses are deregistered. */
export function shutdown(): void {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    happen(record, RegistrationEvent.Shutdown);
  }
}

/** Feeds an event to the registration of an entry. */
export function happen(record: u32, event: RegistrationEvent): void {
  const update = updates.at(record);
  const before = update.state;
  const action = table().action(before, event);
  update.state = table().next(before, event);
  act(update, action);
  if (update.state != before) {
    orders.event(Event.RegistrationState, DEVICE_ANY, updates.home(update), 0, update.state, before);
  }
  if (isOver(update.state)) ipv4Home.drop(update);
  if (isPrimary(record)) peerAttachment.registrationActed(update, action);
}

/** The home address, and so what goes with it, is not used any more. */
function isOver(state: u32): bool {
  return state == RegistrationState.Stopped || state == RegistrationState.Duplicate;
}

function act(update: Update, action: u32): void {
  switch (action) {
    case RegistrationAction.SendUpdate:
      update.transmissions = 0;
      send(update, lifetimeToAsk(update));
      break;
    case RegistrationAction.SendRemoval:
      update.transmissions = 0;
      send(update, 0);
      break;
    case RegistrationAction.Resend:
      // 6275-11.8-3, 6275-11.7.1-13, and at the slowest rate for ever (6275-11.7.1-15)
      if (update.deferred == 0) update.timeoutMs = min(times.maxTimeoutMs(), update.timeoutMs * 2); // 6275-11.8-4
      if (isOverdue(update) && homeAgentSelection.unanswered(update)) break; // 6275-11.7.1-14
      send(update, isRemoving(update) ? 0 : lifetimeToAsk(update));
      break;
    case RegistrationAction.Confirm:
      confirm(update);
      break;
    case RegistrationAction.Pause:
      stopTimer(update);
      break;
    case RegistrationAction.HoldOff:
      setTimer(update, update.lastStatus == Status.AuthenticationFailed ? AUTHENTICATION_HOLD_OFF_MS : HOLD_OFF_MS);
      break;
    case RegistrationAction.Forget:
      forget(update);
      break;
    default:
      homecoming.act(update, action);
      break;
  }
}

/** The path to the home agent takes `mtu` octets: so does the tunnel, less its header. */
export function setPathMtu(update: Update, mtu: u32): void {
  update.pathMtu = <u16>min(mtu, MAX_MTU);
  update.pathMtuSinceMs = clock.now();
  orders.tunnelMtu(devices.first(DeviceKind.Tunnel), tunnel.innerMtu(updates.leastRoom(updates.room(update))));
}

const MAX_MTU: u32 = 65535;

// ---- sending --------------------------------------------------------------------------------

function send(update: Update, lifetime: f64): void {
  if (!updates.hasPeer(update)) {
    if (lifetime == 0) happen(update.record, RegistrationEvent.Removed); // nothing was ever bound
    else homeAgentSelection.discover();
    return;
  }
  if (update.transmissions == 0) {
    update.timeoutMs = initialTimeoutMs(update);
    // Where all ways failed in turn, back-off goes on from one to the other (5555-4.4.1-2).
    update.timeoutMs = min(times.maxTimeoutMs(), update.timeoutMs * pathChoice.backOff(update));
  }
  const waitMs = updateRate.waitMs();
  update.deferred = waitMs > 0 ? 1 : 0;
  if (update.deferred != 0) {
    setTimer(update, waitMs);
    return;
  }
  transmit(update, lifetime);
  setTimer(update, pathChoice.isLastAttempt(update) ? initialTimeoutMs(update) : update.timeoutMs);
}

/** 6275-11.8-2: who has no binding yet gives the home agent longer (duplicate address detection). */
function initialTimeoutMs(update: Update): f64 {
  return update.expiresMs > clock.now() ? times.laterTimeoutMs() : times.firstTimeoutMs();
}

/** Sends one Binding Update, with nothing that waits for its answer. */
export function transmit(update: Update, lifetime: f64): void {
  update.sequence++; // 6275-11.7.1-19, 6275-11.7.2-18, 6275-11.7.2-20, 6275-11.8-8
  update.transmissions++;
  update.sentMs = clock.now();
  update.pathUsedMs = clock.now();
  update.lifetimeMs = lifetime;
  update.refreshMs = -1;
  if (lifetime > 0) update.mayLiveUntilMs = max(update.mayLiveUntilMs, clock.now() + lifetime);
  const isHome = update.homeDevice != DEVICE_ANY;
  if (isHome) homecoming.prepare(update);
  if (bindingUpdateSender.send(update) && isHome) homecoming.configureAddress(update); // 6275-11.5.5-1, 6275-11.5.5-2
  updateRate.noteSent();
  state.keepUpdate(update.record); // 6275-11.7.1-18
  orders.event(Event.BindingUpdateSent, update.device, updates.home(update), updates.careof(update), update.sequence,
    <u32>(lifetime / 1000), update.transmissions);
}

/** Never zero, and no longer than care-of address and home address live (6275-11.7.1-11). */
function lifetimeToAsk(update: Update): f64 {
  const careofMs = isMapped(updates.careof(update))
    ? Infinity
    : uplinks.at(update.device).router().validUntilMs - clock.now();
  const homeMs = homePrefixes.validMs(updates.home(update));
  return max<f64>(LIFETIME_UNIT_MS, min(times.lifetimeMs(), min(careofMs, homeMs)));
}

function confirm(update: Update): void {
  setTimer(update, update.refreshMs - clock.now()); // 6275-11.7.3-6: and so no retransmission
  awaitExpiry(update);
  state.keepUpdate(update.record);
  if (update.homeDevice == DEVICE_ANY) pathChoice.confirmed(update);
}

/** 6275-11.1-3 */
export function awaitExpiry(update: Update): void {
  update.lifetimeTimer = restart(
    update.lifetimeTimer, TimerKind.Lifetime, update.record, update.expiresMs - clock.now(),
  );
}

/** The binding is gone. */
export function end(update: Update): void {
  update.lifetimeTimer = stop(update.lifetimeTimer);
  update.expiresMs = 0;
  update.groups = 0;
  state.keepUpdate(update.record);
}

function forget(update: Update): void {
  end(update);
  // A Binding Update that is out goes on being retransmitted, a hold-off goes on.
  if (update.state == RegistrationState.Idle || update.state == RegistrationState.Stopped) stopTimer(update);
  else if (update.state == RegistrationState.Registering && update.timer == NONE) send(update, lifetimeToAsk(update));
}

// ---- timers ---------------------------------------------------------------------------------

/** The timer of the registration ended. */
export function onTimer(record: u32): void {
  const update = updates.at(record);
  update.timer = NONE;
  if (homecoming.askAgain(update) || homecoming.givesUp(update)) return;
  if (isAwaited(update) && update.transmissions >= DOUBT_AFTER) {
    const transmissions = update.transmissions;
    movement.doubt(update);
    if (update.homeDevice == DEVICE_ANY) pathChoice.unanswered(update);
    // That led to another path, or to none.
    if (update.timer != NONE || !isAwaited(update) || update.transmissions != transmissions) return;
  }
  happen(record, RegistrationEvent.Timeout);
}

/** True while a Binding Update is out and unanswered. */
export function isAwaited(update: Update): bool {
  if (update.deferred != 0) return false;
  return update.state == RegistrationState.Registering || update.state == RegistrationState.Updating ||
    update.state == RegistrationState.Removing;
}

/** True when a registration has been waited for as long as any is. */
function isOverdue(update: Update): bool {
  return !isRemoving(update) && update.timeoutMs == times.maxTimeoutMs();
}

/** True while a Binding Update with lifetime zero is what the home agent is to acknowledge. */
export function isRemoving(update: Update): bool {
  return update.state == RegistrationState.Deregistering || update.state == RegistrationState.Removing;
}

/** The binding's lifetime ended. */
export function onLifetimeTimer(record: u32): void {
  const update = updates.at(record);
  update.lifetimeTimer = NONE;
  orders.event(Event.BindingExpired, DEVICE_ANY, updates.home(update), 0, 0);
  happen(record, RegistrationEvent.Expired);
}

/** Starts the timer of the registration anew. */
export function setTimer(update: Update, afterMs: f64): void {
  update.timer = restart(update.timer, TimerKind.Registration, update.record, afterMs);
}

/** The Binding Update that is planned goes out so soon. */
export function refreshIn(update: Update, afterMs: f64): void {
  update.refreshMs = clock.now() + afterMs;
  setTimer(update, afterMs);
}

/** Stops retransmission, refresh or hold-off. */
export function stopTimer(update: Update): void {
  update.timer = stop(update.timer);
  update.refreshMs = -1;
  update.deferred = 0;
}
