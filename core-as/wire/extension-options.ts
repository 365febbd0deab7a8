/**
 * The options of Hop-by-Hop and Destination Options headers (RFC 8200 §4.2), among them the Home
 * Address option (RFC 6275 §6.3).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---+-----------+---------------+-------------------------------+
 *   |act|Option Type| Opt Data Len  |        Option Data ...        |  0
 *   +---+-----------+---------------+-------------------------------+
 *
 * Pad1 alone is a single octet of zero. The two highest bits of the type say what to do with an
 * option that is not known.
 */
import { OptionAction, OptionType, ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, isMulticast, isUnicastRoutable } from "./bytes";
import * as homeAddress from "./home-address";
import * as ip6 from "./ip6";
import * as parameterProblem from "./parameter-problem";

const OPT_DATA_LEN: u32 = 1;

/** Where the Option Data begins. */
export const OPTION_DATA: u32 = OPT_DATA_LEN + 1;

const ACTION_SHIFT: u32 = 6;

let homeAddressAt: u32 = 0;

/** Starts a packet: no Home Address option has been seen. */
export function begin(): void {
  homeAddressAt = 0;
}

/** Offset of the Option Type of the Home Address option of this packet, or 0. */
export function homeAddressOption(): u32 {
  return homeAddressAt;
}

/**
 * Reads the options between two offsets of the packet, which lie inside of it. The Home Address
 * option is known where `knowsHomeAddress` says so: in a Destination Options header.
 */
export function read(packet: usize, first: u32, end: u32, knowsHomeAddress: bool): Reason {
  let at = first;
  while (at < end) {
    const type = get8(packet + at);
    if (type == OptionType.Pad1) {
      at += 1;
      continue;
    }
    if (at + OPTION_DATA > end) return parameterProblem.refuseField(packet, Reason.OptionOverrun, at);
    const dataLength = get8(packet + at + OPT_DATA_LEN);
    if (at + OPTION_DATA + dataLength > end) {
      return parameterProblem.refuseField(packet, Reason.OptionOverrun, at + OPT_DATA_LEN);
    }
    const refusal =
      type == OptionType.HomeAddress && knowsHomeAddress
        ? readHomeAddress(packet, at, dataLength)
        : skip(packet, at, type);
    if (refusal != Reason.None) return refusal;
    at += OPTION_DATA + dataLength;
  }
  return Reason.None;
}

function readHomeAddress(packet: usize, at: u32, dataLength: u32): Reason {
  // 6275-6.3-1
  if (dataLength != homeAddress.OPTION_LENGTH) {
    return parameterProblem.refuseField(packet, Reason.HomeAddressOptionLength, at + OPT_DATA_LEN);
  }
  // 6275-6.3-6
  if (homeAddressAt != 0) return parameterProblem.refuseField(packet, Reason.HomeAddressOptionRepeated, at);
  if (!isUnicastRoutable(packet + at + OPTION_DATA)) return Reason.HomeAddressNotRoutable; // 6275-9.3.1-1, 6275-6.3-2
  homeAddressAt = at;
  return Reason.None;
}

/** Does what an option that this node does not know, or does not need, asks for. */
function skip(packet: usize, at: u32, type: u32): Reason {
  switch (type >> ACTION_SHIFT) {
    case OptionAction.Skip:
      return Reason.None;
    case OptionAction.Discard:
      return Reason.OptionDiscard;
    case OptionAction.ParameterProblemUnlessMulticast:
      if (isMulticast(ip6.destination(packet))) return Reason.OptionUnrecognized; // 6275-6.3-4
  }
  const code = ParameterProblemCode.UnrecognizedOption;
  return parameterProblem.refuse(packet, Reason.OptionUnrecognized, code, at); // 6275-6.3-3
}
