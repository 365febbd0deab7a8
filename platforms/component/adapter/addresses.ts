/**
 * Addresses: the core has 16 octets of each, IPv4 ones as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2); an embedder has 16
 * octets or 4.
 */

/** ::ffff in front of the four octets, as it is loaded from memory. */
const MAPPED: u32 = 0xffff0000;

/** Writes the core's form of an address; false: it has neither 4 nor 16 octets. */
export function writeAddress(at: usize, pointer: usize, length: u32): bool {
  if (length === 16) memory.copy(at, pointer, 16);
  else if (length === 4) {
    store<u64>(at, 0);
    store<u32>(at, MAPPED, 8);
    store<u32>(at, load<u32>(pointer), 12);
  } else return false;
  return true;
}

export function isIpv4(at: usize): bool {
  return load<u64>(at) === 0 && load<u32>(at, 8) === MAPPED;
}

export function isUnspecified(at: usize): bool {
  return (load<u64>(at) | load<u64>(at, 8)) === 0;
}

/** Gives the address at `address` as a list: its octets stay where they are. */
export function giveAddress(to: usize, address: usize): void {
  const ipv4 = isIpv4(address);
  store<usize>(to, ipv4 ? address + 12 : address);
  store<u32>(to, ipv4 ? 4 : 16, 4);
}

/** Gives an address that need not be there as an option. */
export function giveOptionalAddress(to: usize, address: usize): void {
  const given = !isUnspecified(address);
  store<u32>(to, given ? 1 : 0);
  if (given) giveAddress(to + 4, address);
}
