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
  /**
   * When a packet of the mobile node was last carried, monotonic ms; at a correspondent node, also one to it.
   */
  lastUsedMs: f64;
  /** Record of the mobile node it belongs to, NONE at a correspondent node. */
  node: u32;
  /** Handle of its timer. */
  timer: u32;
  /** `packetsIn` and `packetsOut` together, when the last Binding Update came; modulo 2^32. */
  packetsAtRenewal: u32;
  /** When `pathMtu` was learnt, monotonic s. */
  pathMtuSinceS: u32;
  sequence: u16;
  /** Flags of the Binding Update; the six bits that are reserved in the message are ours (MARK_*). */
  private marks: u16;
  // Only a home agent: at a correspondent node, CorrespondentPart stands here.
  /** The entry of the other family: of the IPv4 home address that goes with this one, or the other way; NONE. */
  private otherEntry: u32;
  /** Longest silence that the NAT's mapping survived, and shortest after which it was gone, s; 0: unknown. */
  natHeldS: u16;
  natLostS: u16;
  /** The care-of address that the mobile node itself knows (`ReceivedUpdate.claimedCareof`), folded; 0: not known. */
  claimedCareof: u16;
  /** `packetsOut` of both entries when the mobile node was last heard by this mapping of its NAT; modulo 2^16. */
  packetsOutWhenHeard: u16;

  /** BindingUpdateFlag of the last Binding Update. */
  get flags(): u32 {
    return <u32>this.marks & ~OWN_MARKS;
  }

  set flags(flags: u32) {
    this.marks = <u16>((flags & ~OWN_MARKS) | (<u32>this.marks & OWN_MARKS));
  }

  hasFlag(flag: u32): bool {
    return (this.flags & flag) != 0;
  }

  /** Binding Refresh Requests sent since the last Binding Update, at most 3. */
  get refreshRequests(): u32 {
    return <u32>this.marks & MARK_REQUESTS;
  }

  set refreshRequests(count: u32) {
    this.marks = <u16>((<u32>this.marks & ~MARK_REQUESTS) | (count & MARK_REQUESTS));
  }

  /** True when a NAT is between the mobile node and us (RFC 5555 §4.2). */
  get isBehindNat(): bool {
    return (<u32>this.marks & MARK_NAT) != 0;
  }

  set isBehindNat(is: bool) {
    this.marks = <u16>((<u32>this.marks & ~MARK_NAT) | (is ? MARK_NAT : 0));
  }

  /** The entry of the other family, NONE: there is none. */
  get companion(): u32 {
    return this.node == NONE ? NONE : this.otherEntry;
  }

  set companion(record: u32) {
    this.otherEntry = record;
  }

  /** True when packets were carried since the last Binding Update. */
  isActive(): bool {
    return this.packets() != this.packetsAtRenewal;
  }

  /** What `packetsAtRenewal` is compared with. */
  packets(): u32 {
    return <u32><u64>(this.packetsIn + this.packetsOut);
  }

  /** Encapsulation, as care-of address and port say it. */
  encapsulation(): u32 {
    const isIpv4 = isMapped(careofAddress(this));
    if (this.port != 0) return isIpv4 ? Encapsulation.UdpIpv4 : Encapsulation.UdpIpv6;
    return isIpv4 ? Encapsulation.Ipv4 : Encapsulation.Ipv6;
  }
}

/** Bits of `Binding.marks`. */
const MARK_REQUESTS: u32 = 0x03;
const MARK_NAT: u32 = 0x04;
const OWN_MARKS: u32 = 0x3f;

/** What only a correspondent node keeps of a binding. */
@unmanaged
export class CorrespondentPart {
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
  /** 1: a Binding Update was accepted. */
  hasLived: u32;
}

/** What a correspondent node keeps beside the rest; all zero in a new binding. */
export function correspondentPart(binding: Binding): CorrespondentPart {
  return changetype<CorrespondentPart>(changetype<usize>(binding) + offsetof<Binding>("otherEntry"));
}

/** Octets of a record: two cache lines, so that none lies across the border of three. */
const RECORD_BYTES: u32 = 128;
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
