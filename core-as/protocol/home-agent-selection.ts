/**
 * Which home agent a mobile node registers with (RFC 6275 §11.4.1).
 *
 * One that is configured is used, and no other: while it is silent it is asked again and again, and nothing
 * is discovered. Where none is configured, home agents are discovered by an anycast address of the home prefix, so
 * that Binding Updates go to routers of that prefix (6275-8.5-14, 6275-11.4.1-1, 6275-6.1.7-1); another router would
 * refuse with 132, and the next one is asked:
 *
 *      ┌────────────────────────── pause ◄──────────────────────────┬──────────────────────┐
 *      ▼                                                            │                      │
 *   request to the Home-Agents anycast address ── no reply: again, DHAAD_RETRIES times     │
 *      └── reply: a list ── first ── next ── ... each refuses or is silent ────────────────┘
 *
 * A reply has no other protection than its identifier. It chooses whom we ask: the Binding
 * Acknowledgement of the one who answers is authenticated.
 */
import {
  AGENT_ADDRESS, AGENT_BYTES, AGENT_CURRENT, AGENT_REMAINING, DEVICE_ANY, Encapsulation, Event,
} from "../abi/contract";
import {
  BindingAcknowledgementStatus as Status, DHAAD_RETRIES, INITIAL_DHAAD_TIMEOUT_MS, NextHeader,
} from "../abi/codes";
import { Reason } from "../abi/reasons";
import { RegistrationEvent, RegistrationState } from "../abi/states";
import { copyAddress, isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import * as homeAgentDiscovery from "../wire/home-agent-discovery";
import * as homeAgentsAnycast from "../wire/home-agents-anycast";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as uplinks from "../select/uplinks";
import * as ways from "../select/ways";
import * as random from "./crypto/random";
import * as ipv4Home from "./ipv4-home";
import * as pathProbe from "./path-probe";
import { HOP_LIMIT } from "./mobility-message";
import * as registration from "./registration";
import * as registrationTimes from "./registration-times";
import { TimerKind, restart, stop } from "./timers";
import * as updateRate from "./update-rate";

/** As many addresses as a reply within the minimum MTU of IPv6 has room for (RFC 6275 §10.5.1). */
const MAX_HOME_AGENTS: u32 = 77;
/** From one discovery that led to nothing to the next. */
const PAUSE_MS: f64 = 60000;

const list = memory.data(1232, 16); // MAX_HOME_AGENTS × 16
const anycast = memory.data(16, 16);
/** The care-of address that the request came from. */
const source = memory.data(16, 16);

let discovers: bool = false;
let listed: u32 = 0;
/** Home agents from the front of the list that had their turn. */
let tried: u32 = 0;

/** True from the first request until its reply, or until the last retransmission's timeout. */
let isAwaited: bool = false;
let identifier: u32 = 0;
let transmissions: u32 = 0;
let timeoutMs: f64 = 0;
let beganMs: f64 = -Infinity;
/** Retransmission, or the end of the pause. */
let discoveryTimer: u32 = NONE;
/** The next home agent's turn. */
let turnTimer: u32 = NONE;

/** Takes what is configured; an unspecified `homeAgent` is to be discovered on the home subnet. */
export function configure(homeAgent: usize, homeAddress: usize, prefixBits: u32): void {
  discovers = isUnspecified(homeAgent);
  homeAgentsAnycast.build(anycast, homeAddress, prefixBits);
}

/** Discovers home agents: there is none that a Binding Update could go to. */
export function discover(): void {
  identifier = random.next32() & 0xffff;
  transmissions = 0;
  timeoutMs = <f64>INITIAL_DHAAD_TIMEOUT_MS;
  beganMs = clock.now();
  isAwaited = true;
  transmit();
}

/** The home agent accepted: no other is looked for. The list stays for later (6275-11.4.1-6). */
export function accepted(): void {
  tried = 0;
  cease();
}

/** The home agent refused with this status. */
export function refused(status: u32): void {
  if (!discovers) return;
  // Another home agent knows no better key (4285-5.3-2), and no other owner of the address (6275-11.7.1-22).
  if (status == Status.AuthenticationFailed || status == Status.DuplicateAddressDetectionFailed) return;
  // 6275-11.4.1-4, 6275-11.4.1-9
  const waitMs = registration.primary().sentMs + registrationTimes.firstTimeoutMs() - clock.now();
  turnTimer = restart(turnTimer, TimerKind.HomeAgentTurn, 0, max<f64>(0, waitMs));
}

/**
 * The home agent has not answered for as long as is waited (6275-11.7.1-14). True when another one is asked
 * now; false when this one goes on being asked (6275-11.7.1-15).
 */
export function unanswered(update: Update): bool {
  return discovers && update.record == registration.primary().record && turn();
}

/** A timer of TimerKind.HomeAgentDiscovery or TimerKind.HomeAgentTurn ended. */
export function onTimer(kind: u32): void {
  if (kind == TimerKind.HomeAgentTurn) {
    turnTimer = NONE;
    turn();
    return;
  }
  discoveryTimer = NONE;
  if (!isAwaited) {
    discover();
  } else if (transmissions <= <u32>DHAAD_RETRIES) { // 6275-11.4.1-11, 6275-11.4.1-12
    timeoutMs *= 2; // 6275-11.4.1-13
    transmit();
  } else {
    isAwaited = false;
    discoveryTimer = restart(discoveryTimer, TimerKind.HomeAgentDiscovery, 0, PAUSE_MS);
  }
}

// ---- request and reply ----------------------------------------------------------------------

/** Sends the request from the care-of address of the day; without one, discovery ends. */
function transmit(): void {
  const update = registration.primary();
  if (!updates.hasCareof(update) || update.state == RegistrationState.Stopped) {
    cease();
    return;
  }
  discoveryTimer = restart(discoveryTimer, TimerKind.HomeAgentDiscovery, 0, timeoutMs);
  transmissions++;
  if (!ways.hasAddress(update.device, Encapsulation.Ipv6)) { // they are discovered by IPv6 alone (RFC 5555 §2.1)
    cease();
    return;
  }
  copyAddress(source, uplinks.at(update.device).careof());
  const packet = orders.allocate(<u32>(ip6.LENGTH_BYTES + icmp6.LENGTH_BYTES));
  if (packet == 0) return;
  const message = packet + ip6.LENGTH_BYTES;
  const length = <u32>(homeAgentDiscovery.buildRequest(message, identifier) - message);
  icmp6.finish(message, length, source, anycast);
  ip6.build(packet, 0, 0, length, NextHeader.Icmpv6, HOP_LIMIT, source, anycast);
  orders.transmit(update.device, packet, <u32>ip6.LENGTH_BYTES + length);
}

/** Takes a Home Agent Address Discovery Reply; returns what refused it, and then nothing has changed. */
export function receiveReply(packet: usize, message: usize, length: u32): Reason {
  const malformed = homeAgentDiscovery.check(message, length, ip6.source(packet), ip6.destination(packet));
  if (malformed != Reason.None) return malformed;
  if (
    !isAwaited || homeAgentDiscovery.identifier(message) != identifier ||
    !sameAddress(ip6.destination(packet), source)
  ) {
    return Reason.DiscoveryReplyUnexpected;
  }
  const count = homeAgentDiscovery.addressCount(length);
  if (count == 0 || count > MAX_HOME_AGENTS) return Reason.DiscoveryReplyAddresses;
  for (let index: u32 = 0; index < count; index++) {
    // 6275-11.4.1-2: a home agent has a unicast address, and not ours.
    const address = homeAgentDiscovery.address(message, index);
    const isOurs = sameAddress(address, updates.home(registration.primary()));
    if (!isUnicastRoutable(address) || isOurs) return Reason.DiscoveryReplyAddresses;
  }
  cease();
  memory.copy(list, homeAgentDiscovery.address(message, 0), <usize>count << 4);
  listed = count;
  tried = 0;
  turn();
  return Reason.None;
}

/** Neither requests nor turns any more. */
function cease(): void {
  isAwaited = false;
  discoveryTimer = stop(discoveryTimer);
  turnTimer = stop(turnTimer);
}

// ---- the list -------------------------------------------------------------------------------

/**
 * The next of the list, in its order, has its turn (6275-11.4.1-3, 6275-11.4.1-5). When all had it, home
 * agents are discovered anew, though not at once (6275-11.4.1-10). True when there was another one.
 */
function turn(): bool {
  while (tried < listed) {
    const next = at(tried++);
    if (sameAddress(next, updates.peerOf(registration.primary()))) continue;
    orders.event(Event.HomeAgentChosen, DEVICE_ANY, next, 0, listed);
    choose(next);
    return true;
  }
  if (!isAwaited && discoveryTimer == NONE) {
    discoveryTimer = restart(
      discoveryTimer, TimerKind.HomeAgentDiscovery, 0, max<f64>(0, beganMs + PAUSE_MS - clock.now()),
    );
  }
  return false;
}

/** The name of the home agent has this address: it is used, and none is discovered. */
export function named(homeAgent: usize): void {
  discovers = false;
  cease();
  listed = 0;
  choose(homeAgent);
}

/** All home addresses are registered with `homeAgent` from now on. */
function choose(homeAgent: usize): void {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    const update = updates.at(record);
    if (update.homeDevice != DEVICE_ANY) { // at home: there is nothing to register, only what is there to remove
      if (!updates.hasPeer(update)) copyAddress(updates.peerOf(update), homeAgent);
      continue;
    }
    leave(update);
    copyAddress(updates.peerOf(update), homeAgent);
    ways.agentChanged();
    pathProbe.agentChanged();
    ipv4Home.agentChanged(update);
    // Either leads to a first Binding Update, at once where there is a care-of address.
    const isRefused = update.state == RegistrationState.Refused;
    registration.happen(record, isRefused ? RegistrationEvent.CareofSelected : RegistrationEvent.Expired);
  }
}

/**
 * The home agent so far may have a binding, and then would defend the home address: it is told that the
 * binding ends (6275-11.7.1-12), though its answer is not waited for.
 */
function leave(update: Update): void {
  const mayBeBound = update.expiresMs > clock.now() || registration.isAwaited(update);
  if (mayBeBound && updates.hasPeer(update) && updates.hasCareof(update) && updateRate.waitMs() <= 0) {
    registration.transmit(update, 0);
  }
  registration.stopTimer(update);
  update.lifetimeTimer = stop(update.lifetimeTimer);
  update.expiresMs = 0;
  update.transmissions = 0;
}

function at(index: u32): usize {
  return list + (<usize>index << 4);
}

/** Writes the list as AGENT_* records to `reply`; returns their octets. */
export function write(reply: usize): u32 {
  for (let index: u32 = 0; index < listed; index++) {
    const p = reply + <usize>index * AGENT_BYTES;
    memory.fill(p, 0, AGENT_BYTES);
    copyAddress(p + AGENT_ADDRESS, at(index));
    store<f64>(p, Infinity, AGENT_REMAINING);
    store<u32>(p, sameAddress(at(index), updates.peerOf(registration.primary())) ? 1 : 0, AGENT_CURRENT);
  }
  return listed * <u32>AGENT_BYTES;
}
