/**
 * The global addresses of this home agent that others may be told: the one it is configured with, and its whole
 * addresses in further home prefixes (HomePrefixFlag.RouterAddress) while those are valid.
 */
import { HomePrefixFlag } from "../abi/contract";
import { sameAddress } from "../wire/bytes";
import * as homeLink from "./home-link";

const pointers = memory.data(68, 4); // u32 each: the home agent's address and MAX_HOME_PREFIXES others

/** How many there are now; `at` is valid until the home agent is configured anew. */
export function count(): u32 {
  store<u32>(pointers, <u32>homeLink.address());
  let found: u32 = 1;
  for (let index: u32 = 0; index < homeLink.prefixCount(); index++) {
    const prefix = homeLink.prefix(index);
    const isAddress = prefix.hasFlag(HomePrefixFlag.RouterAddress) && prefix.validMs() > 0;
    if (!isAddress || sameAddress(prefix.address(), homeLink.address())) continue;
    store<u32>(pointers + (<usize>found << 2), <u32>prefix.address());
    found++;
  }
  return found;
}

/** True for an address of this home agent. */
export function has(address: usize): bool {
  const known = count();
  for (let index: u32 = 0; index < known; index++) if (sameAddress(at(index), address)) return true;
  return false;
}

/** Pointer to the address number `index`, below the `count` that was asked last. */
export function at(index: u32): usize {
  return load<u32>(pointers + (<usize>index << 2));
}
