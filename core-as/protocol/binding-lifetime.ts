/**
 * A binding's life: it is renewed, its node is asked to refresh it when its lifetime runs out in use
 * (RFC 6275 §9.5.5), and it ends (6275-9.5.2-3, 6275-10.3.1-21), not before (6275-10.3.1-13, 6275-6.1.7-13).
 * A home agent and a correspondent node share what `due` decides; how a binding ends and how a request gets
 * to its node is each one's own: the home agent's is here, the other's in correspondent-cache.
 *
 *   renewed ──────────────────────────────┬─────┬─────┬──► ended
 *                                    Binding Refresh Requests
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import { MAX_DELETE_BCE_TIMEOUT_MS, NextHeader } from "../abi/codes";
import * as bindingRefreshRequest from "../wire/binding-refresh-request";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as tunnel from "../encap/tunnel";
import * as paths from "../select/paths";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as timers from "../tables/timers";
import * as ipv4Binding from "./ipv4-binding";
import * as received from "./mobility-message";
import * as proxyNeighbour from "./proxy-neighbour";
import * as prefixAdvertisement from "./prefix-advertisement";
import * as state from "./state";
import { TimerKind } from "./timers";

/** Why a binding ended: value of Event.BindingEnded. */
export const DEREGISTERED: u32 = 0;
export const EXPIRED: u32 = 1;
export const NODE_REMOVED: u32 = 2;
/** A correspondent node gave its place to another. */
export const REPLACED: u32 = 3;
/** A correspondent node heard again and again that nobody is reached at the care-of address (6275-9.3.4-2). */
export const UNREACHABLE: u32 = 4;
export const PREFIX_ENDED: u32 = 5;

/** Share of the lifetime that is left when the first request goes out, and how many go out at most. */
const REQUEST_SHARE: f64 = 0.1;
const MAX_REQUESTS: u32 = 3;

/** Gives a new binding its timer; false when the budget of timers is used up. */
export function begin(record: u32): bool {
  const timer = timers.set(TimerKind.Binding, record, clock.now());
  bindings.at(record).timer = timer;
  return timer != NONE;
}

/** The care-of address is another one: what was known of the path is void. */
export function moved(binding: Binding): void {
  binding.sinceMs = clock.now();
  setPathMtu(binding, devices.leastAccessMtu());
}

/** What is known of the path to the care-of address, which both families share; it begins with our own link (RFC 8201 §4). */
export function setPathMtu(binding: Binding, mtu: u32): void {
  binding.pathMtu = <u16>min<u32>(mtu, 65535);
  binding.pathMtuSinceS = <u32>(clock.now() / 1000);
  if (binding.companion == NONE) return;
  const companion = bindings.at(binding.companion);
  companion.pathMtu = binding.pathMtu;
  companion.pathMtuSinceS = binding.pathMtuSinceS;
}

/**
 * What the path to the care-of address takes as far as we know, octets. What was learnt long ago is forgotten: the
 * path may have become wider (RFC 8201 §5.3).
 */
export function currentPathMtu(binding: Binding): u32 {
  const own = devices.leastAccessMtu();
  if (<u32>binding.pathMtu != own && tunnel.isPathMtuOld(<f64>binding.pathMtuSinceS * 1000)) setPathMtu(binding, own);
  return min<u32>(binding.pathMtu, own);
}

/** The lifetime begins anew. */
export function renew(record: u32, lifetimeMs: f64): void {
  const binding = bindings.at(record);
  binding.expiresMs = clock.now() + lifetimeMs;
  ipv4Binding.renewed(record);
  ipv4Binding.follow(record);
  binding.refreshRequests = 0; // 6275-9.5.5-3
  timers.move(binding.timer, clock.now() + lifetimeMs * (1 - REQUEST_SHARE));
}

/** What a binding wants when its timer has ended. */
export enum Due {
  Nothing = 0,
  /** Its node is to be asked for a Binding Update. */
  Refresh = 1,
  /** Its lifetime is over. */
  End = 2,
}

/** Says what is due for a binding whose timer has ended, and starts the timer again unless it is the end. */
export function due(record: u32): Due {
  const binding = bindings.at(record);
  binding.timer = NONE;
  const leftMs = binding.expiresMs - clock.now();
  if (leftMs <= 0) return Due.End;
  // Ask only for a binding that carries packets: another one may end (6275-9.5.5-1).
  if (ipv4Binding.isActive(record) && binding.refreshRequests < MAX_REQUESTS) {
    binding.refreshRequests++;
    binding.timer = timers.set(
      TimerKind.Binding, record, min(binding.expiresMs, clock.now() + max<f64>(1000, leftMs / 3)),
    );
    return Due.Refresh; // 6275-9.5.5-2
  }
  binding.timer = timers.set(TimerKind.Binding, record, binding.expiresMs);
  return Due.Nothing;
}

/** The timer of a home agent's binding ended. */
export function onTimer(record: u32, self: usize): void {
  if (!bindings.isLive(record)) return;
  if (!bindings.isInForce(record)) { // it was deregistered a while ago
    bindings.at(record).timer = NONE;
    bindings.remove(record);
    return;
  }
  switch (due(record)) {
    case Due.Refresh:
      requestRefresh(bindings.at(record), self);
      break;
    case Due.End:
      end(record, EXPIRED);
      break;
    default:
      break;
  }
}

/** The lifetime ends earlier than was promised: at `expiresMs`, monotonic. */
export function shorten(record: u32, expiresMs: f64): void {
  const binding = bindings.at(record);
  binding.expiresMs = expiresMs;
  ipv4Binding.follow(record);
  if (timers.deadlineMs(binding.timer) > expiresMs) timers.move(binding.timer, expiresMs);
  state.keepBinding(record);
}

/** Ends a binding. */
export function end(record: u32, why: u32): void {
  close(record, why);
  bindings.remove(record);
}

/**
 * Ends a binding by its node's wish, with this sequence number. The entry stays a while and carries
 * nothing, so that a Binding Update that was sent earlier and comes later does not bring the binding back
 * (6275-10.3.2-10, 6275-10.3.2-11).
 */
export function deregister(record: u32, sequence: u32): void {
  close(record, DEREGISTERED);
  const binding = bindings.at(record);
  memory.fill(bindings.careofAddress(binding), 0, 16);
  binding.sequence = <u16>sequence;
  binding.timer = timers.set(TimerKind.Binding, record, clock.now() + MAX_DELETE_BCE_TIMEOUT_MS);
}

/** The binding is no longer in force: packets are neither intercepted nor carried. */
function close(record: u32, why: u32): void {
  const binding = bindings.at(record);
  timers.cancel(binding.timer);
  orders.event(Event.BindingEnded, DEVICE_ANY, bindings.homeAddress(binding), bindings.careofAddress(binding), why);
  binding.expiresMs = 0;
  ipv4Binding.unbind(record); // RFC 5555 §4.4.2.1
  state.keepBinding(record);
  proxyNeighbour.stop(record);
  prefixAdvertisement.ended(bindings.homeAddress(binding)); // RFC 6275 §10.6.2
}

/** Takes a binding away without a word: what was kept of it is no longer true. */
export function drop(record: u32): void {
  timers.cancel(bindings.at(record).timer);
  ipv4Binding.unbind(record);
  proxyNeighbour.stop(record);
  bindings.remove(record);
}

/** Octets of the packet that `buildRequest` makes. */
export const REQUEST_BYTES: u32 = <u32>ip6.LENGTH_BYTES + mobility.UNIT_BYTES;

/** Writes a packet with a Binding Refresh Request from `self` to a home address (RFC 6275 §6.1.2). */
export function buildRequest(out: usize, self: usize, homeAddress: usize): void {
  const message = out + ip6.LENGTH_BYTES;
  const length = mobility.finish(message, bindingRefreshRequest.build(message), self, homeAddress);
  ip6.build(out, 0, 0, length, NextHeader.Mobility, received.HOP_LIMIT, self, homeAddress);
}

/** A home agent's request goes to the home address, so through the tunnel (6275-6.1-1). */
function requestRefresh(binding: Binding, self: usize): void {
  const out = orders.allocate(REQUEST_BYTES);
  if (out == 0) return;
  const to = bindings.homeAddress(binding);
  buildRequest(out, self, to);
  counters.refuse(tunnel.send(paths.toCareof(binding, binding.pathMtu), out, REQUEST_BYTES, self, DEVICE_ANY));
  orders.event(Event.RefreshRequested, DEVICE_ANY, to, bindings.careofAddress(binding), 0);
}
