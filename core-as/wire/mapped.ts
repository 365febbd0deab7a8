/**
 * IPv4 addresses in the tables: as IPv4-mapped IPv6 addresses (RFC 4291 §2.5.5.2), so that one table, one index
 * and one path serve both families. They never stand in an IPv6 header.
 *
 *    0                              10      12             16
 *   ├──────────────────────────────┼───────┼──────────────┤
 *   │ 0                            │ ffff  │ IPv4 address │
 *   └──────────────────────────────┴───────┴──────────────┘
 */
import { get32, set32 } from "./bytes";

const IPV4: usize = 12;
/** Octets 8 to 11, in network order. */
const MARK: u32 = 0xffff;

/** True for an address that stands for an IPv4 address. */
export function isMapped(address: usize): bool {
  return load<u64>(address) == 0 && get32(address + 8) == MARK;
}

/** Pointer to the four octets of the IPv4 address. */
export function ipv4(address: usize): usize {
  return address + IPV4;
}

/** Writes the 16 octets that stand for the IPv4 address at `from`, which has four. */
export function map(to: usize, from: usize): void {
  store<u64>(to, 0);
  set32(to + 8, MARK);
  store<u32>(to, load<u32>(from), IPV4);
}

/** Octets of both addresses of an IPv4 packet as they are mapped by `mapPair`. */
export const PAIR_BYTES: usize = 32;

/**
 * Writes two IPv4 addresses as those that stand for them, one behind the other, and returns a pointer to the second.
 * The sum of a pseudo-header with these is that of the IPv4 pseudo-header (RFC 768): 0xffff adds nothing.
 */
export function mapPair(to: usize, first: usize, second: usize): usize {
  map(to, first);
  map(to + 16, second);
  return to + 16;
}

/** True for ::ffff:0.0.0.0, which stands for "any IPv4 address". */
export function isAny(address: usize): bool {
  return isMapped(address) && load<u32>(address, IPV4) == 0;
}

/**
 * True for four octets that a home or care-of address by IPv4 may have: unicast, and none of 0/8, 127/8, 224/4
 * and 240/4 (RFC 1122 §3.2.1.3). Private and shared addresses are good: NATs are what this is for.
 */
export function isUnicastIpv4(octets: usize): bool {
  const first = <u32>load<u8>(octets);
  return first != 0 && first != 127 && first < 224;
}

/** The same for an IPv4-mapped address; false for an IPv6 one. */
export function isUnicast(address: usize): bool {
  return isMapped(address) && isUnicastIpv4(ipv4(address));
}
