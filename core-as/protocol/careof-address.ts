/**
 * Care-of addresses (RFC 6275 §11.5.3): formed in the prefix of the uplink's router, checked for
 * duplicates (RFC 4862 §5.4), and taken away with the router.
 */
import { Event, Order } from "../abi/contract";
import { UplinkEvent, UplinkState } from "../abi/states";
import { INTERFACE_PREFIX_BITS } from "../wire/addresses";
import { sameAddress, set64 } from "../wire/bytes";
import * as neighbour from "../wire/neighbour";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as uplinks from "../select/uplinks";
import { Uplink } from "../select/uplinks";
import * as random from "./crypto/random";
import * as movement from "./movement";
import * as discovery from "./neighbour-discovery";
import { TimerKind, restart, stop } from "./timers";

/** Addresses tried in one prefix before the uplink starts anew (RFC 7217 §6). */
const MAX_DUPLICATES: u32 = 3;

/**
 * Forms an address in the prefix of the router in use (6275-11.5.4-2: with another router or prefix it goes) and
 * starts its check, without delay (6275-11.5.3-1, 6275-11.5.3-10).
 */
export function form(device: u32, uplink: Uplink): void {
  if (uplink.router().formable != 0) formWith(device, uplink, devices.at(device).interfaceId);
  else uplink.addressTimer = restart(uplink.addressTimer, TimerKind.Address, device, neighbour.RETRANS_TIMER_MS);
}

function formWith(device: u32, uplink: Uplink, interfaceId: u64): void {
  const careof = uplink.careof();
  store<u64>(careof, load<u64>(uplink.router().prefix()));
  if (interfaceId != 0) store<u64>(careof, interfaceId, 8);
  else set64(careof + 8, random.next64() | 1);
  // On the home link, the home address is not for use before the home agent has been told (6275-11.5.5-2).
  if (updates.find(careof) != NONE) set64(careof + 8, random.next64() | 1);
  orders.address(Order.AddAddress, device, careof, INTERFACE_PREFIX_BITS);
  orders.event(Event.CareofFormed, device, careof, 0, uplinks.isOptimistic() ? 1 : 0);
  discovery.probeAddress(device, careof);
  if (uplinks.isOptimistic()) becomeUsable(device, uplink);
  uplink.addressTimer = restart(uplink.addressTimer, TimerKind.Address, device, neighbour.RETRANS_TIMER_MS);
}

/** Nobody has objected. */
export function confirm(device: u32, uplink: Uplink): void {
  if (!uplink.hasCareof()) return;
  orders.event(Event.CareofConfirmed, device, uplink.careof(), 0, 0);
  uplink.duplicates = 0;
  if (!uplinks.isOptimistic()) becomeUsable(device, uplink);
}

function becomeUsable(device: u32, uplink: Uplink): void {
  if (!uplinks.isUsableByOther(uplink)) uplink.usableSinceMs = clock.now();
  discovery.announceAddress(device, uplink.careof());
}

/** The address is somebody else's: another one in the same prefix. False when there were too many. */
export function reform(device: u32, uplink: Uplink): bool {
  orders.event(Event.CareofDuplicate, device, uplink.careof(), 0, 0);
  orders.address(Order.RemoveAddress, device, uplink.careof(), INTERFACE_PREFIX_BITS);
  memory.fill(uplink.careof(), 0, 16);
  uplink.addressTimer = stop(uplink.addressTimer);
  uplink.duplicates++;
  if (uplink.duplicates > MAX_DUPLICATES) return false;
  formWith(device, uplink, 0);
  return true;
}

/** Takes the address away: its link is gone (6275-11.5.4-6). */
export function remove(device: u32, uplink: Uplink): void {
  uplink.addressTimer = stop(uplink.addressTimer);
  uplink.duplicates = 0;
  if (!uplink.hasCareof()) return;
  orders.event(Event.CareofLost, device, uplink.careof(), 0, 0);
  orders.address(Order.RemoveAddress, device, uplink.careof(), INTERFACE_PREFIX_BITS);
  memory.fill(uplink.careof(), 0, 16);
}

/**
 * Another node on the link has our care-of address or wants it: that decides while we are checking it
 * (RFC 4862 §5.4.3, §5.4.4). Later it is the host's own matter, so that no neighbour can take it away.
 */
export function objected(device: u32, target: usize): void {
  if (uplinks.at(device).state == UplinkState.Tentative) refused(device, target);
}

/** The host cannot use the address. */
export function refused(device: u32, address: usize): void {
  if (sameAddress(address, uplinks.at(device).careof())) movement.happen(device, UplinkEvent.AddressDuplicate);
}
