/**
 * What movement means for the correspondents of a mobile node: another care-of address, none, or the home link
 * (RFC 6275 §11.5.5, §11.7.2). Each entry learns it by an event of its own, one timer after the other, so that a
 * full table does not ask for more room than one call has; packets leave the direct way at once.
 */
import { DEVICE_ANY } from "../abi/contract";
import { PeerEvent, PeerObstacle, PeerState, RegistrationAction, RegistrationState } from "../abi/states";
import { copyAddress, sameAddress } from "../wire/bytes";
import { isMapped } from "../wire/mapped";
import * as clock from "../tables/clock";
import * as peers from "../tables/peers";
import { CAREOF_TEST, HOME_TEST, Peer, UPDATE } from "../tables/peers";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as policy from "./peer-policy";
import * as registration from "./registration";
import * as routeOptimisation from "./route-optimisation";

/** The care-of address that the peers were told of last; unspecified: none. */
const told = memory.data(16, 16);
/** True when the home agent has acknowledged that care-of address. */
let acknowledged: bool = false;
let atHomeOn: u32 = DEVICE_ANY;

/** The device of the home link when the node is at home, else DEVICE_ANY. */
export function homeDevice(): u32 {
  return atHomeOn;
}

/** True when the home agent has a binding for the current care-of address, and that is one that peers can bind. */
export function isRegistered(): bool {
  return acknowledged && !isByIpv4() && registration.isConfigured() && registration.primary().expiresMs > clock.now();
}

/** True when the care-of address is an IPv4 one: there is no direct way (RFC 5555 §2.4). */
export function isByIpv4(): bool {
  return isMapped(told);
}

/** Why there is no direct way where no peer is to blame. */
export function obstacle(): PeerObstacle {
  if (homeDevice() != DEVICE_ANY) return PeerObstacle.AtHome;
  return isByIpv4() ? PeerObstacle.Ipv4CareofAddress : PeerObstacle.NotRegistered;
}

// ---- what the home registration tells -------------------------------------------------------

/** The registration of the configured home address has done this; `update` is its entry. */
export function registrationActed(update: Update, action: RegistrationAction): void {
  if (update.homeDevice != DEVICE_ANY) {
    actedOnHomeLink(update.homeDevice, action);
    return;
  }
  switch (action) {
    case RegistrationAction.SendUpdate:
      careofChanged();
      break;
    case RegistrationAction.Confirm:
      homeRegistered();
      break;
    case RegistrationAction.SendRemoval:
      if (registration.primary().state == RegistrationState.Deregistering) shutdown();
      break;
    case RegistrationAction.Pause:
    case RegistrationAction.Forget:
      lostRegistration();
      break;
    default:
      break;
  }
}

/** On the home link there is no care-of address; once the home agent has let go, peers are told from home. */
function actedOnHomeLink(device: u32, action: RegistrationAction): void {
  switch (action) {
    case RegistrationAction.Settle:
      cameHome(device);
      break;
    case RegistrationAction.SeekAgent:
    case RegistrationAction.CheckAddress:
    case RegistrationAction.Pause:
      atHomeOn = DEVICE_ANY;
      lostRegistration();
      break;
    default:
      break;
  }
}

/**
 * A Binding Update is on its way to the home agent. When it is for a new care-of address, all peers that may
 * have a binding are to learn that one (6275-11.7.2-1).
 */
export function careofChanged(): void {
  const careof = updates.careof(registration.primary());
  if (sameAddress(told, careof)) return;
  copyAddress(told, careof);
  acknowledged = false;
  atHomeOn = DEVICE_ANY;
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    const peer = peers.at(record);
    if (peer.obstacle == PeerObstacle.Ipv4CareofAddress) peer.obstacle = PeerObstacle.LittleTraffic;
    plan(record, peer, isByIpv4() ? PeerEvent.Unregistered : PeerEvent.Moved);
  }
}

/** The home agent acknowledged the care-of address: what waited for that goes on. */
export function homeRegistered(): void {
  careofChanged();
  if (acknowledged) return;
  acknowledged = true;
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    const peer = peers.at(record);
    if (isByIpv4()) { // 5555-5.1-1: now that the home agent knows where this node is
      plan(record, peer, PeerEvent.Unwanted);
      continue;
    }
    if (peer.pending == NONE && isTesting(peer)) plan(record, peer, PeerEvent.TestsComplete);
  }
}

/** There is no home registration any more, or no care-of address. */
export function lostRegistration(): void {
  memory.fill(told, 0, 16);
  acknowledged = false;
  if (registration.primary().homeDevice == DEVICE_ANY) atHomeOn = DEVICE_ANY;
  const maySend = atHomeOn != DEVICE_ANY || registration.primary().device != DEVICE_ANY;
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    const peer = peers.at(record);
    const isEnding = peer.state == PeerState.Removing || peer.pending == <u32>PeerEvent.Unwanted;
    if (!isEnding || !maySend) plan(record, peer, PeerEvent.Unregistered); // what ends may still be said
  }
}

/** The home address is valid only until `untilMs`: peers with a longer binding get a shorter one (6275-11.4.2-7). */
export function homeShortened(untilMs: f64): void {
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    const peer = peers.at(record);
    if (!peer.isDirect() || peer.expiresMs <= untilMs) continue;
    peer.refreshMs = clock.now();
    peer.isActive = 1; // though it may have carried nothing of late
    routeOptimisation.schedule(record, peer);
  }
}

/**
 * Another home address is the primary one now: what the peers have is about the former one, and ends by its
 * lifetime. They learn the new one after its next registration.
 */
export function homeReplaced(): void {
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    peers.at(record).token(HOME_TEST).untilMs = 0;
  }
  lostRegistration();
}

/** The node is on its home link: bindings end, by messages between home address and peer (RFC 6275 §11.5.5). */
export function cameHome(device: u32): void {
  memory.fill(told, 0, 16);
  acknowledged = false;
  atHomeOn = device;
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    peers.at(record).obstacle = PeerObstacle.AtHome;
    plan(record, peers.at(record), PeerEvent.Unwanted);
  }
}

/**
 * The host ends. Bindings for which there is a home keygen token are ended; for others there is no more time, and
 * they end by their lifetime.
 */
export function shutdown(): void {
  acknowledged = false;
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    const peer = peers.at(record);
    if (peer.state == PeerState.Removing) continue;
    peer.obstacle = PeerObstacle.NotRegistered;
    plan(record, peer, peer.token(HOME_TEST).isFresh() ? PeerEvent.Unwanted : PeerEvent.Unregistered);
  }
}

/** People have configured anew which peers are to have an optimised route. */
export function policyChanged(): void {
  for (let record = peers.next(0); record != NONE; record = peers.next(record + 1)) {
    const peer = peers.at(record);
    peer.afterPackets = policy.afterPackets(peer.address());
    peer.counted = 0;
    if (peer.afterPackets == 0) {
      peer.obstacle = PeerObstacle.Policy;
      plan(record, peer, PeerEvent.Unwanted);
    } else if (peer.obstacle == PeerObstacle.Policy) {
      peer.obstacle = PeerObstacle.LittleTraffic;
    }
  }
}

// ---- one entry after the other --------------------------------------------------------------

/** Lets the event happen at the entry's next timer, which is due now. */
function plan(record: u32, peer: Peer, event: PeerEvent): void {
  // Who has only learnt that tests are complete still has its direct way. For others, what the peer says of the
  // last Binding Update comes too late.
  if (event != PeerEvent.TestsComplete) {
    peer.directUntilMs = 0;
    peer.exchange(UPDATE).stop();
  }
  peer.pending = event;
  routeOptimisation.schedule(record, peer);
}

/** The event that waited: as what is known of the peer makes it. */
export function resume(record: u32, peer: Peer): void {
  const event = <PeerEvent>peer.pending;
  peer.pending = NONE;
  const isIdle = peer.state == PeerState.Tunnelled || peer.state == PeerState.Refused;
  switch (event) {
    case PeerEvent.TestsComplete:
      routeOptimisation.tokenTaken(record);
      // Tokens that have grown too old while the home agent was silent.
      if (isTesting(peer) && !isAwaiting(peer)) routeOptimisation.happen(record, PeerEvent.Moved);
      break;
    case PeerEvent.Moved:
      // A peer without a binding learns the care-of address when there is traffic.
      if (isIdle && !peer.isPerhapsBound()) break;
      routeOptimisation.happen(record, peer.afterPackets == 0 ? PeerEvent.Unwanted : PeerEvent.Moved);
      break;
    case PeerEvent.Unwanted:
      // Nothing to end where there is no binding.
      routeOptimisation.happen(record, peer.isPerhapsBound() ? PeerEvent.Unwanted : PeerEvent.Removed);
      break;
    default:
      routeOptimisation.happen(record, event);
      break;
  }
}

function isTesting(peer: Peer): bool {
  return peer.state == PeerState.Testing || peer.state == PeerState.Renewing;
}

function isAwaiting(peer: Peer): bool {
  return peer.exchange(HOME_TEST).isPlanned() || peer.exchange(CAREOF_TEST).isPlanned();
}
