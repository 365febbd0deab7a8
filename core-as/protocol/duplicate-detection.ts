/**
 * Duplicate Address Detection for a home address on a real home link, before the first acknowledgement
 * of its binding (RFC 6275 §10.3.1; RFC 4862 §5.4; 6275-10.3.1-14). The entry of the binding cache exists
 * from the beginning and carries nothing; the Binding Update waits here:
 *
 *   Binding Update ── begin ── Neighbour Solicitation ── 1 s of silence ── end ── acknowledged
 *                       │                                    │
 *            a newer one takes its place             somebody objects ── end ── status 134
 */
import { BindingUpdateFlag } from "../abi/codes";
import * as neighbour from "../wire/neighbour";
import * as bindings from "../tables/bindings";
import { AddressIndex, newIndex } from "../tables/index";
import { NONE, Slab, newSlab } from "../tables/slab";
import * as timers from "../tables/timers";
import * as random from "./crypto/random";
import * as defendedAddress from "./defended-address";
import * as homeLink from "./home-link";
import * as discovery from "./neighbour-discovery";
import * as receivedUpdate from "./received-update";
import { ReceivedUpdate } from "./received-update";
import { TimerKind, restart } from "./timers";

/** Registrations that wait at once, at most: more new ones in a second than a link can hear. */
const MAX_PENDING: u32 = 16384;

let pending = changetype<Slab>(0);
let byHome = changetype<AddressIndex>(0);
/** How many wait. */
let waiting: u32 = 0;

/** Room for those who wait; none is needed while the home link is a virtual one. */
export function start(): void {
  if (changetype<usize>(pending) != 0) return;
  pending = newSlab(receivedUpdate.RECORD_BYTES, min(bindings.capacity(), MAX_PENDING));
  byHome = newIndex(
    pending, offsetof<ReceivedUpdate>("homeHigh"), offsetof<ReceivedUpdate>("zero"), random.next64(), random.next64(),
  );
}

/** The number of what waits for `record`, an entry of the binding cache, or NONE. */
function find(record: u32): u32 {
  if (waiting == 0 || bindings.isInForce(record)) return NONE;
  return byHome.find(bindings.homeAddress(bindings.at(record)), 0);
}

/** True while `record`, an entry of the binding cache, waits for its detection. */
export function isRunning(record: u32): bool {
  return find(record) != NONE;
}

/**
 * Makes `update` wait for the detection of its addresses; one that waits already for the same entry is
 * replaced, and what it has asked of the link holds for both. False when the budget is used up.
 */
export function begin(record: u32, update: ReceivedUpdate): bool {
  const binding = bindings.at(record);
  let number = find(record);
  const isFirst = number == NONE;
  const hadLinkLocal = !isFirst && defendedAddress.hasLinkLocal(binding);
  if (isFirst) number = pending.take();
  if (number == NONE) return false;
  receivedUpdate.copy(pending.at(number), update);
  if (isFirst) {
    byHome.insert(number);
    waiting++;
  }
  binding.node = update.node;
  binding.sequence = <u16>update.sequence;
  binding.flags = update.flags;
  const needsLinkLocal = update.hasFlag(BindingUpdateFlag.LinkLocalAddressCompatibility) && !hadLinkLocal;
  if (isFirst) {
    timers.cancel(binding.timer);
    discovery.probeAddress(homeLink.device(), update.home());
  }
  if (needsLinkLocal) discovery.probeAddress(homeLink.device(), defendedAddress.linkLocalOf(update.home()));
  if (isFirst || needsLinkLocal) {
    binding.timer = restart(isFirst ? NONE : binding.timer, TimerKind.Detection, record, neighbour.RETRANS_TIMER_MS);
  }
  if (binding.timer != NONE) return true;
  end(record);
  return false;
}

/** Ends the detection; gives the Binding Update that waited, valid until the next one begins. */
export function end(record: u32): ReceivedUpdate {
  const binding = bindings.at(record);
  const number = find(record);
  timers.cancel(binding.timer);
  binding.timer = NONE;
  receivedUpdate.copy(ended, changetype<ReceivedUpdate>(pending.at(number)));
  byHome.remove(number);
  pending.give(number);
  waiting--;
  return changetype<ReceivedUpdate>(ended);
}
const ended = memory.data(440, 8); // receivedUpdate.RECORD_BYTES
