/**
 * A mobility message that was received (RFC 6275 §9.2): the checks that all of them share, and
 * where its parts are. One message is in hand at a time.
 */
import { BindingErrorStatus, MobilityHeaderType, NextHeader, ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { UNSPECIFIED } from "../wire/addresses";
import { isMulticast, isUnspecified, sameAddress } from "../wire/bytes";
import * as bindingAcknowledgement from "../wire/binding-acknowledgement";
import * as bindingError from "../wire/binding-error";
import * as bindingUpdate from "../wire/binding-update";
import * as extension from "../wire/extension";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as options from "../wire/mobility-options";
import * as pathProbe from "../wire/path-probe";
import * as routing2 from "../wire/routing2";
import * as errors from "../encap/errors";
import * as orders from "../tables/orders";
import * as ownPackets from "./own-packets";

let packetAt: usize = 0;
let messageAt: usize = 0;
let optionsAt: usize = 0;
let homeAt: usize = 0;
let routedAt: usize = 0;

/**
 * Reads the mobility message of the packet whose headers `extension.walk` has just found, with the
 * checks of RFC 6275 §9.2 in their order (6275-9.2-1, 6275-10.2-1, 6275-11.2-1, 6275-8.4-6, 6275-8.5-8). Those
 * refusals that the sender is to be told of are answered from `self`. Returns the refusal, uncounted.
 */
export function read(self: usize, packet: usize, length: u32): Reason {
  packetAt = packet;
  messageAt = packet + extension.upperOffset();
  homeAt = extension.homeAddressOption() != 0 ? extension.homeAddress(packet) : 0;
  routedAt = extension.routingHeaderOffset() != 0
    ? routing2.homeAddress(packet + extension.routingHeaderOffset())
    : 0;

  // RFC 6275 §6.1.1: the addresses in the pseudo-header are the home addresses, where there are any.
  const from = homeAt != 0 ? homeAt : ip6.source(packet);
  const to = routedAt != 0 ? routedAt : ip6.destination(packet);
  const damaged = mobility.verifyChecksum(from, to, messageAt, extension.upperLength());
  if (damaged != Reason.None) return damaged; // 6275-9.2-2

  let refusal = mobility.check(messageAt, extension.upperLength());
  if (refusal == Reason.None && isForeignExperiment()) refusal = Reason.MobilityTypeUnrecognized;
  if (refusal == Reason.MobilityTypeUnrecognized) {
    // 6275-9.2-4
    sendBindingError(self, ip6.source(packet), BindingErrorStatus.UnrecognizedMobilityHeaderType, homeAt);
    return refusal;
  }
  if (refusal == Reason.MobilityPayloadProto || refusal == Reason.MobilityHeaderLen) {
    // 6275-9.2-6, 6275-9.2-7, 6275-9.2-9, 6275-9.2-10
    const at = extension.upperOffset() + mobility.errorOffset(refusal);
    ownPackets.parameterProblem(self, ParameterProblemCode.ErroneousHeaderField, at, packet, length);
    return refusal;
  }
  if (refusal != Reason.None) return refusal;
  optionsAt = firstOption(messageAt);
  return optionsAt == 0 ? Reason.None : options.check(optionsAt, mobility.end(messageAt));
}

/** An Experimental message that others have thought of (RFC 5096 §3): not known here, like a type that is not. */
function isForeignExperiment(): bool {
  return mobility.type(messageAt) == MobilityHeaderType.Experimental && !pathProbe.isProbe(messageAt);
}

/** The IPv6 packet that brought the message. */
export function packet(): usize {
  return packetAt;
}

/** The Mobility Header. */
export function message(): usize {
  return messageAt;
}

/** Pointer to the address in the Home Address option, 0: it has none. */
export function homeAddressOption(): usize {
  return homeAt;
}

/** Pointer to the address in the type 2 routing header, 0: it has none. */
export function routedHomeAddress(): usize {
  return routedAt;
}

/**
 * The first option of this type, 0: there is none. Options that nobody asks for are skipped (6275-6.1.2-2,
 * 6275-6.1.7-8).
 */
export function option(type: u32): usize {
  return options.find(optionsAt, mobility.end(messageAt), type);
}

/** The next option of this type behind `option`, 0: there is none. */
export function optionAfter(option: usize, type: u32): usize {
  return options.find(options.next(option), mobility.end(messageAt), type);
}

/** The authentication option of this subtype, 0: there is none. */
export function authenticationOption(subtype: u32): usize {
  return options.findAuthentication(optionsAt, mobility.end(messageAt), subtype);
}

/** Where the options of the messages that this node acts on begin, behind their fixed part; 0 for the others. */
function firstOption(message: usize): usize {
  switch (mobility.type(message)) {
    case MobilityHeaderType.BindingRefreshRequest:
      return message + mobility.UNIT_BYTES;
    case MobilityHeaderType.BindingUpdate:
      return message + bindingUpdate.OPTIONS;
    case MobilityHeaderType.BindingAcknowledgement:
      return message + bindingAcknowledgement.OPTIONS;
    case MobilityHeaderType.BindingError:
      return message + bindingError.OPTIONS;
    default:
      return 0;
  }
}

/**
 * Tells `to`, the sender of the packet in hand, that its Home Address option, its message or what it tunnels is not
 * understood (RFC 6275 §9.3.3; 6275-8.2-5), by the way that the packet came. `homeAddress` 0: there is none. Rate
 * limited (6275-9.3.3-3).
 */
export function sendBindingError(self: usize, to: usize, status: u32, homeAddress: usize): void {
  if (isMulticast(to) || isUnspecified(to) || sameAddress(to, self)) return; // 6275-9.3.3-1
  if (!errors.mayAnswer()) return;
  const out = orders.allocate(<u32>(ip6.LENGTH_BYTES + bindingError.OPTIONS));
  if (out == 0) return;
  const message = out + ip6.LENGTH_BYTES;
  const home = homeAddress != 0 ? homeAddress : UNSPECIFIED; // 6275-9.3.3-2
  const length = mobility.finish(message, bindingError.build(message, status, home), self, to);
  ip6.build(out, 0, 0, length, NextHeader.Mobility, HOP_LIMIT, self, to);
  ownPackets.answer(out, <u32>ip6.LENGTH_BYTES + length);
}

/** Hop limit of the messages that this node sends. */
export const HOP_LIMIT: u32 = ip6.DEFAULT_HOP_LIMIT;
