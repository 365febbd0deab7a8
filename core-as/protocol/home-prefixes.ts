/**
 * The home prefixes as the home agent advertises them to a mobile node that is away (RFC 6275 §11.4.3): how
 * long each is valid and preferred. What that means for home addresses is the matter of `renumbering`.
 *
 *   advertised                    3/4: asked anew        preferred ends   3/4        valid ends
 *       ├──────────────────────────────┼─────────────────────┼─────────────┼──────────────┤
 *
 * A prefix of which nothing was heard is valid for ever, as far as this node knows.
 */
import { DEVICE_ANY, Encapsulation, Event, MAX_HOME_PREFIXES } from "../abi/contract";
import { BindingAcknowledgementStatus as Status, NeighbourOptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { copyPrefix, isUnspecified, sameAddress, samePrefix } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as ip6 from "../wire/ip6";
import * as mobilePrefix from "../wire/mobile-prefix";
import * as options from "../wire/neighbour-options";
import { PrefixFlag } from "../wire/neighbour-options";
import * as routing2 from "../wire/routing2";
import * as arrival from "../encap/arrival";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as solicitation from "./mobile-prefix-solicitation";
import * as registration from "./registration";
import * as renumbering from "./renumbering";
import * as routerDiscovery from "./router-discovery";
import { TimerKind, restart, stop } from "./timers";

@unmanaged
export class HomePrefix {
  high: u64;
  low: u64;
  /** Monotonic ms, Infinity: for ever. */
  validUntilMs: f64;
  preferredUntilMs: f64;
  /** Its length; 0: the record is free. */
  bits: u32;
  /** 1: addresses may be configured from it. */
  autonomous: u32;
  /** With which status the home agent refused the home address that was formed from it, 0: it did not. */
  refused: u32;

  address(): usize {
    return changetype<usize>(this);
  }

  isPreferred(): bool {
    return this.preferredUntilMs > clock.now();
  }

  isValid(): bool {
    return this.validUntilMs > clock.now();
  }
}

/** Lifetimes of this many ms, all ones on the wire, are for ever (RFC 4861 §4.6.2). */
const FOR_EVER_MS: f64 = <f64>u32.MAX_VALUE * 1000;
/** Share of a lifetime after which the prefixes are asked for: before their end (6275-11.4.2-1). */
const ASK_SHARE: f64 = 0.75;
/** The last time to ask is this long before the end. */
const MIN_ASK_MS: f64 = 10000;

const RECORD_BYTES: usize = 48;
const records = memory.data(768, 8); // MAX_HOME_PREFIXES × RECORD_BYTES
/** When the home agent is asked next without any other cause, monotonic ms. */
let askMs: f64 = Infinity;
let timer: u32 = NONE;

export function at(index: u32): HomePrefix {
  return changetype<HomePrefix>(records + <usize>index * RECORD_BYTES);
}

/** The longest prefix that an address is in; changetype(0): none that was heard of. */
export function find(address: usize): HomePrefix {
  let found = changetype<HomePrefix>(0);
  for (let index: u32 = 0; index < <u32>MAX_HOME_PREFIXES; index++) {
    const prefix = at(index);
    if (prefix.bits == 0 || !samePrefix(prefix.address(), address, prefix.bits)) continue;
    if (!changetype<usize>(found) || prefix.bits > found.bits) found = prefix;
  }
  return found;
}

/** Forgets what was heard of all prefixes that an address is in. */
export function forget(address: usize): void {
  for (let prefix = find(address); changetype<usize>(prefix) != 0; prefix = find(address)) prefix.bits = 0;
}

/**
 * How long the prefix of a home address is still valid, ms; Infinity: for ever, or not known. No binding of
 * that home address may last longer, at the home agent or at a correspondent node (6275-11.4.2-6).
 */
export function validMs(homeAddress: usize): f64 {
  const prefix = find(homeAddress);
  return changetype<usize>(prefix) ? max<f64>(0, prefix.validUntilMs - clock.now()) : Infinity;
}

/**
 * The home agent has accepted a registration. With `asks` it wants us to learn the prefixes again before the
 * next one (RFC 6275 §11.7.3).
 */
export function registered(asks: bool): void {
  if (asks) solicitation.want(); // 6275-11.7.3-11
  else solicitation.registered();
}

// ---- advertisement --------------------------------------------------------------------------

/**
 * Takes a Mobile Prefix Advertisement (6275-8.5-13); returns what refused it, in silence (6275-11.4.3-7). Its
 * identifier is what protects it: only the answer to our own question counts, and who cannot read that
 * question can only guess.
 */
export function receive(packet: usize, message: usize, length: u32): Reason {
  const agent = updates.peerOf(registration.primary());
  // 6275-11.4.3-1, 6275-11.4.3-2; and none while no home agent is known (6275-11.4.3-3)
  if (isUnspecified(agent) || !sameAddress(ip6.source(packet), agent)) {
    return Reason.PrefixAdvertisementNotFromHomeAgent;
  }
  // 6275-11.4.3-4; that it names an address of ours has been seen to
  const routing = extension.routingHeaderOffset();
  // Without a care-of address by IPv6 it is for the home address itself (RFC 5555 §2.2).
  const isNative = arrival.path().encapsulation == <u32>Encapsulation.Ipv6;
  if (routing == 0 && isNative) return Reason.PrefixAdvertisementRoutingHeader;
  const home = routing != 0 ? routing2.homeAddress(packet + routing) : ip6.destination(packet);
  const malformed = mobilePrefix.check(message, length, agent, home);
  if (malformed != Reason.None) return malformed;
  if (!solicitation.isAnsweredBy(mobilePrefix.identifier(message))) {
    solicitation.invited();
    return Reason.PrefixAdvertisementUnsolicited; // 6275-11.4.3-5
  }
  const first = message + mobilePrefix.OPTIONS;
  const end = message + length;
  let count: u32 = 0;
  for (let p = nextPrefix(first, end); p != 0; p = nextPrefix(options.next(p), end)) count++;
  if (count > <u32>MAX_HOME_PREFIXES) return Reason.HomePrefixesTooMany;
  solicitation.answered();
  // 6275-11.4.3-8. M and O point to DHCPv6: a host without it does nothing about them.
  for (let p = nextPrefix(first, end); p != 0; p = nextPrefix(options.next(p), end)) note(p);
  review();
  return Reason.None;
}

function nextPrefix(from: usize, end: usize): usize {
  return options.find(from, end, NeighbourOptionType.PrefixInformation);
}

/**
 * One Prefix Information option (RFC 4861 §6.3.4, RFC 4862 §5.5.3). A shorter lifetime counts at once: what
 * protects hosts from forged Router Advertisements, the two hours of RFC 4862 §5.5.3(e), would keep bindings
 * alive that must end (RFC 6275 §11.4.2).
 */
function note(option: usize): void {
  const bits = options.prefixLength(option);
  const heard = options.prefix(option);
  const validMs = options.validLifetimeMs(option);
  const preferredMs = options.preferredLifetimeMs(option);
  if (bits == 0 || bits > 128 || !routerDiscovery.isGlobal(heard) || preferredMs > validMs) return;
  const prefix = recordFor(heard, bits);
  if (!changetype<usize>(prefix)) return;
  const before = prefix.validUntilMs;
  prefix.validUntilMs = until(validMs);
  prefix.preferredUntilMs = until(preferredMs);
  prefix.autonomous = options.hasPrefixFlag(option, PrefixFlag.Autonomous) ? 1 : 0;
  orders.event(
    Event.HomePrefix, DEVICE_ANY, prefix.address(), 0, bits, <u32>(validMs / 1000), <u32>(preferredMs / 1000),
  );
  if (prefix.validUntilMs < before) renumbering.shortened(prefix);
}

function until(lifetimeMs: f64): f64 {
  return lifetimeMs >= FOR_EVER_MS ? Infinity : clock.now() + lifetimeMs;
}

/**
 * The record of a prefix, which may be a new one; changetype(0): there is no room. A prefix that the home agent does
 * not serve, whoever has advertised it, gives its place to another.
 */
function recordFor(heard: usize, bits: u32): HomePrefix {
  let free = changetype<HomePrefix>(0);
  for (let index: u32 = 0; index < <u32>MAX_HOME_PREFIXES; index++) {
    const prefix = at(index);
    if (prefix.bits == bits && samePrefix(prefix.address(), heard, bits)) return prefix;
    const isFree = prefix.bits == 0 || prefix.refused == Status.NotHomeSubnet;
    if (isFree && (!changetype<usize>(free) || free.bits != 0)) free = prefix;
  }
  if (!changetype<usize>(free)) return free;
  copyPrefix(free.address(), heard, bits); // heard may be a whole address (RFC 6275 §7.2)
  free.bits = bits;
  free.validUntilMs = Infinity; // as far as was known
  free.refused = 0;
  return free;
}

// ---- time -----------------------------------------------------------------------------------

/** The timer of the prefixes ended. */
export function onTimer(): void {
  timer = NONE;
  if (clock.now() >= askMs) solicitation.want();
  review();
}

/** Follows the lifetimes: home addresses come and go, what ended is forgotten, the timer is set. */
function review(): void {
  renumbering.follow();
  let earliest = Infinity;
  askMs = Infinity;
  for (let index: u32 = 0; index < <u32>MAX_HOME_PREFIXES; index++) {
    const prefix = at(index);
    if (prefix.bits == 0) continue;
    if (!prefix.isValid()) {
      prefix.bits = 0;
      continue;
    }
    earliest = min(earliest, prefix.validUntilMs);
    if (!renumbering.isInUse(prefix.address(), prefix.bits)) continue;
    askMs = min(askMs, whenToAsk(prefix.isPreferred() ? prefix.preferredUntilMs : prefix.validUntilMs));
  }
  earliest = min(earliest, askMs);
  if (earliest == Infinity) timer = stop(timer);
  else timer = restart(timer, TimerKind.HomePrefix, 0, earliest - clock.now());
}

/** Well before `endMs`, monotonic ms; Infinity: it is too near, or there is none. */
function whenToAsk(endMs: f64): f64 {
  const leftMs = endMs - clock.now();
  if (leftMs == Infinity || leftMs < MIN_ASK_MS) return Infinity;
  return clock.now() + leftMs * ASK_SHARE;
}
