/**
 * The home registration of a mobile node (RFC 6275 §11.7.1, §11.8): the actions of the table in
 * `registration-table`, and the timers.
 */
import {
  DEVICE_ANY, DeviceKind, Event, STATE_UPDATE_CLOCK_OFFSET, STATE_UPDATE_EXPIRES, STATE_UPDATE_HOME_ADDRESS,
  STATE_UPDATE_PEER, STATE_UPDATE_SEQUENCE, STATE_UPDATE_TIMESTAMP,
} from "../abi/contract";
import {
  BINDING_REJECTED_MIN, BindingAcknowledgementStatus as Status, LIFETIME_UNIT_MS,
} from "../abi/codes";
import { RegistrationAction, RegistrationEvent, RegistrationState } from "../abi/states";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as tunnel from "../encap/tunnel";
import * as uplinks from "../select/uplinks";
import * as bindingUpdateSender from "./binding-update-sender";
import * as random from "./crypto/random";
import * as movement from "./movement";
import * as peerAttachment from "./peer-attachment";
import { table } from "./registration-table";
import * as state from "./state";
import { TimerKind, restart, stop } from "./timers";
import * as updateRate from "./update-rate";

/** Share of the lifetime after which the binding is refreshed: well before its end (6275-11.7.3-8). */
const REFRESH_SHARE: f64 = 0.75;
/** After a refusal: until the next attempt, where the node itself can't mend the cause. */
const HOLD_OFF_MS: f64 = 60000;
/** After a failed authentication a node is to stop (4285-5.3-2): a person must act first. */
const AUTHENTICATION_HOLD_OFF_MS: f64 = 3600000;
/** Corrections in a row before retransmission goes back to its timer. */
const MAX_CORRECTIONS: u32 = 3;
/** Unanswered transmissions that raise doubt about the uplink's router. */
const DOUBT_AFTER: u32 = 2;
const SECOND_MS: f64 = 1000;
/** Between a Binding Update and one that a peer wants. */
const MIN_REFRESH_MS: f64 = 2000;

/** Record of the home registration, NONE: the node has not been told who it is. */
let entry: u32 = NONE;
let lifetimeMs: f64 = 0;
let firstTimeoutMs: f64 = 0;
let laterTimeoutMs: f64 = 0;
let maxTimeoutMs: f64 = 0;
/** True while a Binding Update waits for the rate limit, which is no loss. */
let deferred: bool = false;

/** Times as RFC 6275 §12 and §13 name them. */
export function configure(lifetime: f64, firstTimeout: f64, timeout: f64, maxTimeout: f64): void {
  lifetimeMs = lifetime;
  firstTimeoutMs = firstTimeout;
  laterTimeoutMs = timeout;
  maxTimeoutMs = maxTimeout;
  updateRate.start();
}

/** Begins with an entry of the binding update list; its sequence numbers at random (6275-11.7.2-19). */
export function begin(record: u32): void {
  entry = record;
  updates.at(record).sequence = <u16>random.next32();
}

/** True while the Binding Update that the state speaks of has not been sent: there is nothing to acknowledge. */
export function isDeferred(): bool {
  return deferred;
}

export function isConfigured(): bool {
  return entry != NONE;
}

/** The entry of the home registration. */
export function current(): Update {
  return updates.at(entry);
}

/** Feeds an event to the registration. */
export function happen(event: RegistrationEvent): void {
  const update = current();
  const before = update.state;
  const action = table().action(before, event);
  update.state = table().next(before, event);
  act(update, action);
  if (update.state != before) {
    orders.event(Event.RegistrationState, DEVICE_ANY, updates.home(update), 0, update.state, before);
  }
  peerAttachment.registrationActed(action);
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
      if (!deferred) update.timeoutMs = min(maxTimeoutMs, update.timeoutMs * 2); // 6275-11.8-4
      send(update, update.state == RegistrationState.Deregistering ? 0 : lifetimeToAsk(update));
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
  }
}

/** The selected uplink, and so perhaps the care-of address, is `device` now (DEVICE_ANY: none). */
export function careofChanged(device: u32): void {
  if (entry == NONE) return;
  const update = current();
  if (device == DEVICE_ANY) {
    if (!updates.hasCareof(update)) return;
    memory.fill(updates.careof(update), 0, 16);
    update.device = DEVICE_ANY;
    happen(RegistrationEvent.CareofLost);
    return;
  }
  const careof = uplinks.at(device).careof();
  if (update.device == device && sameAddress(updates.careof(update), careof)) {
    // The same path; its link may have become narrower.
    if (uplinks.at(device).mtu < <u32>update.pathMtu) setPathMtu(update, uplinks.at(device).mtu);
    return;
  }
  copyAddress(updates.careof(update), careof);
  update.device = device;
  // Another path: what was learnt of the former one is void (RFC 8201 §4).
  setPathMtu(update, uplinks.at(device).mtu);
  update.inUse = 0;
  update.corrections = 0;
  happen(RegistrationEvent.CareofSelected); // 6275-11.5.4-3, 6275-11.7.1-1
}

/** The path to the home agent takes `mtu` octets: so does the tunnel, less its header. */
export function setPathMtu(update: Update, mtu: u32): void {
  update.pathMtu = <u16>min(mtu, 65535);
  update.pathMtuSinceMs = clock.now();
  orders.tunnelMtu(devices.first(DeviceKind.Tunnel), tunnel.innerMtu(mtu));
}

/** Takes what was kept of an earlier life: sequence number, clock and lifetime (STATE_UPDATE_*). */
export function restore(record: usize): void {
  const update = current();
  if (
    !sameAddress(updates.home(update), record + STATE_UPDATE_HOME_ADDRESS) ||
    !sameAddress(updates.peerOf(update), record + STATE_UPDATE_PEER)
  ) {
    return;
  }
  update.sequence = load<u16>(record, STATE_UPDATE_SEQUENCE);
  update.clockAddedMs = load<f64>(record, STATE_UPDATE_CLOCK_OFFSET);
  update.acceptedTimestamp = load<u64>(record, STATE_UPDATE_TIMESTAMP);
  update.timestamp = update.acceptedTimestamp;
  const leftMs = clock.fromUnix(load<f64>(record, STATE_UPDATE_EXPIRES)) - clock.now();
  if (!(leftMs > 0)) return;
  update.expiresMs = clock.now() + min(leftMs, lifetimeMs);
  update.lifetimeTimer = restart(update.lifetimeTimer, TimerKind.Lifetime, entry, update.expiresMs - clock.now());
}

// ---- sending --------------------------------------------------------------------------------

function send(update: Update, lifetime: f64): void {
  if (update.transmissions == 0) {
    // 6275-11.8-2: who has no binding yet gives the home agent longer (duplicate address detection).
    update.timeoutMs = update.expiresMs > clock.now() ? laterTimeoutMs : firstTimeoutMs;
  }
  const waitMs = updateRate.waitMs();
  deferred = waitMs > 0;
  if (deferred) {
    setTimer(update, waitMs);
    return;
  }
  update.sequence++; // 6275-11.7.1-19, 6275-11.7.2-18, 6275-11.7.2-20, 6275-11.8-8
  update.transmissions++;
  update.sentMs = clock.now();
  update.lifetimeMs = lifetime;
  update.refreshMs = -1;
  bindingUpdateSender.send(update);
  updateRate.noteSent();
  state.keepUpdate(entry);
  setTimer(update, update.timeoutMs);
  orders.event(Event.BindingUpdateSent, update.device, updates.home(update), updates.careof(update), update.sequence,
    <u32>(lifetime / 1000), update.transmissions);
}

/** Never zero, and no longer than the care-of address lives (6275-11.7.1-11). */
function lifetimeToAsk(update: Update): f64 {
  const careofMs = uplinks.at(update.device).router().validUntilMs - clock.now();
  return max<f64>(LIFETIME_UNIT_MS, min(lifetimeMs, careofMs));
}

// ---- what comes back ------------------------------------------------------------------------

/** An authentic acknowledgement of the last Binding Update (RFC 6275 §11.7.3; 6275-11.7.3-5). */
export function acknowledged(status: u32, grantedMs: f64, adviceMs: f64): void {
  const update = current();
  update.lastStatus = <u16>status;
  update.roundTripMs = clock.now() - update.sentMs;
  update.corrections = 0;
  orders.event(
    Event.BindingAcknowledged, update.device, updates.home(update), updates.careof(update), update.sequence, status,
    <u32>(grantedMs / 1000),
  );
  if (status >= <u32>BINDING_REJECTED_MIN) {
    // A binding that the home agent does not have is removed as well as one that it has.
    const gone = update.state == RegistrationState.Deregistering && status == Status.NotHomeAgentForThisMobileNode;
    happen(gone ? RegistrationEvent.Removed : RegistrationEvent.Rejected);
    return;
  }
  if (update.state == RegistrationState.Deregistering) {
    happen(RegistrationEvent.Removed);
    return;
  }
  update.acceptedTimestamp = update.timestamp;
  // 6275-11.7.3-7: what the home agent granted, counted from when the Binding Update was sent.
  update.expiresMs = update.sentMs + min(grantedMs, update.lifetimeMs);
  const leftMs = update.expiresMs - clock.now();
  const plannedMs = adviceMs > 0 && adviceMs < grantedMs ? adviceMs : grantedMs * REFRESH_SHARE; // 6275-11.7.3-14
  update.refreshMs = clock.now() + max<f64>(
    SECOND_MS, min(plannedMs, leftMs * REFRESH_SHARE) * (1 - random.nextUnit() / 20),
  );
  happen(RegistrationEvent.Accepted);
}

/**
 * A peer wants a Binding Update. Not too often: who forges such a wish must not make this node send
 * without end (RFC 6275 §11.7.4). Returns false when it is too early.
 */
export function refreshWanted(): bool {
  const update = current();
  if (update.state == RegistrationState.Registered && clock.now() - update.sentMs < MIN_REFRESH_MS) return false;
  happen(RegistrationEvent.RefreshDue);
  return true;
}

/** A refusal that a corrected Binding Update can mend; too many in a row wait for the timer. */
export function correctable(status: u32): void {
  const update = current();
  update.lastStatus = <u16>status;
  if (update.corrections >= MAX_CORRECTIONS) return;
  update.corrections++;
  happen(RegistrationEvent.Correctable);
}

function confirm(update: Update): void {
  setTimer(update, update.refreshMs - clock.now()); // 6275-11.7.3-6: and so no retransmission
  // 6275-11.1-3
  update.lifetimeTimer = restart(update.lifetimeTimer, TimerKind.Lifetime, entry, update.expiresMs - clock.now());
  state.keepUpdate(entry);
}

function forget(update: Update): void {
  update.lifetimeTimer = stop(update.lifetimeTimer);
  update.expiresMs = 0;
  // A Binding Update that is out goes on being retransmitted, a hold-off goes on.
  if (update.state == RegistrationState.Idle || update.state == RegistrationState.Stopped) stopTimer(update);
  else if (update.timer == NONE) send(update, lifetimeToAsk(update));
  state.keepUpdate(entry);
}

// ---- timers ---------------------------------------------------------------------------------

/** The timer of the registration ended. */
export function onTimer(record: u32): void {
  const update = updates.at(record);
  update.timer = NONE;
  if (isAwaited(update) && update.transmissions >= DOUBT_AFTER) {
    movement.unanswered(update.device, update.transmissions > DOUBT_AFTER);
    if (update.timer != NONE || !isAwaited(update)) return; // that led to another care-of address, or to none
  }
  happen(RegistrationEvent.Timeout);
}

/** True while a Binding Update is out and unanswered. */
function isAwaited(update: Update): bool {
  return !deferred && (update.state == RegistrationState.Registering || update.state == RegistrationState.Updating);
}

/** The binding's lifetime ended. */
export function onLifetimeTimer(record: u32): void {
  const update = updates.at(record);
  update.lifetimeTimer = NONE;
  orders.event(Event.BindingExpired, DEVICE_ANY, updates.home(update), 0, 0);
  happen(RegistrationEvent.Expired);
}

function setTimer(update: Update, afterMs: f64): void {
  update.timer = restart(update.timer, TimerKind.Registration, entry, afterMs);
}

function stopTimer(update: Update): void {
  update.timer = stop(update.timer);
  update.refreshMs = -1;
  deferred = false;
}
