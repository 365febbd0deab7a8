/** What a home registration keeps from an earlier life of the node, as STATE_UPDATE_* records. */
import {
  STATE_UPDATE_CLOCK_OFFSET, STATE_UPDATE_EXPIRES, STATE_UPDATE_HOME_ADDRESS, STATE_UPDATE_PEER,
  STATE_UPDATE_SEQUENCE, STATE_UPDATE_TIMESTAMP,
} from "../abi/contract";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as bindingUpdateSender from "./binding-update-sender";
import * as registration from "./registration";
import * as renumbering from "./renumbering";

/**
 * Takes sequence number, clock and lifetime of a registration with our home agent, and also the home agent
 * where it would have to be discovered, and a further home address, while its binding lives.
 */
export function restore(record: usize): void {
  const home = record + STATE_UPDATE_HOME_ADDRESS;
  const agent = record + STATE_UPDATE_PEER;
  const leftMs = clock.fromUnix(load<f64>(record, STATE_UPDATE_EXPIRES)) - clock.now();
  let entry = updates.find(home);
  if (entry == NONE && leftMs > 0) entry = renumbering.revive(home, agent);
  if (entry == NONE) return;
  const update = updates.at(entry);
  // 6275-11.4.1-8: a home agent that has our binding is asked before others are looked for.
  if (!updates.hasPeer(update) && leftMs > 0) copyAddress(updates.peerOf(update), agent);
  if (!sameAddress(updates.peerOf(update), agent)) return;
  update.sequence = load<u16>(record, STATE_UPDATE_SEQUENCE);
  update.clockAddedMs = load<f64>(record, STATE_UPDATE_CLOCK_OFFSET);
  update.acceptedTimestamp = load<u64>(record, STATE_UPDATE_TIMESTAMP);
  bindingUpdateSender.resumeTimestamps();
  if (!(leftMs > 0)) return;
  update.expiresMs = clock.now() + min(leftMs, registration.configuredLifetimeMs());
  registration.awaitExpiry(update);
}
