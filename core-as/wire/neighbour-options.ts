/**
 * Options of Neighbour Discovery, also of Mobile Prefix messages (RFC 4861 §4.6).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      | Length, in 8s |              ...              |
 *   +---------------+---------------+-------------------------------+
 *
 * Source and Target Link-Layer Address: the address stands at 2.
 *
 *   +---------------+---------------+---------------+-+-+-+---------+
 *   |   Type = 3    |  Length = 4   | Prefix Length |L|A|R|Reserved1|  0   Prefix Information, as
 *   +---------------+---------------+---------------+-+-+-+---------+      changed by RFC 6275 §7.2
 *   |                        Valid Lifetime                         |  4
 *   +---------------------------------------------------------------+
 *   |                      Preferred Lifetime                       |  8
 *   +---------------------------------------------------------------+
 *   |                           Reserved2                           | 12
 *   +---------------------------------------------------------------+
 *   |                            Prefix                             | 16
 *   +---------------------------------------------------------------+ 32
 *
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |  Length = 1   |           Reserved            |  0   MTU (type 5),
 *   +---------------+---------------+-------------------------------+      Advertisement Interval (7)
 *   |                 MTU or Advertisement Interval                 |  4
 *   +---------------------------------------------------------------+
 *
 *   +---------------+---------------+-------------------------------+
 *   |   Type = 8    |  Length = 1   |           Reserved            |  0   Home Agent Information
 *   +---------------+---------------+-------------------------------+      (RFC 6275 §7.4)
 *   |     Home Agent Preference     |      Home Agent Lifetime      |  4
 *   +-------------------------------+-------------------------------+
 */
import { NeighbourOptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ADDRESS_BYTES, copyAddress, get8, get16, get32, set8, set16, set32 } from "./bytes";

const TYPE: usize = 0;
const LENGTH: usize = TYPE + 1;
const DATA: usize = LENGTH + 1;

const PREFIX_LENGTH: usize = DATA;
const PREFIX_FLAGS: usize = PREFIX_LENGTH + 1;
const VALID_LIFETIME: usize = PREFIX_FLAGS + 1;
const PREFERRED_LIFETIME: usize = VALID_LIFETIME + 4;
const RESERVED2: usize = PREFERRED_LIFETIME + 4;
const PREFIX: usize = RESERVED2 + 4;
const PREFIX_INFORMATION_BYTES: u32 = <u32>(PREFIX + ADDRESS_BYTES);

const RESERVED: usize = DATA;
const VALUE: usize = RESERVED + 2;
const HOME_AGENT_PREFERENCE: usize = VALUE;
const HOME_AGENT_LIFETIME: usize = HOME_AGENT_PREFERENCE + 2;
const VALUE_BYTES: u32 = <u32>(VALUE + 4);

const UNIT_BYTES: u32 = 8;

/** Bits of a Prefix Information option (RFC 4861 §4.6.2, RFC 6275 §7.2). */
export enum PrefixFlag {
  OnLink = 0x80,
  /** Addresses may be configured from the prefix. */
  Autonomous = 0x40,
  /** The Prefix field holds the whole address of the router. */
  RouterAddress = 0x20,
}

/**
 * Looks at all options from `first` up to `end`. After `Reason.None` each has a length, lies inside,
 * and `find` answers only options that hold what their getters read.
 */
export function check(first: usize, end: usize): Reason {
  let p = first;
  while (p < end) {
    if (p + UNIT_BYTES > end || lengthBytes(p) == 0 || next(p) > end) return Reason.NeighbourOptionLength;
    p = next(p);
  }
  return Reason.None;
}

/**
 * The first option of this type at or behind `first`, or 0; call it with `next(option)` for further
 * ones. An option of a known type with a wrong length is ignored (6275-7.3-1, 6275-7.4-1), as
 * unknown types are (6275-6.7-5, 6275-6.8-6).
 */
export function find(first: usize, end: usize, wanted: u32): usize {
  for (let p = first; p < end; p = next(p)) {
    if (type(p) == wanted && hasRightLength(p)) return p;
  }
  return 0;
}

function hasRightLength(option: usize): bool {
  switch (type(option)) {
    case NeighbourOptionType.PrefixInformation:
      return lengthBytes(option) == PREFIX_INFORMATION_BYTES;
    case NeighbourOptionType.Mtu:
    case NeighbourOptionType.AdvertisementInterval:
    case NeighbourOptionType.HomeAgentInformation:
      return lengthBytes(option) == VALUE_BYTES;
    default:
      return true;
  }
}

export function type(option: usize): u32 {
  return get8(option + TYPE);
}

/** Octets of the whole option. */
export function lengthBytes(option: usize): u32 {
  return get8(option + LENGTH) * UNIT_BYTES;
}

/** Pointer to the octet behind an option. */
export function next(option: usize): usize {
  return option + lengthBytes(option);
}

/** Pointer to the address of a Source or Target Link-Layer Address option. */
export function linkLayerAddress(option: usize): usize {
  return option + DATA;
}

/** Prefix Length of a Prefix Information option, in bits; more than 128 means that it is malformed. */
export function prefixLength(option: usize): u32 {
  return get8(option + PREFIX_LENGTH);
}

/** True when this bit, one of `PrefixFlag`, of a Prefix Information option is set. */
export function hasPrefixFlag(option: usize, flag: u32): bool {
  return (get8(option + PREFIX_FLAGS) & flag) == flag;
}

/** Valid Lifetime of a Prefix Information option; all ones, 4294967295000 ms, is for ever. */
export function validLifetimeMs(option: usize): f64 {
  return <f64>get32(option + VALID_LIFETIME) * 1000;
}

/** Preferred Lifetime of a Prefix Information option; all ones is for ever. */
export function preferredLifetimeMs(option: usize): f64 {
  return <f64>get32(option + PREFERRED_LIFETIME) * 1000;
}

/** Pointer to the prefix, or, with `PrefixFlag.RouterAddress`, to the whole address of the router. */
export function prefix(option: usize): usize {
  return option + PREFIX;
}

/** The MTU of an MTU option, in octets. */
export function mtuBytes(option: usize): u32 {
  return get32(option + VALUE);
}

/** The longest time between two multicast Router Advertisements (RFC 6275 §7.3). */
export function advertisementIntervalMs(option: usize): u32 {
  return get32(option + VALUE);
}

/** Home Agent Preference: more is better (RFC 6275 §7.4). */
export function homeAgentPreference(option: usize): u32 {
  return get16(option + HOME_AGENT_PREFERENCE);
}

/** How long the router is a home agent (RFC 6275 §7.4). */
export function homeAgentLifetimeMs(option: usize): f64 {
  return <f64>get16(option + HOME_AGENT_LIFETIME) * 1000;
}

function begin(p: usize, type: u32, lengthBytes: u32): usize {
  memory.fill(p, 0, lengthBytes);
  set8(p + TYPE, type);
  set8(p + LENGTH, lengthBytes / UNIT_BYTES);
  return p + lengthBytes;
}

/** Appends a Source or Target Link-Layer Address option; returns the new end, as all `append...` do. */
export function appendLinkLayerAddress(p: usize, type: u32, address: usize, addressLength: u32): usize {
  const lengthBytes = (<u32>DATA + addressLength + UNIT_BYTES - 1) & ~(UNIT_BYTES - 1);
  const end = begin(p, type, lengthBytes);
  memory.copy(p + DATA, address, addressLength);
  return end;
}

/** Appends a Prefix Information option; `flags` are of `PrefixFlag`. */
export function appendPrefixInformation(
  p: usize,
  prefixLength: u32,
  flags: u32,
  validLifetimeMs: f64,
  preferredLifetimeMs: f64,
  prefix: usize,
): usize {
  const end = begin(p, NeighbourOptionType.PrefixInformation, PREFIX_INFORMATION_BYTES);
  set8(p + PREFIX_LENGTH, prefixLength);
  set8(p + PREFIX_FLAGS, flags);
  set32(p + VALID_LIFETIME, seconds(validLifetimeMs, u32.MAX_VALUE));
  set32(p + PREFERRED_LIFETIME, seconds(preferredLifetimeMs, u32.MAX_VALUE));
  copyAddress(p + PREFIX, prefix);
  return end;
}

/** Appends an MTU option. */
export function appendMtu(p: usize, mtuBytes: u32): usize {
  const end = begin(p, NeighbourOptionType.Mtu, VALUE_BYTES);
  set32(p + VALUE, mtuBytes);
  return end;
}

/** Appends an Advertisement Interval option (6275-7.3-1, 6275-7.3-2). */
export function appendAdvertisementInterval(p: usize, intervalMs: u32): usize {
  const end = begin(p, NeighbourOptionType.AdvertisementInterval, VALUE_BYTES);
  set32(p + VALUE, intervalMs);
  return end;
}

/** Appends a Home Agent Information option (6275-7.4-1, 6275-7.4-2). */
export function appendHomeAgentInformation(p: usize, preference: u32, lifetimeMs: f64): usize {
  const end = begin(p, NeighbourOptionType.HomeAgentInformation, VALUE_BYTES);
  set16(p + HOME_AGENT_PREFERENCE, preference);
  set16(p + HOME_AGENT_LIFETIME, seconds(lifetimeMs, 0xffff));
  return end;
}

/** Milliseconds in whole seconds, at most `most`. */
export function seconds(ms: f64, most: u32): u32 {
  return <u32>Math.min(Math.max(Math.floor(ms / 1000), 0), <f64>most);
}
