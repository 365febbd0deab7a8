/**
 * Which mobile node may bind a home address (6275-5.1-3): the one that was given it, or, when the home link
 * is renumbered, the one that has the same interface identifier in another home prefix (RFC 6275 §10.6,
 * §11.3.1). So an identity owns its interface identifiers in all home prefixes of 64 bits that are served.
 */
import { INTERFACE_PREFIX_BITS } from "../wire/addresses";
import * as nodes from "../tables/nodes";
import { NONE } from "../tables/slab";
import * as homeLink from "./home-link";
import * as ownAddresses from "./own-addresses";

/** The node, or NONE: also for our own address in another home prefix, whoever has its interface identifier. */
export function find(homeAddress: usize): u32 {
  const exact = nodes.findHome(homeAddress);
  if (exact != NONE || ownAddresses.has(homeAddress)) return exact;
  const index = homeLink.findPrefix(homeAddress);
  const takesInterfaceIdentifier = index < homeLink.prefixCount() &&
    homeLink.prefix(index).lengthBits == INTERFACE_PREFIX_BITS;
  return takesInterfaceIdentifier ? nodes.findInterface(homeAddress) : NONE;
}
