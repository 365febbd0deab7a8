/**
 * The addresses that a home agent keeps unique on a real home link for a binding (RFC 6275 §10.3.1): the
 * home address and, when the Binding Update has the L bit, the link-local address with the same interface
 * identifier. So an address on the link leads to at most one node's binding; no table is needed for it.
 */
import { BindingUpdateFlag } from "../abi/codes";
import { INTERFACE_PREFIX_BITS } from "../wire/addresses";
import { isLinkLocal, set64 } from "../wire/bytes";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import { NONE } from "../tables/slab";
import * as detection from "./duplicate-detection";
import * as homeLink from "./home-link";

const LINK_LOCAL_PREFIX: u64 = 0xfe80000000000000;

const derived = memory.data(16, 16);
const candidate = memory.data(16, 16);

/** The link-local address of a home address (valid until the next call), 0: its prefix does not allow one. */
export function linkLocalOf(homeAddress: usize): usize {
  const index = homeLink.findPrefix(homeAddress);
  if (index == homeLink.prefixCount() || homeLink.prefix(index).lengthBits != INTERFACE_PREFIX_BITS) return 0;
  set64(derived, LINK_LOCAL_PREFIX);
  store<u64>(derived, load<u64>(homeAddress, 8), 8);
  return derived;
}

/** True when a binding, or the Binding Update that waits to become one, has the L bit. */
export function hasLinkLocal(binding: Binding): bool {
  return binding.hasFlag(BindingUpdateFlag.LinkLocalAddressCompatibility);
}

/** The binding in force, else the pending one, that `address` belongs to; NONE. */
export function holder(address: usize): u32 {
  if (!isLinkLocal(address)) {
    const record = bindings.find(address, 0);
    return record != NONE && isHome(record) ? record : NONE;
  }
  let pending = NONE;
  for (let index: u32 = 0; index < homeLink.prefixCount(); index++) {
    if (homeLink.prefix(index).lengthBits != INTERFACE_PREFIX_BITS) continue;
    store<u64>(candidate, load<u64>(homeLink.prefix(index).address()));
    store<u64>(candidate, load<u64>(address, 8), 8);
    const record = bindings.find(candidate, 0);
    if (record == NONE || !isHome(record) || !hasLinkLocal(bindings.at(record))) continue;
    if (bindings.isInForce(record)) return record;
    pending = record;
  }
  return pending;
}

/** True when somebody else's binding has the link-local address of this home address, which there must be. */
export function isTaken(homeAddress: usize, node: u32): bool {
  const record = holder(linkLocalOf(homeAddress));
  return record != NONE && bindings.at(record).node != node;
}

function isHome(record: u32): bool {
  const binding = bindings.at(record);
  return binding.hasFlag(BindingUpdateFlag.HomeRegistration) &&
    (bindings.isInForce(record) || detection.isRunning(record));
}
