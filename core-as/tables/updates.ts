/**
 * The binding update list (RFC 6275 §11.1; 6275-8.5-1, 6275-11.1-1) as far as it is about home agents: one
 * entry for each home address.
 */
import { DEVICE_ANY } from "../abi/contract";
import { copyAddress, isUnspecified, sameAddress } from "../wire/bytes";
import { overheadBytes } from "./path";
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
  /** Until when the home agent may hold a binding, acknowledged or not, monotonic ms; 0: it holds none. */
  mayLiveUntilMs: f64;
  /** Until when no link is believed to be the home link, monotonic ms, and for how long the last time. */
  homeDoubtedUntilMs: f64;
  homeDoubtMs: f64;
  /** Link-layer address of the home agent, in its first octets. */
  agentLinkAddress: u64;
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
  /** Number of this record. */
  record: u32;
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
  /** 1: a Binding Update waits for the rate limit, which is no loss. */
  deferred: u32;
  /** Link that is the home link of the home address, DEVICE_ANY: the node is away. */
  homeDevice: u32;
  /** 1: the home address is configured on it. */
  onHomeLink: u32;
  /** 1: the home agent has sent group membership control packets through the tunnel of this binding. */
  groups: u32;
  /** Link on which `agentLinkAddress` was learnt. */
  agentDevice: u32;
  /** Octets of the home agent's link-layer address, 0: unknown. */
  agentLinkBytes: u32;
  /** Neighbour Solicitations or Advertisements sent for one purpose on the home link. */
  attempts: u32;
  /** Bit 0: a packet left on this care-of address; bit 1: one came. */
  inUse: u32;
  sequence: u16;
  /** Status of the last acknowledgement, 0xffff: none. */
  lastStatus: u16;
  /** Largest packet that reaches the peer, octets, with all outer headers. */
  pathMtu: u16;
  /** Encapsulation of what is tunnelled. */
  encapsulation: u32;
  /** The IPv4 home address that goes with the home address, IPv4-mapped; unspecified: none. */
  ipv4HomeHigh: u64;
  ipv4HomeLow: u64;
  /** Encapsulation of Binding Updates: Ipv6, or one by UDP (RFC 5555 §4.2). */
  way: u32;
  /** NatFinding */
  nat: u32;
  /** 1: the last Binding Update had flag F. */
  askedForUdp: u32;
  /** 1: the last Binding Update had the IPv4 Home Address option. */
  askedForIpv4: u32;
  /** 1: the home agent knows no IPv4 home addresses (5555-2.3.1-4). */
  ipv4Unsupported: u32;
  /** Status of the IPv4 home address (RFC 5555 §3.2.1), 255: not answered. */
  ipv4Status: u32;
  /** 1: the host has it by our order. */
  ipv4Configured: u32;
  /** Handle: the NAT's mapping is to be refreshed. */
  keepaliveTimer: u32;
  /** Silence after which that is done, ms; 0: no need. */
  keepaliveMs: f64;
  /** When something was sent to the home agent last, a Binding Update or a tunnel packet. */
  pathUsedMs: f64;
  /** A dynamic IPv4 home address that the home agent has given once, IPv4-mapped; unspecified: none yet. */
  leasedHigh: u64;
  leasedLow: u64;
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
  update.record = record;
  copyAddress(home(update), homeAddress);
  copyAddress(peerOf(update), peer);
  update.roundTripMs = -1;
  update.refreshMs = -1;
  update.device = DEVICE_ANY;
  update.homeDevice = DEVICE_ANY;
  update.timer = NONE;
  update.lifetimeTimer = NONE;
  update.keepaliveTimer = NONE;
  update.lastStatus = 0xffff;
  update.ipv4Status = 0xff;
  return record;
}

export function at(record: u32): Update {
  return changetype<Update>(slab.at(record));
}

/** The first entry from `cursor` on, NONE: there are no more. */
export function next(cursor: u32): u32 {
  return slab.next(cursor);
}

/** Frees an entry whose timers are stopped. */
export function remove(record: u32): void {
  slab.give(record);
}

/** The entry of a home address of ours, NONE: the address is not one. */
export function find(homeAddress: usize): u32 {
  for (let record = next(0); record != NONE; record = next(record + 1)) {
    if (sameAddress(home(at(record)), homeAddress)) return record;
  }
  return NONE;
}

/** The entry of an IPv4 home address of ours, IPv4-mapped; NONE: the address is not one. */
export function findIpv4Home(address: usize): u32 {
  for (let record = next(0); record != NONE; record = next(record + 1)) {
    if (sameAddress(ipv4Home(at(record)), address)) return record;
  }
  return NONE;
}

/** An entry whose messages go from `careofAddress` to `peer`, NONE: there is none. */
export function findPath(careofAddress: usize, peer: usize): u32 {
  for (let record = next(0); record != NONE; record = next(record + 1)) {
    const update = at(record);
    if (sameAddress(careof(update), careofAddress) && sameAddress(peerOf(update), peer)) return record;
  }
  return NONE;
}

/** An entry whose home agent is `peer`, NONE: it is no home agent of ours. */
export function findPeer(peer: usize): u32 {
  for (let record = next(0); record != NONE; record = next(record + 1)) {
    if (sameAddress(peerOf(at(record)), peer)) return record;
  }
  return NONE;
}

/** True for the address of a home agent of ours. */
export function isPeer(address: usize): bool {
  // Unspecified is what stands for a home agent that is not known yet.
  return !isUnspecified(address) && findPeer(address) != NONE;
}

/** What the outer headers leave of the smallest MTU of the paths in use, octets; `otherwise` when there is none. */
export function leastRoom(otherwise: u32): u32 {
  let least = otherwise;
  for (let record = next(0); record != NONE; record = next(record + 1)) {
    const update = at(record);
    if (hasCareof(update)) least = min<u32>(least, room(update));
  }
  return least;
}

/** What the outer headers leave of a path's MTU, octets. */
export function room(update: Update): u32 {
  return <u32>update.pathMtu - overheadBytes(update.encapsulation);
}

/** Pointer to the home address. */
export function home(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("homeHigh");
}

/** Pointer to the IPv4 home address, IPv4-mapped; unspecified: there is none. */
export function ipv4Home(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("ipv4HomeHigh");
}

/** Pointer to the peer's address. */
export function peerOf(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("peerHigh");
}

/** Pointer to the care-of address. */
export function careof(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("careofHigh");
}

/** Pointer to the home agent's link-layer address. */
export function agentLinkAddress(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("agentLinkAddress");
}

/** Pointer to the dynamic IPv4 home address that the home agent has given once, IPv4-mapped; unspecified: none. */
export function leased(update: Update): usize {
  return changetype<usize>(update) + offsetof<Update>("leasedHigh");
}

/** True when packets from the home address take the home link: the home address is the care-of address. */
export function isHome(update: Update): bool {
  return update.onHomeLink != 0;
}

/** False while the home agent has yet to be discovered. */
export function hasPeer(update: Update): bool {
  return !isUnspecified(peerOf(update));
}

export function hasCareof(update: Update): bool {
  return !isUnspecified(careof(update));
}

/** True when the home agent of one of them is known. */
export function knowPeer(): bool {
  const first = next(0);
  return first != NONE && hasPeer(at(first));
}
