/**
 * What the engine's own checks say of an upper-layer message. They need the addresses of the
 * pseudo-header, which headers on the way to the message may change.
 */
import { Icmpv6Type, NextHeader } from "../abi/codes";
import { Verdict } from "../abi/fields";
import { Reason } from "../abi/reasons";
import * as checksums from "./checksum";
import * as icmp6 from "./icmp6";
import * as ip4 from "./ip4";
import * as ip6 from "./ip6";
import * as mapped from "./mapped";
import * as mobility from "./mobility";
import * as neighbour from "./neighbour";
import * as router from "./router";

/** The innermost IPv6 header; 0: none. */
let header: usize = 0;
/** Addresses of the pseudo-header; 0: not known. */
let source: usize = 0;
let destination: usize = 0;
/** The packet is a fragment: its message is not all here. */
let isPart: bool = false;
/** The addresses of an IPv4 header, as IPv4-mapped ones. */
const mappedAddresses: usize = memory.data(32, 8);

/** There is no header that we know: nothing can be said. */
export function forget(): void {
  header = source = destination = 0;
  isPart = false;
}

/** The IPv6 header at `p` is the innermost one. */
export function enter(p: usize): void {
  header = p;
  source = ip6.source(p);
  destination = ip6.destination(p);
  isPart = false;
}

/** The IPv4 header at `p` is the innermost one. */
export function enterIpv4(p: usize): void {
  header = 0;
  source = mappedAddresses;
  destination = mapped.mapPair(mappedAddresses, ip4.source(p), ip4.destination(p));
  isPart = ip4.isFragment(p);
}

/** A Home Address option names the source (RFC 6275 §6.1.1). */
export function setSource(address: usize): void {
  source = address;
}

/** A routing header names the final destination, or hides it: 0 (RFC 8200 §8.1, RFC 6275 §6.1.1). */
export function setDestination(address: usize): void {
  destination = address;
}

export function setPart(part: bool): void {
  isPart = part;
}

function isCheckable(): bool {
  return !isPart && source != 0 && destination != 0;
}

/** Whether the checksum over the message of `length` octets is right. */
export function checksum(message: usize, length: u32, protocol: u32): Verdict {
  if (!isCheckable()) return Verdict.NotCheckable;
  return checksums.verify(source, destination, message, length, protocol) ? Verdict.Good : Verdict.Bad;
}

/** Whether the checksum of an ICMPv4 message is right: it has no pseudo-header (RFC 792). */
export function icmpv4Checksum(message: usize, length: u32): Verdict {
  if (isPart) return Verdict.NotCheckable;
  return checksums.fold(checksums.sum(message, length)) == 0xffff ? Verdict.Good : Verdict.Bad;
}

/** Why a Mobility Header is refused, of which and of what follows it `length` octets are here. */
export function checkMobility(message: usize, length: u32): Reason {
  const sum = isCheckable() ? mobility.verifyChecksum(source, destination, message, length) : Reason.None;
  return sum == Reason.None ? mobility.check(message, length) : sum;
}

/** Why an ICMPv6 message is refused. */
export function checkIcmpv6(message: usize, length: u32): Reason {
  if (!isCheckable() || header == 0) return Reason.None;
  switch (icmp6.type(message)) {
    case Icmpv6Type.RouterSolicitation:
      return router.checkSolicitation(header, message, length);
    case Icmpv6Type.RouterAdvertisement:
      return router.checkAdvertisement(header, message, length);
    case Icmpv6Type.NeighbourSolicitation:
      return neighbour.checkSolicitation(header, message, length);
    case Icmpv6Type.NeighbourAdvertisement:
      return neighbour.checkAdvertisement(header, message, length);
    default:
      return icmp6.check(message, length, source, destination);
  }
}

/** Whether the checksum of a Mobility Header is right; it covers nothing behind it (6275-6.1.1-4). */
export function mobilityChecksum(message: usize, length: u32): Verdict {
  if (length < mobility.lengthBytes(message)) return Verdict.NotCheckable;
  return checksum(message, mobility.lengthBytes(message), NextHeader.Mobility);
}
