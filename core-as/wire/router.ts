/**
 * Router Solicitation (RFC 4861 §4.1) and Router Advertisement (RFC 4861 §4.2, RFC 6275 §7.1).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |     Code      |           Checksum            |  0
 *   +---------------+-+-+-+---------+-------------------------------+
 *   | Cur Hop Limit |M|O|H| Reserved|        Router Lifetime        |  4   advertisement; reserved
 *   +---------------+-+-+-+---------+-------------------------------+      in a solicitation
 *   |                        Reachable Time                         |  8   advertisement only
 *   +---------------------------------------------------------------+
 *   |                         Retrans Timer                         | 12   advertisement only
 *   +---------------------------------------------------------------+
 *   |                          Options ...                          |  8 or 16
 *   +---------------------------------------------------------------+
 */
import { Icmpv6Type, NeighbourOptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8, get16, get32, isLinkLocal, isUnspecified, set8, set16, set32 } from "./bytes";
import * as icmp6 from "./icmp6";
import * as ip6 from "./ip6";
import * as neighbour from "./neighbour";
import * as options from "./neighbour-options";

const CUR_HOP_LIMIT: usize = 4;
const FLAGS: usize = CUR_HOP_LIMIT + 1;
const ROUTER_LIFETIME: usize = FLAGS + 1;
const REACHABLE_TIME: usize = ROUTER_LIFETIME + 2;
const RETRANS_TIMER: usize = REACHABLE_TIME + 4;

/** Where the options of a Router Solicitation begin. */
export const SOLICITATION_OPTIONS: usize = icmp6.LENGTH_BYTES;

/** Where the options of a Router Advertisement begin. */
export const ADVERTISEMENT_OPTIONS: usize = RETRANS_TIMER + 4;

/** Bits of a Router Advertisement (RFC 4861 §4.2, RFC 6275 §7.1). */
export enum RouterFlag {
  ManagedAddressConfiguration = 0x80,
  OtherConfiguration = 0x40,
  HomeAgent = 0x20,
}

/** The checks of RFC 4861 §6.1.1 on a message of `length` octets at `p` in the IPv6 packet `packet`. */
export function checkSolicitation(packet: usize, p: usize, length: u32): Reason {
  const refusal = neighbour.checkMessage(packet, p, length, <u32>SOLICITATION_OPTIONS);
  if (refusal != Reason.None || !isUnspecified(ip6.source(packet))) return refusal;
  return options.find(p + SOLICITATION_OPTIONS, p + length, NeighbourOptionType.SourceLinkLayerAddress) == 0
    ? Reason.None
    : Reason.NeighbourUnspecifiedSource;
}

/**
 * The checks of RFC 4861 §6.1.2 on a message of `length` octets at `p` in the IPv6 packet `packet`.
 * After `Reason.None` no getter of this file can fail, and the options lie up to `p + length`.
 */
export function checkAdvertisement(packet: usize, p: usize, length: u32): Reason {
  const refusal = neighbour.checkMessage(packet, p, length, <u32>ADVERTISEMENT_OPTIONS);
  if (refusal != Reason.None) return refusal;
  return isLinkLocal(ip6.source(packet)) ? Reason.None : Reason.RouterNotLinkLocal;
}

/** Pointer to the first option of an advertisement. */
export function advertisementOptions(p: usize): usize {
  return p + ADVERTISEMENT_OPTIONS;
}

export function curHopLimit(p: usize): u32 {
  return get8(p + CUR_HOP_LIMIT);
}

/** True when this bit, one of `RouterFlag`, is set. */
export function hasFlag(p: usize, flag: u32): bool {
  return (get8(p + FLAGS) & flag) == flag;
}

/** How long the router is a default router; 0 when it is none. */
export function routerLifetimeMs(p: usize): f64 {
  return <f64>get16(p + ROUTER_LIFETIME) * 1000;
}

/** 0 when the router does not say. */
export function reachableTimeMs(p: usize): u32 {
  return get32(p + REACHABLE_TIME);
}

/** 0 when the router does not say. */
export function retransTimerMs(p: usize): u32 {
  return get32(p + RETRANS_TIMER);
}

/** Writes a solicitation and returns where its options go; `icmp6.finish` completes it. */
export function buildSolicitation(p: usize): usize {
  icmp6.begin(p, Icmpv6Type.RouterSolicitation, 0, 0);
  return p + SOLICITATION_OPTIONS;
}

/**
 * Writes an advertisement and returns where its options go; `icmp6.finish` completes it. `flags` are
 * of `RouterFlag`.
 */
export function buildAdvertisement(
  p: usize,
  curHopLimit: u32,
  flags: u32,
  routerLifetimeMs: f64,
  reachableTimeMs: u32,
  retransTimerMs: u32,
): usize {
  icmp6.begin(p, Icmpv6Type.RouterAdvertisement, 0, 0);
  set8(p + CUR_HOP_LIMIT, curHopLimit);
  set8(p + FLAGS, flags);
  set16(p + ROUTER_LIFETIME, options.seconds(routerLifetimeMs, 0xffff));
  set32(p + REACHABLE_TIME, reachableTimeMs);
  set32(p + RETRANS_TIMER, retransTimerMs);
  return p + ADVERTISEMENT_OPTIONS;
}
