/**
 * Home Agent Address Discovery Request (type 144) and Reply (type 145), RFC 6275 §6.5 and §6.6.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |   Code = 0    |           Checksum            |  0
 *   +---------------+---------------+-------------------------------+
 *   |          Identifier           |           Reserved            |  4
 *   +-------------------------------+-------------------------------+
 *   |                   Home Agent Addresses ...                    |  8   reply only
 *   +---------------------------------------------------------------+
 */
import { Icmpv6Type } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ADDRESS_BYTES, copyAddress } from "./bytes";
import * as icmp6 from "./icmp6";

const HOME_AGENT_ADDRESSES: usize = icmp6.LENGTH_BYTES;

/**
 * Looks at a request or reply of `length` octets; addresses as for `icmp6.check`. After `Reason.None`
 * no getter can fail. Reserved is not looked at (6275-6.5-1, 6275-6.6-1).
 */
export function check(p: usize, length: u32, source: usize, destination: usize): Reason {
  const refusal = icmp6.check(p, length, source, destination);
  if (refusal != Reason.None) return refusal;
  return icmp6.code(p) == 0 ? Reason.None : Reason.Icmpv6Code;
}

/** What matches a reply to its request. */
export function identifier(p: usize): u32 {
  return icmp6.identifier(p);
}

/** Home agent addresses in a reply of `length` octets: as many as are there whole. */
export function addressCount(length: u32): u32 {
  return (length - <u32>HOME_AGENT_ADDRESSES) / <u32>ADDRESS_BYTES;
}

/** Pointer to one of them, from 0 up to `addressCount`; the best home agent comes first. */
export function address(p: usize, index: u32): usize {
  return p + HOME_AGENT_ADDRESSES + <usize>index * ADDRESS_BYTES;
}

/** Writes a request (6275-6.5-1) and returns its end; `icmp6.finish` completes it. */
export function buildRequest(p: usize, identifier: u32): usize {
  icmp6.begin(p, Icmpv6Type.HomeAgentAddressDiscoveryRequest, 0, identifier << 16);
  return p + HOME_AGENT_ADDRESSES;
}

/** Writes a reply without addresses (6275-6.6-1) and returns its end; `icmp6.finish` completes it. */
export function buildReply(p: usize, identifier: u32): usize {
  icmp6.begin(p, Icmpv6Type.HomeAgentAddressDiscoveryReply, 0, identifier << 16);
  return p + HOME_AGENT_ADDRESSES;
}

/** Appends a home agent to a reply that ends at `end`, and returns the new end. */
export function appendAddress(end: usize, homeAgent: usize): usize {
  copyAddress(end, homeAgent);
  return end + ADDRESS_BYTES;
}
