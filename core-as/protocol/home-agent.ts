/**
 * The home agent's side of a registration (RFC 6275 §10.3). A Binding Update goes through these
 * steps, and stops at the first that refuses it:
 *
 *   1. who sends it, from where, about which home address       §9.5.1, §10.3.1; RFC 5555 §4.2
 *   2. is it authentic                                          RFC 4285 §5.1
 *   3. may this identity bind this home address                 §5.1, §10.3.1
 *   4. is it fresh: timestamp, sequence number                  RFC 4285 §6, §9.5.1
 *   5. is the care-of address one that may be bound, by UDP     §6.1.7; RFC 5555 §4.5
 *   6. remove the binding, or make or change it, and answer     home-registration
 */
import { Authentication, ReplayProtection } from "../abi/contract";
import {
  AuthenticationSubtype, BindingAcknowledgementStatus as Status, MobilityHeaderType, MobilityOptionType,
} from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isMulticast, isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import * as authenticationOptions from "../wire/authentication-options";
import * as ipv4Options from "../wire/ipv4-options";
import { isMapped, isUnicast, isUnicastIpv4 } from "../wire/mapped";
import * as mobility from "../wire/mobility";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import * as leases from "../tables/ipv4-leases";
import * as pools from "../tables/ipv4-pools";
import * as nodes from "../tables/nodes";
import { NONE } from "../tables/slab";
import * as authentication from "./authentication";
import * as bindingRefusal from "./binding-refusal";
import * as detection from "./duplicate-detection";
import * as homeAddressOwner from "./home-address-owner";
import * as homeLink from "./home-link";
import * as homeRegistration from "./home-registration";
import * as received from "./mobility-message";
import * as natMapping from "./nat-mapping";
import * as ownAddresses from "./own-addresses";
import * as probeAnswers from "./probe-answers";
import * as receivedUpdate from "./received-update";
import { ReceivedUpdate } from "./received-update";
import * as sequence from "./sequence";
import * as served from "./served";
import * as state from "./state";

/** Takes a mobility message that has passed `mobility-message.read`; returns its refusal, uncounted. */
export function receive(device: u32): Reason {
  switch (mobility.type(received.message())) {
    case MobilityHeaderType.BindingUpdate:
      return receiveBindingUpdate(device);
    case MobilityHeaderType.Experimental:
      return probeAnswers.receive();
    default:
      return Reason.MessageNotForThisRole;
  }
}

/** The tests in their order, and only then a change (6275-9.5.1-1, 6275-10.3.1-1, 6275-10.3.1-3, 6275-10.3.2-2). */
function receiveBindingUpdate(device: u32): Reason {
  const update = receivedUpdate.take(device);
  const unbound = identify(update);
  if (unbound != Reason.None) return unbound;
  natMapping.detect(update);

  const forged = authenticate(update);
  if (forged == Reason.AuthenticationFailed || forged == Reason.AuthenticationMissing) {
    // 4285-5.1.1-4, 4285-5.3-1. Anybody can cause this answer, so it is rate limited.
    return bindingRefusal.refuseStranger(update, forged, Status.AuthenticationFailed, update.sequence);
  }
  if (forged == Reason.NotHomeSubnet) { // 6275-10.3.1-6
    return bindingRefusal.refuseStranger(update, forged, Status.NotHomeSubnet, update.sequence);
  }
  if (forged != Reason.None) return bindingRefusal.report(update, forged, 0);
  if (homeRegistration.isBeingChecked(update)) return Reason.UpdateBeingChecked;

  const status = authorise(update);
  if (status != Status.Accepted) {
    // A recorded update from a forged source is authentic as well, so these answers have their limit too.
    return bindingRefusal.refuseStranger(update, refusal, status, lastSequence(update, status));
  }
  return update.isRemoval() ? homeRegistration.remove(update) : homeRegistration.register(update);
}

/** Step 1: the addresses. What fails here is discarded in silence (6275-9.5.1-16, 6275-9.5.4-1). */
function identify(update: ReceivedUpdate): Reason {
  // 6275-9.5.4-9
  if (isMulticast(update.source()) || isUnspecified(update.source())) return Reason.SourceNotUnicast;
  if (!isUnicastRoutable(update.home())) return Reason.HomeAddressNotRoutable; // 6275-9.5.1-2
  const misplaced = update.isByUdp() ? identifyDatagram(update) : identifyPacket(update);
  if (misplaced != Reason.None) return misplaced;
  if (!update.isHomeRegistration()) {
    // Where there is a home registration, its node is told that this is no way to change it (`authorise`).
    return selector.forHomeAddress(update.home()) == NONE ? Reason.NotACorrespondentNode : Reason.None;
  }
  // 6275-9.5.1-11
  if (received.option(MobilityOptionType.NonceIndices) != 0) return Reason.NonceIndicesInHomeRegistration;
  return Reason.None;
}

function identifyPacket(update: ReceivedUpdate): Reason {
  if (update.way().isIpv4()) return Reason.NotUdpEncapsulated; // 5555-4.1-2, 5555-4.2-1, 5555-4.4.2-1
  if (!isUnicastRoutable(update.careof())) return Reason.CareofNotRoutable; // 6275-6.1.7-9, 6275-6.1.7-11
  // 6275-10.3.1-8: only a node at home may leave the option away, and only to remove its binding (6275-10.3.2-1).
  return !update.hasHomeAddressOption && !update.isRemoval() ? Reason.HomeAddressMissing : Reason.None;
}

/**
 * By UDP, the source of the message is the home address, the outer one the care-of address, and the mobile node says
 * which one it has itself, unless it removes its binding (RFC 5555 §3.1.2, §4.2).
 */
function identifyDatagram(update: ReceivedUpdate): Reason {
  if (!sameAddress(update.source(), update.home())) return Reason.DatagramMessageMisplaced;
  if (!update.way().isIpv4()) {
    if (!served.hasUdpIpv6()) return Reason.UdpIpv6NotServed;
    if (!isUnicastRoutable(update.careof())) return Reason.CareofNotRoutable;
    return update.claimedCareof != 0 || update.isRemoval() ? Reason.None : Reason.CareofNotRoutable;
  }
  if (!served.servesIpv4()) return Reason.Ipv4NotServed;
  if (!isUnicast(update.careof())) return Reason.Ipv4CareofUnroutable;
  const option = received.option(MobilityOptionType.Ipv4CareofAddress);
  if (option == 0) return update.isRemoval() ? Reason.None : Reason.Ipv4CareofMissing; // 5555-2.3.2.1-1
  return isUnicastIpv4(ipv4Options.address(option)) ? Reason.None : Reason.Ipv4CareofUnroutable;
}

/** Step 2: finds the node, by its identity or its home address, and checks the message (6275-10.3.1-2). */
function authenticate(update: ReceivedUpdate): Reason {
  update.node = findNode(update);
  // 4285-5.1.1-5
  if (update.node == NONE) {
    return homeLink.isOnHomeLink(update.home()) ? Reason.NoSecurityAssociation : Reason.NotHomeSubnet;
  }
  const entry = nodes.at(update.node);
  if (entry.authentication == Authentication.None) return Reason.None;

  const option = received.authenticationOption(AuthenticationSubtype.MobileNodeHomeAgent);
  if (option == 0) return Reason.AuthenticationMissing; // 4285-5.1.1-1
  if (authenticationOptions.mobilitySpi(option) != entry.spi) return Reason.NoSecurityAssociation; // 4285-5.1.1-5
  // 4285-5.1.1-3
  const valid = authentication.verify(
    received.message(), option, nodes.keyState(entry), update.signedCareof(), update.home(), // 5555-4.4.2-4
  );
  return valid ? Reason.None : Reason.AuthenticationFailed;
}

function findNode(update: ReceivedUpdate): u32 {
  const owner = homeAddressOwner.find(update.home());
  const identifier = received.option(MobilityOptionType.MobileNodeIdentifier);
  if (identifier == 0) return owner;
  const hash = authentication.hashIdentity(
    authenticationOptions.identifier(identifier), authenticationOptions.identifierLength(identifier),
  );
  const named = nodes.findIdentity(hash);
  // A node that need not authenticate may still say its name.
  return named != NONE ? named : withoutAuthentication(owner);
}

function withoutAuthentication(found: u32): u32 {
  return found != NONE && nodes.at(found).authentication == Authentication.None ? found : NONE;
}

/** Why `authorise` refused. */
let refusal: Reason = Reason.None;

/** Steps 3 to 5 on an authentic message: the status to refuse it with, or Accepted. */
function authorise(update: ReceivedUpdate): u32 {
  // 6275-10.3.1-6
  if (!homeLink.isOnHomeLink(update.home())) return refuse(Reason.NotHomeSubnet, Status.NotHomeSubnet);
  // 6275-5.1-3: an identity binds its own home addresses and no others.
  if (homeAddressOwner.find(update.home()) != update.node) {
    return refuse(Reason.HomeAddressNotOwned, Status.AdministrativelyProhibited);
  }

  const stale = checkTimestamp(update);
  if (stale != Status.Accepted) return stale;

  const record = bindings.find(update.home(), 0);
  // 6275-9.5.1-3, 4285-10.2-1: without an entry any sequence number will do.
  if (record != NONE && !sequence.isGreater(update.sequence, bindings.at(record).sequence)) {
    return refuse(Reason.SequenceOutOfWindow, Status.SequenceNumberOutOfWindow); // 6275-9.5.1-12, 6275-9.5.4-3
  }
  if (!update.isHomeRegistration()) { // 6275-9.5.1-13, 6275-9.5.1-14
    return refuse(Reason.RegistrationTypeChange, Status.RegistrationTypeChangeDisallowed);
  }
  if (update.isRemoval()) {
    // 6275-10.3.2-3: nothing to remove, if not what is still being checked.
    const exists = record != NONE && (bindings.isInForce(record) || detection.isRunning(record));
    return exists ? Status.Accepted : refuse(Reason.NoBindingToRemove, Status.NotHomeAgentForThisMobileNode);
  }
  if (isServedHere(update.careof())) {
    // A home address served here as care-of address would send packets in a circle (RFC 2473 §4.1.2).
    return refuse(Reason.CareofIsHomeAddress, Status.AdministrativelyProhibited);
  }
  if (natMapping.isForcedInVain(update)) { // 5555-4.5-5
    update.isUdpRefused = true;
    return refuse(Reason.UdpNotForced, Status.IdentificationMismatch);
  }
  return Status.Accepted;
}

/** True for a home address of either family that is served here, and for our own ones. */
function isServedHere(address: usize): bool {
  if (!isMapped(address)) return homeAddressOwner.find(address) != NONE || ownAddresses.has(address);
  // One of a pool may be leased at any time, even to the node itself.
  return pools.isOwn(address) || pools.isLeasable(address) || leases.findAddress(address) != NONE;
}

function refuse(reason: Reason, status: u32): u32 {
  refusal = reason;
  return status;
}

/** The timestamp of RFC 4285 §6, for nodes whose security association wants one. */
function checkTimestamp(update: ReceivedUpdate): u32 {
  const entry = nodes.at(update.node);
  if (entry.authentication == Authentication.None || entry.replay != ReplayProtection.Timestamp) {
    return Status.Accepted;
  }
  if (!update.hasTimestamp) return refuse(Reason.ReplayProtectionMissing, Status.MessageIdentifierRequired);
  const timestamp = update.timestamp;
  const aheadMs = authentication.differenceMs(timestamp, authentication.timestampNow(0));
  // 4285-6-8, 4285-6-9, 4285-6-10, 4285-6-11
  if (Math.abs(aheadMs) > homeLink.replayToleranceMs() ||
      (entry.timestamp != 0 && authentication.differenceMs(timestamp, entry.timestamp) <= 0)) {
    return refuse(Reason.TimestampInvalid, Status.IdentificationMismatch);
  }
  entry.timestamp = timestamp;
  state.keepNode(update.node);
  return Status.Accepted;
}

/** The number for the acknowledgement: the last accepted one when it says so, else the message's own. */
function lastSequence(update: ReceivedUpdate, status: u32): u32 {
  if (status != Status.SequenceNumberOutOfWindow) return update.sequence;
  return bindings.at(bindings.find(update.home(), 0)).sequence;
}
