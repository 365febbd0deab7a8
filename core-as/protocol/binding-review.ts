/**
 * After the host has given other home prefixes, another home link or kept state, and when the home link
 * comes up, every binding is looked at anew, some at a time:
 *
 *   its prefix is no longer served            the binding ends (6275-10.3.1-19)
 *   its prefix is valid for less time         so is the binding (6275-10.3.1-17)
 *   the home link is a real one               its home address is intercepted
 *   its IPv4 home address is not its any more it loses that one
 */
import { BindingUpdateFlag } from "../abi/codes";
import { isMapped } from "../wire/mapped";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import * as lifetimes from "./binding-lifetime";
import * as detection from "./duplicate-detection";
import * as homeLink from "./home-link";
import * as homeRegistration from "./home-registration";
import * as ipv4HomeAddress from "./ipv4-home-address";
import * as proxyNeighbour from "./proxy-neighbour";
import { TimerKind, restart } from "./timers";

/** Bindings of one step: what they cause fits into the orders of one timer. */
const STEP: u32 = 16;

let cursor: u32 = 0;
let timer: u32 = NONE;
/** True while bindings that are intercepted already are announced again as well. */
let announcesAll: bool = false;

/** Looks at all bindings, from the first on; with `announceAll` the link hears of all of them again. */
export function begin(announceAll: bool): void {
  if (bindings.count() == 0) return;
  cursor = 0;
  announcesAll = announcesAll || announceAll;
  timer = restart(timer, TimerKind.Review, 0, 0);
}

/** Looks at the next ones. */
export function onTimer(): void {
  timer = NONE;
  for (let step: u32 = 0; step < STEP; step++) {
    const record = bindings.next(cursor);
    if (record == NONE) {
      announcesAll = false;
      return;
    }
    cursor = record + 1;
    review(record);
  }
  timer = restart(timer, TimerKind.Review, 0, 0);
}

function review(record: u32): void {
  const binding = bindings.at(record);
  if (isMapped(bindings.homeAddress(binding))) { // its life is that of its companion
    if (!proxyNeighbour.isIntercepted(record) || announcesAll) proxyNeighbour.begin(record);
    return;
  }
  // What waits is looked at when its detection ends.
  if (detection.isRunning(record) || !binding.hasFlag(BindingUpdateFlag.HomeRegistration)) return;
  const index = homeLink.findPrefix(bindings.homeAddress(binding));
  if (index == homeLink.prefixCount()) {
    homeRegistration.forget(record, lifetimes.PREFIX_ENDED);
    return;
  }
  if (!bindings.isInForce(record)) return;
  ipv4HomeAddress.review(record);
  const validUntilMs = homeLink.prefix(index).validUntilMs;
  if (validUntilMs < binding.expiresMs) lifetimes.shorten(record, max(validUntilMs, clock.now()));
  if (!proxyNeighbour.isIntercepted(record) || announcesAll) proxyNeighbour.begin(record);
}
