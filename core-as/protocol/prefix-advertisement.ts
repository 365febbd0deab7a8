/**
 * Mobile Prefix Advertisements: nodes away from home learn what happens to the prefixes of their home link
 * (RFC 6275 §10.6; 6275-8.4-11).
 *
 *   Mobile Prefix Solicitation ─────────────────────────────► answered at once, and nothing else is due
 *   prefixes changed, or nothing sent for a day ──► random ──► sent ──► sent again, 3, 6 and 12 s later,
 *                                                  moment             until a solicitation acknowledges it
 *
 * §5.4 wants these messages protected by IPsec; what protects them here is that both ends go by a binding that was
 * authenticated: a solicitation must come from its care-of address, an advertisement goes there.
 */
import {
  DEVICE_ANY, Encapsulation, Event, PREFIX_DELIVERY_ENABLED, PREFIX_DELIVERY_MAX_INTERVAL, PREFIX_DELIVERY_MIN_INTERVAL, Refusal,
} from "../abi/contract";
import { BindingUpdateFlag, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import * as extension from "../wire/extension";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as mobilePrefix from "../wire/mobile-prefix";
import * as routing2 from "../wire/routing2";
import { sendMessage } from "../encap/answer-way";
import * as arrival from "../encap/arrival";
import * as paths from "../select/paths";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { Path } from "../tables/path";
import * as deliveries from "../tables/prefix-deliveries";
import { Delivery } from "../tables/prefix-deliveries";
import { NONE } from "../tables/slab";
import * as wheel from "../tables/timers";
import * as advertisedPrefixes from "./advertised-prefixes";
import * as random from "./crypto/random";
import * as homeLink from "./home-link";
import * as timers from "./timers";
import { TimerKind } from "./timers";

// RFC 6275 §12.
const FIRST_TIMEOUT_MS: f64 = 3000;
const RETRIES: u32 = 3;
/** 6275-6.8-9: no node gets two advertisements within this time. */
const LEAST_DISTANCE_MS: f64 = 1000;
/** Below this, advertisements that nobody acknowledges would follow each other without end. */
const LEAST_INTERVAL_MS: f64 = 1000;

const HEADERS_BYTES: u32 = <u32>(ip6.LENGTH_BYTES + routing2.LENGTH_BYTES);

// RFC 6275 §13.
let minIntervalMs: f64 = 600000;
let maxIntervalMs: f64 = 86400000;
let isEnabled: bool = true;

/** Takes a PREFIX_DELIVERY_* record (6275-8.4-12, 6275-13-1). */
export function configure(record: usize): Refusal {
  const least = load<f64>(record, PREFIX_DELIVERY_MIN_INTERVAL);
  const most = load<f64>(record, PREFIX_DELIVERY_MAX_INTERVAL);
  if (!(least >= LEAST_INTERVAL_MS) || !(most >= least) || !(most < Infinity)) return Refusal.OutOfRange;
  minIntervalMs = least;
  maxIntervalMs = most;
  isEnabled = load<u32>(record, PREFIX_DELIVERY_ENABLED) != 0;
  return Refusal.None;
}

// ---- when -----------------------------------------------------------------------------------

/**
 * A home registration was accepted. What it did not acknowledge before begins anew (6275-10.6.2-8); where nothing
 * is under way, an advertisement is planned.
 */
export function registered(homeAddress: usize): void {
  if (!isEnabled) return;
  let record = deliveries.find(homeAddress);
  if (record == NONE) record = deliveries.insert(homeAddress);
  if (record == NONE) return; // more home addresses than may be authorised: the nodes of some were removed just now
  const delivery = deliveries.at(record);
  const wasGivenUp = delivery.unacknowledged != 0 && delivery.transmissions == 0;
  if (delivery.timer != NONE && !wasGivenUp) return;
  delivery.transmissions = 0;
  sendAfter(record, delivery.unacknowledged != 0 ? LEAST_DISTANCE_MS : randomDelayMs(homeAddress));
}

/**
 * A home registration has ended: nothing is sent any more (6275-10.6.2-7). What was not acknowledged is
 * remembered.
 */
export function ended(homeAddress: usize): void {
  const record = deliveries.find(homeAddress);
  if (record == NONE) return;
  const delivery = deliveries.at(record);
  delivery.timer = timers.stop(delivery.timer);
  if (delivery.unacknowledged == 0) deliveries.remove(record);
}

/** The home prefixes have changed: every node that is away is told, each at its own random moment (6275-10.6.2-1). */
export function prefixesChanged(): void {
  if (!isEnabled) return;
  for (let record = deliveries.next(0); record != NONE; record = deliveries.next(record + 1)) {
    const delivery = deliveries.at(record);
    if (selector.forHomeAddress(delivery.home()) == NONE) continue;
    // One that is under way is replaced by the new one, which says all that it said (6275-10.6.2-9).
    delivery.transmissions = 0;
    const atMs = clock.now() + randomDelayMs(delivery.home());
    if (delivery.timer == NONE || atMs < wheel.deadlineMs(delivery.timer)) sendAfter(record, atMs - clock.now());
  }
}

/** RAND_ADV_DELAY of RFC 6275 §10.6.2, ms. */
function randomDelayMs(homeAddress: usize): f64 {
  const index = homeLink.findPrefix(homeAddress);
  const preferredMs = index < homeLink.prefixCount() ? homeLink.prefix(index).preferredMs() : 0;
  const mostMs = min(maxIntervalMs, preferredMs);
  return minIntervalMs + random.nextUnit() * Math.abs(mostMs - minIntervalMs);
}

function sendAfter(record: u32, ms: f64): void {
  const delivery = deliveries.at(record);
  delivery.timer = timers.restart(delivery.timer, TimerKind.PrefixDelivery, record, ms);
}

/** The moment of an entry has come. */
export function onTimer(record: u32): void {
  const delivery = deliveries.at(record);
  delivery.timer = NONE;
  const binding = selector.forHomeAddress(delivery.home());
  if (binding == NONE) { // 6275-10.6.2-7
    if (delivery.unacknowledged == 0) deliveries.remove(record);
    return;
  }
  if (!isEnabled) return;
  const sinceMs = clock.now() - delivery.lastSentMs;
  if (sinceMs < LEAST_DISTANCE_MS) { // 6275-6.8-9
    sendAfter(record, LEAST_DISTANCE_MS - sinceMs);
    return;
  }
  if (delivery.transmissions > RETRIES) { // given up, until the next registration or the next day
    delivery.transmissions = 0;
    sendAfter(record, maxIntervalMs);
    return;
  }
  if (delivery.transmissions == 0) delivery.identifier = <u16>random.next32();
  delivery.transmissions++;
  delivery.unacknowledged = 1;
  send(paths.toCareof(bindings.at(binding), 0), delivery, delivery.identifier, false);
  // 6275-10.6.2-5, 6275-10.6.2-6: 3, 6, 12 s; the last wait ends the attempt.
  sendAfter(record, FIRST_TIMEOUT_MS * <f64>(1 << (delivery.transmissions - 1)));
}

// ---- asked ----------------------------------------------------------------------------------

/**
 * Takes a Mobile Prefix Solicitation of `length` octets in a packet whose headers `extension.walk` has found;
 * returns what refused it. It also acknowledges what was sent unasked.
 */
export function receive(packet: usize, message: usize, length: u32): Reason {
  if (extension.homeAddressOption() == 0) return Reason.PrefixSolicitationWithoutHomeAddress; // 6275-6.7-1
  const home = extension.homeAddress(packet);
  const refusal = mobilePrefix.check(message, length, home, ip6.destination(packet));
  if (refusal != Reason.None) return refusal;
  const way = arrival.path();
  const binding = selector.boundToSender(home, way);
  if (binding == NONE || (bindings.at(binding).flags & BindingUpdateFlag.HomeRegistration) == 0) {
    return Reason.HomeAddressWithoutBinding;
  }
  if (!isEnabled) return Reason.PrefixAdvertisementsOff;
  let record = deliveries.find(home);
  if (record == NONE) record = deliveries.insert(home);
  if (record == NONE) return Reason.BindingBudgetExhausted;
  const delivery = deliveries.at(record);
  delivery.unacknowledged = 0;
  delivery.transmissions = 0;
  const isTooSoon = clock.now() - delivery.lastSentMs < LEAST_DISTANCE_MS;
  // 6275-6.8-8, 6275-10.6.3-3
  if (!isTooSoon) send(way, delivery, mobilePrefix.identifier(message), true);
  sendAfter(record, maxIntervalMs + randomDelayMs(home));
  return isTooSoon ? Reason.PrefixSolicitationTooSoon : Reason.None;
}

/**
 * Sends all prefixes to the care-of address, with the home address in a type 2 routing header, from the address
 * that the binding was made with (6275-6.8-1, 6275-6.8-2, 6275-10.6.3-1, 6275-10.6.3-2, 6275-10.6.3-4), as every
 * packet of ours by the host's routes (6275-10.6.3-6). No DHCPv6: the M and O bits are clear (6275-6.8-10).
 *
 * By UDP or IPv4 it goes to the home address itself: there is no care-of address that an IPv6 header could name
 * (RFC 5555 §2.2).
 */
function send(way: Path, delivery: Delivery, identifier: u32, isSolicited: bool): void {
  const packet = orders.allocate(HEADERS_BYTES + <u32>mobilePrefix.OPTIONS + advertisedPrefixes.MAX_BYTES);
  if (packet == 0) return;
  const isNative = way.encapsulation == <u32>Encapsulation.Ipv6;
  const routingBytes = <u32>(isNative ? routing2.LENGTH_BYTES : 0);
  const message = packet + ip6.LENGTH_BYTES + routingBytes;
  const end = advertisedPrefixes.append(mobilePrefix.buildAdvertisement(message, identifier, 0));
  const length = <u32>(end - message);
  icmp6.finish(message, length, homeLink.address(), delivery.home());
  if (isNative) routing2.build(packet + ip6.LENGTH_BYTES, NextHeader.Icmpv6, delivery.home());
  const next = isNative ? NextHeader.Routing : NextHeader.Icmpv6;
  const to = isNative ? way.remote() : delivery.home();
  ip6.build(packet, 0, 0, routingBytes + length, next, ip6.DEFAULT_HOP_LIMIT, homeLink.address(), to);
  sendMessage(way, packet, <u32>ip6.LENGTH_BYTES + routingBytes + length);
  delivery.lastSentMs = clock.now();
  orders.event(
    Event.PrefixesAdvertised, DEVICE_ANY, delivery.home(), 0, max<u32>(1, delivery.transmissions), isSolicited ? 1 : 0,
  );
}
