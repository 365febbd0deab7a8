/** States and events of the machines. The tables stand in core-as/protocol; a test prints them. */

/** The home registration of a mobile node (RFC 6275 §11.7.1). */
export enum RegistrationState {
  /** No care-of address to register. */
  Idle = 0,
  /** A first Binding Update is out; the home agent holds no binding that we know of. */
  Registering = 1,
  /** The home agent has our care-of address. */
  Registered = 2,
  /** A Binding Update is out while an older binding lives. */
  Updating = 3,
  /** A Binding Update with lifetime zero is out. */
  Deregistering = 4,
  /** The home agent refused; a new attempt waits for its time. */
  Refused = 5,
  /** The host has shut the node down: nothing is registered any more. */
  Stopped = 6,
  /** On the home link while a binding may live: the home agent's link-layer address is being looked for (§11.5.5). */
  Returning = 7,
  /** On the home link: a Binding Update with lifetime zero is out, and the home address is there already. */
  Removing = 8,
  /** On the home link without a binding: duplicate address detection of the home address runs. */
  Checking = 9,
  /** At home: an ordinary node of its link. */
  AtHome = 10,
  /** The home address belongs to somebody else, says the home agent: it is not used any more (§11.7.1). */
  Duplicate = 11,
}
export const REGISTRATION_STATES = 12;

export enum RegistrationEvent {
  /** A (new) care-of address was selected. */
  CareofSelected = 0,
  /** No care-of address is left. */
  CareofLost = 1,
  /** Accepted, lifetime above zero. */
  Accepted = 2,
  /** Accepted, lifetime zero. */
  Removed = 3,
  /** Refused, but a corrected Binding Update can succeed: sequence number or timestamp. */
  Correctable = 4,
  /** Refused. */
  Rejected = 5,
  /** No acknowledgement in time. */
  Timeout = 6,
  /** Time to refresh, or the peer asks for it. */
  RefreshDue = 7,
  /** The lifetime ended. */
  Expired = 8,
  /** The host shuts down. */
  Shutdown = 9,
  /** The home link was reached; a binding may live. */
  HomeReached = 10,
  /** The home link was reached; all bindings have expired. */
  HomeReachedUnbound = 11,
  /** The home link was left. */
  HomeLeft = 12,
  /** The home agent's link-layer address is known. */
  AgentFound = 13,
  /** Somebody defends the home address. */
  Objected = 14,
  /** Refused: somebody else has the home address. */
  AddressDuplicate = 15,
}
export const REGISTRATION_EVENTS = 16;

export enum RegistrationAction {
  None = 0,
  /** Send a Binding Update with the first timeout of this kind. */
  SendUpdate = 1,
  /** Send it again with twice the timeout. */
  Resend = 2,
  /** Send a Binding Update with lifetime zero. */
  SendRemoval = 3,
  /** Stop retransmitting, plan the refresh. */
  Confirm = 4,
  /** Stop all timers but the lifetime's. */
  Pause = 5,
  /** Forget the binding. */
  Forget = 6,
  /** Wait, then try again. */
  HoldOff = 7,
  /** Ask the home link who defends the home address. */
  SeekAgent = 8,
  /** Check the home address for duplicates. */
  CheckAddress = 9,
  /** Forget the binding, take the home address and tell the home link. */
  Settle = 10,
  /** Tell the home link again. */
  Announce = 11,
}

/** One uplink of a mobile node: link, router and care-of address (RFC 6275 §11.5). */
export enum UplinkState {
  /** The link is down. */
  Down = 0,
  /** Looking for a router. */
  Soliciting = 1,
  /** A care-of address exists, duplicate address detection runs. */
  Tentative = 2,
  /** The care-of address can be used. */
  Ready = 3,
  /** The router was silent for too long; it is being asked. */
  Doubtful = 4,
  /** A router that shows another link was heard; the current one is being asked whether it is still there. */
  Contested = 5,
  /** The link came up anew and may be another one; routers are being asked. */
  Returned = 6,
}
export const UPLINK_STATES = 7;

export enum UplinkEvent {
  LinkUp = 0,
  LinkDown = 1,
  /** A router advertisement from the current router with our prefix; where there is none, from any. */
  RouterHeard = 2,
  /** A router advertisement that shows another link. */
  RouterChanged = 3,
  /** The router's advertisements are overdue, or nothing comes back through it. */
  RouterSilent = 4,
  /** The solicited router did not answer in time. */
  SolicitTimeout = 5,
  /** Nobody objected to the care-of address. */
  AddressConfirmed = 6,
  /** Somebody else has the care-of address. */
  AddressDuplicate = 7,
  /** The lifetime of router or prefix ended. */
  LifetimeEnded = 8,
  /** The router itself answered that it is there. */
  RouterReachable = 9,
}
export const UPLINK_EVENTS = 10;

export enum UplinkAction {
  None = 0,
  /** Send a router solicitation and start its timer. */
  Solicit = 1,
  /** Drop router and care-of address. */
  Clear = 2,
  /** Take router and prefix, form a care-of address, check it. */
  Adopt = 3,
  /** Take note of new lifetimes; the silence timer starts anew. */
  Renew = 4,
  /** The care-of address is confirmed. */
  Confirm = 5,
  /** Form another care-of address in the same prefix. */
  Reform = 6,
  /** Drop router and address, then look for another. */
  ClearAndSolicit = 7,
  /** Drop them and adopt the router heard last. */
  ClearAndAdopt = 8,
  /** Believe that the router is there; others that were heard share its link. */
  Trust = 9,
}

/** Route optimisation with one correspondent node (RFC 6275 §11.6, §11.7.2). */
export enum PeerState {
  /** Packets go through the home agent. */
  Tunnelled = 0,
  /** Home Test Init and Care-of Test Init are out; the peer has no binding that we could use. */
  Testing = 1,
  /** A Binding Update is out; until its acknowledgement packets go through the home agent. */
  Binding = 2,
  /** Packets take the direct way. */
  Optimised = 3,
  /** Packets take the direct way while new tokens are fetched. */
  Renewing = 4,
  /** Packets take the direct way while a Binding Update that prolongs the binding is out. */
  Rebinding = 5,
  /** A Binding Update with lifetime zero is out. */
  Removing = 6,
  /** The peer does not take part; it is asked again later. */
  Refused = 7,
}
export const PEER_STATES = 8;

export enum PeerEvent {
  /** There is traffic, and the configuration allows it. */
  Wanted = 0,
  /** All keygen tokens are there that a Binding Update needs, and the home agent has the care-of address. */
  TestsComplete = 1,
  /** The peer accepted a lifetime above zero. */
  Accepted = 2,
  /** The peer has no binding any more, or never had one. */
  Removed = 3,
  /** The peer no longer knows the nonces. */
  TokensStale = 4,
  /** Refused, but a corrected Binding Update can succeed: sequence number. */
  Correctable = 5,
  /** Refused. */
  Rejected = 6,
  /** The peer does not know the protocol. */
  Unsupported = 7,
  /** MAX_RO_FAILURE transmissions of a message found no answer. */
  Unanswered = 8,
  /** The binding is in use and its lifetime runs out, or the peer asks for it. */
  RefreshDue = 9,
  /** The lifetime that the peer granted ended. */
  Expired = 10,
  /** A Binding Update for another care-of address is on its way to the home agent. */
  Moved = 11,
  /** There is no home registration any more, or no care-of address. */
  Unregistered = 12,
  /** The binding is to end: the configuration says so, or the node is at home. */
  Unwanted = 13,
  /** The peer lost the binding, or the direct way failed. */
  Lost = 14,
  /** A hold-off ended. */
  RetryDue = 15,
}
export const PEER_EVENTS = 16;

export enum PeerAction {
  None = 0,
  /** Fetch the keygen tokens that are missing. */
  Test = 1,
  /** Send a Binding Update. */
  Update = 2,
  /** Take the binding as the peer granted it: packets go the direct way. */
  Confirm = 3,
  /** End the binding at the peer: a Binding Update with lifetime zero, once the home keygen token is there. */
  Remove = 4,
  /** Forget the binding: packets go through the home agent. */
  Forget = 5,
  /** Packets go through the home agent; try again later. */
  HoldOff = 6,
  /** Packets go through the home agent; the peer may still have a binding. */
  Suspend = 7,
  /** Forget the binding and fetch new tokens, not too often. */
  Restart = 8,
}

/** Why packets to a peer do not take the direct way. */
export enum PeerObstacle {
  None = 0,
  /** The configuration says so. */
  Policy = 1,
  /** There was too little traffic. */
  LittleTraffic = 2,
  /** There is no home registration, or none yet at this care-of address. */
  NotRegistered = 3,
  /** The procedure is under way. */
  InProgress = 4,
  /** The peer did not answer. */
  NoAnswer = 5,
  /** The peer does not know the protocol: it said so by an ICMPv6 or Binding Error. */
  NotSupported = 6,
  /** The peer refused the binding. */
  RefusedByPeer = 7,
  /** The peer lost the binding, or the direct way failed. */
  Lost = 8,
  /** The node is at home: there is no need. */
  AtHome = 9,
  /** The care-of address is an IPv4 one (RFC 5555 §2.4). */
  Ipv4CareofAddress = 10,
}

/** Why a way to the home agent is not used (RFC 5555 §4.4.1). */
export enum PathObstacle {
  /** None: it can be used, or is. */
  None = 0,
  /** The configuration does not allow it, or the home agent has no address for it. */
  NotConfigured = 1,
  /** The uplink has no address of this kind. */
  NoAddress = 2,
  /** Binding Updates by it found no answer. */
  NoAnswer = 3,
  /** Binding Updates were answered, but what was tunnelled did not come through. */
  NothingPasses = 4,
  /** It failed in the network before; after a move the family stays, until a probe shows that it works (§4.4.1). */
  FailedBefore = 5,
  /** A NAT is in the way: packets need UDP (§4.2). */
  Nat = 6,
  /** The home agent or the configuration wants UDP (flag F). */
  UdpForced = 7,
  /** A better one works. */
  NotNeeded = 8,
  /** The link is down. */
  LinkDown = 9,
  /** It has just appeared: a probe is to show that it works before anything moves to it. */
  BeingTried = 10,
}

/** One way of an uplink to the home agent, an Encapsulation (RFC 5555 §4.4.1). */
export enum WayState {
  /** Not allowed, or the uplink has no address for it. */
  Absent = 0,
  /** The same, and it failed when it was there last. */
  Lapsed = 1,
  /** It can be used; of this network nothing is known yet. */
  Untried = 2,
  /** The home agent answered by it. */
  Working = 3,
  /** A probe was answered; nothing was registered by it since. */
  Proven = 4,
  /** Neither Binding Updates nor probes by it are answered. */
  Silent = 5,
  /** Binding Updates by it are answered, what is tunnelled does not come through. */
  Blocked = 6,
  /** It failed in the network before (RFC 5555 §4.4.1). */
  Doubted = 7,
}
export const WAY_STATES = 8;

export enum WayEvent {
  /** It is allowed now, and there is an address for it. */
  Appeared = 0,
  /** It is no longer. */
  Vanished = 1,
  /** Its address shows another network. */
  Moved = 2,
  /** The home agent acknowledged a Binding Update by it. */
  Answered = 3,
  /** As many Binding Updates as are worth while found no answer. */
  Unanswered = 4,
  /** Probes through the tunnel found no answer, though one beside it did. */
  NothingPassed = 5,
  /** A probe was answered. */
  ProbeAnswered = 6,
  /** All probes of a round are unanswered. */
  ProbesUnanswered = 7,
  /** Time to ask again. */
  RetryDue = 8,
  /** The uplink uses a worse one. */
  Outranked = 9,
}
export const WAY_EVENTS = 10;

export enum WayAction {
  None = 0,
  /** Begin a round of probes. */
  Ask = 1,
  /** Ask again later, each time after twice as long. */
  Wait = 2,
  /** No probes. */
  Rest = 3,
}

/** What a mobile node knows of NATs between it and its home agent. */
export enum NatFinding {
  Unknown = 0,
  None = 1,
  Nat = 2,
}

/** The machines whose tables `stateTable` gives. */
export enum Machine {
  Registration = 0,
  Uplink = 1,
  Peer = 2,
  Way = 3,
}
