/**
 * Fragmentation of tunnel packets (RFC 2473 §7.1, RFC 8200 §4.5): only where nothing else helps,
 * that is when an inner packet of up to 1,280 octets does not fit the path with its outer header.
 *
 *   ┌────────┬───────────────────────────┐
 *   │ IPv6   │ fragmentable part         │
 *   └────────┴───────────────────────────┘
 *   ┌────────┬──────────┬───────┐  ┌────────┬──────────┬───────┐
 *   │ IPv6   │ Fragment │ 8 n   │  │ IPv6   │ Fragment │ rest  │
 *   └────────┴──────────┴───────┘  └────────┴──────────┴───────┘
 */
import { NextHeader } from "../abi/codes";
import * as orders from "../tables/orders";
import * as fragment from "../wire/fragment";
import * as ip6 from "../wire/ip6";

const HEADERS_BYTES: u32 = <u32>(ip6.LENGTH_BYTES + fragment.LENGTH_BYTES);

let counter: u64 = 0;
let secret: u64 = 0;

/** Takes a secret, so that who sees one identification cannot foretell the next (RFC 7739 §3). */
export function start(random: u64): void {
  secret = random | 1;
}

/** A number for the fragments of one packet; of IPv4 its low 16 bits. */
export function nextIdentification(): u32 {
  counter++;
  let mixed = (counter ^ secret) * 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 29) ^ secret) * 0xbf58476d1ce4e5b9;
  return <u32>(mixed >> 32);
}

/**
 * Sends the packet at `packet` on `device` in fragments of at most `mtu` octets (1280 or more).
 * Everything behind its IPv6 header is fragmentable.
 */
export function send(device: u32, packet: usize, length: u32, mtu: u32): void {
  const chunk = (mtu - HEADERS_BYTES) & ~7;
  const payload = packet + ip6.LENGTH_BYTES;
  const payloadBytes = length - <u32>ip6.LENGTH_BYTES;
  const identification = nextIdentification();
  for (let at: u32 = 0; at < payloadBytes; at += chunk) {
    const octets = min(chunk, payloadBytes - at);
    const out = orders.allocate(HEADERS_BYTES + octets);
    if (out == 0) return;
    memory.copy(out, packet, ip6.LENGTH_BYTES);
    ip6.setNextHeader(out, NextHeader.Fragment);
    ip6.setPayloadLength(out, <u32>fragment.LENGTH_BYTES + octets);
    fragment.build(out + ip6.LENGTH_BYTES, ip6.nextHeader(packet), at, at + octets < payloadBytes, identification);
    memory.copy(out + HEADERS_BYTES, payload + at, octets);
    orders.transmit(device, out, HEADERS_BYTES + octets);
  }
}
