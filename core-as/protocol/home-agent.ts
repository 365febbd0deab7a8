/**
 * The home agent's side of a registration (RFC 6275 §10.3). A Binding Update goes through these
 * steps, and stops at the first that refuses it:
 *
 *   1. who sends it, from where, about which home address       §9.5.1, §10.3.1
 *   2. is it authentic                                          RFC 4285 §5.1
 *   3. may this identity bind this home address                 §5.1, §10.3.1
 *   4. is it fresh: timestamp, sequence number                  RFC 4285 §6, §9.5.1
 *   5. is the care-of address one that may be bound             §6.1.7
 *   6. remove the binding, or make or change it                 §10.3.2, §10.3.1
 *   7. Binding Acknowledgement                                  §9.5.4, §10.3.1
 *
 * The home link is a virtual one: the home prefix is routed to the home agent, there is nobody else
 * on the link, so duplicate address detection and interception have nothing to do.
 */
import { Authentication, DEVICE_ANY, Event, ReplayProtection } from "../abi/contract";
import {
  AuthenticationSubtype, BindingAcknowledgementStatus as Status, BindingUpdateFlag, LIFETIME_UNIT_MS,
  MobilityHeaderType, MobilityOptionType,
} from "../abi/codes";
import { Reason } from "../abi/reasons";
import { copyAddress, isMulticast, isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import * as authenticationOptions from "../wire/authentication-options";
import * as bindingOptions from "../wire/binding-options";
import * as bindingUpdate from "../wire/binding-update";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as errors from "../encap/errors";
import * as bindings from "../tables/bindings";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as authentication from "./authentication";
import * as acknowledgement from "./acknowledgement";
import * as lifetimes from "./binding-lifetime";
import * as homeLink from "./home-link";
import * as received from "./mobility-message";
import * as sequence from "./sequence";
import * as state from "./state";

const reports = new TokenBucket(50, 100);

// The Binding Update in hand.
let homeAddress: usize = 0;
let careofAddress: usize = 0;
let node: u32 = NONE;

/** Takes a mobility message that has passed `mobility-message.read`; returns its refusal, uncounted. */
export function receive(device: u32): Reason {
  switch (mobility.type(received.message())) {
    case MobilityHeaderType.BindingUpdate:
      return receiveBindingUpdate(device);
    default:
      return Reason.MessageNotForThisRole;
  }
}

function receiveBindingUpdate(device: u32): Reason {
  const message = received.message();
  const source = ip6.source(received.packet());
  const unbound = identify(message, source);
  if (unbound == Reason.NotACorrespondentNode && bindings.find(homeAddress, 0) != NONE) {
    // 6275-9.5.1-13, 6275-9.5.1-14: a home registration stays one. Anybody can ask, so nothing is signed.
    node = NONE;
    if (errors.mayAnswer()) {
      reject(device, Status.RegistrationTypeChangeDisallowed, bindingUpdate.sequence(message));
    }
    return report(Reason.RegistrationTypeChange, Status.RegistrationTypeChangeDisallowed);
  }
  if (unbound != Reason.None) return unbound;

  const forged = authenticate(message);
  if (forged == Reason.AuthenticationFailed || forged == Reason.AuthenticationMissing) {
    // 4285-5.1.1-4, 4285-5.3-1. Anybody can cause this answer, so it is rate limited.
    if (errors.mayAnswer()) reject(device, Status.AuthenticationFailed, bindingUpdate.sequence(message));
    return report(forged, Status.AuthenticationFailed);
  }
  if (forged == Reason.NotHomeSubnet) {
    if (errors.mayAnswer()) reject(device, Status.NotHomeSubnet, bindingUpdate.sequence(message)); // 6275-10.3.1-6
    return report(forged, Status.NotHomeSubnet);
  }
  if (forged != Reason.None) return report(forged, 0);

  const status = authorise(message);
  if (status != Status.Accepted) {
    // A recorded update from a forged source is authentic as well, so these answers have their limit too.
    if (errors.mayAnswer()) reject(device, status, lastSequence(message, status));
    return report(refusal, status);
  }
  if (isRemoval(message)) return remove(device, message);
  return register(device, message);
}

/** Step 1: the addresses. What fails here is discarded in silence (6275-9.5.1-16, 6275-9.5.4-1). */
function identify(message: usize, source: usize): Reason {
  if (isMulticast(source) || isUnspecified(source)) return Reason.SourceNotUnicast; // 6275-9.5.4-9
  const option = received.homeAddressOption();
  homeAddress = option != 0 ? option : source;
  if (!isUnicastRoutable(homeAddress)) return Reason.HomeAddressNotRoutable; // 6275-9.5.1-2
  const alternate = received.option(MobilityOptionType.AlternateCareofAddress);
  careofAddress = alternate != 0 ? bindingOptions.alternateCareofAddress(alternate) : source; // 6275-9.5.1-18
  if (!isUnicastRoutable(careofAddress)) return Reason.CareofNotRoutable; // 6275-6.1.7-9, 6275-6.1.7-11
  // 6275-10.3.1-8: only a node at home may leave the option away, and only to remove its binding (6275-10.3.2-1).
  if (option == 0 && !isRemoval(message)) return Reason.HomeAddressMissing;
  if (!bindingUpdate.hasFlag(message, BindingUpdateFlag.HomeRegistration)) return Reason.NotACorrespondentNode;
  // 6275-9.5.1-11
  if (received.option(MobilityOptionType.NonceIndices) != 0) return Reason.NonceIndicesInHomeRegistration;
  return Reason.None;
}

/** Step 2: finds the node, by its identity or its home address, and checks the message (6275-10.3.1-2). */
function authenticate(message: usize): Reason {
  const identifier = received.option(MobilityOptionType.MobileNodeIdentifier);
  if (identifier != 0) {
    const hash = authentication.hashIdentity(
      authenticationOptions.identifier(identifier), authenticationOptions.identifierLength(identifier),
    );
    node = nodes.findIdentity(hash);
    // A node that need not authenticate may still say its name.
    if (node == NONE) node = withoutAuthentication(nodes.findHome(homeAddress));
  } else {
    node = nodes.findHome(homeAddress);
  }
  // 4285-5.1.1-5
  if (node == NONE) return homeLink.isOnHomeLink(homeAddress) ? Reason.NoSecurityAssociation : Reason.NotHomeSubnet;
  const entry = nodes.at(node);
  if (entry.authentication == Authentication.None) return Reason.None;

  const option = received.authenticationOption(AuthenticationSubtype.MobileNodeHomeAgent);
  if (option == 0) return Reason.AuthenticationMissing; // 4285-5.1.1-1
  if (authenticationOptions.mobilitySpi(option) != entry.spi) return Reason.NoSecurityAssociation; // 4285-5.1.1-5
  // 4285-5.1.1-3
  const valid = authentication.verify(message, option, nodes.keyState(entry), careofAddress, homeAddress);
  return valid ? Reason.None : Reason.AuthenticationFailed;
}

function withoutAuthentication(found: u32): u32 {
  return found != NONE && nodes.at(found).authentication == Authentication.None ? found : NONE;
}

/** Why `authorise` refused. */
let refusal: Reason = Reason.None;

/** Steps 3 to 5 on an authentic message: the status to refuse it with, or Accepted. */
function authorise(message: usize): u32 {
  if (!homeLink.isOnHomeLink(homeAddress)) return refuse(Reason.NotHomeSubnet, Status.NotHomeSubnet); // 6275-10.3.1-6
  // 6275-5.1-3: an identity binds its own home addresses and no others.
  if (nodes.findHome(homeAddress) != node) {
    return refuse(Reason.HomeAddressNotOwned, Status.AdministrativelyProhibited);
  }

  const stale = checkTimestamp();
  if (stale != Status.Accepted) return stale;

  const record = bindings.find(homeAddress, 0);
  if (record == NONE) {
    // 6275-9.5.1-3, 4285-10.2-1: any sequence number will do. 6275-10.3.2-3: nothing to remove.
    if (isRemoval(message)) return refuse(Reason.NoBindingToRemove, Status.NotHomeAgentForThisMobileNode);
  } else if (!sequence.isGreater(bindingUpdate.sequence(message), bindings.at(record).sequence)) {
    return refuse(Reason.SequenceOutOfWindow, Status.SequenceNumberOutOfWindow); // 6275-9.5.1-12, 6275-9.5.4-3
  }
  if (!isRemoval(message) && (nodes.findHome(careofAddress) != NONE || sameAddress(careofAddress, homeLink.address()))) {
    // A home address served here as care-of address would send packets in a circle (RFC 2473 §4.1.2).
    return refuse(Reason.CareofIsHomeAddress, Status.AdministrativelyProhibited);
  }
  return Status.Accepted;
}

function refuse(reason: Reason, status: u32): u32 {
  refusal = reason;
  return status;
}

/** The timestamp of RFC 4285 §6, for nodes whose security association wants one. */
function checkTimestamp(): u32 {
  const entry = nodes.at(node);
  if (entry.authentication == Authentication.None || entry.replay != ReplayProtection.Timestamp) {
    return Status.Accepted;
  }
  const option = received.option(MobilityOptionType.ReplayProtection);
  if (option == 0) return refuse(Reason.ReplayProtectionMissing, Status.MessageIdentifierRequired);
  const timestamp = authenticationOptions.timestamp(option);
  const aheadMs = authentication.differenceMs(timestamp, authentication.timestampNow(0));
  // 4285-6-8, 4285-6-9, 4285-6-10, 4285-6-11
  if (Math.abs(aheadMs) > homeLink.replayToleranceMs() ||
      (entry.timestamp != 0 && authentication.differenceMs(timestamp, entry.timestamp) <= 0)) {
    return refuse(Reason.TimestampInvalid, Status.IdentificationMismatch);
  }
  entry.timestamp = timestamp;
  state.keepNode(node);
  return Status.Accepted;
}

/** True when the message asks for the end of the binding (6275-6.1.7-12; RFC 6275 §9.5.1). */
function isRemoval(message: usize): bool {
  return bindingUpdate.lifetimeMs(message) == 0 || sameAddress(careofAddress, homeAddress);
}

/** The number for the acknowledgement: the last accepted one when it says so, else the message's own. */
function lastSequence(message: usize, status: u32): u32 {
  if (status != Status.SequenceNumberOutOfWindow) return bindingUpdate.sequence(message);
  return bindings.at(bindings.find(homeAddress, 0)).sequence;
}

/** Step 6, a binding ends, and none is made (RFC 6275 §10.3.2; 6275-6.1.7-7, 6275-9.5.3-1, 6275-9.5.3-2). */
function remove(device: u32, message: usize): Reason {
  lifetimes.end(bindings.find(homeAddress, 0), lifetimes.DEREGISTERED);
  // 6275-10.3.2-4, 6275-10.3.2-5, 6275-10.3.2-6, 6275-10.3.2-7, 6275-10.3.2-8
  acknowledgement.send(
    device, homeLink.address(), homeAddress, careofAddress, node, Status.Accepted, bindingUpdate.sequence(message), 0, 0,
  );
  return Reason.None;
}

/** Step 6, a binding is made or changed (RFC 6275 §10.3.1; 6275-8.4-1, 6275-10.3.1-11). */
function register(device: u32, message: usize): Reason {
  let record = bindings.find(homeAddress, 0);
  const isNew = record == NONE;
  if (isNew) {
    record = bindings.insert(homeAddress, 0);
    if (record == NONE || !lifetimes.begin(record)) { // 6275-9.5.2-4, 6275-10.3.1-7
      if (record != NONE) bindings.remove(record);
      reject(device, Status.InsufficientResources, bindingUpdate.sequence(message)); // 6275-9.5.2-6
      return report(Reason.BindingBudgetExhausted, Status.InsufficientResources);
    }
  }
  const binding = bindings.at(record);
  const moved = !sameAddress(bindings.careofAddress(binding), careofAddress);
  const grantedMs = grant(bindingUpdate.lifetimeMs(message));
  copyAddress(bindings.careofAddress(binding), careofAddress);
  binding.node = node;
  binding.sequence = <u16>bindingUpdate.sequence(message);
  binding.flags = <u16>bindingUpdate.flags(message);
  binding.lifetimeS = <u32>(grantedMs / 1000);
  if (moved) lifetimes.moved(binding);
  lifetimes.renew(record, grantedMs);
  state.keepBinding(record);
  orders.event(
    Event.BindingAccepted, DEVICE_ANY, homeAddress, careofAddress, binding.sequence, binding.lifetimeS,
    isNew ? 0 : moved ? 1 : 2,
  );

  // 6275-8.4-7, 6275-10.3.1-22, 6275-10.3.1-23, 6275-10.3.1-27, 6275-10.3.1-28: acknowledged whether asked for or
  // not (6275-9.5.4-2), with status 0, the update's sequence number and the lifetime that is left.
  const adviceMs = homeLink.adviceMs() < grantedMs ? homeLink.adviceMs() : 0; // 6275-10.3.1-31, 6275-6.2.4-2
  acknowledgement.send(
    device, homeLink.address(), homeAddress, careofAddress, node, Status.Accepted, binding.sequence, grantedMs, adviceMs,
  );
  return Reason.None;
}

/** The lifetime granted for one that is asked for (6275-9.5.2-2, 6275-10.3.1-16, 6275-10.3.1-20). */
function grant(askedMs: f64): f64 {
  const ownS = nodes.at(node).maxLifetimeS;
  const mostMs = ownS != 0 ? min(homeLink.longestLifetimeMs(), <f64>ownS * 1000) : homeLink.longestLifetimeMs();
  // Whole units of the wire, and never none: zero would say that the binding is gone.
  return max<f64>(LIFETIME_UNIT_MS, Math.floor(min(askedMs, mostMs) / LIFETIME_UNIT_MS) * LIFETIME_UNIT_MS);
}

/** Refuses with a status (6275-9.5.4-6). `node` may be NONE: then nothing is signed. */
function reject(device: u32, status: u32, sequenceNumber: u32): void {
  acknowledgement.send(device, homeLink.address(), homeAddress, careofAddress, node, status, sequenceNumber, 0, 0);
}

/** Tells people of a refusal, within limits; the counter has them all. */
function report(reason: Reason, status: u32): Reason {
  if (reports.take()) {
    orders.event(Event.BindingRefused, DEVICE_ANY, homeAddress, ip6.source(received.packet()), 0, status, reason);
  }
  return reason;
}
