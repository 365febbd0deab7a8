/**
 * Answers to a node that is back on the home link while its binding lives, because its Binding Update was
 * refused (6275-10.3.2-9). Its home address is intercepted, so the host would not look for it on the link:
 * it is solicited here, and the answer goes out once its link-layer address is known.
 *
 *   answer waits ── Neighbour Solicitation ── advertisement ──► AddNeighbour, Transmit
 *                        ▲       │
 *                        └─ 1 s ─┘  three times, then the answer is dropped
 */
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as ip6 from "../wire/ip6";
import * as neighbour from "../wire/neighbour";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as homeLink from "./home-link";
import * as discovery from "./neighbour-discovery";
import * as proxyNeighbour from "./proxy-neighbour";
import { TimerKind, restart, stop } from "./timers";

/** MAX_MULTICAST_SOLICIT (RFC 4861 §10). */
const MAX_SOLICITATIONS: u32 = 3;
/** Answers that wait at once. Only nodes that may register can cause them; a new one takes the oldest's place. */
const SLOTS: u32 = 16;

/** Octets of the largest answer. */
const ANSWER_BYTES: usize = 496;
const SENT: usize = ANSWER_BYTES;
const LENGTH: usize = SENT + 4;
const TIMER: usize = LENGTH + 4;
const SLOT_BYTES: usize = TIMER + 8; // 512
const slots = memory.data(8192, 16); // SLOTS × 512 octets
let next: u32 = 0;

/** Sends the acknowledgement `packet` to the home address that is its destination, on device `device`. */
export function send(device: u32, packet: usize, length: u32): void {
  const isIntercepted = device == homeLink.device() &&
    proxyNeighbour.interceptedBy(ip6.destination(packet)) != NONE;
  if (!isIntercepted || length > <u32>ANSWER_BYTES) {
    orders.transmit(device, packet, length);
    return;
  }
  const number = next;
  const slot = at(number);
  next = (next + 1) % SLOTS;
  if (load<u32>(slot, LENGTH) != 0) drop(slot);
  memory.copy(slot, packet, length);
  store<u32>(slot, length, LENGTH);
  store<u32>(slot, 0, SENT);
  solicit(number, slot);
}

/** `target` said where it is: what waits for it goes there. */
export function resolved(target: usize, linkAddress: usize, linkBytes: u32): void {
  for (let number: u32 = 0; number < SLOTS; number++) {
    const slot = at(number);
    const length = load<u32>(slot, LENGTH);
    if (length == 0 || !sameAddress(ip6.destination(slot), target)) continue;
    stop(load<u32>(slot, TIMER));
    store<u32>(slot, 0, LENGTH);
    const packet = orders.allocate(length);
    if (packet == 0) return;
    memory.copy(packet, slot, length);
    orders.neighbour(homeLink.device(), target, linkAddress, linkBytes);
    orders.transmit(homeLink.device(), packet, length);
  }
}

/** Nobody said in time where the node of slot `number` is. */
export function onTimer(number: u32): void {
  const slot = at(number);
  if (load<u32>(slot, SENT) < MAX_SOLICITATIONS) {
    solicit(number, slot);
    return;
  }
  store<u32>(slot, 0, LENGTH);
  counters.refuse(Reason.NodeNotOnHomeLink);
}

function solicit(number: u32, slot: usize): void {
  const sent = load<u32>(slot, SENT);
  store<u32>(slot, sent + 1, SENT);
  discovery.solicit(homeLink.device(), ip6.destination(slot), homeLink.linkLocal());
  const timer = sent == 0 ? NONE : load<u32>(slot, TIMER);
  store<u32>(slot, restart(timer, TimerKind.Delivery, number, neighbour.RETRANS_TIMER_MS), TIMER);
}

function drop(slot: usize): void {
  stop(load<u32>(slot, TIMER));
  counters.refuse(Reason.NodeNotOnHomeLink);
}

function at(number: u32): usize {
  return slots + <usize>number * SLOT_BYTES;
}
