/**
 * Route optimisation in a mobile node (RFC 6275 §11.6, §11.7.2, §11.8; 6275-8.5-9): the actions of the table in
 * `peer-table`, and the one timer of each entry.
 *
 *   traffic → Home and Care-of Test → Binding Update → acknowledged: the direct way → renewed in time
 *
 * Until the acknowledgement packets go through the home agent, so a peer that is slow, silent or without the
 * protocol costs nothing.
 *
 * Of several home addresses (RFC 6275 §10.6, after a renumbering) the primary one alone has optimised routes:
 * packets of the others go through the home agent (§11.3.1), until one of them becomes the primary one.
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import { PeerAction, PeerEvent, PeerObstacle, PeerState } from "../abi/states";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import * as peers from "../tables/peers";
import { CAREOF_TEST, HOME_TEST, Peer, UPDATE } from "../tables/peers";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as uplinks from "../select/uplinks";
import * as random from "./crypto/random";
import * as attachment from "./peer-attachment";
import * as doubt from "./peer-doubt";
import * as exchanges from "./peer-exchanges";
import * as policy from "./peer-policy";
import { table } from "./peer-table";
import * as registration from "./registration";
import { TimerKind, restart, stop } from "./timers";
import * as updateRate from "./update-rate";

/** Share of the lifetime after which a binding in use is renewed: well before its end (6275-11.7.3-8). */
const REFRESH_SHARE: f64 = 0.75;
/** Tests that follow a loss keep off those before: who forges losses must not make this node test without end. */
const MIN_RESTART_MS: f64 = 5000;
/** Corrections in a row before the peer counts as one that refuses. */
const MAX_CORRECTIONS: u32 = 3;
const SECOND_MS: f64 = 1000;

/** Begins an entry; its sequence numbers at random (6275-11.7.2-19). */
export function begin(record: u32): void {
  const peer = peers.at(record);
  for (let which: u32 = 0; which < peers.EXCHANGES_COUNT; which++) updateRate.clear(peer.exchange(which).rateWindow());
  peer.sequence = <u16>random.next32();
  peer.afterPackets = policy.afterPackets(peer.address());
  peer.obstacle = peer.afterPackets == 0 ? PeerObstacle.Policy : PeerObstacle.LittleTraffic;
}

/** Feeds an event to the machine of an entry. */
export function happen(record: u32, event: PeerEvent): void {
  const peer = peers.at(record);
  const before = peer.state;
  const action = table().action(before, event);
  peer.state = table().next(before, event);
  peer.obstacle = obstacleAfter(peer, event);
  if (peer.state != before) {
    orders.event(Event.PeerState, DEVICE_ANY, peer.address(), 0, peer.state, before, peer.obstacle);
  }
  act(record, peer, action);
  schedule(record, peer);
}

/** Why packets do not take the direct way now; ends that were ordered have had their reason written before. */
function obstacleAfter(peer: Peer, event: PeerEvent): u32 {
  switch (peer.state) {
    case PeerState.Testing:
    case PeerState.Binding:
      if (event == PeerEvent.Lost) return PeerObstacle.Lost;
      return peer.obstacle == PeerObstacle.Lost ? PeerObstacle.Lost : PeerObstacle.InProgress;
    case PeerState.Refused:
      if (event == PeerEvent.Unanswered) return PeerObstacle.NoAnswer;
      if (event == PeerEvent.Unsupported) return PeerObstacle.NotSupported;
      return event == PeerEvent.Rejected ? PeerObstacle.RefusedByPeer : peer.obstacle;
    case PeerState.Tunnelled:
      if (event == PeerEvent.Unregistered || attachment.isByIpv4()) return attachment.obstacle();
      return event == PeerEvent.Expired || event == PeerEvent.RetryDue ? PeerObstacle.LittleTraffic : peer.obstacle;
    case PeerState.Removing:
      return peer.obstacle;
    default:
      return PeerObstacle.None;
  }
}

function act(record: u32, peer: Peer, action: u32): void {
  switch (action) {
    case PeerAction.Test:
      peer.refreshMs = Infinity;
      startTests(record, peer, clock.now());
      break;
    case PeerAction.Restart:
      forget(peer);
      // Who lost the binding has hardly kept its nonces.
      peer.token(HOME_TEST).untilMs = 0;
      peer.token(CAREOF_TEST).untilMs = 0;
      startTests(record, peer, max(clock.now(), peer.testedMs + MIN_RESTART_MS));
      break;
    case PeerAction.Update:
      exchanges.start(peer, UPDATE, clock.now());
      exchanges.transmitDue(record, peer);
      break;
    case PeerAction.Confirm:
      confirm(peer);
      break;
    case PeerAction.Remove:
      suspend(peer);
      startRemoval(record, peer);
      break;
    case PeerAction.Forget:
      forget(peer);
      break;
    case PeerAction.HoldOff:
      suspend(peer);
      peer.retryMs = clock.now() + policy.retryMs(); // 6275-11.3.5-2
      break;
    case PeerAction.Suspend:
      suspend(peer);
      break;
  }
}

// ---- tests ----------------------------------------------------------------------------------

/** Both tests in parallel (6275-11.6.1-1), but for what recent tokens spare (RFC 6275 §5.2.7). */
function startTests(record: u32, peer: Peer, atMs: f64): void {
  useCurrentCareof(peer);
  peer.testedMs = atMs;
  peer.retryMs = Infinity;
  peer.exchange(UPDATE).stop();
  exchanges.startTest(peer, HOME_TEST, atMs);
  exchanges.startTest(peer, CAREOF_TEST, atMs);
  exchanges.transmitDue(record, peer);
  tokenTaken(record);
}

/** The care-of address to bind is the primary one; a token for another address is of no use. */
function useCurrentCareof(peer: Peer): void {
  const update = registration.primary();
  if (update.device == DEVICE_ANY || sameAddress(peer.careof(), updates.careof(update))) return;
  if (attachment.isByIpv4()) return; // what the peer has bound ends by a message from the home address
  copyAddress(peer.careof(), updates.careof(update));
  peer.device = update.device;
  peer.token(CAREOF_TEST).untilMs = 0;
  setPathMtu(peer, uplinks.at(update.device).mtu); // another path: what was learnt is void (RFC 8201 §4)
}

/** Largest packet that the direct way takes, octets. */
export function setPathMtu(peer: Peer, mtu: u32): void {
  peer.pathMtu = <u16>min<u32>(mtu, 65535);
  peer.pathMtuSinceMs = clock.now();
}

/** Only the home test: its token alone ends a binding (RFC 6275 §11.6.1). */
function startRemoval(record: u32, peer: Peer): void {
  if (attachment.homeDevice() == DEVICE_ANY) useCurrentCareof(peer);
  peer.retryMs = Infinity;
  exchanges.startTest(peer, HOME_TEST, clock.now());
  exchanges.transmitDue(record, peer);
  tokenTaken(record);
}

/** A token came, or the home registration was confirmed: goes on when nothing is missing (6275-11.6.2-9). */
export function tokenTaken(record: u32): void {
  const peer = peers.at(record);
  if (peer.pending != NONE) return; // a move, or an end, that the entry has yet to learn of, comes first
  if (!peer.token(HOME_TEST).isFresh() || peer.exchange(UPDATE).isPlanned()) return;
  switch (peer.state) {
    case PeerState.Testing:
    case PeerState.Renewing:
      // RFC 6275 §11.7.2: the home agent must have acknowledged the care-of address before.
      if (!peer.token(CAREOF_TEST).isFresh() || !attachment.isRegistered()) return;
      break;
    case PeerState.Removing:
      break;
    default:
      return;
  }
  happen(record, PeerEvent.TestsComplete);
}

// ---- bindings -------------------------------------------------------------------------------

/** An authentic acceptance with this lifetime (6275-11.7.3-6). */
export function accepted(record: u32, grantedMs: f64): void {
  const peer = peers.at(record);
  peer.corrections = 0;
  if (peer.state == PeerState.Removing) {
    happen(record, PeerEvent.Removed);
    return;
  }
  // 6275-11.7.3-7: the lifetime granted counts from when the Binding Update was sent.
  peer.expiresMs = peer.exchange(UPDATE).sentMs + min(grantedMs, peer.lifetimeMs);
  happen(record, peer.isPerhapsBound() ? PeerEvent.Accepted : PeerEvent.Rejected);
}

/** A refusal that new tokens or another sequence number can mend; too many in a row are final. */
export function correctable(record: u32, event: PeerEvent): void {
  const peer = peers.at(record);
  peer.corrections++;
  if (peer.corrections <= MAX_CORRECTIONS) {
    happen(record, event);
    return;
  }
  peer.corrections = 0;
  happen(record, PeerEvent.Rejected);
}

function confirm(peer: Peer): void {
  peer.exchange(UPDATE).stop();
  peer.directUntilMs = peer.expiresMs; // 6275-6.1.7-6
  copyAddress(peer.bound(), peer.careof());
  peer.isActive = 0;
  const leftMs = peer.expiresMs - clock.now();
  peer.refreshMs = clock.now() + max<f64>(SECOND_MS, leftMs * REFRESH_SHARE * (1 - random.nextUnit() / 20));
}

/** Packets go through the home agent, and nothing is asked of the peer. */
function suspend(peer: Peer): void {
  peer.directUntilMs = 0;
  peer.refreshMs = Infinity;
  peer.doubtMs = Infinity;
  for (let which: u32 = 0; which < peers.EXCHANGES_COUNT; which++) peer.exchange(which).stop();
}

/** There is no binding any more (6275-11.1-3); the record stays as a note of the traffic. */
function forget(peer: Peer): void {
  suspend(peer);
  peer.expiresMs = 0;
  memory.fill(peer.bound(), 0, 16);
}

// ---- the timer ------------------------------------------------------------------------------

/** When the next message or attempt is planned, Infinity: none is. */
export function dueMs(peer: Peer): f64 {
  let next = peer.pending != NONE ? clock.now() : min(peer.refreshMs, peer.retryMs);
  for (let which: u32 = 0; which < peers.EXCHANGES_COUNT; which++) next = min(next, peer.exchange(which).dueMs);
  return next;
}

/** Sets the timer of an entry to the earliest thing that is due. */
export function schedule(record: u32, peer: Peer): void {
  let next = min(dueMs(peer), peer.doubtMs);
  if (peer.directUntilMs != 0) next = min(next, peer.directUntilMs);
  if (next == Infinity) peer.timer = stop(peer.timer);
  else peer.timer = restart(peer.timer, TimerKind.Peer, record, max<f64>(0, next - clock.now()));
}

/** The timer of an entry ended. */
export function onTimer(record: u32): void {
  if (!peers.isLive(record)) return;
  const peer = peers.at(record);
  peer.timer = NONE;
  if (peer.pending != NONE) attachment.resume(record, peer);
  if (peer.directUntilMs != 0 && !peer.isDirect()) {
    peer.directUntilMs = 0;
    happen(record, PeerEvent.Expired);
  }
  if (peer.doubtMs <= clock.now()) doubt.decide(record, peer);
  if (peer.refreshMs <= clock.now()) refresh(record, peer);
  if (peer.retryMs <= clock.now()) {
    peer.retryMs = Infinity;
    happen(record, PeerEvent.RetryDue);
  }
  exchanges.transmitDue(record, peer);
  schedule(record, peer);
}

/** A binding that carries packets is renewed; another one may begin to, so it is looked at again before it ends. */
function refresh(record: u32, peer: Peer): void {
  const leftMs = peer.directUntilMs - clock.now();
  peer.refreshMs = leftMs > 2 * SECOND_MS ? clock.now() + leftMs / 2 : Infinity;
  if (peer.isActive != 0) happen(record, PeerEvent.RefreshDue);
}
