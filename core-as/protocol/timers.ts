/** What a timer of the one wheel is for; its owner is a record or a device. */
export enum TimerKind {
  /** Home agent: a binding is to be refreshed or has ended. Owner: binding. */
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
}
