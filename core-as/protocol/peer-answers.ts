/**
 * What correspondents say to a mobile node: Home Test and Care-of Test (RFC 6275 §11.6.2), Binding
 * Acknowledgement (§11.7.3), Binding Error (§11.3.6) and Binding Refresh Request (§11.7.4). What fails a test is
 * ignored in silence, and none of these messages makes an entry.
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import {
  BINDING_REJECTED_MIN, BindingAcknowledgementStatus as Status, BindingErrorStatus, MobilityHeaderType,
  MobilityOptionType,
} from "../abi/codes";
import { PeerEvent, PeerState } from "../abi/states";
import { Reason } from "../abi/reasons";
import { isUnspecified, sameAddress } from "../wire/bytes";
import * as bindingAcknowledgement from "../wire/binding-acknowledgement";
import * as bindingError from "../wire/binding-error";
import * as careofTest from "../wire/careof-test";
import * as homeTest from "../wire/home-test";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import * as peers from "../tables/peers";
import { CAREOF_TEST, HOME_TEST, Peer, UPDATE } from "../tables/peers";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as received from "./mobility-message";
import * as attachment from "./peer-attachment";
import * as doubt from "./peer-doubt";
import * as exchanges from "./peer-exchanges";
import * as messages from "./peer-messages";
import * as registration from "./registration";
import * as routeOptimisation from "./route-optimisation";

/** Between a Binding Update and one that the peer wants. */
const MIN_REFRESH_MS: f64 = 2000;

/** True for a message that a correspondent may have sent, in the hand of `mobility-message`. */
export function isForPeer(): bool {
  switch (mobility.type(received.message())) {
    case MobilityHeaderType.HomeTest:
    case MobilityHeaderType.CareofTest:
      return true;
    case MobilityHeaderType.BindingAcknowledgement:
    case MobilityHeaderType.BindingError:
    case MobilityHeaderType.BindingRefreshRequest:
      return sender() != NONE;
    default:
      return false;
  }
}

/** The entry of the sender; where it is mobile itself, its home address may stand in an option. */
function sender(): u32 {
  const option = received.homeAddressOption();
  return peers.find(option != 0 ? option : ip6.source(received.packet()), 0);
}

/** Takes such a message; `fromTunnel`: it was the inner packet of a tunnel packet of the home agent. */
export function receive(fromTunnel: bool): Reason {
  const record = sender();
  switch (mobility.type(received.message())) {
    case MobilityHeaderType.HomeTest:
      return receiveHomeTest(record, fromTunnel);
    case MobilityHeaderType.CareofTest:
      return receiveCareofTest(record);
    case MobilityHeaderType.BindingAcknowledgement:
      return receiveAcknowledgement(record);
    case MobilityHeaderType.BindingError:
      return receiveError(record);
    default:
      return receiveRefreshRequest(record);
  }
}

// ---- tests ----------------------------------------------------------------------------------

/** 6275-11.6.2-1, 6275-11.6.2-2; unknown options are not looked at (6275-6.1.5-1). */
function receiveHomeTest(record: u32, fromTunnel: bool): Reason {
  if (record == NONE || !peers.at(record).exchange(HOME_TEST).isAwaited()) return Reason.TestNotInProgress;
  if (received.homeAddressOption() != 0) return Reason.TestWithHomeAddress;
  const isForHome = sameAddress(ip6.destination(received.packet()), updates.home(registration.primary()));
  const isAtHome = attachment.homeDevice() != DEVICE_ANY && received.routedHomeAddress() == 0;
  if (!isForHome || (!fromTunnel && !isAtHome)) return Reason.HomeTestNotTunnelled;
  const message = received.message();
  return take(record, HOME_TEST, homeTest.cookie(message), homeTest.keygenToken(message), homeTest.nonceIndex(message));
}

/** 6275-11.6.2-5, 6275-11.6.2-6, 6275-6.1.6-1 */
function receiveCareofTest(record: u32): Reason {
  if (record == NONE || !peers.at(record).exchange(CAREOF_TEST).isAwaited()) return Reason.TestNotInProgress;
  if (received.homeAddressOption() != 0) return Reason.TestWithHomeAddress;
  const isHere = sameAddress(ip6.destination(received.packet()), peers.at(record).careof());
  if (!isHere || received.routedHomeAddress() != 0) return Reason.CareofTestElsewhere;
  const message = received.message();
  return take(
    record, CAREOF_TEST, careofTest.cookie(message), careofTest.keygenToken(message), careofTest.nonceIndex(message),
  );
}

/** 6275-11.6.2-3, 6275-11.6.2-7; the other token may still be awaited (6275-11.6.2-4, 6275-11.6.2-8). */
function take(record: u32, which: u32, cookie: u64, value: u64, nonceIndex: u32): Reason {
  const peer = peers.at(record);
  const token = peer.token(which);
  if (cookie != token.cookie) return Reason.TestCookieMismatch;
  token.value = value;
  token.nonceIndex = nonceIndex;
  token.untilMs = exchanges.tokenUntilMs(peer, which);
  peer.exchange(which).stop();
  routeOptimisation.tokenTaken(record);
  routeOptimisation.schedule(record, peer);
  return Reason.None;
}

// ---- Binding Acknowledgement ----------------------------------------------------------------

/**
 * RFC 6275 §11.7.3 (6275-11.7.3-1, 6275-11.7.3-4). Of the options only the authorization data count: unknown ones
 * are skipped (6275-6.1.8-4), a Binding Refresh Advice is not looked at (6275-11.7.3-13).
 */
function receiveAcknowledgement(record: u32): Reason {
  const peer = peers.at(record);
  const message = received.message();
  if (!peer.exchange(UPDATE).isAwaited()) return Reason.AcknowledgementUnexpected;
  const misrouted = checkRoute(peer);
  if (misrouted != Reason.None) return misrouted;
  const status = bindingAcknowledgement.status(message);
  const isRightSequence = bindingAcknowledgement.sequence(message) == <u32>peer.sequence;
  if (isAboutNonces(status)) {
    // A peer without the nonces has no key to sign with (RFC 6275 §9.5.4).
    if (!isRightSequence) return Reason.AcknowledgementUnexpected;
    noteStatus(peer, status);
    if (status != Status.ExpiredCareofNonceIndex) peer.token(HOME_TEST).untilMs = 0;
    if (status != Status.ExpiredHomeNonceIndex) peer.token(CAREOF_TEST).untilMs = 0;
    routeOptimisation.correctable(record, PeerEvent.TokensStale);
    return Reason.None;
  }

  const option = received.option(MobilityOptionType.BindingAuthorizationData);
  if (option == 0) return Reason.AcknowledgementNotAuthorized; // 6275-11.7.3-2
  if (!messages.isAuthorised(peer, message, option, peer.state == PeerState.Removing)) {
    return Reason.AcknowledgementForged; // 6275-11.7.3-10
  }
  if (status == Status.SequenceNumberOutOfWindow) {
    noteStatus(peer, status);
    peer.sequence = <u16>bindingAcknowledgement.sequence(message); // 6275-11.7.3-9: the next one is above it
    routeOptimisation.correctable(record, PeerEvent.Correctable);
    return Reason.None;
  }
  if (!isRightSequence) return Reason.AcknowledgementUnexpected;
  noteStatus(peer, status);
  if (status < <u32>BINDING_REJECTED_MIN) {
    routeOptimisation.accepted(record, bindingAcknowledgement.lifetimeMs(message));
  } else {
    routeOptimisation.happen(record, PeerEvent.Rejected); // 6275-11.7.3-12
  }
  return Reason.None;
}

/**
 * It comes to where the Binding Update came from, by a type 2 routing header unless that is home
 * (RFC 6275 §9.5.4).
 */
function checkRoute(peer: Peer): Reason {
  const routed = received.routedHomeAddress();
  const home = updates.home(registration.primary());
  const isAtHome = attachment.homeDevice() != DEVICE_ANY || attachment.isByIpv4();
  const isRight = isAtHome ? routed == 0 : routed != 0 && sameAddress(routed, home);
  if (!isRight) return Reason.AcknowledgementRoutingHeader;
  const self = isAtHome ? home : peer.careof();
  return sameAddress(ip6.destination(received.packet()), self) ? Reason.None : Reason.AcknowledgementUnexpected;
}

function isAboutNonces(status: u32): bool {
  return status == Status.ExpiredHomeNonceIndex || status == Status.ExpiredCareofNonceIndex ||
    status == Status.ExpiredNonces;
}

function noteStatus(peer: Peer, status: u32): void {
  peer.lastStatus = <u16>status;
}

// ---- Binding Error, Binding Refresh Request -------------------------------------------------

/**
 * RFC 6275 §11.3.6: anybody can forge one, so it must fit what was sent and what comes back. None of its options
 * is known (6275-6.1.9-2).
 */
function receiveError(record: u32): Reason {
  const peer = peers.at(record);
  const home = bindingError.homeAddress(received.message());
  const isOurs = sameAddress(home, updates.home(registration.primary()));
  const destination = ip6.destination(received.packet());
  if (bindingError.status(received.message()) == BindingErrorStatus.UnknownBinding) {
    if (!peer.isDirect() || !isOurs || !sameAddress(destination, peer.bound())) return Reason.BindingErrorUnexpected;
    if (doubt.isProgressing(peer)) {
      doubt.raise(record, peer);
      return Reason.BindingErrorDoubted;
    }
    note(home, BindingErrorStatus.UnknownBinding);
    routeOptimisation.happen(record, PeerEvent.Lost); // 6275-11.3.6-4, 6275-11.3.6-5
    return Reason.None;
  }
  // 6275-11.3.6-6, 6275-11.3.6-7: believed of a peer that has not answered any message, while an answer is awaited.
  const isSilent = !peer.isPerhapsBound() && !peer.token(HOME_TEST).isFresh() && !peer.token(CAREOF_TEST).isFresh();
  const isExpected = peer.state == PeerState.Testing && isSilent && (isOurs || isUnspecified(home));
  if (!isExpected || bindingError.status(received.message()) != BindingErrorStatus.UnrecognizedMobilityHeaderType) {
    return Reason.BindingErrorUnexpected;
  }
  note(home, BindingErrorStatus.UnrecognizedMobilityHeaderType);
  routeOptimisation.happen(record, PeerEvent.Unsupported);
  return Reason.None;
}

function note(home: usize, status: u32): void {
  orders.event(Event.BindingError, DEVICE_ANY, home, ip6.source(received.packet()), status);
}

/**
 * RFC 6275 §11.7.4: tests, then a Binding Update with a new lifetime (6275-11.7.4-1); only for a binding that
 * is wanted.
 */
function receiveRefreshRequest(record: u32): Reason {
  const peer = peers.at(record);
  const isForHome = received.routedHomeAddress() != 0 ||
    sameAddress(ip6.destination(received.packet()), updates.home(registration.primary()));
  if (!isForHome || !peer.isDirect()) return Reason.RefreshNotFromPeer;
  if (clock.now() - peer.exchange(UPDATE).sentMs < MIN_REFRESH_MS) return Reason.RefreshTooEarly;
  routeOptimisation.happen(record, PeerEvent.RefreshDue);
  return Reason.None;
}
