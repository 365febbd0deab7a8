/**
 * The messages to a correspondent that want an answer: when each is sent, and sent again (RFC 6275 §11.6.1, §11.8).
 */
import {
  INITIAL_BINDACK_TIMEOUT_MS, LIFETIME_UNIT_MS, MAX_BINDACK_TIMEOUT_MS, MAX_RO_FAILURE, MAX_TOKEN_LIFETIME_MS,
} from "../abi/codes";
import { PeerEvent, PeerState } from "../abi/states";
import * as uplinks from "../select/uplinks";
import * as clock from "../tables/clock";
import * as peers from "../tables/peers";
import * as updates from "../tables/updates";
import { CAREOF_TEST, HOME_TEST, Peer, UPDATE } from "../tables/peers";
import * as homePrefixes from "./home-prefixes";
import * as attachment from "./peer-attachment";
import * as messages from "./peer-messages";
import * as policy from "./peer-policy";
import * as registration from "./registration";
import * as routeOptimisation from "./route-optimisation";
import * as updateRate from "./update-rate";

/** A token that ends sooner is not used for a Binding Update that may need all its transmissions. */
const TOKEN_RESERVE_MS: f64 = 10000;

/** Begins HOME_TEST or CAREOF_TEST at `atMs`, unless a recent token spares it. */
export function startTest(peer: Peer, which: u32, atMs: f64): void {
  const token = peer.token(which);
  if (token.untilMs - TOKEN_RESERVE_MS > clock.now()) { // 6275-5.2.7-4
    peer.exchange(which).stop();
    return;
  }
  token.untilMs = 0;
  start(peer, which, atMs);
}

/** Begins an exchange at `atMs`. */
export function start(peer: Peer, which: u32, atMs: f64): void {
  const exchange = peer.exchange(which);
  exchange.dueMs = atMs;
  exchange.timeoutMs = INITIAL_BINDACK_TIMEOUT_MS;
  exchange.transmissions = 0;
}

/** Sends what is due, each message with its own back-off (6275-5.2.9-3, 6275-11.8-3, 6275-11.8-4, 6275-11.8-6). */
export function transmitDue(record: u32, peer: Peer): void {
  for (let which: u32 = 0; which < peers.EXCHANGES_COUNT; which++) {
    const exchange = peer.exchange(which);
    if (exchange.dueMs > clock.now()) continue;
    if (exchange.transmissions >= <u32>MAX_RO_FAILURE) { // 6275-5.2.9-2
      routeOptimisation.happen(record, PeerEvent.Unanswered);
      return;
    }
    if (which == UPDATE && !hasTokens(peer)) { // they have grown too old since the last attempt: 6275-5.2.7-4
      routeOptimisation.happen(record, PeerEvent.TokensStale);
      return;
    }
    const waitMs = updateRate.waitIn(exchange.rateWindow()); // 6275-11.8-7
    if (waitMs > 0) {
      exchange.dueMs = clock.now() + waitMs;
      continue;
    }
    updateRate.noteIn(exchange.rateWindow());
    exchange.transmissions++;
    exchange.sentMs = clock.now();
    exchange.dueMs = clock.now() + exchange.timeoutMs;
    exchange.timeoutMs = min<f64>(exchange.timeoutMs * 2, MAX_BINDACK_TIMEOUT_MS);
    transmit(peer, which);
  }
}

/** True when a Binding Update can be authorised; to end a binding the home token is enough. */
function hasTokens(peer: Peer): bool {
  return peer.token(HOME_TEST).isFresh() && (peer.state == PeerState.Removing || peer.token(CAREOF_TEST).isFresh());
}

function transmit(peer: Peer, which: u32): void {
  const homeDevice = attachment.homeDevice();
  if (which == HOME_TEST) messages.sendHomeTestInit(peer, homeDevice);
  else if (which == CAREOF_TEST) messages.sendCareofTestInit(peer);
  else {
    const isRemoval = peer.state == PeerState.Removing;
    peer.lifetimeMs = isRemoval ? 0 : lifetimeToAsk(peer);
    // 6275-11.1-3, 6275-11.7.4-3: the peer may have the binding from now on.
    if (!isRemoval) peer.expiresMs = max(peer.expiresMs, clock.now() + peer.lifetimeMs);
    messages.sendBindingUpdate(peer, peer.lifetimeMs, homeDevice);
  }
}

/** Until when a token may be used whose message was asked for by this exchange (RFC 6275 §5.2.7). */
export function tokenUntilMs(peer: Peer, which: u32): f64 {
  return peer.exchange(which).sentMs + MAX_TOKEN_LIFETIME_MS;
}

/**
 * No longer than the home registration, the home prefix and the care-of address last (6275-11.7.2-11,
 * 6275-11.7.4-2, 6275-11.4.2-5, 6275-11.4.2-6).
 */
function lifetimeToAsk(peer: Peer): f64 {
  const home = registration.primary();
  const homeMs = min(home.expiresMs - clock.now(), homePrefixes.validMs(updates.home(home)));
  const careofMs = uplinks.at(peer.device).router().validUntilMs - clock.now();
  return max<f64>(LIFETIME_UNIT_MS, min(policy.lifetimeMs(), min(homeMs, careofMs)));
}
