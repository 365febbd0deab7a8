/**
 * The mobile node's side of what its home agent says: Binding Acknowledgement (RFC 6275 §11.7.3),
 * Binding Error (§11.3.6) and Binding Refresh Request (§6.1.2).
 */
import {
  Authentication, DEVICE_ANY, Encapsulation, Event, MOBILE_NODE_FIRST_TIMEOUT, MOBILE_NODE_HOLD_DOWN, MOBILE_NODE_HOME_ADDRESS,
  MOBILE_NODE_HOME_AGENT, MOBILE_NODE_HOME_PREFIX_LENGTH, MOBILE_NODE_LIFETIME, MOBILE_NODE_MAX_TIMEOUT,
  MOBILE_NODE_OPTIMISTIC, MOBILE_NODE_SECURITY, MOBILE_NODE_TIMEOUT, Refusal, ReplayProtection,
} from "../abi/contract";
import {
  AuthenticationSubtype, BINDING_REJECTED_MIN, BindingAcknowledgementStatus as Status, BindingErrorStatus, LIFETIME_UNIT_MS,
  MobilityHeaderType, MobilityOptionType, NO_REFRESH,
} from "../abi/codes";
import { RegistrationState } from "../abi/states";
import { Reason } from "../abi/reasons";
import { isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import * as authenticationOptions from "../wire/authentication-options";
import * as bindingAcknowledgement from "../wire/binding-acknowledgement";
import * as bindingError from "../wire/binding-error";
import * as bindingOptions from "../wire/binding-options";
import * as homeAgentsAnycast from "../wire/home-agents-anycast";
import * as ip6 from "../wire/ip6";
import * as ipv4Options from "../wire/ipv4-options";
import * as mobility from "../wire/mobility";
import * as arrival from "../encap/arrival";
import * as selector from "../select/selector";
import * as ways from "../select/ways";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as uplinks from "../select/uplinks";
import * as authentication from "./authentication";
import * as bindingUpdateSender from "./binding-update-sender";
import * as homeAgentSelection from "./home-agent-selection";
import * as homeLinkDetection from "./home-link-detection";
import * as ipv4Home from "./ipv4-home";
import * as movement from "./movement";
import * as received from "./mobility-message";
import * as pathProbe from "./path-probe";
import * as peerAnswers from "./peer-answers";
import * as registration from "./registration";
import * as registrationPath from "./registration-path";
import * as registrationTimes from "./registration-times";
import * as answer from "./registration-answer";
import * as security from "./security";
import * as updateRate from "./update-rate";

/** Transmissions in a row that must be refused for their authentication before that is believed. */
const MIN_AUTHENTICATION_FAILURES: u32 = 3;

/** Takes who this mobile node is. */
export function configure(record: usize): Refusal {
  if (registration.isConfigured()) return Refusal.AlreadyPresent;
  const home = record + MOBILE_NODE_HOME_ADDRESS;
  const agent = record + MOBILE_NODE_HOME_AGENT;
  const prefixBits = load<u32>(record, MOBILE_NODE_HOME_PREFIX_LENGTH);
  if (!isUnicastRoutable(home) || !(isUnicastRoutable(agent) || isUnspecified(agent))) return Refusal.OutOfRange;
  if (prefixBits == 0 || !homeAgentsAnycast.exists(prefixBits)) return Refusal.OutOfRange;
  const refusal = security.check(record + MOBILE_NODE_SECURITY);
  if (refusal != Refusal.None) return refusal;
  const lifetimeMs = load<f64>(record, MOBILE_NODE_LIFETIME);
  const firstMs = load<f64>(record, MOBILE_NODE_FIRST_TIMEOUT);
  const timeoutMs = load<f64>(record, MOBILE_NODE_TIMEOUT);
  const maxMs = load<f64>(record, MOBILE_NODE_MAX_TIMEOUT);
  if (!(lifetimeMs >= LIFETIME_UNIT_MS) || !(firstMs > 0) || !(timeoutMs > 0) || !(maxMs >= timeoutMs)) {
    return Refusal.OutOfRange;
  }

  security.configure(record + MOBILE_NODE_SECURITY);
  registrationTimes.configure(lifetimeMs, firstMs, timeoutMs, maxMs);
  updateRate.start();
  homeLinkDetection.configure(prefixBits);
  uplinks.configure(load<u32>(record, MOBILE_NODE_OPTIMISTIC) != 0, load<f64>(record, MOBILE_NODE_HOLD_DOWN));
  homeAgentSelection.configure(agent, home, prefixBits);
  registration.addHome(home, agent);
  ways.agentChanged();
  movement.reselect();
  return Refusal.None;
}

/**
 * Takes a mobility message that has passed `mobility-message.read`; `fromTunnel`: it came out of the home agent's
 * tunnel. Returns its refusal, uncounted.
 */
export function receive(fromTunnel: bool): Reason {
  if (!registration.isConfigured()) return Reason.NotConfigured;
  if (peerAnswers.isForPeer()) return peerAnswers.receive(fromTunnel);
  switch (mobility.type(received.message())) {
    case MobilityHeaderType.BindingAcknowledgement:
      return receiveAcknowledgement();
    case MobilityHeaderType.BindingError:
      return receiveError(fromTunnel);
    case MobilityHeaderType.Experimental:
      return pathProbe.receive();
    case MobilityHeaderType.BindingRefreshRequest:
      return receiveRefreshRequest();
    default:
      return Reason.MessageNotForThisRole;
  }
}

/** RFC 6275 §11.7.3, RFC 5555 §4.4.2 (6275-8.5-11, 5555-4.4.2-9). What fails a test is ignored in silence (6275-11.7.3-4). */
function receiveAcknowledgement(): Reason {
  const message = received.message();
  const source = ip6.source(received.packet());
  if (!updates.isPeer(source)) return Reason.NotFromHomeAgent;
  const record = acknowledgedEntry();
  if (record == NONE) return Reason.AcknowledgementRoutingHeader;
  const update = updates.at(record);
  if (!sameAddress(source, updates.peerOf(update))) return Reason.NotFromHomeAgent;
  const isByUdp = arrival.path().isUdp();
  if (!isByUdp && update.way != Encapsulation.Ipv6) return Reason.NotUdpEncapsulated; // 5555-4.2-2

  const forged = checkAuthentic(message, updates.home(update));
  if (forged != Reason.None) return forged;
  const status = bindingAcknowledgement.status(message);
  // Nothing is awaited, or it was about another care-of address than the one in the last update.
  if (!isAwaiting(update) || !isByItsWay(update)) return Reason.AcknowledgementUnexpected;
  const isForceRefused = isAboutForce(update, status);
  const stale = isForceRefused ? Reason.None : checkTimestamp(update, status);
  if (stale != Reason.None) return stale;

  if (status == Status.SequenceNumberOutOfWindow) {
    update.sequence = <u16>bindingAcknowledgement.sequence(message); // 6275-11.7.3-9: the next one is above it
    answer.correctable(update, status);
    return Reason.None;
  }
  // 6275-11.7.3-1
  if (bindingAcknowledgement.sequence(message) != <u32>update.sequence) return Reason.AcknowledgementUnexpected;
  if (isForceRefused) { // 5555-4.4.2-10
    ways.refuseForce();
    answer.correctable(update, status);
    return Reason.None;
  }
  if (status == Status.IdentificationMismatch) {
    adjustClock(update);
    answer.correctable(update, status);
    return Reason.None;
  }
  // Anybody who sees an update can have a damaged copy of it refused, with our own numbers. Only when
  // several updates in a row find no better answer is the key wrong (4285-5.3-2).
  const isDoubtful = status == Status.AuthenticationFailed && update.transmissions < MIN_AUTHENTICATION_FAILURES;
  if (isDoubtful) return Reason.AuthenticationRefusalDoubted;
  const isAccepted = status < <u32>BINDING_REJECTED_MIN && !registration.isRemoving(update);
  registrationPath.acknowledged(update, isAccepted);
  if (isAccepted) ipv4Home.acknowledged(update);
  const advice = received.option(MobilityOptionType.BindingRefreshAdvice);
  answer.acknowledged(
    update, status, bindingAcknowledgement.lifetimeMs(message), advice != 0 ? bindingOptions.refreshIntervalMs(advice) : 0,
  );
  return Reason.None;
}

/**
 * The entry that the acknowledgement is about: its home address is in the type 2 routing header; at home, and in a
 * datagram (RFC 5555 §4.2), it is the destination. NONE: neither.
 */
function acknowledgedEntry(): u32 {
  const routed = received.routedHomeAddress();
  if (routed != 0) return updates.find(routed);
  const record = updates.find(ip6.destination(received.packet()));
  if (record == NONE) return NONE;
  return arrival.path().encapsulation != <u32>Encapsulation.Ipv6 || updates.isHome(updates.at(record)) ? record : NONE;
}

/** True when the acknowledgement came back by the way that the Binding Update took (5555-4.2-2). */
function isByItsWay(update: Update): bool {
  const path = arrival.path();
  if (path.encapsulation != update.way) return false;
  if (!path.isUdp()) return sameAddress(ip6.destination(received.packet()), updates.careof(update));
  return path.device == update.device && selector.isHomeAgent(update, path);
}

/**
 * Status 144 is about the timestamp (RFC 4285 §8), or else about flag F (RFC 5555 §4.5): then the timestamp comes back
 * as it was, or not at all, and no NAT detection option says that UDP is used. The first alone would not do: a timestamp
 * that is too late by less than a second may come back unchanged.
 */
function isAboutForce(update: Update, status: u32): bool {
  if (status != Status.IdentificationMismatch || update.askedForUdp == 0) return false;
  const replay = received.option(MobilityOptionType.ReplayProtection);
  if (replay != 0 && authenticationOptions.timestamp(replay) != update.timestamp) return false;
  const nat = received.option(MobilityOptionType.NatDetection);
  return nat == 0 || (!ipv4Options.isForced(nat) && ipv4Options.refreshS(nat) == <u32>NO_REFRESH);
}

/**
 * 4285-5.1.1-3, 6275-11.7.3-10. The care-of address is the one that the acknowledgement was sent to; in a datagram
 * that is the home address (5555-4.4.2-4).
 */
function checkAuthentic(message: usize, home: usize): Reason {
  if (security.kind() == Authentication.None) return Reason.None;
  const option = received.authenticationOption(AuthenticationSubtype.MobileNodeHomeAgent);
  if (option == 0) return Reason.AuthenticationMissing;
  if (authenticationOptions.mobilitySpi(option) != security.spi()) return Reason.NoSecurityAssociation;
  const careof = ip6.destination(received.packet());
  return authentication.verify(message, option, security.keyState(), careof, home)
    ? Reason.None
    : Reason.AuthenticationFailed;
}

/** True while a Binding Update is out; also after a refusal, which another's damaged copy of it may have caused. */
function isAwaiting(update: Update): bool {
  if (update.deferred != 0) return false; // it has not been sent
  switch (update.state) {
    case RegistrationState.Registering:
    case RegistrationState.Updating:
    case RegistrationState.Deregistering:
    case RegistrationState.Removing:
    case RegistrationState.Refused:
      return true;
    default:
      return false;
  }
}

/** RFC 4285 §6: the answer bears the timestamp of the question, unless that was refused (4285-6-14). */
function checkTimestamp(update: Update, status: u32): Reason {
  if (security.kind() == Authentication.None || security.replay() != ReplayProtection.Timestamp) return Reason.None;
  const option = received.option(MobilityOptionType.ReplayProtection);
  if (option == 0) {
    // A home agent that could not read the timestamp may answer without one.
    return status == Status.MessageIdentifierRequired ? Reason.None : Reason.ReplayProtectionMissing;
  }
  const timestamp = authenticationOptions.timestamp(option);
  const same = status == Status.IdentificationMismatch
    ? (timestamp & 0xffffffff) == (update.timestamp & 0xffffffff)
    : timestamp == update.timestamp;
  return same ? Reason.None : Reason.TimestampMismatch;
}

/** The home agent's clock is another: from now on timestamps are its time of day (4285-6-12, 4285-6-13). */
function adjustClock(update: Update): void {
  const option = received.option(MobilityOptionType.ReplayProtection);
  if (option == 0) return;
  const before = update.clockAddedMs;
  const theirs = authenticationOptions.timestamp(option);
  update.clockAddedMs = authentication.differenceMs(theirs, authentication.timestampNow(0));
  bindingUpdateSender.resumeTimestamps();
  const addedMs = max(-2147483648.0, min(2147483647.0, update.clockAddedMs - before));
  orders.event(Event.ClockAdjusted, DEVICE_ANY, 0, 0, 0, <u32><i32>addedMs);
}

/** RFC 6275 §11.3.6 (6275-8.5-5). */
function receiveError(fromTunnel: bool): Reason {
  const message = received.message();
  const source = ip6.source(received.packet());
  const status = bindingError.status(message);
  const home = bindingError.homeAddress(message);
  if (status == BindingErrorStatus.UnrecognizedMobilityHeaderType && updates.isPeer(source)) {
    // The one extension that is used without knowing whether the home agent has it.
    const isOurs = updates.find(home) != NONE || updates.find(ip6.destination(received.packet())) != NONE;
    if (isOurs && pathProbe.receiveError(fromTunnel, arrival.path().device)) return Reason.None;
  }
  const device = erringDevice(source);
  if (device == DEVICE_ANY) return Reason.BindingErrorUnexpected; // 6275-11.3.6-1
  orders.event(Event.BindingError, device, home, source, status);
  // 6275-11.3.6-2: the home agent has no binding, so it gets one.
  const record = updates.find(home);
  if (
    status != BindingErrorStatus.UnknownBinding || record == NONE ||
    !sameAddress(source, updates.peerOf(updates.at(record)))
  ) {
    return Reason.BindingErrorUnexpected;
  }
  return answer.refreshWanted(updates.at(record)) ? Reason.None : Reason.RefreshTooEarly;
}

/**
 * The uplink of the packet that a Binding Error of home agent `source` is about, DEVICE_ANY: there was none. It comes
 * to the care-of address, or by the way of what is tunnelled to the home address (RFC 5555 §2.3.2.2).
 */
function erringDevice(source: usize): u32 {
  const destination = ip6.destination(received.packet());
  if (arrival.path().encapsulation == <u32>Encapsulation.Ipv6) {
    const native = updates.findPath(destination, source);
    return native != NONE ? updates.at(native).device : DEVICE_ANY;
  }
  const record = updates.find(destination);
  if (record == NONE || !selector.isHomeAgent(updates.at(record), arrival.path())) return DEVICE_ANY;
  return updates.at(record).device;
}

/** RFC 6275 §6.1.2: the home agent would like a Binding Update, and says so through the tunnel (6275-8.5-12). */
function receiveRefreshRequest(): Reason {
  const source = ip6.source(received.packet());
  if (!updates.isPeer(source)) return Reason.NotFromHomeAgent;
  const record = updates.find(ip6.destination(received.packet()));
  if (record == NONE) return Reason.MessageNotForThisRole;
  if (!sameAddress(source, updates.peerOf(updates.at(record)))) return Reason.NotFromHomeAgent;
  return answer.refreshWanted(updates.at(record)) ? Reason.None : Reason.RefreshTooEarly;
}
