/**
 * Whether a peer still has the binding that it acknowledged (RFC 6275 §11.3.6). It may have lost it without a
 * word: it was started anew, or takes part no longer. What says so can be forged, and what contradicts it are
 * packets that come by the direct way.
 *
 *   Binding Error ─── nothing direct of late ──────────────────────────────────────► lost
 *        └─────────── packets came just now ── doubt ── none comes for a moment ───► lost
 *   packets through the tunnel, where direct ones came before and come no more ────► lost     §11.7.2
 *   "does not know the Home Address option", again and again, and nothing direct ──► lost     §11.3.5
 */
import { PeerEvent } from "../abi/states";
import * as clock from "../tables/clock";
import { Peer } from "../tables/peers";
import * as routeOptimisation from "./route-optimisation";

/** Packets that came by the direct way show for this long that the peer has the binding. */
const PROGRESS_MS: f64 = 2000;
/** So long a doubt waits for one more of them. */
const DECISION_MS: f64 = 500;
/** Refusals of the Home Address option, in different seconds of so long a time, that are believed. */
const MAX_REFUSALS: u32 = 3;
const REFUSALS_WITHIN_MS: f64 = 15000;

/** True when packets came by the direct way of late (6275-11.3.6-3). */
export function isProgressing(peer: Peer): bool {
  return clock.now() - peer.directInMs < PROGRESS_MS;
}

/** Something says that the binding is gone, though packets came just now: the next moments decide. */
export function raise(record: u32, peer: Peer): void {
  if (peer.doubtMs != Infinity) return;
  peer.doubtMs = clock.now() + DECISION_MS;
  routeOptimisation.schedule(record, peer);
}

/** A doubt is due: without a packet since it came up, the binding is lost. */
export function decide(record: u32, peer: Peer): void {
  const raisedMs = peer.doubtMs - DECISION_MS;
  peer.doubtMs = Infinity;
  if (peer.isDirect() && peer.directInMs <= raisedMs) lose(record, peer);
}

/**
 * A packet of the peer came through the tunnel. Where its packets took the direct way before, and none does any
 * more, the peer has no binding. Said once: who never sends by the direct way is asked nothing anew.
 */
export function tunnelled(record: u32, peer: Peer): void {
  if (peer.isDirect() && peer.directInMs != -Infinity && !isProgressing(peer)) lose(record, peer);
}

/**
 * An ICMPv6 error says that the peer does not know the Home Address option. One means nothing of who has taken
 * part in the tests (6275-11.3.5-5); but where they keep coming and no packet does, it takes part no longer.
 */
export function refused(record: u32, peer: Peer): void {
  const now = clock.now();
  if (isProgressing(peer) || now - peer.refusedSinceMs > REFUSALS_WITHIN_MS) peer.refusals = 0;
  if (peer.refusals == 0) peer.refusedSinceMs = now;
  if (now - peer.refusedSinceMs >= <f64>peer.refusals * 1000) peer.refusals++;
  if (peer.refusals < MAX_REFUSALS) return;
  peer.refusals = 0;
  lose(record, peer);
}

function lose(record: u32, peer: Peer): void {
  peer.directInMs = -Infinity;
  routeOptimisation.happen(record, PeerEvent.Lost); // 6275-11.3.6-4, 6275-11.3.6-5
}
