/**
 * The binding cache (RFC 6275 §9.1): keyed by home address and binding identifier, so that a node
 * may have several care-of addresses (RFC 5648); identifier 0 is the binding of a plain RFC 6275
 * registration. At a correspondent node the identifier is the number of its own address: so each has a
 * cache of its own (6275-9.1-1).
 *
 * An IPv4 home address has an entry of its own under its IPv4-mapped address (RFC 5555 §2.3), with the same path
 * as the entry of the IPv6 home address that it goes with.
 */
import { Encapsulation } from "../abi/contract";
import { isMapped } from "../wire/mapped";
import { AddressIndex, newIndex } from "./index";
import { overheadBytes } from "./path";
import { NONE, Slab, newSlab } from "./slab";

@unmanaged
export class Binding {
  homeHigh: u64;
  homeLow: u64;
  careofHigh: u64;
  careofLow: u64;
  /** When the lifetime ends, monotonic ms; 0: not in force (yet, or any more), so that it carries nothing. */
  expiresMs: f64;
  /**
   * Binding identifier (BID), 16 bits; at a correspondent node, which of its own addresses the binding is for.
   */
  identifier: u32;
  /** Largest packet that reaches the care-of address, octets, with all outer headers. */
  pathMtu: u16;
  /** UDP: port of the mobile node's end, as we see it (RFC 5555 §2.3.2.2). */
  port: u16;
  packetsOut: f64;
  bytesOut: f64;
  // One cache line up to here: all that a packet to the mobile node needs.
  packetsIn: f64;
  bytesIn: f64;
  /** When this care-of address was registered, monotonic ms. */
  sinceMs: f64;
  /** When `pathMtu` was learnt, monotonic ms. */
  pathMtuSinceMs: f64;
  /** Record of the mobile node it belongs to. */
  node: u32;
  /** Handle of its timer. */
  timer: u32;
  /** Lifetime granted, s. */
  lifetimeS: u32;
  sequence: u16;
  /** Flags of the Binding Update. */
  flags: u16;
  /** Binding Refresh Requests sent since the last Binding Update. */
  refreshRequests: u8;
  /** 1: a NAT is between the mobile node and us (RFC 5555 §4.2). */
  nat: u8;
  /** Silence after which a mobile node behind a NAT is to say something, s; 0: it was told nothing. */
  refreshS: u16;
  /** Longest silence that the NAT's mapping survived, and shortest after which it was gone, s; 0: unknown. */
  natHeldS: u16;
  natLostS: u16;
  /** The care-of address that the mobile node itself knows (`ReceivedUpdate.claimedCareof`); 0: not known. */
  claimedCareof: u32;
  /** The entry of the other family: of the IPv4 home address that goes with this one, or the other way; NONE. */
  companion: u32;
  /**
   * When a packet of the mobile node was last carried, monotonic ms; at a correspondent node, also one to it.
   */
  lastUsedMs: f64;
  // What only a correspondent node keeps.
  /** The newest nonce index of all Binding Updates that were accepted. */
  newestNonce: u16;
  /**
   * Binding Updates whose nonces are both not newer than this one are of a former life; counts when
   * `hasFormerLife`.
   */
  formerNonce: u16;
  /** When the first of them came, s, modulo 2^16. */
  unreachableSinceS: u16;
  /** Destination Unreachable messages since a packet of the mobile node came, one a second. */
  unreachables: u8;
  hasFormerLife: u8;

  /** `packetsIn` and `packetsOut` together, when the last Binding Update came. */
  packetsAtRenewal: f64;
  /** Home agent: `packetsOut` of both entries when the mobile node was last heard, by this mapping of its NAT. */
  packetsOutWhenHeard: f64;

  hasFlag(flag: u32): bool {
    return (<u32>this.flags & flag) != 0;
  }

  /** True when packets were carried since the last Binding Update. */
  isActive(): bool {
    return this.packetsIn + this.packetsOut != this.packetsAtRenewal;
  }

  /** Encapsulation, as care-of address and port say it. */
  encapsulation(): u32 {
    const isIpv4 = isMapped(careofAddress(this));
    if (this.port != 0) return isIpv4 ? Encapsulation.UdpIpv4 : Encapsulation.UdpIpv6;
    return isIpv4 ? Encapsulation.Ipv4 : Encapsulation.Ipv6;
  }
}

/** Octets of a record: three cache lines, so that none lies across the border of four. */
const RECORD_BYTES: u32 = 192;
/** From this many bindings on, they are no longer in the cache by themselves. */
const FORESEE_MIN: u32 = 4096;

let slab = changetype<Slab>(0);
let index = changetype<AddressIndex>(0);

/** Room for `capacity` bindings. */
export function start(capacity: u32, secretHigh: u64, secretLow: u64): void {
  slab = newSlab(RECORD_BYTES, capacity);
  index = newIndex(slab, offsetof<Binding>("homeHigh"), offsetof<Binding>("identifier"), secretHigh, secretLow);
}

export function at(record: u32): Binding {
  return changetype<Binding>(slab.at(record));
}

/** Pointer to the home address of a binding. */
export function homeAddress(binding: Binding): usize {
  return changetype<usize>(binding) + offsetof<Binding>("homeHigh");
}

/** Pointer to the care-of address of a binding. */
export function careofAddress(binding: Binding): usize {
  return changetype<usize>(binding) + offsetof<Binding>("careofHigh");
}

/** What the outer headers leave of the path's MTU, octets. */
export function room(binding: Binding): u32 {
  return <u32>binding.pathMtu - overheadBytes(binding.encapsulation());
}

/** The binding of a home address under an identifier, or NONE. */
export function find(homeAddress: usize, identifier: u32): u32 {
  return index.find(homeAddress, identifier);
}

/** Whether `foresee` is worth its time. */
export function areMany(): bool {
  return slab.used >= FORESEE_MIN;
}

/** What `foresee` wants of a home address. */
export function tag(homeAddress: usize): u32 {
  return index.tag(homeAddress);
}

/** Makes the next `find` for each of `count` tags (overwritten) a fast one; changes nothing else. */
export function foresee(tags: usize, count: u32): void {
  index.foresee(tags, count);
}

/** `find` for `count` addresses one behind the other; writes a u32 each to `records`. */
export function findMany(addresses: usize, count: u32, records: usize): void {
  const end = addresses + (<usize>count << 4);
  for (let p = addresses, out = records; p < end; p += 16, out += 4) store<u32>(out, index.tag(p));
  index.foresee(records, count);
  for (let p = addresses, out = records; p < end; p += 16, out += 4) store<u32>(out, index.find(p, 0));
}

/** A new binding, all zero but its key, with no timer; NONE when the budget is used up. */
export function insert(homeAddress: usize, identifier: u32): u32 {
  const record = slab.take();
  if (record == NONE) return NONE;
  const binding = at(record);
  binding.homeHigh = load<u64>(homeAddress);
  binding.homeLow = load<u64>(homeAddress, 8);
  binding.identifier = identifier;
  binding.timer = NONE;
  binding.companion = NONE;
  index.insert(record);
  return record;
}

export function remove(record: u32): void {
  index.remove(record);
  slab.give(record);
}

/** The budget of bindings. */
export function capacity(): u32 {
  return slab.capacity;
}

/** How many bindings there are. */
export function count(): u32 {
  return slab.used;
}

/** The first live binding from `cursor` on, or NONE. */
export function next(cursor: u32): u32 {
  return slab.next(cursor);
}

/** True for a binding that has a lifetime; else it waits to be made or to be forgotten. */
export function isInForce(record: u32): bool {
  return at(record).expiresMs != 0;
}

/** True when `record` is a live binding: orders and timers may be older than it. */
export function isLive(record: u32): bool {
  return slab.isTaken(record);
}
