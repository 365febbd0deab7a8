/**
 * Binding Updates to a correspondent node (RFC 6275 §9.5). One goes through these steps, and stops at the
 * first that refuses it (6275-9.5.1-1); nothing is changed before all tests are passed:
 *
 *   1. addresses, home registration, options that must be there       §9.5.1, §6.1.7, §10.3.1
 *   2. nonce indices                                                  136, 137, 138
 *   3. keygen tokens, Kbm, authenticator                              in silence
 *   4. sequence number, nonces of a former life                       135
 *   5. would packets go in a circle                                   174
 *   6. the binding is removed, or made or changed                     §9.5.3, §9.5.2, 130
 *   7. Binding Acknowledgement, in correspondent-acknowledgement     §9.5.4
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import {
  BindingAcknowledgementStatus as Status, BindingUpdateFlag, LIFETIME_UNIT_MS, MobilityOptionType,
} from "../abi/codes";
import { Reason } from "../abi/reasons";
import { copyAddress, isMulticast, isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import * as bindingOptions from "../wire/binding-options";
import * as bindingUpdate from "../wire/binding-update";
import * as ip6 from "../wire/ip6";
import * as errors from "../encap/errors";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as lifetimes from "./binding-lifetime";
import * as acknowledgement from "./correspondent-acknowledgement";
import * as cache from "./correspondent-cache";
import * as settings from "./correspondent-settings";
import * as received from "./mobility-message";
import * as nonces from "./nonces";
import * as returnRoutability from "./return-routability";
import * as sequence from "./sequence";

const reports = new TokenBucket(50, 100);

// The Binding Update in hand.
let message: usize = 0;
let device: u32 = DEVICE_ANY;
let self: usize = 0;
let own: u32 = NONE;
let source: usize = 0;
let homeAddress: usize = 0;
let careofAddress: usize = 0;
let homeNonce: u32 = 0;
let careofNonce: u32 = 0;
/** True once Kbm is in use, so that an acknowledgement can be authorised. */
let isAuthentic: bool = false;

/** Takes the Binding Update of `mobility-message` to `ownAddress`, number `ownNumber` of ours. */
export function receive(onDevice: u32, ownAddress: usize, ownNumber: u32): Reason {
  message = received.message();
  device = onDevice;
  self = ownAddress;
  own = ownNumber;
  source = ip6.source(received.packet());
  homeAddress = 0;
  isAuthentic = false;

  const unfit = identify();
  if (unfit != Reason.None) return report(unfit, 0); // 6275-9.5.1-16, 6275-9.5.4-1
  const entry = cache.find(homeAddress, own);
  if (bindingUpdate.hasFlag(message, BindingUpdateFlag.HomeRegistration)) return refuseHomeRegistration(entry);
  const incomplete = readOptions();
  if (incomplete != Reason.None) return report(incomplete, 0);

  const expired = checkNonces(entry);
  if (expired != Status.Accepted) return refuse(Reason.NonceIndexExpired, expired, bindingUpdate.sequence(message));
  if (!authenticate()) return report(Reason.AuthenticatorInvalid, 0);
  const stale = checkSequence(entry);
  if (stale != Reason.None) {
    // 6275-9.5.1-12: with the number that was accepted last.
    return refuse(stale, Status.SequenceNumberOutOfWindow, bindings.at(entry).sequence);
  }
  if (isRemoval()) return remove(entry);
  if (isCircular()) return refuse(Reason.BindingCircular, Status.InvalidCareofAddress, bindingUpdate.sequence(message));
  return register(entry);
}

/** Step 1: the addresses (6275-9.5.1-18, 6275-9.5.1-19, 6275-9.5.1-8, 6275-5.2.6-2). */
function identify(): Reason {
  if (isMulticast(source) || isUnspecified(source)) return Reason.SourceNotUnicast; // 6275-9.5.4-9
  const option = received.homeAddressOption();
  homeAddress = option != 0 ? option : source;
  if (!isUnicastRoutable(homeAddress)) return Reason.HomeAddressNotRoutable; // 6275-9.5.1-2
  const alternate = received.option(MobilityOptionType.AlternateCareofAddress);
  careofAddress = alternate != 0 ? bindingOptions.alternateCareofAddress(alternate) : source;
  if (!isUnicastRoutable(careofAddress)) return Reason.CareofNotRoutable; // 6275-6.1.7-9, 6275-6.1.7-11
  if (settings.ownAddress(homeAddress) != NONE) return Reason.HomeAddressIsOwn;
  return Reason.None;
}

/**
 * We are no home agent (6275-10.3.1-4, 6275-10.3.1-5), and a binding of return routability does not become a home
 * registration (6275-9.5.1-13, 6275-9.5.1-14). Such a message bears no nonces, so the answer has no Kbm.
 */
function refuseHomeRegistration(entry: u32): Reason {
  if (received.option(MobilityOptionType.NonceIndices) != 0) { // 6275-9.5.1-11
    return report(Reason.NonceIndicesInHomeRegistration, 0);
  }
  const number = bindingUpdate.sequence(message);
  return entry != NONE && cache.isLive(bindings.at(entry))
    ? refuse(Reason.RegistrationTypeChange, Status.RegistrationTypeChangeDisallowed, number)
    : refuse(Reason.HomeRegistrationNotSupported, Status.HomeRegistrationNotSupported, number);
}

/**
 * 6275-9.5.1-5, 6275-9.5.1-7; that the latter is the last one was seen before (6275-9.5.1-10). What else
 * there is counts for the authenticator alone (6275-6.1.7-8).
 */
function readOptions(): Reason {
  const indices = received.option(MobilityOptionType.NonceIndices);
  if (indices == 0) return Reason.NonceIndicesMissing;
  if (received.option(MobilityOptionType.BindingAuthorizationData) == 0) {
    return Reason.BindingAuthorizationDataMissing;
  }
  homeNonce = bindingOptions.homeNonceIndex(indices);
  // 6275-9.5.1-17: of no account in a removal.
  careofNonce = isRemoval() ? homeNonce : bindingOptions.careofNonceIndex(indices);
  return Reason.None;
}

/**
 * True when the message asks for the end of the binding (6275-6.1.7-7, 6275-6.1.7-12). A node whose care-of
 * address is its home address is at home.
 */
function isRemoval(): bool {
  return bindingUpdate.lifetimeMs(message) == 0 || sameAddress(careofAddress, homeAddress);
}

/**
 * Step 2 (6275-9.5.1-5, 6275-9.5.1-15, 6275-5.2.2-1). Nonces of a former life of a binding that went on with
 * smaller sequence numbers count as expired: their Binding Updates can no longer be told from replays.
 */
function checkNonces(entry: u32): u32 {
  let isHomeKnown = nonces.isValid(homeNonce);
  let isCareofKnown = nonces.isValid(careofNonce);
  if (isHomeKnown && isCareofKnown && entry != NONE && isOfFormerLife(bindings.at(entry))) {
    isHomeKnown = isCareofKnown = false;
  }
  if (isHomeKnown) return isCareofKnown ? Status.Accepted : Status.ExpiredCareofNonceIndex;
  return isCareofKnown || isRemoval() ? Status.ExpiredHomeNonceIndex : Status.ExpiredNonces;
}

function isOfFormerLife(binding: Binding): bool {
  const part = bindings.correspondentPart(binding);
  if (part.hasFormerLife == 0) return false;
  if (!nonces.isValid(part.formerNonce)) part.hasFormerLife = 0;
  return part.hasFormerLife != 0 && cache.isOfFormerNonces(part.formerNonce, homeNonce, careofNonce);
}

/**
 * Step 3: makes the keygen tokens again from what the packet says (6275-9.5.1-6), and looks at the authenticator.
 * Each token may have served before (6275-5.2.7-5, 6275-5.2.7-6). Its care-of address is the one that is to be
 * bound, not where the packet came from (6275-9.5.1-9, 6275-5.2.6-3, 6275-5.2.6-4), and in a removal the home
 * address (RFC 6275 §6.2.7).
 */
function authenticate(): bool {
  const homeToken = nonces.token(homeNonce, homeAddress, returnRoutability.HOME);
  if (isRemoval()) {
    returnRoutability.useHomeToken(homeToken);
  } else {
    const careofToken = nonces.token(careofNonce, careofAddress, returnRoutability.CAREOF);
    returnRoutability.useTokens(homeToken, careofToken);
  }
  const option = received.option(MobilityOptionType.BindingAuthorizationData);
  isAuthentic = returnRoutability.isAuthorised(message, option, authorisedAddress(), self);
  return isAuthentic;
}

function authorisedAddress(): usize {
  return isRemoval() ? homeAddress : careofAddress;
}

/**
 * Step 4: a number that has been used is refused (6275-9.5.1-4); also after the binding has ended, as long as
 * nothing but nonces of its time were used (RFC 6275 §5.2.8; 6275-9.5.3-3). Else any number will do
 * (6275-9.5.1-3).
 */
function checkSequence(entry: u32): Reason {
  if (entry == NONE) return Reason.None;
  const binding = bindings.at(entry);
  if (sequence.isGreater(bindingUpdate.sequence(message), binding.sequence)) return Reason.None;
  if (cache.isLive(binding)) return Reason.SequenceOutOfWindow;
  const isOld = cache.isOfFormerNonces(bindings.correspondentPart(binding).newestNonce, homeNonce, careofNonce);
  return isOld ? Reason.BindingUpdateReplayed : Reason.None;
}

/** Step 5: packets to the care-of address must leave this node, and take no other binding of it. */
function isCircular(): bool {
  return settings.ownAddress(careofAddress) != NONE || cache.findLive(careofAddress, own) != NONE;
}

/** Step 6, a binding ends, and none is made (6275-9.5.3-1, 6275-9.5.3-2). */
function remove(entry: u32): Reason {
  if (entry != NONE) {
    take(bindings.at(entry));
    if (cache.isLive(bindings.at(entry))) cache.end(entry, lifetimes.DEREGISTERED);
    else cache.remember(entry);
  }
  accept(0);
  return Reason.None;
}

/** Step 6, a binding is made or changed (6275-9.5.2-1). */
function register(entry: u32): Reason {
  let record = entry;
  if (record == NONE) record = cache.insert(homeAddress, own);
  if (record == NONE) { // 6275-9.5.2-4, 6275-9.5.2-6
    return refuse(Reason.BindingBudgetExhausted, Status.InsufficientResources, bindingUpdate.sequence(message));
  }
  const binding = bindings.at(record);
  const wasLive = cache.isLive(binding);
  const isMoved = !sameAddress(bindings.careofAddress(binding), careofAddress);
  copyAddress(bindings.careofAddress(binding), careofAddress);
  if (isMoved || !wasLive) lifetimes.moved(binding);
  take(binding);
  const grantedMs = grant();
  bindings.correspondentPart(binding).hasLived = 1;
  cache.enliven(record, grantedMs);
  orders.event(
    Event.BindingAccepted, DEVICE_ANY, homeAddress, careofAddress, binding.sequence, <u32>(grantedMs / 1000),
    !wasLive ? 0 : isMoved ? 1 : 2,
  );
  accept(grantedMs);
  return Reason.None;
}

/**
 * Notes what an accepted Binding Update says of itself; flags that mean nothing here are only shown
 * (6275-6.1.7-4).
 */
function take(binding: Binding): void {
  const number = bindingUpdate.sequence(message);
  const part = bindings.correspondentPart(binding);
  if (part.hasLived != 0 && !sequence.isGreater(number, binding.sequence)) {
    // The node has begun anew with smaller numbers: nothing of its former life counts any more.
    part.formerNonce = part.newestNonce;
    part.hasFormerLife = 1;
  }
  binding.sequence = <u16>number;
  binding.flags = bindingUpdate.flags(message);
  cache.noteNonces(binding, homeNonce, careofNonce);
}

/** The lifetime granted: what was asked for, or less (6275-9.5.2-2, 6275-9.1-3, 6275-5.2.6-1, 6275-6.1.7-6). */
function grant(): f64 {
  const mostMs = Math.floor(settings.longestLifetimeMs() / LIFETIME_UNIT_MS) * LIFETIME_UNIT_MS;
  return min(bindingUpdate.lifetimeMs(message), mostMs);
}

/** Acknowledges when that was asked for, and only then (6275-9.5.4-2, 6275-9.5.4-4, 6275-9.5.4-5). */
function accept(lifetimeMs: f64): void {
  if (!bindingUpdate.hasFlag(message, BindingUpdateFlag.Acknowledge)) return;
  // That a packet comes from where it says is certain only for the care-of address that was tested.
  const isTested = lifetimeMs > 0 && sameAddress(source, careofAddress);
  if (isTested || errors.mayAnswer()) acknowledge(Status.Accepted, bindingUpdate.sequence(message), lifetimeMs);
}

/** Refuses with a status (6275-9.5.4-3, 6275-9.5.4-6); anybody can cause that, so it is rate limited. */
function refuse(reason: Reason, status: u32, number: u32): Reason {
  if (errors.mayAnswer()) acknowledge(status, number, 0);
  return report(reason, status);
}

/** Step 7: signed once the nonces are known and the update was genuine (6275-9.5.4-7, 6275-9.5.4-8). */
function acknowledge(status: u32, number: u32, lifetimeMs: f64): void {
  acknowledgement.send(
    device, self, source, homeAddress, isAuthentic ? authorisedAddress() : 0, status, number, lifetimeMs,
  );
}

/** Tells people of a refusal, within limits; the counter has them all. */
function report(reason: Reason, status: u32): Reason {
  if (reports.take()) {
    orders.event(Event.BindingRefused, DEVICE_ANY, homeAddress, source, 0, status, reason);
  }
  return reason;
}
