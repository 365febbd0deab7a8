/**
 * Optimised routes: packets between a mobile node and its correspondent go past the home agent, with a
 * header of 24 octets (RFC 6275 §6.3, §6.4). Only the headers before it move; the payload stays.
 *
 *   mobile node → correspondent                     correspondent → mobile node
 *
 *   IPv6  source       care-of address              IPv6  source       correspondent
 *         destination  correspondent                      destination  care-of address
 *   Destination Options   Home Address option       Routing  type 2   home address
 *   upper layer                                     upper layer
 *
 * Inserted, the header stands where RFC 8200 §4.1 wants it: a routing header behind Hop-by-Hop options, the
 * Home Address option behind routing headers (6275-6.3-5, 6275-6.4-1), both before a Fragment header.
 */
import { NextHeader, OptionType, ROUTING_TYPE_2 } from "../abi/codes";
import { copyAddress, get8, set8 } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as extension from "../wire/extension";
import * as homeAddressOption from "../wire/home-address";
import * as ip6 from "../wire/ip6";
import * as routing2 from "../wire/routing2";

/** Octets that either header adds. */
export const ADDED_BYTES: u32 = <u32>routing2.LENGTH_BYTES;

/**
 * True when a Home Address option may be put into the packet, which has passed `ip6.check`: its extension
 * headers lie inside of it, and it has no routing header but a type 2 one before the place of the option.
 */
export function mayTake(packet: usize, length: u32): bool {
  const at = behindRouting(packet, length);
  return at != 0 && !isRoutedBehind(packet, length, at);
}

/** The same for a type 2 routing header: the packet has no routing header at all. */
export function mayTakeRoutingHeader(packet: usize, length: u32): bool {
  const at = behindHopByHop(packet, length);
  return at != 0 && !isRoutedBehind(packet, length, at);
}

/**
 * Puts a type 2 routing header with the packet's destination into it and addresses it to `careofAddress`
 * (RFC 6275 §9.3.2; 6275-8.2-2). The packet has HEADROOM before it and `mayTakeRoutingHeader` holds. Returns
 * where it begins now.
 */
export function insertRoutingHeader(packet: usize, length: u32, careofAddress: usize): usize {
  const at = behindHopByHop(packet, length);
  const begin = open(packet, at);
  routing2.build(begin + at, namedAt(begin, at), ip6.destination(begin));
  finishInsertion(begin, at, NextHeader.Routing);
  copyAddress(ip6.destination(begin), careofAddress);
  return begin;
}

/**
 * Puts a Home Address option with the packet's source into it and lets it come from `careofAddress`
 * (RFC 6275 §11.3.1; 6275-8.5-2), behind a routing header, before AH and ESP (6275-11.3.2-2). The packet has
 * HEADROOM before it and `mayTake` holds. Returns where it begins now.
 */
export function insertHomeAddress(packet: usize, length: u32, careofAddress: usize): usize {
  const at = behindRouting(packet, length);
  const begin = open(packet, at);
  homeAddressOption.build(begin + at, namedAt(begin, at), ip6.source(begin));
  finishInsertion(begin, at, NextHeader.Destination);
  copyAddress(ip6.source(begin), careofAddress);
  return begin;
}

/**
 * Takes the type 2 routing header out of a packet in which `extension.walk` found one, and gives it the
 * home address as its destination (RFC 6275 §11.3.3). Returns where it begins now.
 */
export function removeRoutingHeader(packet: usize): usize {
  const at = extension.routingHeaderOffset();
  copyAddress(ip6.destination(packet), routing2.homeAddress(packet + at));
  return close(packet, at);
}

/**
 * Takes the Home Address option out of a packet in which `extension.walk` found one, and gives it the home
 * address as its source (RFC 6275 §9.3.1). Other options in the same header stay. Returns where it begins now.
 */
export function removeHomeAddress(packet: usize): usize {
  const option = extension.homeAddressOption();
  copyAddress(ip6.source(packet), extension.homeAddress(packet));
  const at = headerAround(packet, option);
  if (isAlone(packet, at, option)) return close(packet, at);
  set8(packet + option, OptionType.PadN);
  memory.fill(packet + option + 2, 0, homeAddressOption.OPTION_LENGTH);
  return packet;
}

/** Opens room for a header before offset `at`: what is in front of it moves. */
function open(packet: usize, at: u32): usize {
  const begin = packet - ADDED_BYTES;
  memory.copy(begin, packet, at);
  return begin;
}

/** Names the new header at offset `at` and counts it. */
function finishInsertion(begin: usize, at: u32, header: u32): void {
  set8(begin + namingOffset(begin, at), header);
  ip6.setPayloadLength(begin, ip6.payloadLength(begin) + ADDED_BYTES);
}

/** Takes the header of ADDED_BYTES octets at offset `at` away: what is in front of it moves. */
function close(packet: usize, at: u32): usize {
  set8(packet + namingOffset(packet, at), get8(packet + at + chain.NEXT_HEADER));
  ip6.setPayloadLength(packet, ip6.payloadLength(packet) - ADDED_BYTES);
  const begin = packet + ADDED_BYTES;
  memory.copy(begin, packet, at);
  return begin;
}

/** Offset behind the Hop-by-Hop options, where a routing header goes; 0 when they are not whole. */
function behindHopByHop(packet: usize, length: u32): u32 {
  const first = <u32>ip6.LENGTH_BYTES;
  return ip6.nextHeader(packet) == NextHeader.HopByHop ? behind(packet, length, first, NextHeader.HopByHop) : first;
}

/** Offset behind a type 2 routing header that is there already as well, where a Home Address option goes. */
function behindRouting(packet: usize, length: u32): u32 {
  const at = behindHopByHop(packet, length);
  if (at == 0 || namedAt(packet, at) != NextHeader.Routing || at + chain.UNIT_BYTES > length) return at;
  return routing2.routingType(packet + at) == ROUTING_TYPE_2 ? behind(packet, length, at, NextHeader.Routing) : at;
}

/** Offset behind the header at `at`, 0 when it is not whole. */
function behind(packet: usize, length: u32, at: u32, header: u32): u32 {
  if (at + chain.UNIT_BYTES > length) return 0;
  const end = at + chain.lengthBytes(header, packet + at);
  return end <= length ? end : 0;
}

/** True when a routing header follows from offset `at` on, or the chain is cut off. */
function isRoutedBehind(packet: usize, length: u32, at: u32): bool {
  let protocol = namedAt(packet, at);
  for (let headers: u32 = 0; chain.isExtension(protocol) && protocol != NextHeader.Fragment; headers++) {
    if (protocol == NextHeader.Routing || headers == chain.MAX_HEADERS) return true;
    const end = behind(packet, length, at, protocol);
    if (end == 0) return true;
    protocol = get8(packet + at + chain.NEXT_HEADER);
    at = end;
  }
  return false;
}

/** Offset of the Next Header field that names the header at offset `at`, which is one of the chain. */
function namingOffset(packet: usize, at: u32): u32 {
  let named = <u32>ip6.NEXT_HEADER;
  let here = <u32>ip6.LENGTH_BYTES;
  while (here < at) {
    const bytes = chain.lengthBytes(get8(packet + named), packet + here);
    named = here + chain.NEXT_HEADER;
    here += bytes;
  }
  return named;
}

/** The protocol of what stands at offset `at` of the chain. */
function namedAt(packet: usize, at: u32): u32 {
  return get8(packet + namingOffset(packet, at));
}

/** Offset of the header that the option at offset `option` is in. */
function headerAround(packet: usize, option: u32): u32 {
  let protocol = ip6.nextHeader(packet);
  let at = <u32>ip6.LENGTH_BYTES;
  let end = at + chain.lengthBytes(protocol, packet + at);
  while (end <= option) {
    protocol = get8(packet + at + chain.NEXT_HEADER);
    at = end;
    end = at + chain.lengthBytes(protocol, packet + at);
  }
  return at;
}

/** True when the header at `at` has this option, padding, and nothing else. */
function isAlone(packet: usize, at: u32, option: u32): bool {
  if (chain.lengthBytes(NextHeader.Destination, packet + at) != ADDED_BYTES) return false;
  for (let p = at + 2; p < at + ADDED_BYTES; ) {
    const type = get8(packet + p);
    if (type == OptionType.Pad1) {
      p++;
      continue;
    }
    if (type != OptionType.PadN && p != option) return false;
    p += 2 + get8(packet + p + 1);
  }
  return true;
}
