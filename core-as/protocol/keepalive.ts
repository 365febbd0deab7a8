/**
 * Keepalives (RFC 5555 §4.3): a NAT forgets a mapping over which nothing was sent for some time. Where one was found,
 * a Binding Update goes out after such a silence; anything else that is sent puts that off.
 *
 * The timer is not moved for each packet: when it ends, it looks when something was sent last.
 *
 * Firewalls without a NAT forget as well, and then nothing reaches a node that is silent. So a tunnel without UDP is
 * kept open by a probe through it: of our own, and only where more than plain IPv6 is configured.
 */
import { DEVICE_ANY } from "../abi/contract";
import { RegistrationEvent, RegistrationState } from "../abi/states";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as ways from "../select/ways";
import * as pathProbe from "./path-probe";
import { ProbePurpose } from "./path-probe";
import * as reach from "./reach";
import * as registration from "./registration";
import { TimerKind, restart, stop } from "./timers";

/** After this much silence, ms, something is to be said; 0: never. */
export function start(update: Update, afterMs: f64): void {
  update.keepaliveMs = afterMs;
  if (afterMs == 0) update.keepaliveTimer = stop(update.keepaliveTimer);
  else arm(update, afterMs);
}

/** No NAT is in the way: firewalls are kept open, where there may be some. */
export function startPlain(update: Update): void {
  if (update.keepaliveMs == 0 && update.keepaliveTimer != NONE) return; // a Binding Update opens no tunnel
  start(update, 0);
  if (ways.areMany() && registration.isPrimary(update.record)) arm(update, reach.keepaliveCeilingMs());
}

/** The path is another one: nothing is known of its NATs. */
export function stopFor(update: Update): void {
  start(update, 0);
}

function arm(update: Update, afterMs: f64): void {
  update.keepaliveTimer = restart(update.keepaliveTimer, TimerKind.Keepalive, update.record, afterMs);
}

/** The timer ended. */
export function onTimer(record: u32): void {
  const update = updates.at(record);
  update.keepaliveTimer = NONE;
  const isPlain = update.keepaliveMs == 0;
  const periodMs = isPlain ? reach.keepaliveCeilingMs() : update.keepaliveMs;
  const leftMs = lastUsedMs(update.device) + periodMs - clock.now();
  if (leftMs <= 0 && update.state == RegistrationState.Registered) {
    if (!isPlain) registration.happen(record, RegistrationEvent.RefreshDue);
    else if (update.homeDevice == DEVICE_ANY) keepOpen(update);
  }
  arm(update, leftMs > 0 ? leftMs : periodMs);
}

function keepOpen(update: Update): void {
  pathProbe.send(update.device, update.encapsulation, ProbePurpose.Through);
  update.pathUsedMs = clock.now();
}

/** When something was sent on an uplink last: all home addresses share one mapping. */
function lastUsedMs(device: u32): f64 {
  let latest = -Infinity;
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    if (updates.at(record).device == device) latest = max(latest, updates.at(record).pathUsedMs);
  }
  return latest;
}
