/**
 * The binding update list (RFC 6275 §11.1; 6275-8.5-1, 6275-11.1-1): what this mobile node has asked of its
 * peers. Today that is the home registration.
 */
import { DEVICE_ANY } from "../abi/contract";
import { copyAddress, isUnspecified } from "../wire/bytes";
import { NONE, Slab, newSlab } from "./slab";

@unmanaged
export class Update {
  homeHigh: u64;
  homeLow: u64;
  peerHigh: u64;
  peerLow: u64;
  /** The care-of address that is being registered or is registered; unspecified: none. */
  careofHigh: u64;
  careofLow: u64;
  /** When the binding at the peer ends, monotonic ms; 0: there is none that we know of. */
  expiresMs: f64;
  /** When the last Binding Update was sent. */
  sentMs: f64;
  /** Lifetime that it asked for. */
  lifetimeMs: f64;
  /** Until its retransmission. */
  timeoutMs: f64;
  /** Of the last registration, −1: unknown. */
  roundTripMs: f64;
  /** When the next Binding Update is planned, −1: not. */
  refreshMs: f64;
  /** Added to our clock for timestamps, so that they are the home agent's. */
  clockAddedMs: f64;
  /** Timestamp of the last Binding Update. */
  timestamp: u64;
  /** Timestamp of the last one that was accepted. */
  acceptedTimestamp: u64;
  /** When the path's MTU was learnt, monotonic ms. */
  pathMtuSinceMs: f64;
  packetsIn: f64;
  packetsOut: f64;
  bytesIn: f64;
  bytesOut: f64;
  /** RegistrationState */
  state: u32;
  /** Uplink that has the care-of address, DEVICE_ANY: none. */
  device: u32;
  /** Handle: retransmission, refresh or next attempt. */
  timer: u32;
  /** Handle: end of the binding. */
  lifetimeTimer: u32;
  /** Binding Updates sent for one purpose; 1 is the first. */
  transmissions: u32;
  /** Corrections of sequence number or clock in a row. */
  corrections: u32;
  /** Bit 0: a packet left on this care-of address; bit 1: one came. */
  inUse: u32;
  sequence: u16;
  /** Status of the last acknowledgement, 0xffff: none. */
  lastStatus: u16;
  /** Largest packet that reaches the peer, octets. */
  pathMtu: u16;
}

let slab = changetype<Slab>(0);

/** Room for `capacity` entries. */
export function start(capacity: u32): void {
  slab = newSlab(offsetof<Update>(), capacity);
}

/** A new entry for a home address at a peer; NONE when the budget is used up. */
export function insert(homeAddress: usize, peer: usize): u32 {
  const record = slab.take();
  if (record == NONE) return NONE;
  const update = at(record);
  copyAddress(home(update), homeAddress);
  copyAddress(peerOf(update), peer);
  update.roundTripMs = -1;
  update.refreshMs = -1;
  update.device = DEVICE_ANY;
  update.timer = NONE;
  update.lifetimeTimer = NONE;
  update.lastStatus = 0xffff;
  return record;
}

export function at(record: u32): Update {
  return changetype<Update>(slab.at(record));
}

export function next(cursor: u32): u32 {
  return slab.next(cursor);
}

/** Pointer to the home address. */
export function home(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("homeHigh");
}

/** Pointer to the peer's address. */
export function peerOf(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("peerHigh");
}

/** Pointer to the care-of address. */
export function careof(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("careofHigh");
}

export function hasCareof(update: Update): bool {
  return !isUnspecified(careof(update));
}
