/**
 * Keepalives (RFC 5555 §4.3): a NAT forgets a mapping over which nothing was sent for some time. Where one was found,
 * a Binding Update goes out after such a silence; anything else that is sent puts that off.
 *
 * The timer is not moved for each packet: when it ends, it looks when something was sent last.
 */
import { RegistrationEvent, RegistrationState } from "../abi/states";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as registration from "./registration";
import { TimerKind, restart, stop } from "./timers";

/** After this much silence, ms, something is to be said; 0: never. */
export function start(update: Update, afterMs: f64): void {
  update.keepaliveMs = afterMs;
  if (afterMs == 0) update.keepaliveTimer = stop(update.keepaliveTimer);
  else update.keepaliveTimer = restart(update.keepaliveTimer, TimerKind.Keepalive, update.record, afterMs);
}

/** The path is another one: nothing is known of its NATs. */
export function stopFor(update: Update): void {
  start(update, 0);
}

/** The timer ended. */
export function onTimer(record: u32): void {
  const update = updates.at(record);
  update.keepaliveTimer = NONE;
  if (update.keepaliveMs == 0) return;
  const leftMs = lastUsedMs(update.device) + update.keepaliveMs - clock.now();
  if (leftMs <= 0 && update.state == RegistrationState.Registered) {
    registration.happen(record, RegistrationEvent.RefreshDue);
  }
  const againMs = leftMs > 0 ? leftMs : update.keepaliveMs;
  update.keepaliveTimer = restart(update.keepaliveTimer, TimerKind.Keepalive, record, againMs);
}

/** When something was sent on an uplink last: all home addresses share one mapping. */
function lastUsedMs(device: u32): f64 {
  let latest = -Infinity;
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    if (updates.at(record).device == device) latest = max(latest, updates.at(record).pathUsedMs);
  }
  return latest;
}
