/**
 * The Tunnel Encapsulation Limit (RFC 2473 §4.1.1): how many more tunnels a packet may enter.
 *
 *   │ outer IPv6 │ Destination Options: limit − 1 │ inner IPv6 │ Destination Options: limit │ …
 */
import { NextHeader, OptionType } from "../abi/codes";
import { get8, set8 } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as ip6 from "../wire/ip6";

/** Octets of a Destination Options header with the option. */
export const HEADER_BYTES: u32 = 8;
/** Where the options of a Destination Options header begin. */
const OPTIONS: u32 = 2;

/** Offset of the limit in a packet that is to be tunnelled, 0: it has none (RFC 2473 §4.1.1(a)). */
export function find(packet: usize, length: u32): u32 {
  let protocol = ip6.nextHeader(packet);
  let at = <u32>ip6.LENGTH_BYTES;
  for (let headers: u32 = 0; chain.isExtension(protocol) && headers < chain.MAX_HEADERS; headers++) {
    if (at + chain.UNIT_BYTES > length) return 0;
    const end = at + chain.lengthBytes(protocol, packet + at);
    if (protocol == NextHeader.Destination) {
      const limit = findOption(packet, at + OPTIONS, min(end, length));
      if (limit != 0) return limit;
    }
    if (protocol == NextHeader.Fragment) return 0; // what follows may be the middle of something
    protocol = get8(packet + at + chain.NEXT_HEADER);
    at = end;
  }
  return 0;
}

function findOption(packet: usize, at: u32, end: u32): u32 {
  while (at < end) {
    if (get8(packet + at) == OptionType.Pad1) {
      at++;
      continue;
    }
    if (at + 2 > end) return 0;
    const octets = get8(packet + at + 1);
    if (get8(packet + at) == OptionType.TunnelEncapsulationLimit && octets == 1 && at + 2 < end) return at + 2;
    at += 2 + octets;
  }
  return 0;
}

/** Writes a Destination Options header with the limit and padding before an inner IPv6 header. */
export function build(p: usize, limit: u32): void {
  set8(p, NextHeader.Ipv6);
  set8(p + 1, 0);
  set8(p + 2, OptionType.TunnelEncapsulationLimit);
  set8(p + 3, 1);
  set8(p + 4, limit);
  set8(p + 5, OptionType.PadN);
  set8(p + 6, 1);
  set8(p + 7, 0);
}
