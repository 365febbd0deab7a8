/**
 * Router Advertisements of a home agent on its home link (RFC 4861 §6.2; RFC 6275 §7): the home prefixes with the
 * home agent's address in them, the H bit, and how often to expect the next one.
 *
 *   link up ──► a few, soon after each other ──► one at random moments between Min- and MaxRtrAdvInterval
 *   Router Solicitation ──► one within half a second, never closer to the last than MinDelayBetweenRAs
 *   shutdown ──► a last one with a lifetime of zero
 */
import {
  HOME_LINK_ADVERTISE, HOME_LINK_DEVICE, HOME_LINK_INTERVAL_OPTION, HOME_LINK_LIFETIME, HOME_LINK_MAX_INTERVAL,
  HOME_LINK_MIN_DELAY, HOME_LINK_MIN_INTERVAL, HOME_LINK_PREFERENCE, HOME_LINK_ROUTER_LIFETIME, HOME_LINK_UNSOLICITED,
  Refusal,
} from "../abi/contract";
import { NeighbourOptionType, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ALL_NODES } from "../wire/addresses";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as neighbour from "../wire/neighbour";
import * as options from "../wire/neighbour-options";
import * as router from "../wire/router";
import { RouterFlag } from "../wire/router";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as wheel from "../tables/timers";
import * as advertisedPrefixes from "./advertised-prefixes";
import * as random from "./crypto/random";
import * as homeLink from "./home-link";
import * as timers from "./timers";
import { TimerKind } from "./timers";

// The least values of RFC 6275 §7.5 and §13, and the largest of RFC 4861 §6.2.1.
const LEAST_MIN_INTERVAL_MS: f64 = 30;
const LEAST_MAX_INTERVAL_MS: f64 = 70;
const LEAST_DELAY_MS: f64 = 30;
const LARGEST_INTERVAL_MS: f64 = 1800000;
const LARGEST_MIN_SHARE: f64 = 0.75;
const LARGEST_ROUTER_LIFETIME_MS: f64 = 9000000;
const LARGEST_HOME_AGENT_LIFETIME_MS: f64 = 65535000;

// RFC 4861 §10.
const INITIAL_ADVERTISEMENTS: u32 = 3;
const INITIAL_INTERVAL_MS: f64 = 16000;
const MAX_DELAY_MS: f64 = 500;
/** RFC 4861 §10: MIN_DELAY_BETWEEN_RAS, and the least MinRtrAdvInterval of that document. */
const ORDINARY_MIN_INTERVAL_MS: f64 = 3000;

/** Intervals below this are said to be longer, for clocks that are coarse (6275-7.5-8). */
const SHORT_INTERVAL_MS: f64 = 200;
const GRANULARITY_MS: f64 = 20;

/** Headers and options other than prefixes: link-layer address (16), interval, home agent information. */
const OTHER_BYTES: u32 = <u32>(ip6.LENGTH_BYTES + router.ADVERTISEMENT_OPTIONS) + 16 + 8 + 8;

let isOn: bool = false;
let isUnsolicited: bool = false;
let hasIntervalOption: bool = false;
let minIntervalMs: f64 = 0;
let maxIntervalMs: f64 = 0;
let minDelayMs: f64 = 0;
let routerLifetimeMs: f64 = 0;
let homeAgentLifetimeMs: f64 = 0;
let homeAgentPreference: i32 = 0;
let timer: u32 = NONE;
/** How many of the first ones are still to come. */
let initialLeft: u32 = 0;
let lastSentMs: f64 = -Infinity;

/** Whether a HOME_LINK_* record may be taken (6275-7.5-3, 6275-7.5-4, 6275-8.3-3, 6275-8.3-4). */
export function check(record: usize): Refusal {
  const least = load<f64>(record, HOME_LINK_MIN_INTERVAL);
  const most = load<f64>(record, HOME_LINK_MAX_INTERVAL);
  const lifetime = load<f64>(record, HOME_LINK_ROUTER_LIFETIME);
  const ownLifetime = load<f64>(record, HOME_LINK_LIFETIME);
  const preferred = load<i32>(record, HOME_LINK_PREFERENCE);
  const isFine = least >= LEAST_MIN_INTERVAL_MS && most >= LEAST_MAX_INTERVAL_MS && most <= LARGEST_INTERVAL_MS &&
    least <= most * LARGEST_MIN_SHARE && load<f64>(record, HOME_LINK_MIN_DELAY) >= LEAST_DELAY_MS &&
    lifetime >= 0 && lifetime <= LARGEST_ROUTER_LIFETIME_MS &&
    ownLifetime >= 0 && ownLifetime <= LARGEST_HOME_AGENT_LIFETIME_MS &&
    (lifetime > 0 || ownLifetime > 0) && // 6275-7.4-6: a home agent has a lifetime
    preferred >= i16.MIN_VALUE && preferred <= i16.MAX_VALUE;
  return isFine ? Refusal.None : Refusal.OutOfRange;
}

/** Takes a record that `check` has passed, before `homeLink.configureLink` does: a link that is left is told. */
export function leave(record: usize): void {
  const stays = load<u32>(record, HOME_LINK_DEVICE) == homeLink.device();
  if (!stays || load<u32>(record, HOME_LINK_ADVERTISE) == 0) cease();
  if (!stays) lastSentMs = -Infinity;
}

/**
 * Takes the same record after `homeLink.configureLink`, and begins (6275-8.3-1, 6275-8.3-2, 6275-8.4-10, 6275-13-1).
 */
export function begin(record: usize): void {
  minIntervalMs = load<f64>(record, HOME_LINK_MIN_INTERVAL);
  maxIntervalMs = load<f64>(record, HOME_LINK_MAX_INTERVAL);
  minDelayMs = load<f64>(record, HOME_LINK_MIN_DELAY);
  // 6275-13-2: who advertises more often may also answer as often.
  if (minIntervalMs < ORDINARY_MIN_INTERVAL_MS) minDelayMs = min(minDelayMs, minIntervalMs);
  routerLifetimeMs = atLeastOneSecond(load<f64>(record, HOME_LINK_ROUTER_LIFETIME)); // 6275-7.5-12
  homeAgentLifetimeMs = atLeastOneSecond(load<f64>(record, HOME_LINK_LIFETIME)); // 6275-7.4-6
  if (homeAgentLifetimeMs == routerLifetimeMs) homeAgentLifetimeMs = 0; // the default (6275-7.4-12)
  homeAgentPreference = load<i32>(record, HOME_LINK_PREFERENCE);
  hasIntervalOption = load<u32>(record, HOME_LINK_INTERVAL_OPTION) != 0;
  isUnsolicited = load<u32>(record, HOME_LINK_UNSOLICITED) != 0; // 6275-7.5-9, 6275-7.5-10
  isOn = load<u32>(record, HOME_LINK_ADVERTISE) != 0;
  announce();
}

function atLeastOneSecond(lifetimeMs: f64): f64 {
  return lifetimeMs > 0 ? max<f64>(lifetimeMs, 1000) : 0;
}

/** This home agent's own preference (6275-8.4-10). */
export function preference(): i32 {
  return homeAgentPreference;
}

/** For how long this home agent says that it is one, ms; Infinity: it does not say. */
export function lifetimeMs(): f64 {
  if (!isOn) return Infinity;
  return homeAgentLifetimeMs != 0 ? homeAgentLifetimeMs : routerLifetimeMs;
}

/** Begins anew with a few advertisements soon after each other: the link came up, or what is said has changed. */
export function announce(): void {
  if (!mayAdvertise()) return;
  initialLeft = isUnsolicited ? INITIAL_ADVERTISEMENTS : 0;
  if (isUnsolicited) sendAt(soonest(random.nextUnit() * MAX_DELAY_MS));
}

function mayAdvertise(): bool {
  return isOn && homeLink.isConfigured() && devices.at(homeLink.device()).up != 0;
}

/** The home link went up or down. */
export function linkChanged(up: bool): void {
  if (up) announce();
  else timer = timers.stop(timer);
}

/**
 * Takes a Router Solicitation on the home link (RFC 4861 §6.2.6); returns what refused it. The answer goes to all
 * nodes, and stands for that of others who ask at the same time.
 */
export function receiveSolicitation(packet: usize, message: usize, length: u32): Reason {
  const refusal = router.checkSolicitation(packet, message, length);
  if (refusal != Reason.None) return refusal;
  if (!mayAdvertise()) return Reason.MessageNotForThisRole;
  const atMs = soonest(random.nextUnit() * MAX_DELAY_MS);
  if (timer == NONE || atMs < wheel.deadlineMs(timer)) sendAt(atMs);
  return Reason.None;
}

/** The moment `delayMs` from now, or from when the next advertisement may be sent. */
function soonest(delayMs: f64): f64 {
  const isEarly = clock.now() < lastSentMs + minDelayMs;
  return (isEarly ? lastSentMs + minDelayMs : clock.now()) + delayMs;
}

function sendAt(ms: f64): void {
  timer = timers.restart(timer, TimerKind.RouterAdvertisement, 0, ms - clock.now());
}

/** It is time for an advertisement; the next one is at a random moment after it (RFC 4861 §6.2.4). */
export function onTimer(): void {
  timer = NONE;
  if (!mayAdvertise()) return;
  send(routerLifetimeMs, false);
  if (!isUnsolicited) return;
  let afterMs = minIntervalMs + random.nextUnit() * (maxIntervalMs - minIntervalMs);
  if (initialLeft > 0) initialLeft--;
  if (initialLeft > 0) afterMs = min(afterMs, INITIAL_INTERVAL_MS);
  sendAt(clock.now() + max(afterMs, minDelayMs));
}

/** Stops, and says so: a last advertisement with a lifetime of zero (RFC 4861 §6.2.5). */
export function cease(): void {
  if (mayAdvertise()) send(0, true);
  isOn = false;
  timer = timers.stop(timer);
}

/** One message holds all there is to say, so that no part of it is missing in another (6275-7.4-10). */
function send(lifetimeMs: f64, isLast: bool): void {
  const packet = orders.allocate(OTHER_BYTES + advertisedPrefixes.MAX_BYTES);
  if (packet == 0) return;
  const link = devices.at(homeLink.device());
  const message = packet + ip6.LENGTH_BYTES;
  let end = router.buildAdvertisement(message, ip6.DEFAULT_HOP_LIMIT, RouterFlag.HomeAgent, lifetimeMs, 0, 0);
  if (link.linkAddressBytes != 0) { // 6275-7.5-11: on every link that has such addresses
    end = options.appendLinkLayerAddress(
      end, NeighbourOptionType.SourceLinkLayerAddress, link.linkAddressPointer(), link.linkAddressBytes,
    );
  }
  if (hasIntervalOption) end = options.appendAdvertisementInterval(end, advertisedInterval());
  // 6275-7.4-12: what is as by default is not said; 6275-7.4-6, 6275-7.4-8: nor by who ends.
  if (!isLast && (homeAgentPreference != 0 || homeAgentLifetimeMs != 0)) {
    end = options.appendHomeAgentInformation(
      end, <u32>homeAgentPreference, homeAgentLifetimeMs != 0 ? homeAgentLifetimeMs : lifetimeMs,
    );
  }
  end = advertisedPrefixes.append(end);
  const length = <u32>(end - message);
  icmp6.finish(message, length, homeLink.linkLocal(), ALL_NODES);
  ip6.build(packet, 0, 0, length, NextHeader.Icmpv6, neighbour.HOP_LIMIT, homeLink.linkLocal(), ALL_NODES);
  orders.transmit(homeLink.device(), packet, <u32>ip6.LENGTH_BYTES + length);
  lastSentMs = clock.now();
}

/** 6275-7.3-3, 6275-7.5-8 */
function advertisedInterval(): u32 {
  return <u32>(maxIntervalMs < SHORT_INTERVAL_MS ? maxIntervalMs + GRANULARITY_MS : maxIntervalMs);
}
