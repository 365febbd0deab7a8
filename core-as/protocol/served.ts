/** How a home agent serves IPv4 and UDP (RFC 5555): what people have set. Without it, IPv6 alone. */
import {
  MAX_IPV4_POOLS, Refusal, SERVED_FIRST_REFRESH, SERVED_FLAGS, SERVED_IPV4_ADDRESS, SERVED_LEASE, SERVED_POOLS,
  SERVED_POOL_ADDRESSES, SERVED_POOL_BYTES, SERVED_POOL_COUNT, SERVED_POOL_FIRST, SERVED_REFRESH, ServedFlag,
} from "../abi/contract";
import { isUnspecified } from "../wire/bytes";
import { isUnicast } from "../wire/mapped";
import * as paths from "../select/paths";

const pools = memory.data(320, 8); // MAX_IPV4_POOLS × SERVED_POOL_BYTES
let pooled: u32 = 0;
let servedFlags: u32 = 0;
let longestRefreshMs: f64 = 0;
let firstAdviceMs: f64 = 0;
let leasedMs: f64 = 0;

/** Takes the SERVED_* record of `length` octets at `record`. */
export function configure(record: usize, length: u32): Refusal {
  const count = load<u32>(record, SERVED_POOL_COUNT);
  if (count > <u32>MAX_IPV4_POOLS) return Refusal.OutOfRange;
  if (length < <u32>SERVED_POOLS + count * <u32>SERVED_POOL_BYTES) return Refusal.ShortRecord;
  const address = record + SERVED_IPV4_ADDRESS;
  if (!isUnspecified(address) && !isUnicast(address)) return Refusal.OutOfRange;
  const refresh = load<f64>(record, SERVED_REFRESH);
  const first = load<f64>(record, SERVED_FIRST_REFRESH);
  const lease = load<f64>(record, SERVED_LEASE);
  if (!(first > 0) || !(refresh >= first) || !(refresh < Infinity) || !(lease >= 0)) return Refusal.OutOfRange;
  for (let index: u32 = 0; index < count; index++) {
    const pool = record + SERVED_POOLS + <usize>index * SERVED_POOL_BYTES;
    if (!isUnicast(pool + SERVED_POOL_FIRST) || load<u32>(pool, SERVED_POOL_ADDRESSES) == 0) return Refusal.OutOfRange;
  }
  paths.setOwnIpv4(address);
  longestRefreshMs = refresh;
  firstAdviceMs = first;
  leasedMs = lease;
  servedFlags = load<u32>(record, SERVED_FLAGS);
  pooled = count;
  memory.copy(pools, record + SERVED_POOLS, <usize>count * SERVED_POOL_BYTES);
  return Refusal.None;
}

/** ServedFlag */
export function flags(): u32 {
  return servedFlags;
}

function hasFlag(flag: u32): bool {
  return (servedFlags & flag) != 0;
}

/** True when UDP over IPv6 is answered. */
export function hasUdpIpv6(): bool {
  return hasFlag(ServedFlag.UdpIpv6);
}

/** The longest that mobile nodes behind a NAT are to be silent. */
export function refreshMs(): f64 {
  return longestRefreshMs;
}

/** What they are told before their NAT is known. */
export function firstRefreshMs(): f64 {
  return firstAdviceMs;
}

/** How long a dynamic IPv4 home address is leased. */
export function leaseMs(): f64 {
  return leasedMs;
}

export function poolCount(): u32 {
  return pooled;
}

/** Pointer to the first address of pool number `index`, below `poolCount`, IPv4-mapped. */
export function poolFirst(index: u32): usize {
  return pools + <usize>index * SERVED_POOL_BYTES + SERVED_POOL_FIRST;
}

/** How many addresses the pool has. */
export function poolAddresses(index: u32): u32 {
  return load<u32>(pools + <usize>index * SERVED_POOL_BYTES, SERVED_POOL_ADDRESSES);
}
