/**
 * The correspondents of a mobile node: the entries of its binding update list for them (RFC 6275 §11.1), and
 * what is known of those with whom it only exchanges packets through its home agent.
 *
 * Keyed by the peer's address (its home address, when it is mobile too: 6275-5.2.9-1) and a number for our
 * home address. Anybody can make an entry come to be by sending packets, so a full table replaces the least
 * recently active one that holds no binding and runs no procedure.
 */
import { DEVICE_ANY } from "../abi/contract";
import { PeerState } from "../abi/states";
import { copyAddress } from "../wire/bytes";
import * as clock from "./clock";
import { AddressIndex, newIndex } from "./index";
import { NONE, Slab, newSlab } from "./slab";
import * as timers from "./timers";

@unmanaged
export class Peer {
  addressHigh: u64;
  addressLow: u64;
  /** The care-of address that is tested, being bound or bound. */
  careofHigh: u64;
  careofLow: u64;
  /** Until when packets may take the direct way, monotonic ms; 0: they may not. */
  directUntilMs: f64;
  /** Number of our home address. */
  home: u32;
  /** PeerState */
  state: u32;
  /** Uplink that has the care-of address. */
  device: u32;
  /** Largest packet that reaches the peer by the direct way, octets. */
  pathMtu: u16;
  /** Of the last Binding Update. */
  sequence: u16;
  optimisedOut: f64;
  /** 1 when packets came or went since the binding was confirmed. */
  isActive: u32;
  /** When the last packet came or went. */
  activeMs: f64;
  // What follows, an outgoing packet does not need.
  optimisedIn: f64;
  tunnelledIn: f64;
  tunnelledOut: f64;
  /** When the last packet came by the direct way. */
  directInMs: f64;
  /** Packets since `countedMs`: enough of them are traffic. */
  counted: u32;
  /** So many packets within a while are traffic, 0: the configuration wants no direct way. */
  afterPackets: u32;
  countedMs: f64;
  pathMtuSinceMs: f64;
  /** The care-of address that the peer acknowledged last. */
  boundHigh: u64;
  boundLow: u64;
  /** Until when the peer may have a binding, monotonic ms; 0: it has none. */
  expiresMs: f64;
  /** Lifetime that the last Binding Update asked for. */
  lifetimeMs: f64;
  /** When to renew the binding if it is in use; Infinity: not planned. */
  refreshMs: f64;
  /** When a hold-off ends; Infinity: there is none. */
  retryMs: f64;
  /** When it is decided whether the peer has lost its binding; Infinity: nobody doubts it. */
  doubtMs: f64;
  /** When the first of them came: errors that say that the peer does not know the Home Address option. */
  refusedSinceMs: f64;
  /** So many of them, one a second. */
  refusals: u32;
  /** When the last tests began. */
  testedMs: f64;
  /** PeerEvent that waits for its turn, NONE: none. */
  pending: u32;
  /** PeerObstacle */
  obstacle: u32;
  /** Refusals in a row that were corrected. */
  corrections: u32;
  /** Handle: the earliest thing that is due. */
  timer: u32;
  /** Status of the last acknowledgement, 0xffff: none. */
  lastStatus: u16;

  /** Pointer to the peer's address. */
  address(): usize {
    return changetype<usize>(this);
  }

  careof(): usize {
    return changetype<usize>(this) + offsetof<Peer>("careofHigh");
  }

  /** Pointer to the care-of address that the peer acknowledged last. */
  bound(): usize {
    return changetype<usize>(this) + offsetof<Peer>("boundHigh");
  }

  /** How far one of HOME_TEST, CAREOF_TEST, UPDATE is. */
  exchange(which: u32): Exchange {
    return changetype<Exchange>(changetype<usize>(this) + EXCHANGES + <usize>which * EXCHANGE_BYTES);
  }

  /** What HOME_TEST or CAREOF_TEST brought. */
  token(which: u32): Token {
    return changetype<Token>(changetype<usize>(this) + TOKENS + <usize>which * TOKEN_BYTES);
  }

  /** True when packets take the direct way now. */
  isDirect(): bool {
    return this.directUntilMs > clock.now();
  }

  /** True when the peer may have a binding of ours. */
  isPerhapsBound(): bool {
    return this.expiresMs > clock.now();
  }
}

/** The three exchanges with a peer, each with a back-off of its own (6275-11.8-6). */
export const HOME_TEST: u32 = 0;
export const CAREOF_TEST: u32 = 1;
export const UPDATE: u32 = 2;
export const EXCHANGES_COUNT: u32 = 3;

/** A message that is sent until it is answered. */
@unmanaged
export class Exchange {
  /** When to send it (again), monotonic ms; Infinity: no answer is awaited. */
  dueMs: f64;
  /** Until the next transmission. */
  timeoutMs: f64;
  sentMs: f64;
  transmissions: u32;
  // When the last ones were sent: a window of protocol/update-rate.
  private sent0: f64;
  private sent1: f64;
  private sent2: f64;

  rateWindow(): usize {
    return changetype<usize>(this) + offsetof<Exchange>("sent0");
  }

  /** True while the message is to be sent or to be answered. */
  isPlanned(): bool {
    return this.dueMs != Infinity;
  }

  /** True while its answer counts: it has been sent. */
  isAwaited(): bool {
    return this.isPlanned() && this.transmissions != 0;
  }

  stop(): void {
    this.dueMs = Infinity;
  }
}

/** A keygen token, and the cookie by which its message is known. */
@unmanaged
export class Token {
  cookie: u64;
  value: u64;
  /** Until when it may be used, monotonic ms; 0: there is none. */
  untilMs: f64;
  nonceIndex: u32;

  isFresh(): bool {
    return this.untilMs > clock.now();
  }
}

// A record: Peer, then its exchanges and tokens.
const EXCHANGES: usize = (offsetof<Peer>() + 7) & ~7;
const EXCHANGE_BYTES: usize = offsetof<Exchange>();
const TOKENS: usize = EXCHANGES + <usize>EXCHANGES_COUNT * EXCHANGE_BYTES;
const TOKEN_BYTES: usize = (offsetof<Token>() + 7) & ~7;
const RECORD_BYTES: u32 = <u32>((TOKENS + 2 * TOKEN_BYTES + 63) & ~63);

/** Entries that are looked at to find one that can be replaced. */
const MAX_LOOKS: u32 = 64;

let slab = changetype<Slab>(0);
let index = changetype<AddressIndex>(0);
/** Where the next search for a replaceable entry begins. */
let hand: u32 = 0;

/** Room for `capacity` entries. */
export function start(capacity: u32, secretHigh: u64, secretLow: u64): void {
  slab = newSlab(RECORD_BYTES, capacity);
  index = newIndex(slab, offsetof<Peer>("addressHigh"), offsetof<Peer>("home"), secretHigh, secretLow);
}

export function at(record: u32): Peer {
  return changetype<Peer>(slab.at(record));
}

/** The entry of a peer for one of our home addresses, or NONE. */
export function find(address: usize, home: u32): u32 {
  return index.find(address, home);
}

/** A new entry, Tunnelled; NONE when the table is full of entries that must stay. */
export function insert(address: usize, home: u32): u32 {
  let record = slab.take();
  if (record == NONE) {
    const old = replaceable();
    if (old == NONE) return NONE;
    remove(old);
    record = slab.take();
  }
  const peer = at(record);
  copyAddress(peer.address(), address);
  peer.home = home;
  peer.device = DEVICE_ANY;
  peer.timer = NONE;
  peer.pending = NONE;
  peer.directInMs = -Infinity;
  peer.testedMs = -Infinity;
  peer.countedMs = clock.now();
  peer.activeMs = clock.now();
  peer.refreshMs = Infinity;
  peer.retryMs = Infinity;
  peer.doubtMs = Infinity;
  peer.lastStatus = 0xffff;
  for (let which: u32 = 0; which < EXCHANGES_COUNT; which++) peer.exchange(which).stop();
  index.insert(record);
  return record;
}

function remove(record: u32): void {
  timers.cancel(at(record).timer);
  index.remove(record);
  slab.give(record);
}

/**
 * The least recently active among the entries that hold nothing; one that is held off only when there is no
 * other.
 */
function replaceable(): u32 {
  let found = NONE;
  for (let looks: u32 = 0; looks < min(MAX_LOOKS, slab.capacity); looks++) {
    const record = hand;
    hand = hand + 1 == slab.capacity ? 0 : hand + 1;
    const peer = at(record);
    const isIdle = peer.state == PeerState.Tunnelled || peer.state == PeerState.Refused;
    if (!isIdle || peer.isPerhapsBound() || peer.pending != NONE) continue;
    if (found == NONE || isOlder(peer, at(found))) found = record;
  }
  return found;
}

function isOlder(a: Peer, b: Peer): bool {
  return a.state == b.state ? a.activeMs < b.activeMs : a.state == PeerState.Tunnelled;
}

/** The first entry from `cursor` on, or NONE. */
export function next(cursor: u32): u32 {
  return slab.next(cursor);
}

/** True when `record` is an entry: timers may be older than it. */
export function isLive(record: u32): bool {
  return slab.isTaken(record);
}
