/** A home registration of an earlier life, as the host has kept it. */
import {
  STATE_UPDATE_CLOCK_OFFSET, STATE_UPDATE_EXPIRES, STATE_UPDATE_HOME_ADDRESS, STATE_UPDATE_IPV4_HOME_ADDRESS,
  STATE_UPDATE_PEER, STATE_UPDATE_SEQUENCE, STATE_UPDATE_TIMESTAMP,
} from "../abi/contract";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as bindingUpdateSender from "./binding-update-sender";
import * as registration from "./registration";
import * as registrationTimes from "./registration-times";
import * as renumbering from "./renumbering";

/** Takes what was kept of an earlier life: sequence number, clock and lifetime (STATE_UPDATE_*). */
export function restore(record: usize): void {
  const leftMs = clock.fromUnix(load<f64>(record, STATE_UPDATE_EXPIRES)) - clock.now();
  const agent = record + STATE_UPDATE_PEER;
  let entry = updates.find(record + STATE_UPDATE_HOME_ADDRESS);
  if (entry == NONE && leftMs > 0) entry = renumbering.revive(record + STATE_UPDATE_HOME_ADDRESS, agent);
  if (entry == NONE) return;
  const update = updates.at(entry);
  // 6275-11.4.1-8: a home agent that has our binding is asked before others are looked for.
  if (!updates.hasPeer(update) && leftMs > 0) copyAddress(updates.peerOf(update), agent);
  if (!sameAddress(updates.peerOf(update), agent)) return;
  update.sequence = load<u16>(record, STATE_UPDATE_SEQUENCE);
  update.clockAddedMs = load<f64>(record, STATE_UPDATE_CLOCK_OFFSET);
  update.acceptedTimestamp = load<u64>(record, STATE_UPDATE_TIMESTAMP);
  bindingUpdateSender.resumeTimestamps();
  // A dynamic IPv4 home address is asked for again: connections may have outlived this node's restart.
  copyAddress(updates.leased(update), record + STATE_UPDATE_IPV4_HOME_ADDRESS);
  if (!(leftMs > 0)) return;
  update.expiresMs = clock.now() + min(leftMs, registrationTimes.lifetimeMs());
  update.mayLiveUntilMs = update.expiresMs;
  registration.awaitExpiry(update);
}
