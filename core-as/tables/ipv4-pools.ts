/** The IPv4 addresses that a home agent may lease: runs of addresses, one behind the other. */
import { MAX_IPV4_POOLS, SERVED_POOL_ADDRESSES, SERVED_POOL_BYTES, SERVED_POOL_FIRST } from "../abi/contract";
import { copyAddress, get32, sameAddress, set32 } from "../wire/bytes";
import { ipv4, isUnicast, isUnicastIpv4, map } from "../wire/mapped";

const FIRST: usize = 0;
const COUNT: usize = FIRST + 4;
const POOL_BYTES: usize = COUNT + 4;
const pools = memory.data(128, 8); // MAX_IPV4_POOLS × POOL_BYTES
const own = memory.data(16, 8);
const octets = memory.data(4, 4);
let poolsKnown: u32 = 0;
let all: u64 = 0;

/** Last octets that networks of many sizes keep for themselves: of the network, and of all its hosts. */
const NETWORK_LIKE: u32 = 0;
const BROADCAST_LIKE: u32 = 255;

/** True when a SERVED_POOL_* record is a run of unicast addresses. */
export function isPool(record: usize): bool {
  const count = load<u32>(record, SERVED_POOL_ADDRESSES);
  if (!isUnicast(record + SERVED_POOL_FIRST) || count == 0) return false;
  const last = <u64>get32(ipv4(record + SERVED_POOL_FIRST)) + count - 1;
  if (last > 0xffffffff) return false;
  set32(octets, <u32>last);
  return isUnicastIpv4(octets);
}

/** Takes `count` SERVED_POOL_* records, which `isPool` has found good, and our own address, which is never leased. */
export function configure(records: usize, count: u32, ownAddress: usize): void {
  copyAddress(own, ownAddress);
  poolsKnown = min<u32>(count, <u32>MAX_IPV4_POOLS);
  all = 0;
  for (let index: u32 = 0; index < poolsKnown; index++) {
    const record = records + <usize>index * SERVED_POOL_BYTES;
    store<u32>(poolAt(index), get32(ipv4(record + SERVED_POOL_FIRST)), FIRST);
    store<u32>(poolAt(index), load<u32>(record, SERVED_POOL_ADDRESSES), COUNT);
    all += load<u32>(record, SERVED_POOL_ADDRESSES);
  }
}

/** How many addresses there are, with those that are never leased. */
export function size(): u64 {
  return all;
}

/** True for our own address. */
export function isOwn(address: usize): bool {
  return sameAddress(address, own);
}

/** Writes the IPv4-mapped address number `number`, below `size`, to `to`. */
export function write(to: usize, number: u64): void {
  let left = number;
  for (let index: u32 = 0; index < poolsKnown; index++) {
    const count = load<u32>(poolAt(index), COUNT);
    if (left < count) {
      set32(octets, load<u32>(poolAt(index), FIRST) + <u32>left);
      break;
    }
    left -= count;
  }
  map(to, octets);
}

/** True for an IPv4-mapped address that may be leased: of a pool, not ours, and none that names a whole network. */
export function isLeasable(address: usize): bool {
  const value = get32(ipv4(address));
  const last = value & 0xff;
  if (last == NETWORK_LIKE || last == BROADCAST_LIKE || isOwn(address) || !isUnicast(address)) return false;
  for (let index: u32 = 0; index < poolsKnown; index++) {
    const first = load<u32>(poolAt(index), FIRST);
    if (value >= first && value - first < load<u32>(poolAt(index), COUNT)) return true;
  }
  return false;
}

function poolAt(index: u32): usize {
  return pools + <usize>index * POOL_BYTES;
}
