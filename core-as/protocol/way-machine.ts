/**
 * The ways of an uplink as machines: an event of the table in `way-table`, and when the way is asked again. What
 * follows for the uplink is in `path-choice`.
 */
import { WayAction, WayEvent, WayState } from "../abi/states";
import * as clock from "../tables/clock";
import * as ways from "../select/ways";
import { Way } from "../select/ways";
import * as reach from "./reach";
import { table } from "./way-table";

/** A way that failed is asked again after this many times the configured interval at the latest. */
const MAX_RETRIES: f64 = 16;
/** Where no way works: until the next round, doubled each time, up to the last one. */
const HOPELESS_MS: f64 = 1000;
const MAX_HOPELESS_MS: f64 = 8000;

/** Feeds an event to a way of an uplink. */
export function happen(device: u32, which: u32, event: WayEvent): void {
  const way = ways.at(device, which);
  const before = way.state;
  const action = table().action(before, event);
  way.state = table().next(before, event);
  if (way.state != before) noteChange(way, before);
  switch (action) {
    case WayAction.Ask:
      way.probes = 0;
      way.dueMs = clock.now();
      break;
    case WayAction.Wait:
      way.failedMs = clock.now();
      wait(device, way);
      break;
    case WayAction.Rest:
      way.probes = 0;
      way.dueMs = Infinity;
      break;
  }
}

/** One that worked for long begins anew with its intervals. */
function noteChange(way: Way, before: u32): void {
  if (way.state == WayState.Working) way.workingSinceMs = clock.now();
  const hasLasted = clock.now() - way.workingSinceMs > reach.retryMs() * MAX_RETRIES;
  const isFresh = way.state == WayState.Absent || way.state == WayState.Untried;
  if (isFresh || (before == WayState.Working && hasLasted)) way.intervalMs = 0;
}

/** The next round of probes: twice as late as the one before. */
function wait(device: u32, way: Way): void {
  way.probes = 0;
  if (ways.isHopeless(device)) {
    way.intervalMs = max(HOPELESS_MS, min(MAX_HOPELESS_MS, way.intervalMs * 2));
  } else {
    way.intervalMs = max(reach.retryMs(), min(reach.retryMs() * MAX_RETRIES, way.intervalMs * 2));
  }
  way.dueMs = clock.now() + way.intervalMs;
}

/** No way works: all of them are asked soon. */
export function hasten(device: u32): void {
  for (let which: u32 = 0; which < ways.WAYS; which++) {
    const way = ways.at(device, which);
    if (!way.isThere() || way.probes != 0 || !ways.isForUpdates(which)) continue;
    if (way.dueMs > clock.now() + HOPELESS_MS) {
      way.intervalMs = HOPELESS_MS;
      way.dueMs = clock.now() + HOPELESS_MS;
    }
  }
}
