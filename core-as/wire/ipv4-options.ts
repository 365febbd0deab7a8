/**
 * The mobility options of RFC 5555: IPv4 home and care-of addresses, and what a home agent found out about NATs. All
 * of them have eight octets and stand at 4n. Getters take the pointer that `mobility-options.find` gave; `append...`
 * is as in `binding-options`. A pointer to an IPv4 address is one to its four octets.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-----------+-+-----------------+
 *   |   Type = 29   |  Length = 6   |Prefix-len |P|    Reserved     |  0
 *   +---------------+---------------+-----------+-+-----------------+
 *   |                       IPv4 Home Address                       |  4   of a Binding Update
 *   +---------------------------------------------------------------+
 *
 *   +---------------+---------------+---------------+-----------+---+
 *   |   Type = 30   |  Length = 6   |    Status     | Pref-len  |Res|  0
 *   +---------------+---------------+---------------+-----------+---+
 *   |                       IPv4 Home Address                       |  4   of its acknowledgement
 *   +---------------------------------------------------------------+
 *
 *   +---------------+---------------+-+-----------------------------+
 *   |   Type = 31   |  Length = 6   |F|          Reserved           |  0
 *   +---------------+---------------+-+-----------------------------+
 *   |                         Refresh Time                          |  4   of its acknowledgement, s
 *   +---------------------------------------------------------------+
 *
 *   +---------------+---------------+-------------------------------+
 *   |   Type = 32   |  Length = 6   |           Reserved            |  0
 *   +---------------+---------------+-------------------------------+
 *   |                     IPv4 Care-of Address                      |  4   of a Binding Update
 *   +---------------------------------------------------------------+
 */
import { MobilityOptionType } from "../abi/codes";
import { get16, get32, get8, set16, set32, set8 } from "./bytes";
import * as options from "./mobility-options";

const PREFIX_AND_FLAG: usize = options.OPTION_DATA;
const STATUS: usize = options.OPTION_DATA;
const ACKNOWLEDGED_PREFIX: usize = STATUS + 1;
const FORCE: usize = options.OPTION_DATA;
const RESERVED: usize = options.OPTION_DATA;
const ADDRESS: usize = options.OPTION_DATA + 2;
const REFRESH: usize = ADDRESS;

/** Option Length of each of them. */
export const DATA_BYTES: u32 = 6;
/** Prefix length of a single address (5555-3.1.1-1). */
export const ADDRESS_BITS: u32 = 32;

/** The F bit of a NAT Detection option: its first one. */
const FORCED: u32 = 0x8000;
/** The P bit of an IPv4 Home Address option, in 16 bits behind six of Prefix-len. */
const WANTS_PREFIX: u32 = 0x0200;

/** Pointer to the address of an IPv4 Home Address, IPv4 Address Acknowledgement or IPv4 Care-of Address option. */
export function address(option: usize): usize {
  return option + ADDRESS;
}

/** Prefix-len of an IPv4 Home Address option; 0 is an error (5555-3.1.1-2). */
export function prefixLength(option: usize): u32 {
  return get8(option + PREFIX_AND_FLAG) >> 2;
}

/** True when an IPv4 Home Address option asks for a mobile network prefix. What is reserved is ignored (5555-3.1.1-3). */
export function wantsPrefix(option: usize): bool {
  return (get16(option + PREFIX_AND_FLAG) & WANTS_PREFIX) != 0;
}

/** Ipv4AddressStatus of an IPv4 Address Acknowledgement option, or one that is not known here. */
export function status(option: usize): u32 {
  return get8(option + STATUS);
}

/** Pref-len of an IPv4 Address Acknowledgement option; it means nothing when the address was refused (5555-3.2.1-1). */
export function acknowledgedPrefixLength(option: usize): u32 {
  return get8(option + ACKNOWLEDGED_PREFIX) >> 2; // 5555-3.2.1-2
}

/** True when a NAT Detection option wants UDP whether there is a NAT or not; what is reserved is ignored (5555-3.2.2-5). */
export function isForced(option: usize): bool {
  return (get16(option + FORCE) & FORCED) != 0;
}

/** Refresh Time of a NAT Detection option, s: 0 says nothing, NO_REFRESH that no keepalives are needed. */
export function refreshS(option: usize): u32 {
  return get32(option + REFRESH);
}

/** Appends an IPv4 Home Address option (5555-3.1.1-1, 5555-3.1.1-3). */
export function appendHomeAddress(start: usize, p: usize, address: usize, prefixLength: u32, wantsPrefix: bool): usize {
  const option = begin(start, p, MobilityOptionType.Ipv4HomeAddress, address);
  set16(option + PREFIX_AND_FLAG, (prefixLength << 10) | (wantsPrefix ? WANTS_PREFIX : 0));
  return options.next(option);
}

/** Appends an IPv4 Address Acknowledgement option; `prefixLength` is 0 for a refusal (5555-3.2.1-1, 5555-3.2.1-2). */
export function appendAcknowledgement(
  start: usize, p: usize, status: u32, prefixLength: u32, address: usize,
): usize {
  const option = begin(start, p, MobilityOptionType.Ipv4AddressAcknowledgement, address);
  set8(option + STATUS, status);
  set8(option + ACKNOWLEDGED_PREFIX, prefixLength << 2);
  return options.next(option);
}

/** Appends a NAT Detection option (5555-3.2.2-5). */
export function appendNatDetection(start: usize, p: usize, isForced: bool, refreshS: u32): usize {
  const option = options.pad(start, p, 4, 0);
  options.begin(option, MobilityOptionType.NatDetection, DATA_BYTES);
  set16(option + FORCE, isForced ? FORCED : 0);
  set32(option + REFRESH, refreshS);
  return options.next(option);
}

/** Appends an IPv4 Care-of Address option. */
export function appendCareofAddress(start: usize, p: usize, address: usize): usize {
  const option = begin(start, p, MobilityOptionType.Ipv4CareofAddress, address);
  set16(option + RESERVED, 0);
  return options.next(option);
}

/** Pads, then writes type, length and address of an option; returns where it begins. */
function begin(start: usize, p: usize, type: MobilityOptionType, address: usize): usize {
  const option = options.pad(start, p, 4, 0);
  options.begin(option, type, DATA_BYTES);
  store<u32>(option, load<u32>(address), ADDRESS);
  return option;
}
