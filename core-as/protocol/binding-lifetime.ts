/**
 * A binding's life at the home agent: it is renewed, its node is asked to refresh it when its
 * lifetime runs out in use (RFC 6275 §9.5.5), and it ends (6275-9.5.2-3, 6275-10.3.1-21), not before (6275-10.3.1-13).
 *
 *   renewed ──────────────────────────────┬─────┬─────┬──► ended
 *                                    Binding Refresh Requests
 */
import { DEVICE_ANY, Event } from "../abi/contract";
import { NextHeader } from "../abi/codes";
import * as bindingRefreshRequest from "../wire/binding-refresh-request";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as tunnel from "../encap/tunnel";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as timers from "../tables/timers";
import * as received from "./mobility-message";
import * as prefixAdvertisement from "./prefix-advertisement";
import * as state from "./state";
import { TimerKind } from "./timers";

/** Why a binding ended: value of Event.BindingEnded. */
export const DEREGISTERED: u32 = 0;
export const EXPIRED: u32 = 1;
export const NODE_REMOVED: u32 = 2;

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

/** What is known of the path to the care-of address; it begins with our own link (RFC 8201 §4). */
export function setPathMtu(binding: Binding, mtu: u32): void {
  binding.pathMtu = <u16>min<u32>(mtu, 65535);
  binding.pathMtuSinceMs = clock.now();
}

/** The lifetime begins anew. */
export function renew(record: u32, lifetimeMs: f64): void {
  const binding = bindings.at(record);
  binding.expiresMs = clock.now() + lifetimeMs;
  binding.active = 0;
  binding.refreshRequests = 0; // 6275-9.5.5-3
  timers.move(binding.timer, clock.now() + lifetimeMs * (1 - REQUEST_SHARE));
}

/** The binding's timer ended. */
export function onTimer(record: u32, self: usize): void {
  if (!bindings.isLive(record)) return;
  const binding = bindings.at(record);
  binding.timer = NONE;
  const leftMs = binding.expiresMs - clock.now();
  if (leftMs <= 0) {
    end(record, EXPIRED);
    return;
  }
  // Ask only for a binding that carries packets: another one may end (6275-9.5.5-1).
  if (binding.active != 0 && binding.refreshRequests < MAX_REQUESTS) {
    binding.refreshRequests++;
    requestRefresh(binding, self); // 6275-9.5.5-2
    binding.timer = timers.set(
      TimerKind.Binding, record, min(binding.expiresMs, clock.now() + max<f64>(1000, leftMs / 3)),
    );
  } else {
    binding.timer = timers.set(TimerKind.Binding, record, binding.expiresMs);
  }
}

/** Ends a binding. */
export function end(record: u32, why: u32): void {
  const binding = bindings.at(record);
  timers.cancel(binding.timer);
  orders.event(Event.BindingEnded, DEVICE_ANY, bindings.homeAddress(binding), bindings.careofAddress(binding), why);
  binding.expiresMs = 0;
  state.keepBinding(record);
  prefixAdvertisement.ended(bindings.homeAddress(binding)); // RFC 6275 §10.6.2
  bindings.remove(record);
}

/** Takes a binding away without a word: what was kept of it is no longer true. */
export function drop(record: u32): void {
  timers.cancel(bindings.at(record).timer);
  bindings.remove(record);
}

/** A Binding Refresh Request to the home address (RFC 6275 §6.1.2), so through the tunnel (6275-6.1-1). */
function requestRefresh(binding: Binding, self: usize): void {
  const out = orders.allocate(<u32>ip6.LENGTH_BYTES + mobility.UNIT_BYTES);
  if (out == 0) return;
  const to = bindings.homeAddress(binding);
  const message = out + ip6.LENGTH_BYTES;
  const length = mobility.finish(message, bindingRefreshRequest.build(message), self, to);
  ip6.build(out, 0, 0, length, NextHeader.Mobility, received.HOP_LIMIT, self, to);
  const careof = bindings.careofAddress(binding);
  counters.refuse(
    tunnel.send(DEVICE_ANY, out, <u32>ip6.LENGTH_BYTES + length, self, careof, binding.pathMtu, DEVICE_ANY),
  );
  orders.event(Event.RefreshRequested, DEVICE_ANY, to, careof, 0);
}
