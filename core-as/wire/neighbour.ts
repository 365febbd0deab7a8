/**
 * Neighbour Solicitation (RFC 4861 §4.3) and Neighbour Advertisement (RFC 4861 §4.4), and the checks
 * that they share with the messages of `router`.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |     Code      |           Checksum            |  0
 *   +-+-+-+---------+---------------+-------------------------------+
 *   |R|S|O|                      Reserved                           |  4   bits: advertisement only
 *   +-+-+-+---------------------------------------------------------+
 *   |                        Target Address                         |  8
 *   +---------------------------------------------------------------+
 *   |                          Options ...                          | 24
 *   +---------------------------------------------------------------+
 */
import { Icmpv6Type, NeighbourOptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ADDRESS_BYTES, copyAddress, get32, get64, isMulticast, isUnspecified, set64 } from "./bytes";
import * as icmp6 from "./icmp6";
import * as ip6 from "./ip6";
import * as options from "./neighbour-options";

const FLAGS: usize = 4;
const TARGET: usize = FLAGS + 4;

/** Where the options begin. */
export const OPTIONS: usize = TARGET + ADDRESS_BYTES;

/** Hop limit of every message of Neighbour Discovery: a router would have lowered it (RFC 4861 §3.1). */
export const HOP_LIMIT: u32 = 255;

/**
 * RETRANS_TIMER (RFC 4861 §10): between two solicitations or advertisements, and how long an objection to an address
 * may take (RFC 4862 §5.4).
 */
export const RETRANS_TIMER_MS: f64 = 1000;

/** Bits of a Neighbour Advertisement (RFC 4861 §4.4). */
export enum NeighbourFlag {
  Router = 0x80000000,
  Solicited = 0x40000000,
  Override = 0x20000000,
}

/** ff02::1:ff00:0/104, without its last 24 bits (RFC 4291 §2.7.1). */
const SOLICITED_NODE_HIGH: u64 = 0xff02000000000000;
const SOLICITED_NODE_LOW: u64 = 0x00000001ff000000;
const SOLICITED_NODE_LOW_MASK: u64 = 0xffffffffff000000;

/**
 * The checks that RFC 4861 §6.1 and §7.1 want of all messages: hop limit, checksum, code, at least
 * `minimum` octets, and options with a length. `p` points to the `length` octets of ICMPv6 in the
 * IPv6 packet `packet`.
 */
export function checkMessage(packet: usize, p: usize, length: u32, minimum: u32): Reason {
  if (ip6.hopLimit(packet) != HOP_LIMIT) return Reason.NeighbourHopLimit;
  const refusal = icmp6.check(p, length, ip6.source(packet), ip6.destination(packet));
  if (refusal != Reason.None) return refusal;
  if (icmp6.code(p) != 0) return Reason.Icmpv6Code;
  if (length < minimum) return Reason.Icmpv6Truncated;
  return options.check(p + minimum, p + length);
}

/**
 * The checks of RFC 4861 §7.1.1. After `Reason.None` no getter of this file can fail, and the options
 * lie up to `p + length`.
 */
export function checkSolicitation(packet: usize, p: usize, length: u32): Reason {
  const refusal = checkMessage(packet, p, length, <u32>OPTIONS);
  if (refusal != Reason.None) return refusal;
  if (isMulticast(target(p))) return Reason.NeighbourTargetMulticast;
  if (!isUnspecified(ip6.source(packet))) return Reason.None;
  const option = options.find(p + OPTIONS, p + length, NeighbourOptionType.SourceLinkLayerAddress);
  const isWrong = option != 0 || !isSolicitedNode(ip6.destination(packet));
  return isWrong ? Reason.NeighbourUnspecifiedSource : Reason.None;
}

/** The checks of RFC 4861 §7.1.2; the promise is that of `checkSolicitation`. */
export function checkAdvertisement(packet: usize, p: usize, length: u32): Reason {
  const refusal = checkMessage(packet, p, length, <u32>OPTIONS);
  if (refusal != Reason.None) return refusal;
  if (isMulticast(target(p))) return Reason.NeighbourTargetMulticast;
  if (isMulticast(ip6.destination(packet)) && hasFlag(p, NeighbourFlag.Solicited)) {
    return Reason.NeighbourSolicitedMulticast;
  }
  return Reason.None;
}

/** True for a solicited-node multicast address. */
export function isSolicitedNode(address: usize): bool {
  return (
    get64(address) == SOLICITED_NODE_HIGH &&
    (get64(address + 8) & SOLICITED_NODE_LOW_MASK) == SOLICITED_NODE_LOW
  );
}

/** Writes the solicited-node multicast address of `address` to `to` (RFC 4291 §2.7.1). */
export function solicitedNode(to: usize, address: usize): void {
  set64(to, SOLICITED_NODE_HIGH);
  set64(to + 8, SOLICITED_NODE_LOW | (get64(address + 8) & ~SOLICITED_NODE_LOW_MASK));
}

/** Pointer to the Target Address. */
export function target(p: usize): usize {
  return p + TARGET;
}

/** True when this bit, one of `NeighbourFlag`, of an advertisement is set. */
export function hasFlag(p: usize, flag: u32): bool {
  return (get32(p + FLAGS) & flag) == flag;
}

/** Writes a solicitation and returns where its options go; `icmp6.finish` completes it. */
export function buildSolicitation(p: usize, target: usize): usize {
  return build(p, Icmpv6Type.NeighbourSolicitation, 0, target);
}

/**
 * Writes an advertisement and returns where its options go; `icmp6.finish` completes it. `flags` are
 * of `NeighbourFlag`.
 */
export function buildAdvertisement(p: usize, flags: u32, target: usize): usize {
  return build(p, Icmpv6Type.NeighbourAdvertisement, flags, target);
}

function build(p: usize, type: u32, flags: u32, target: usize): usize {
  icmp6.begin(p, type, 0, flags);
  copyAddress(p + TARGET, target);
  return p + OPTIONS;
}
