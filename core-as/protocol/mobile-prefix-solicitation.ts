/**
 * Mobile Prefix Solicitation (RFC 6275 §11.4.2): this mobile node asks its home agent for the home prefixes.
 * It can do so only while it is registered, since its Home Address option needs a binding; a wish that comes
 * earlier waits for the registration.
 *
 *   │ IPv6: care-of address → home agent │ Home Address option │ Mobile Prefix Solicitation │
 *
 * From an IPv4 care-of address, and wherever Binding Updates go by UDP, it does as well (RFC 5555 §2.2; 5555-2.2-1):
 *
 *   │ IP │ UDP │ IPv6: home address → home agent │ Home Address option │ Mobile Prefix Solicitation │
 */
import { Encapsulation } from "../abi/contract";
import { INITIAL_SOLICIT_TIMER_MS, MAX_BINDACK_TIMEOUT_MS, NextHeader } from "../abi/codes";
import { RegistrationState } from "../abi/states";
import * as homeAddressOption from "../wire/home-address";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as mobilePrefix from "../wire/mobile-prefix";
import { sendMessage } from "../encap/answer-way";
import * as paths from "../select/paths";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as random from "./crypto/random";
import { HOP_LIMIT } from "./mobility-message";
import * as registration from "./registration";
import { TimerKind, restart, stop } from "./timers";

/** True until an advertisement answers. */
let isWanted: bool = false;
/** True while a solicitation is out. */
let isAwaited: bool = false;
let identifier: u32 = 0;
let timeoutMs: f64 = 0;
let sentMs: f64 = -Infinity;
let timer: u32 = NONE;

/** Asks for the home prefixes, now or as soon as the home agent can be asked. */
export function want(): void {
  isWanted = true;
  if (!isAwaited) begin();
}

/**
 * An advertisement came unasked: the home agent has news, so it is asked (6275-11.4.3-6), but not faster than
 * it would be asked again. Who forges advertisements must not make this node send without end.
 */
export function invited(): void {
  if (clock.now() >= sentMs + INITIAL_SOLICIT_TIMER_MS) want();
}

/** The home agent has accepted this node's care-of address. */
export function registered(): void {
  if (isWanted) begin();
}

/** True for the identifier of the solicitation that is out: only its advertisement is taken. */
export function isAnsweredBy(id: u32): bool {
  return isAwaited && id == identifier;
}

/** An advertisement was taken: another one with the same identifier is none that was asked for. */
export function answered(): void {
  isWanted = false;
  rest();
}

/** No advertisement in time: it is asked again at half the rate, down to one in MAX_BINDACK_TIMEOUT. */
export function onTimer(): void {
  timer = NONE;
  timeoutMs = min<f64>(MAX_BINDACK_TIMEOUT_MS, timeoutMs * 2); // 6275-11.8-3, 6275-11.8-4, 6275-11.8-5
  transmit();
}

function begin(): void {
  identifier = random.next32() & 0xffff; // 6275-11.4.2-4
  timeoutMs = <f64>INITIAL_SOLICIT_TIMER_MS; // 6275-11.8-1
  transmit();
}

function rest(): void {
  isAwaited = false;
  timer = stop(timer);
}

function transmit(): void {
  const update = registration.primary();
  if (update.state != RegistrationState.Registered) {
    rest(); // `registered` begins anew
    return;
  }
  isAwaited = true;
  sentMs = clock.now();
  timer = restart(timer, TimerKind.PrefixSolicitation, 0, timeoutMs);
  const home = updates.home(update);
  const agent = updates.peerOf(update);
  const payload = <u32>(homeAddressOption.LENGTH_BYTES + icmp6.LENGTH_BYTES);
  const packet = orders.allocate(<u32>ip6.LENGTH_BYTES + payload);
  if (packet == 0) return;
  const option = packet + ip6.LENGTH_BYTES;
  const message = option + homeAddressOption.LENGTH_BYTES;
  const length = <u32>(mobilePrefix.buildSolicitation(message, identifier) - message);
  icmp6.finish(message, length, home, agent);
  homeAddressOption.build(option, NextHeader.Icmpv6, home); // 6275-6.7-1, 6275-11.4.2-2
  // 5555-2.2-2: over IPv4 the home address is its source as well.
  const isNative = update.way == Encapsulation.Ipv6;
  const source = isNative ? updates.careof(update) : home;
  ip6.build(packet, 0, 0, payload, NextHeader.Destination, HOP_LIMIT, source, agent);
  if (isNative) orders.transmit(update.device, packet, <u32>ip6.LENGTH_BYTES + payload);
  else sendMessage(paths.fromUplink(update.device, update.way, agent), packet, <u32>ip6.LENGTH_BYTES + payload);
}
