/**
 * The mobility options with which a mobile node shows who it is by a shared key: RFC 4283 §3 and
 * RFC 4285 §5 and §6. Getters take the pointer that `mobility-options.find` gave; `append...` takes
 * where the message starts and where its options end so far, pads to the alignment of the option,
 * and returns the new end.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+---------------+---------------+
 *   |   Type = 8    | Option Length |    Subtype    | Identifier ...|  Mobile Node Identifier
 *   +---------------+---------------+---------------+---------------+
 *
 *                   +---------------+---------------+---------------+
 *                   |   Type = 9    | Option Length |    Subtype    |
 *   +---------------+---------------+---------------+---------------+
 *   |                         Mobility SPI                          |  mobility message
 *   +---------------------------------------------------------------+  authentication, at 4n + 1
 *   |                    Authentication Data ...                    |
 *   +---------------------------------------------------------------+
 *
 *                                   +---------------+---------------+
 *                                   |   Type = 10   |  Length = 8   |
 *   +-------------------------------+---------------+---------------+
 *   |                           Timestamp                           |  mobility message replay
 *   +                                                               +  protection, at 8n + 2
 *   |                                                               |
 *   +---------------------------------------------------------------+
 */
import { MOBILE_NODE_IDENTIFIER_NAI, MobilityOptionType } from "../abi/codes";
import { get32, get64, get8, set32, set64, set8 } from "./bytes";
import * as options from "./mobility-options";

const SUBTYPE: usize = options.SUBTYPE;
const IDENTIFIER: usize = SUBTYPE + 1;
const MOBILITY_SPI: usize = SUBTYPE + 1;
const AUTHENTICATION_DATA: usize = MOBILITY_SPI + 4;
const TIMESTAMP: usize = options.OPTION_DATA;

/** Subtype of a Mobile Node Identifier or an authentication option. */
export function subtype(option: usize): u32 {
  return get8(option + SUBTYPE);
}

/** Pointer to the Identifier of a Mobile Node Identifier option (RFC 4283 §3). */
export function identifier(option: usize): usize {
  return option + IDENTIFIER;
}

/** Octets of that Identifier. */
export function identifierLength(option: usize): u32 {
  return options.dataLength(option) - 1;
}

/** Mobility SPI of an authentication option (RFC 4285 §5). */
export function mobilitySpi(option: usize): u32 {
  return get32(option + MOBILITY_SPI);
}

/** Pointer to the Authentication Data: what it protects ends here (RFC 4285 §5). */
export function authenticationData(option: usize): usize {
  return option + AUTHENTICATION_DATA;
}

/** Octets of that Authentication Data. */
export function authenticationDataLength(option: usize): u32 {
  return options.dataLength(option) - <u32>(AUTHENTICATION_DATA - SUBTYPE);
}

/** Timestamp of a replay protection option, in the format of NTP (RFC 4285 §6). */
export function timestamp(option: usize): u64 {
  return get64(option + TIMESTAMP);
}

/**
 * Appends a Mobile Node Identifier option with a network access identifier of 1 to 254 octets
 * (RFC 4283 §3.1; 4283-3.1-1). It has no alignment, and goes before any authentication option
 * (4283-3.2-1).
 */
export function appendMobileNodeIdentifier(p: usize, identifier: usize, identifierLength: u32): usize {
  options.begin(p, MobilityOptionType.MobileNodeIdentifier, identifierLength + 1);
  set8(p + SUBTYPE, MOBILE_NODE_IDENTIFIER_NAI);
  memory.copy(p + IDENTIFIER, identifier, identifierLength);
  return options.next(p);
}

/** Appends a replay protection option (RFC 4285 §6). */
export function appendReplayProtection(start: usize, p: usize, timestamp: u64): usize {
  const option = options.pad(start, p, 8, 2);
  set64(options.begin(option, MobilityOptionType.ReplayProtection, 8), timestamp);
  return options.next(option);
}

/**
 * Appends an authentication option whose data are `dataLength` octets of zero, the last ones before
 * the returned end. Where the alignment of 4n + 1 leaves a choice, it is made so that the message
 * ends with this option, without padding (4285-5.1-3).
 */
export function appendAuthentication(
  start: usize,
  p: usize,
  subtype: u32,
  mobilitySpi: u32,
  dataLength: u32,
): usize {
  const lengthBytes = <u32>AUTHENTICATION_DATA + dataLength;
  const unpadded = (0 - lengthBytes) & 7;
  const option = (unpadded & 3) == 1 ? options.pad(start, p, 8, unpadded) : options.pad(start, p, 4, 1);
  options.begin(option, MobilityOptionType.Authentication, lengthBytes - <u32>options.OPTION_DATA);
  set8(option + SUBTYPE, subtype);
  set32(option + MOBILITY_SPI, mobilitySpi);
  memory.fill(option + AUTHENTICATION_DATA, 0, dataLength);
  return options.next(option);
}
