/**
 * What a mobile node learns of routers (RFC 6275 §11.5.1): each advertisement is from its router, from
 * another one, or from a first one, and the uplink's table says what that means.
 *
 * A router is known by its link-local address and its prefix: neighbouring networks may well both
 * have a fe80::1.
 */
import { Event } from "../abi/contract";
import { NeighbourOptionType } from "../abi/codes";
import { UplinkEvent, UplinkState } from "../abi/states";
import { INTERFACE_PREFIX_BITS } from "../wire/addresses";
import { copyAddress, get8, isLinkLocal, isMulticast, sameAddress, samePrefix } from "../wire/bytes";
import * as options from "../wire/neighbour-options";
import { PrefixFlag } from "../wire/neighbour-options";
import * as router from "../wire/router";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import * as uplinks from "../select/uplinks";
import { Router, Uplink } from "../select/uplinks";
import * as homeLinkDetection from "./home-link-detection";
import * as movement from "./movement";

const heardRecord = memory.data(96, 8); // ROUTER_BYTES

/** The router whose advertisement was heard last. */
export function heard(): Router {
  return changetype<Router>(heardRecord);
}

/** Takes an advertisement from `source` that `router.checkAdvertisement` has passed. */
export function hear(device: u32, source: usize, message: usize, length: u32): void {
  const uplink = uplinks.at(device);
  if (uplink.state == UplinkState.Down) return; // the link event is still on its way
  homeLinkDetection.learnAgent(device, message, message + length);
  const isCurrent = sameAddress(source, uplink.router().address());
  const lifetimeMs = router.routerLifetimeMs(message);
  if (isCurrent && lifetimeMs == 0) {
    movement.happen(device, UplinkEvent.LifetimeEnded);
    return;
  }
  if (lifetimeMs == 0) return;
  const isUseful = read(uplink, source, message, message + length, lifetimeMs);
  if (isCurrent && uplink.router().setHomes(heard())) movement.reselect();
  if (!isUseful) return;
  orders.event(Event.RouterAdvertisement, device, source, heard().prefix(), 0);

  if (isCurrent && isSame(heard(), uplink.router())) {
    movement.happen(device, UplinkEvent.RouterHeard);
    return;
  }
  if (isCompanion(uplink)) return;
  uplink.candidate().become(heard());
  movement.happen(device, uplink.router().isKnown() ? UplinkEvent.RouterChanged : UplinkEvent.RouterHeard);
}

/** Reads the advertisement into `heard`; false when no address can be formed by it. */
function read(uplink: Uplink, source: usize, message: usize, end: usize, lifetimeMs: f64): bool {
  const first = router.advertisementOptions(message);
  const isCurrent = sameAddress(source, uplink.router().address());
  const prefix = findPrefix(first, end, uplink);
  heard().homes = isCurrent ? uplink.router().homes : 0;
  heard().homesUntilMs = isCurrent ? uplink.router().homesUntilMs : 0;
  const home = homeLinkDetection.note(heard(), first, end);
  if (prefix == 0) return home != 0 && readHome(source, home, lifetimeMs);
  heard().formable = 1;
  const interval = options.find(first, end, NeighbourOptionType.AdvertisementInterval);
  const mtu = options.find(first, end, NeighbourOptionType.Mtu);
  copyAddress(heard().address(), source);
  copyAddress(heard().prefix(), options.prefix(prefix));
  // The address ends with the first of the three; deprecated is as good as gone (6275-11.5.3-2).
  heard().lifetimeMs = min(lifetimeMs, min(options.validLifetimeMs(prefix), options.preferredLifetimeMs(prefix)));
  heard().validUntilMs = clock.now() + options.validLifetimeMs(prefix);
  heard().intervalMs = interval != 0 ? <f64>options.advertisementIntervalMs(interval) : 0; // 6275-7.3-5
  heard().mtu = mtu != 0 ? options.mtuBytes(mtu) : 0;
  return true;
}

/** An advertisement of a home link in whose prefixes no address may be formed: the home address is enough. */
function readHome(source: usize, home: usize, lifetimeMs: f64): bool {
  copyAddress(heard().address(), source);
  copyAddress(heard().prefix(), options.prefix(home));
  heard().formable = 0;
  heard().lifetimeMs = min(lifetimeMs, options.validLifetimeMs(home));
  heard().validUntilMs = clock.now() + options.validLifetimeMs(home);
  heard().intervalMs = 0;
  heard().mtu = 0;
  return true;
}

/** The option of our own prefix, else the first one that an address can be formed in; 0: none. */
function findPrefix(first: usize, end: usize, uplink: Uplink): usize {
  const wanted = NeighbourOptionType.PrefixInformation;
  let found: usize = 0;
  let option = options.find(first, end, wanted);
  for (; option != 0; option = options.find(options.next(option), end, wanted)) {
    if (!isFormable(option)) continue;
    if (samePrefix(options.prefix(option), uplink.router().prefix(), INTERFACE_PREFIX_BITS)) return option;
    if (found == 0) found = option;
  }
  return found;
}

/** RFC 4862 §5.5.3, and not deprecated. */
function isFormable(option: usize): bool {
  return options.hasPrefixFlag(option, PrefixFlag.Autonomous) && options.prefixLength(option) == INTERFACE_PREFIX_BITS &&
    options.validLifetimeMs(option) > 0 && options.preferredLifetimeMs(option) > 0 && isGlobal(
      options.prefix(option),
    );
}

/** True for a prefix in which addresses that others can reach may be formed. */
export function isGlobal(prefix: usize): bool {
  return !isMulticast(prefix) && !isLinkLocal(prefix) && get8(prefix) != 0;
}

/** True when both are one router on one link. */
function isSame(a: Router, b: Router): bool {
  return sameAddress(a.address(), b.address()) && samePrefix(a.prefix(), b.prefix(), INTERFACE_PREFIX_BITS);
}

/** True when the router heard is one that was seen, not long ago, to share the link with ours. */
function isCompanion(uplink: Uplink): bool {
  if (uplink.state == UplinkState.Soliciting || clock.now() >= uplink.companionUntilMs) return false;
  return isSame(heard(), uplink.companion());
}
