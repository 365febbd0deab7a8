/** What a timer of the one wheel is for; its owner is a record or a device. */
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import { NONE } from "../tables/slab";
import * as wheel from "../tables/timers";
import { Reason } from "../abi/reasons";

export enum TimerKind {
  /** Home agent or correspondent node: a binding is to be refreshed or has ended. Owner: binding. */
  Binding = 1,
  /** Mobile node: retransmit, refresh or try again. Owner: binding update list entry. */
  Registration = 2,
  /** Mobile node: the binding at the peer has ended. Owner: binding update list entry. */
  Lifetime = 3,
  /** Mobile node: router solicitation, or silence of the router. Owner: device. */
  Solicit = 4,
  /** Mobile node: duplicate address detection. Owner: device. */
  Address = 5,
  /** Mobile node: router or prefix have ended. Owner: device. */
  RouterLifetime = 6,
  /** Mobile node: a preferred uplink has outlasted its hold-down. */
  Selection = 7,
  /** Mobile node: all that is due for a correspondent. Owner: entry of tables/peers. */
  Peer = 8,
  /** Mobile node: what is due for the ways of an uplink to the home agent. Owner: device. */
  Ways = 9,
  /** Mobile node: a NAT is to be refreshed. Owner: binding update list entry. */
  Keepalive = 10,
  /** Mobile node: a packet should have come out of the tunnel by now. */
  Watch = 11,
  /** Mobile node: retransmission of a Home Agent Address Discovery Request, or the pause before the next one. */
  HomeAgentDiscovery = 30,
  /** Mobile node: the next home agent of the list has its turn. */
  HomeAgentTurn = 31,
  /** Mobile node: retransmission of a Mobile Prefix Solicitation. */
  PrefixSolicitation = 32,
  /** Mobile node: a home prefix is to be asked about, or has ended. */
  HomePrefix = 33,
  /** Home agent: duplicate address detection of a home address. Owner: binding. */
  Detection = 20,
  /** Home agent: neighbours are told once more who takes packets for a home address. Owner: none. */
  Announcement = 21,
  /** Home agent: the next bindings are looked at anew. Owner: none. */
  Review = 22,
  /** Home agent: a node on the home link is looked for once more. Owner: slot of the answer to it. */
  Delivery = 23,
  /** Home agent: an entry of the Home Agents List, or an address of it, has ended. Owner: the entry. */
  HomeAgent = 24,
  /** Home agent: a Router Advertisement is due. */
  RouterAdvertisement = 25,
  /** Home agent: a Mobile Prefix Advertisement is due. Owner: delivery. */
  PrefixDelivery = 26,
  /** Home agent: a group was not reported again. Owner: membership. */
  Membership = 27,
  /** Home agent: a node is to be asked for its groups. Owner: listener. */
  ListenerQuery = 28,
  /** Home agent: further copies of a packet to a group are to be sent. */
  MulticastCopies = 29,
}

/** Sets `timer` anew, or a first one where it is NONE. Returns the handle to keep in its place. */
export function restart(timer: u32, kind: TimerKind, owner: u32, afterMs: f64): u32 {
  const deadline = clock.now() + afterMs;
  if (wheel.move(timer, deadline)) return timer;
  const started = wheel.set(kind, owner, deadline);
  if (started == NONE) counters.refuse(Reason.TimersFull);
  return started;
}

/** Stops `timer`, which may be NONE. Returns the handle to keep in its place. */
export function stop(timer: u32): u32 {
  wheel.cancel(timer);
  return NONE;
}
