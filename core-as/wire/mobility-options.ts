/**
 * Mobility options: what may follow the fixed part of a mobility message (RFC 6275 §6.2.1).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |  Option Type  | Option Length |         Option Data ...       |  0
 *   +---------------+---------------+-------------------------------+  2
 *
 * Pad1 alone is a single octet of zero. `check` is called once for the options of a message; then
 * `find`, `next` and the getters of `binding-options`, `authentication-options` and `ipv4-options` may be used.
 */
import { AuthenticationSubtype, MobilityOptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, set8 } from "./bytes";

const OPTION_TYPE: usize = 0;
const OPTION_LENGTH: usize = OPTION_TYPE + 1;

/** Where the Option Data begins. */
export const OPTION_DATA: usize = OPTION_LENGTH + 1;

/** The subtype is the first octet of the data of those options that have one. */
export const SUBTYPE: usize = OPTION_DATA;

/**
 * Looks at all options from `first` up to `end`. After `Reason.None` every option lies inside, those
 * that this node knows have the length that their getters need, and authentication options stand
 * where they must: Binding Authorization Data at the very end (6275-6.2-1), and behind a mobility
 * message authentication option nothing but padding and the MN-AAA one (4285-5-1, 4285-5.1-3,
 * 4283-3.2-1). Unknown options and the data of padding are skipped (6275-6.2.1-1, 6275-6.2.1-2,
 * 6275-6.2.3-1).
 */
export function check(first: usize, end: usize): Reason {
  let authenticated = false;
  let p = first;
  while (p < end) {
    if (type(p) == MobilityOptionType.Pad1) {
      p += 1;
      continue;
    }
    if (p + OPTION_DATA > end || next(p) > end) return Reason.MobilityOptionOverrun;
    if (!hasRightLength(p)) return Reason.MobilityOptionLength;
    if (authenticated && !mayFollowAuthentication(p)) return Reason.AuthenticationOptionNotLast;
    if (type(p) == MobilityOptionType.Authentication) authenticated = true;
    if (type(p) == MobilityOptionType.BindingAuthorizationData && next(p) != end) {
      return Reason.BindingAuthorizationDataNotLast; // 6275-11.7.3-3
    }
    p = next(p);
  }
  return Reason.None;
}

/** True when the Option Length of `option` is one that its type allows, or its type is unknown. */
function hasRightLength(option: usize): bool {
  switch (type(option)) {
    case MobilityOptionType.BindingRefreshAdvice:
      return dataLength(option) == 2;
    case MobilityOptionType.AlternateCareofAddress:
      return dataLength(option) == 16;
    case MobilityOptionType.NonceIndices:
      return dataLength(option) == 4;
    case MobilityOptionType.BindingAuthorizationData:
      return dataLength(option) > 0;
    case MobilityOptionType.MobileNetworkPrefix:
      return dataLength(option) == 18;
    case MobilityOptionType.MobileNodeIdentifier:
      return dataLength(option) > 1;
    case MobilityOptionType.Authentication:
      return dataLength(option) > 5;
    case MobilityOptionType.ReplayProtection:
      return dataLength(option) == 8;
    case MobilityOptionType.Ipv4HomeAddress:
    case MobilityOptionType.Ipv4AddressAcknowledgement:
    case MobilityOptionType.NatDetection:
    case MobilityOptionType.Ipv4CareofAddress:
      return dataLength(option) == 6; // RFC 5555 §3
    default:
      return true;
  }
}

function mayFollowAuthentication(option: usize): bool {
  if (type(option) == MobilityOptionType.PadN) return true;
  if (type(option) != MobilityOptionType.Authentication) return false;
  return get8(option + SUBTYPE) != AuthenticationSubtype.MobileNodeHomeAgent;
}

/** The first option of this type between `first` and `end`, or 0. */
export function find(first: usize, end: usize, wanted: u32): usize {
  for (let p = first; p < end; p = next(p)) {
    if (type(p) == wanted) return p;
  }
  return 0;
}

/** The mobility message authentication option of this subtype, or 0 (RFC 4285 §5). */
export function findAuthentication(first: usize, end: usize, subtype: u32): usize {
  for (let p = first; p < end; p = next(p)) {
    if (type(p) == MobilityOptionType.Authentication && get8(p + SUBTYPE) == subtype) return p;
  }
  return 0;
}

/** The Option Type. */
export function type(option: usize): u32 {
  return get8(option + OPTION_TYPE);
}

/** Octets of Option Data; not for Pad1. */
export function dataLength(option: usize): u32 {
  return get8(option + OPTION_LENGTH);
}

/** Pointer to the Option Data. */
export function data(option: usize): usize {
  return option + OPTION_DATA;
}

/** Pointer to the octet behind an option. */
export function next(option: usize): usize {
  return type(option) == MobilityOptionType.Pad1 ? option + 1 : option + OPTION_DATA + dataLength(option);
}

/**
 * Pads from `p` to the next place that is `multiple` × n + `offset` octets behind `start`, where the
 * Mobility Header begins; `multiple` is 1, 2, 4 or 8. Returns that place (RFC 6275 §6.2.2, §6.2.3).
 */
export function pad(start: usize, p: usize, multiple: u32, offset: u32): usize {
  const octets = (offset - <u32>(p - start)) & (multiple - 1);
  if (octets == 1) {
    set8(p, MobilityOptionType.Pad1);
  } else if (octets > 1) {
    begin(p, MobilityOptionType.PadN, octets - <u32>OPTION_DATA);
    memory.fill(p + OPTION_DATA, 0, octets - <u32>OPTION_DATA);
  }
  return p + octets;
}

/** Writes type and length of an option at `p` and returns where its data goes. */
export function begin(p: usize, type: u32, dataLength: u32): usize {
  set8(p + OPTION_TYPE, type);
  set8(p + OPTION_LENGTH, dataLength);
  return p + OPTION_DATA;
}
