/**
 * Mobile Prefix Advertisements that mobile nodes are to get, or got (RFC 6275 §10.6.2): one entry for each home
 * address that has, or had, a binding here.
 */
import { AddressIndex, newIndex } from "./index";
import { NONE, Slab, newSlab } from "./slab";

@unmanaged
export class Delivery {
  homeHigh: u64;
  homeLow: u64;
  /** When the last advertisement went out, monotonic ms; −Infinity: none yet. */
  lastSentMs: f64;
  /** Zero: the index's second key is not used here. */
  zero: u32;
  /** Handle of its timer. */
  timer: u32;
  /** How often the advertisement that is under way was sent; 0: it waits for its moment. */
  transmissions: u16;
  /** Its identifier. */
  identifier: u16;
  /** 1 from the first transmission on until the mobile node acknowledges. */
  unacknowledged: u32;

  /** Pointer to the home address. */
  home(): usize {
    return changetype<usize>(this);
  }
}

let slab = changetype<Slab>(0);
let index = changetype<AddressIndex>(0);

/** Room for `capacity` home addresses. */
export function start(capacity: u32, secretHigh: u64, secretLow: u64): void {
  slab = newSlab(offsetof<Delivery>(), capacity);
  index = newIndex(slab, offsetof<Delivery>("homeHigh"), offsetof<Delivery>("zero"), secretHigh, secretLow);
}

export function at(record: u32): Delivery {
  return changetype<Delivery>(slab.at(record));
}

/** The entry of a home address, or NONE. */
export function find(homeAddress: usize): u32 {
  return index.find(homeAddress, 0);
}

/** A new entry, with nothing sent and no timer; NONE when the budget is used up. */
export function insert(homeAddress: usize): u32 {
  const record = slab.take();
  if (record == NONE) return NONE;
  const delivery = at(record);
  delivery.homeHigh = load<u64>(homeAddress);
  delivery.homeLow = load<u64>(homeAddress, 8);
  delivery.lastSentMs = -Infinity;
  delivery.timer = NONE;
  index.insert(record);
  return record;
}

export function remove(record: u32): void {
  index.remove(record);
  slab.give(record);
}

/** The first entry from `cursor` on, or NONE. */
export function next(cursor: u32): u32 {
  return slab.next(cursor);
}
