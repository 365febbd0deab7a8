/**
 * What a home agent's answer means for the registration that it is about (RFC 6275 §11.7.3, §11.7.4):
 * lifetimes, the refresh, and which event of the registration it is.
 */
import { Event } from "../abi/contract";
import { BINDING_REJECTED_MIN, BindingAcknowledgementStatus as Status } from "../abi/codes";
import { RegistrationEvent, RegistrationState } from "../abi/states";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as random from "./crypto/random";
import * as homeAgentSelection from "./home-agent-selection";
import * as homePrefixes from "./home-prefixes";
import { happen, isRemoving, primary, refreshIn } from "./registration";
import * as renumbering from "./renumbering";

/** Share of the lifetime after which the binding is refreshed: well before its end (6275-11.7.3-8). */
const REFRESH_SHARE: f64 = 0.75;
/** Corrections in a row before retransmission goes back to its timer. */
const MAX_CORRECTIONS: u32 = 3;
/** Between a Binding Update and one that a peer wants. */
const MIN_REFRESH_MS: f64 = 2000;
const SECOND_MS: f64 = 1000;

/** An authentic acknowledgement of the last Binding Update (RFC 6275 §11.7.3; 6275-11.7.3-5). */
export function acknowledged(update: Update, status: u32, grantedMs: f64, adviceMs: f64): void {
  update.lastStatus = <u16>status;
  update.roundTripMs = clock.now() - update.sentMs;
  update.corrections = 0;
  orders.event(
    Event.BindingAcknowledged, update.device, updates.home(update), updates.careof(update), update.sequence, status,
    <u32>(grantedMs / 1000),
  );
  if (status >= <u32>BINDING_REJECTED_MIN) {
    const removing = isRemoving(update);
    if (!removing) update.mayLiveUntilMs = update.expiresMs;
    happen(update.record, refusalEvent(status, removing));
    if (!removing) refused(update, status);
    return;
  }
  if (isRemoving(update)) {
    update.mayLiveUntilMs = 0;
    happen(update.record, RegistrationEvent.Removed);
    return;
  }
  update.acceptedTimestamp = update.timestamp;
  const isNew = update.expiresMs == 0;
  // 6275-11.7.3-7: what the home agent granted, counted from when the Binding Update was sent.
  update.expiresMs = update.sentMs + min(grantedMs, update.lifetimeMs);
  update.mayLiveUntilMs = update.expiresMs;
  const leftMs = update.expiresMs - clock.now();
  // 6275-11.7.3-14, 6275-10.3.1-32, 6275-6.2.4-1
  const plannedMs = adviceMs > 0 && adviceMs < grantedMs ? adviceMs : grantedMs * REFRESH_SHARE;
  update.refreshMs = clock.now() + max<f64>(
    SECOND_MS, min(plannedMs, leftMs * REFRESH_SHARE) * (1 - random.nextUnit() / 20),
  );
  happen(update.record, RegistrationEvent.Accepted);
  if (isNew) renumbering.bound(update);
  if (update.record != primary().record) return;
  homeAgentSelection.accepted();
  homePrefixes.registered(status == Status.PrefixDiscoveryNecessary);
}

/** Which event of the registration a refusal is. */
function refusalEvent(status: u32, removing: bool): RegistrationEvent {
  // A binding that the home agent does not have is removed as well as one that it has.
  if (removing && status == Status.NotHomeAgentForThisMobileNode) return RegistrationEvent.Removed;
  // 6275-11.7.1-22: an address that is somebody else's is not tried again, wherever this node goes.
  if (!removing && status == Status.DuplicateAddressDetectionFailed) return RegistrationEvent.AddressDuplicate;
  return RegistrationEvent.Rejected;
}

/** Another home agent may accept, and a home address that this one does not serve is given up. */
function refused(update: Update, status: u32): void {
  if (update.record == primary().record) homeAgentSelection.refused(status);
  else renumbering.refused(update, status);
}

/**
 * A peer wants a Binding Update. Not too often: who forges such a wish must not make this node send
 * without end (RFC 6275 §11.7.4). Returns false when it is too early: then the Binding Update goes out as soon as it
 * may.
 */
export function refreshWanted(update: Update): bool {
  const elapsedMs = clock.now() - update.sentMs;
  if (update.state == RegistrationState.Registered && elapsedMs < MIN_REFRESH_MS) {
    refreshIn(update, MIN_REFRESH_MS - elapsedMs);
    return false;
  }
  happen(update.record, RegistrationEvent.RefreshDue);
  return true;
}

/** A refusal that a corrected Binding Update can mend; too many in a row wait for the timer. */
export function correctable(update: Update, status: u32): void {
  update.lastStatus = <u16>status;
  if (update.corrections >= MAX_CORRECTIONS) return;
  update.corrections++;
  happen(update.record, RegistrationEvent.Correctable);
}
