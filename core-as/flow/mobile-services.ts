/** What a mobile node does beside packets: its tables, its machines, and its timers. */
import * as random from "../protocol/crypto/random";
import * as dataCheck from "../protocol/data-check";
import * as homeAgentSelection from "../protocol/home-agent-selection";
import * as homePrefixes from "../protocol/home-prefixes";
import * as keepalive from "../protocol/keepalive";
import * as solicitation from "../protocol/mobile-prefix-solicitation";
import * as movement from "../protocol/movement";
import * as pathChoice from "../protocol/path-choice";
import * as pathWatch from "../protocol/path-watch";
import * as peerTable from "../protocol/peer-table";
import * as registration from "../protocol/registration";
import * as registrationTable from "../protocol/registration-table";
import * as routeOptimisation from "../protocol/route-optimisation";
import { TimerKind } from "../protocol/timers";
import * as uplinkTable from "../protocol/uplink-table";
import * as wayTable from "../protocol/way-table";
import * as uplinks from "../select/uplinks";
import * as ways from "../select/ways";
import * as peers from "../tables/peers";
import * as updates from "../tables/updates";

/** Room for `capacity` home addresses and `maxPeers` correspondents. */
export function start(capacity: u32, maxPeers: u32): void {
  updates.start(capacity);
  peers.start(maxPeers, random.next64(), random.next64());
  peerTable.start();
  uplinks.start();
  registrationTable.start();
  uplinkTable.start();
  wayTable.start();
  ways.start();
  dataCheck.startAll();
}

/** A timer of a mobile node ended; those of its uplinks are left to movement detection. */
export function onTimer(kind: u32, owner: u32): void {
  switch (kind) {
    case TimerKind.Registration:
      registration.onTimer(owner);
      break;
    case TimerKind.Lifetime:
      registration.onLifetimeTimer(owner);
      break;
    case TimerKind.Ways:
      pathChoice.onTimer(owner);
      break;
    case TimerKind.Watch:
      pathWatch.onTimer();
      break;
    case TimerKind.Keepalive:
      keepalive.onTimer(owner);
      break;
    case TimerKind.Peer:
      routeOptimisation.onTimer(owner);
      break;
    case TimerKind.HomeAgentDiscovery:
    case TimerKind.HomeAgentTurn:
      homeAgentSelection.onTimer(kind);
      break;
    case TimerKind.PrefixSolicitation:
      solicitation.onTimer();
      break;
    case TimerKind.HomePrefix:
      homePrefixes.onTimer();
      break;
    case TimerKind.Selection:
      movement.onSelectionTimer();
      break;
    default:
      movement.onTimer(kind, owner);
      break;
  }
}
