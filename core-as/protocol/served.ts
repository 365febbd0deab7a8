/** How a home agent serves IPv4 and UDP, as people set it (RFC 5555 §4.5); without Command.ServeDualStack, not at all. */
import {
  MAX_IPV4_POOLS, Refusal, SERVED_FIRST_REFRESH, SERVED_FLAGS, SERVED_IPV4_ADDRESS, SERVED_LEASE, SERVED_POOLS,
  SERVED_POOL_BYTES, SERVED_POOL_COUNT, SERVED_REFRESH, ServedFlag,
} from "../abi/contract";
import { LIFETIME_UNIT_MS, NAT_KEEPALIVE_TIMEOUT_MS } from "../abi/codes";
import { isUnspecified } from "../wire/bytes";
import { isUnicast } from "../wire/mapped";
import * as paths from "../select/paths";
import * as leases from "../tables/ipv4-leases";
import { LeaseKind } from "../tables/ipv4-leases";
import * as pools from "../tables/ipv4-pools";
import { NONE } from "../tables/slab";

const SECOND_MS: f64 = 1000;
/** The longest refresh time, s: records keep it in 16 bits. */
const MAX_REFRESH_S: f64 = 65535;

let flags: u32 = 0;
let longestS: u32 = <u32>(NAT_KEEPALIVE_TIMEOUT_MS / 1000);
let firstS: u32 = <u32>(NAT_KEEPALIVE_TIMEOUT_MS / 1000);
let lease: f64 = 0;

/** Takes a SERVED_* record of `length` octets; given again, it replaces the former. */
export function configure(record: usize, length: u32): Refusal {
  const count = load<u32>(record, SERVED_POOL_COUNT);
  if (count > <u32>MAX_IPV4_POOLS) return Refusal.OutOfRange;
  if (length < <u32>SERVED_POOLS + count * <u32>SERVED_POOL_BYTES) return Refusal.ShortRecord;
  const address = record + SERVED_IPV4_ADDRESS;
  if (!isUnspecified(address) && !isUnicast(address)) return Refusal.OutOfRange;
  const holder = leases.findAddress(address);
  if (holder != NONE && leases.at(holder).kind == LeaseKind.Static) return Refusal.AlreadyPresent;
  const refresh = load<f64>(record, SERVED_REFRESH);
  const first = load<f64>(record, SERVED_FIRST_REFRESH);
  const leaseMs = load<f64>(record, SERVED_LEASE);
  if (!(first >= SECOND_MS) || !(refresh >= first) || !(refresh <= MAX_REFRESH_S * SECOND_MS)) return Refusal.OutOfRange;
  if (!(leaseMs >= LIFETIME_UNIT_MS)) return Refusal.OutOfRange;
  for (let index: u32 = 0; index < count; index++) {
    if (!pools.isPool(record + SERVED_POOLS + <usize>index * SERVED_POOL_BYTES)) return Refusal.OutOfRange;
  }
  flags = load<u32>(record, SERVED_FLAGS);
  longestS = <u32>(refresh / SECOND_MS); // 5555-3.2.2-6
  firstS = <u32>(first / SECOND_MS);
  lease = leaseMs;
  paths.setOwnIpv4(address);
  pools.configure(record + SERVED_POOLS, count, address);
  leases.poolsChanged();
  return Refusal.None;
}

export function has(flag: ServedFlag): bool {
  return (flags & flag) != 0;
}

/** True when UDP over IPv6 is answered: our extension. */
export function hasUdpIpv6(): bool {
  return has(ServedFlag.UdpIpv6);
}

/** True when mobile nodes may come by IPv4: this home agent has an address there. */
export function servesIpv4(): bool {
  return !isUnspecified(paths.ownIpv4Address());
}

/** The longest silence that mobile nodes behind a NAT are advised, s. */
export function longestRefreshS(): u32 {
  return longestS;
}

/** What they are advised before the NAT is known, s. */
export function firstRefreshS(): u32 {
  return firstS;
}

/** How long a dynamic IPv4 home address is leased, ms. */
export function leaseMs(): f64 {
  return lease;
}
