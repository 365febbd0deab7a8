/**
 * Mobile Prefix Solicitation (type 146) and Advertisement (type 147), RFC 6275 §6.7 and §6.8.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |   Code = 0    |           Checksum            |  0
 *   +---------------+---------------+-+-+---------------------------+
 *   |          Identifier           |M|O|        Reserved           |  4   bits: advertisement only
 *   +-------------------------------+-+-+---------------------------+
 *   |                          Options ...                          |  8   as in Neighbour Discovery
 *   +---------------------------------------------------------------+
 */
import { Icmpv6Type } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get16 } from "./bytes";
import * as icmp6 from "./icmp6";
import * as options from "./neighbour-options";

const FLAGS: usize = icmp6.LENGTH_BYTES - 2;

/** Where the options begin. */
export const OPTIONS: usize = icmp6.LENGTH_BYTES;

/** Bits of a Mobile Prefix Advertisement (RFC 6275 §6.8). */
export enum MobilePrefixFlag {
  ManagedAddressConfiguration = 0x8000,
  OtherConfiguration = 0x4000,
}

/**
 * Looks at a message of either type of `length` octets; addresses as for `icmp6.check`. After
 * `Reason.None` no getter can fail, and the options lie up to `p + length`, for `find` of
 * `neighbour-options` (6275-6.7-4, 6275-6.8-5). Reserved is not looked at (6275-6.7-3, 6275-6.8-4).
 */
export function check(p: usize, length: u32, source: usize, destination: usize): Reason {
  const refusal = icmp6.check(p, length, source, destination);
  if (refusal != Reason.None) return refusal;
  if (icmp6.code(p) != 0) return Reason.Icmpv6Code;
  return options.check(p + OPTIONS, p + length);
}

/** What matches an advertisement to its solicitation. */
export function identifier(p: usize): u32 {
  return icmp6.identifier(p);
}

/** True when this bit, one of `MobilePrefixFlag`, of an advertisement is set. */
export function hasFlag(p: usize, flag: u32): bool {
  return (get16(p + FLAGS) & flag) == flag;
}

/** Writes a solicitation (6275-6.7-3) and returns where options go; `icmp6.finish` completes it. */
export function buildSolicitation(p: usize, identifier: u32): usize {
  icmp6.begin(p, Icmpv6Type.MobilePrefixSolicitation, 0, identifier << 16);
  return p + OPTIONS;
}

/**
 * Writes an advertisement (6275-6.8-4) and returns where its options go; `icmp6.finish` completes it.
 * `flags` are of `MobilePrefixFlag`.
 */
export function buildAdvertisement(p: usize, identifier: u32, flags: u32): usize {
  icmp6.begin(p, Icmpv6Type.MobilePrefixAdvertisement, 0, (identifier << 16) | (flags & 0xc000));
  return p + OPTIONS;
}
