/**
 * Mobile nodes that may register: the mobility security associations of a home agent (RFC 4285 §5.1)
 * with the home addresses that each identity owns.
 *
 * An identity is kept as the first 16 octets of its SHA-1, which the index takes like an address.
 */
import { AddressIndex, newIndex } from "./index";
import { NONE, Slab, newSlab } from "./slab";

/** Octets of a prepared HMAC-SHA1 key. */
export const KEY_STATE_BYTES: usize = 40;

@unmanaged
export class Node {
  identityHigh: u64;
  identityLow: u64;
  /** Zero: the index's second key is not used here. */
  zero: u32;
  /** The host's number. */
  id: u32;
  /** Authentication */
  authentication: u32;
  /** ReplayProtection */
  replay: u32;
  spi: u32;
  /** s, 0: as the home agent. */
  maxLifetimeS: u32;
  /** First record of its home addresses. */
  firstHome: u32;
  /** Last timestamp accepted, NTP format (RFC 4285 §6). */
  timestamp: u64;
  // The prepared key, KEY_STATE_BYTES octets.
  key0: u64;
  key1: u64;
  key2: u64;
  key3: u64;
  key4: u64;
}

@unmanaged
class Home {
  high: u64;
  low: u64;
  zero: u32;
  node: u32;
  next: u32;
  /** 1 when another node has a home address with the same interface identifier. */
  shared: u32;
  /** Zero, and the interface identifier again: the key of `byInterface`. */
  noPrefix: u64;
  interfaceIdentifier: u64;
}

let nodes = changetype<Slab>(0);
let homes = changetype<Slab>(0);
let byIdentity = changetype<AddressIndex>(0);
let byHome = changetype<AddressIndex>(0);
/** One home address of each interface identifier. */
let byInterface = changetype<AddressIndex>(0);
/** Record of each host's number, or NONE. */
let byId: usize = 0;

/** Room for `capacity` nodes and twice as many home addresses (at least 16). */
export function start(capacity: u32, secretHigh: u64, secretLow: u64): void {
  nodes = newSlab(offsetof<Node>(), capacity);
  homes = newSlab(offsetof<Home>(), max<u32>(16, capacity * 2));
  byIdentity = newIndex(nodes, offsetof<Node>("identityHigh"), offsetof<Node>("zero"), secretHigh, secretLow);
  byHome = newIndex(homes, offsetof<Home>("high"), offsetof<Home>("zero"), secretHigh, secretLow);
  byInterface = newIndex(homes, offsetof<Home>("noPrefix"), offsetof<Home>("zero"), secretHigh, secretLow);
  byId = heap.alloc(<usize>capacity << 2);
  memory.fill(byId, 0xff, <usize>capacity << 2);
}

export function capacity(): u32 {
  return nodes.capacity;
}

export function at(record: u32): Node {
  return changetype<Node>(nodes.at(record));
}

/** Pointer to the prepared key of a node. */
export function keyState(node: Node): usize {
  return changetype<usize>(node) + offsetof<Node>("key0");
}

/** The node with an identity (16 octets of hash), or NONE. */
export function findIdentity(identity: usize): u32 {
  return byIdentity.find(identity, 0);
}

/** The node that owns a home address, or NONE. */
export function findHome(homeAddress: usize): u32 {
  const home = byHome.find(homeAddress, 0);
  return home == NONE ? NONE : homeAt(home).node;
}

/**
 * The node that owns an address in a home prefix of 64 bits by its interface identifier: the one that has
 * a home address with this identifier in any prefix. Where several nodes have one, or had, none owns it
 * elsewhere.
 */
export function findInterface(address: usize): u32 {
  const home = findInterfaceHome(load<u64>(address, 8));
  return home == NONE || homeAt(home).shared != 0 ? NONE : homeAt(home).node;
}

/** Pointer to the home address, of any node, that alone has the interface identifier of `address`; 0: there is none. */
export function interfaceHome(address: usize): usize {
  const home = findInterfaceHome(load<u64>(address, 8));
  return home == NONE || homeAt(home).shared != 0 ? 0 : homes.at(home);
}

function findInterfaceHome(identifier: u64): u32 {
  store<u64>(wanted, identifier, 8);
  return byInterface.find(wanted, 0);
}
const wanted = memory.data(16, 8);

/** The node with the host's number `id`, or NONE. */
export function findId(id: u32): u32 {
  return id < nodes.capacity ? load<u32>(byId + (<usize>id << 2)) : NONE;
}

/** A new node under the host's number; NONE when the budget is used up. `identity` 0: it has none. */
export function insert(id: u32, identity: usize): u32 {
  const record = nodes.take();
  if (record == NONE) return NONE;
  const node = at(record);
  node.id = id;
  node.firstHome = NONE;
  if (identity) {
    node.identityHigh = load<u64>(identity);
    node.identityLow = load<u64>(identity, 8);
    byIdentity.insert(record);
  }
  store<u32>(byId + (<usize>id << 2), record);
  return record;
}

/** Gives a node one more home address. False when the budget is used up. */
export function addHome(record: u32, homeAddress: usize): bool {
  const number = homes.take();
  if (number == NONE) return false;
  const home = homeAt(number);
  home.high = load<u64>(homeAddress);
  home.low = load<u64>(homeAddress, 8);
  home.node = record;
  home.next = NONE;
  byHome.insert(number);
  home.interfaceIdentifier = home.low;
  const same = findInterfaceHome(home.low);
  if (same == NONE) byInterface.insert(number);
  else if (homeAt(same).node != record) homeAt(same).shared = 1;
  // At the end: the first address that was given stays the first.
  const node = at(record);
  if (node.firstHome == NONE) {
    node.firstHome = number;
    return true;
  }
  let last = node.firstHome;
  while (homeAt(last).next != NONE) last = homeAt(last).next;
  homeAt(last).next = number;
  return true;
}

/** The first home address of a node as a record for `nextHome` and `homeAddressOf`, or NONE. */
export function firstHome(record: u32): u32 {
  return at(record).firstHome;
}

export function nextHome(home: u32): u32 {
  return homeAt(home).next;
}

/** Pointer to the address of a home record. */
export function homeAddressOf(home: u32): usize {
  return homes.at(home);
}

/** Takes a node and its home addresses away. */
export function remove(record: u32): void {
  const node = at(record);
  for (let home = node.firstHome; home != NONE; ) {
    const next = homeAt(home).next;
    byHome.remove(home);
    if (findInterfaceHome(homeAt(home).low) == home) byInterface.remove(home);
    homes.give(home);
    home = next;
  }
  if ((node.identityHigh | node.identityLow) != 0) byIdentity.remove(record);
  store<u32>(byId + (<usize>node.id << 2), NONE);
  nodes.give(record);
}

export function next(cursor: u32): u32 {
  return nodes.next(cursor);
}

function homeAt(record: u32): Home {
  return changetype<Home>(homes.at(record));
}
