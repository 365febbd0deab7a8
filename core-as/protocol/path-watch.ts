/**
 * A path can die without a word, long before the next Binding Update would find out. While packets go into the tunnel
 * and none come out, a Binding Update asks the home agent (RFC 6275 §11.3: it may always refresh), and what is tunnelled
 * is checked anew; without an answer, the choice of ways goes on (RFC 5555 §4.4.1).
 *
 * Who only sends is asked about ever more rarely. Where there is no other way, nothing is watched.
 */
import { DEVICE_ANY } from "../abi/contract";
import { RegistrationEvent, RegistrationState } from "../abi/states";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import { Update } from "../tables/updates";
import * as ways from "../select/ways";
import * as dataCheck from "./data-check";
import * as registration from "./registration";
import { TimerKind, restart, stop } from "./timers";

/** Silence from which on the path is doubted; doubled each time that it turned out to work, up to the last one. */
const SILENCE_MS: f64 = 3000;
const MAX_SILENCE_MS: f64 = 160000;
/** What comes so soon after a Binding Update may be due to that: answers to probes, questions for groups. */
const GRACE_MS: f64 = 3000;

let patienceMs: f64 = SILENCE_MS;
/** Running from the first packet that went out to when one must have come back. */
let timer: u32 = NONE;
let packetsBefore: f64 = 0;

/** A packet has gone into the tunnel. */
export function sent(update: Update): void {
  if (timer != NONE || !ways.areMany() || !registration.isPrimary(update.record)) return;
  if (clock.now() - update.sentMs < GRACE_MS) return;
  packetsBefore = update.packetsIn;
  timer = restart(timer, TimerKind.Watch, update.record, patienceMs);
}

/** Another path, of which nothing is known. */
export function begin(): void {
  patienceMs = SILENCE_MS;
  timer = stop(timer);
}

/** The time in which a packet should have come back is over. */
export function onTimer(): void {
  timer = NONE;
  const update = registration.primary();
  if (update.packetsIn != packetsBefore) {
    patienceMs = SILENCE_MS;
    return;
  }
  if (update.state != RegistrationState.Registered || update.homeDevice != DEVICE_ANY) return;
  patienceMs = min(MAX_SILENCE_MS, patienceMs * 2);
  dataCheck.end(update.device);
  registration.happen(update.record, RegistrationEvent.RefreshDue);
}
