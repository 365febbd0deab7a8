/**
 * The home registrations of a mobile node (RFC 6275 §11.7.1, §11.8), one for each home address: the
 * actions of the table in `registration-table`, and the timers. What comes back is in
 * `registration-answer`.
 */
import {
  DEVICE_ANY, DeviceKind, Event, STATE_UPDATE_CLOCK_OFFSET, STATE_UPDATE_EXPIRES, STATE_UPDATE_HOME_ADDRESS,
  STATE_UPDATE_PEER, STATE_UPDATE_SEQUENCE, STATE_UPDATE_TIMESTAMP,
} from "../abi/contract";
import { BindingAcknowledgementStatus as Status, LIFETIME_UNIT_MS } from "../abi/codes";
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

/** After a refusal: until the next attempt, where the node itself can't mend the cause. */
const HOLD_OFF_MS: f64 = 60000;
/** After a failed authentication a node is to stop (4285-5.3-2): a person must act first. */
const AUTHENTICATION_HOLD_OFF_MS: f64 = 3600000;
/** Unanswered transmissions that raise doubt about the uplink's router. */
const DOUBT_AFTER: u32 = 2;

/** The entry of the configured home address, NONE: the node has not been told who it is. */
let primaryEntry: u32 = NONE;
let lifetimeMs: f64 = 0;
let firstTimeoutMs: f64 = 0;
let laterTimeoutMs: f64 = 0;
let maxTimeoutMs: f64 = 0;

/** Times as RFC 6275 §12 and §13 name them. */
export function configure(lifetime: f64, firstTimeout: f64, timeout: f64, maxTimeout: f64): void {
  lifetimeMs = lifetime;
  firstTimeoutMs = firstTimeout;
  laterTimeoutMs = timeout;
  maxTimeoutMs = maxTimeout;
  updateRate.start();
}

/**
 * A home address that is to be registered at home agent `peer`, at once when there is a care-of address
 * (6275-11.7.1-20), with timers of its own (6275-11.8-6); the first one is the primary. Sequence numbers begin at random (6275-11.7.2-19). Returns its entry of
 * the binding update list, NONE when the budget is used up or the address is one of ours already.
 */
export function addHome(homeAddress: usize, peer: usize): u32 {
  if (updates.find(homeAddress) != NONE) return NONE;
  const record = updates.insert(homeAddress, peer);
  if (record == NONE) return NONE;
  const update = updates.at(record);
  update.sequence = <u16>random.next32();
  if (primaryEntry == NONE) primaryEntry = record;
  follow(update, uplinks.selected());
  return record;
}

/**
 * Forgets a home address, without a word to its home agent: who wants to deregister it first feeds
 * `Shutdown` and waits for the state Stopped.
 */
export function removeHome(record: u32): void {
  const update = updates.at(record);
  stopTimer(update);
  update.lifetimeTimer = stop(update.lifetimeTimer);
  update.expiresMs = 0;
  state.keepUpdate(record);
  updates.remove(record);
  if (primaryEntry == record) primaryEntry = updates.next(0);
  orders.tunnelMtu(devices.first(DeviceKind.Tunnel), tunnel.innerMtu(updates.leastPathMtu(MAX_MTU)));
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
  if (isPrimary(record)) peerAttachment.registrationActed(action);
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
      if (update.deferred == 0) update.timeoutMs = min(maxTimeoutMs, update.timeoutMs * 2); // 6275-11.8-4
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
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    follow(updates.at(record), device);
  }
}

function follow(update: Update, device: u32): void {
  if (device == DEVICE_ANY) {
    if (!updates.hasCareof(update)) return;
    memory.fill(updates.careof(update), 0, 16);
    update.device = DEVICE_ANY;
    happen(update.record, RegistrationEvent.CareofLost);
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
  happen(update.record, RegistrationEvent.CareofSelected); // 6275-11.5.4-3, 6275-11.7.1-1
}

/** The path to the home agent takes `mtu` octets: so does the tunnel, less its header. */
export function setPathMtu(update: Update, mtu: u32): void {
  update.pathMtu = <u16>min(mtu, MAX_MTU);
  update.pathMtuSinceMs = clock.now();
  orders.tunnelMtu(devices.first(DeviceKind.Tunnel), tunnel.innerMtu(updates.leastPathMtu(mtu)));
}

const MAX_MTU: u32 = 65535;

/** Takes what was kept of an earlier life: sequence number, clock and lifetime (STATE_UPDATE_*). */
export function restore(record: usize): void {
  const entry = updates.find(record + STATE_UPDATE_HOME_ADDRESS);
  if (entry == NONE) return;
  const update = updates.at(entry);
  if (!sameAddress(updates.peerOf(update), record + STATE_UPDATE_PEER)) return;
  update.sequence = load<u16>(record, STATE_UPDATE_SEQUENCE);
  update.clockAddedMs = load<f64>(record, STATE_UPDATE_CLOCK_OFFSET);
  update.acceptedTimestamp = load<u64>(record, STATE_UPDATE_TIMESTAMP);
  update.timestamp = update.acceptedTimestamp;
  const leftMs = clock.fromUnix(load<f64>(record, STATE_UPDATE_EXPIRES)) - clock.now();
  if (!(leftMs > 0)) return;
  update.expiresMs = clock.now() + min(leftMs, lifetimeMs);
  awaitExpiry(update);
}

// ---- sending --------------------------------------------------------------------------------

function send(update: Update, lifetime: f64): void {
  if (update.transmissions == 0) {
    // 6275-11.8-2: who has no binding yet gives the home agent longer (duplicate address detection).
    update.timeoutMs = update.expiresMs > clock.now() ? laterTimeoutMs : firstTimeoutMs;
  }
  const waitMs = updateRate.waitMs();
  update.deferred = waitMs > 0 ? 1 : 0;
  if (update.deferred != 0) {
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
  state.keepUpdate(update.record);
  setTimer(update, update.timeoutMs);
  orders.event(Event.BindingUpdateSent, update.device, updates.home(update), updates.careof(update), update.sequence,
    <u32>(lifetime / 1000), update.transmissions);
}

/** Never zero, and no longer than the care-of address lives (6275-11.7.1-11). */
function lifetimeToAsk(update: Update): f64 {
  const careofMs = uplinks.at(update.device).router().validUntilMs - clock.now();
  return max<f64>(LIFETIME_UNIT_MS, min(lifetimeMs, careofMs));
}

function confirm(update: Update): void {
  setTimer(update, update.refreshMs - clock.now()); // 6275-11.7.3-6: and so no retransmission
  awaitExpiry(update);
  state.keepUpdate(update.record);
}

/** 6275-11.1-3 */
function awaitExpiry(update: Update): void {
  update.lifetimeTimer = restart(
    update.lifetimeTimer, TimerKind.Lifetime, update.record, update.expiresMs - clock.now(),
  );
}

function forget(update: Update): void {
  update.lifetimeTimer = stop(update.lifetimeTimer);
  update.expiresMs = 0;
  // A Binding Update that is out goes on being retransmitted, a hold-off goes on.
  if (update.state == RegistrationState.Idle || update.state == RegistrationState.Stopped) stopTimer(update);
  else if (update.timer == NONE) send(update, lifetimeToAsk(update));
  state.keepUpdate(update.record);
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
  happen(record, RegistrationEvent.Timeout);
}

/** True while a Binding Update is out and unanswered. */
function isAwaited(update: Update): bool {
  return update.deferred == 0 && (update.state == RegistrationState.Registering || update.state == RegistrationState.Updating);
}

/** The binding's lifetime ended. */
export function onLifetimeTimer(record: u32): void {
  const update = updates.at(record);
  update.lifetimeTimer = NONE;
  orders.event(Event.BindingExpired, DEVICE_ANY, updates.home(update), 0, 0);
  happen(record, RegistrationEvent.Expired);
}

function setTimer(update: Update, afterMs: f64): void {
  update.timer = restart(update.timer, TimerKind.Registration, update.record, afterMs);
}

function stopTimer(update: Update): void {
  update.timer = stop(update.timer);
  update.refreshMs = -1;
  update.deferred = 0;
}
