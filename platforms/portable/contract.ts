/**
 * Nodes for programs that have no TUN device: what is inside the tunnel comes and goes by callbacks, what is outside by
 * an *underlay* that carries datagrams. Needs nothing but what every runtime has (timers, `performance`, `crypto`,
 * WebSocket), so that the same classes serve Deno without privileges, browsers, and tests.
 */

/** Where a datagram comes from or goes to. */
export interface Endpoint {
  /** 16 octets; IPv4 as ::ffff:a.b.c.d. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** Carries UDP payloads (RFC 5555 §4.1) between this node and others: a UDP socket, WebSockets, a test's wire. */
export interface Underlay {
  /** For people: "udp 0.0.0.0:4191", "websocket wss://ha.example/mext". */
  readonly name: string;
  /** The node's own address and port on it, as the node itself knows them; the unspecified address: it does not. */
  readonly local: Endpoint;
  /** Largest packet that it carries with its outer headers, octets. */
  readonly mtuBytes: number;
  /** Whether it carries now; a mobile node's uplink is up or down with it. */
  readonly isUp: boolean;
  /** It has one other end only, the home agent: what `to` and `from` say of addresses means nothing. */
  readonly isPointToPoint?: boolean;
  /** Sends one datagram, and may keep `payload`; what cannot go is counted by the underlay and not told. */
  send(payload: Uint8Array, to: Endpoint): void;
  /** Set by the node that uses it. `payload` is valid during the call only. */
  receive?: (payload: Uint8Array, from: Endpoint) => void;
  /** Set by the node: `isUp` or `local` changed. */
  changed?: () => void;
  /** Leaves a connection that seems dead for a new one; absent: there is none. */
  reconnect?(): void;
  /** Whether an address stands for a connection of its own (connection-addresses.ts). */
  owns?(address: Uint8Array): boolean;
  /** Set by a home agent: whether a mobile node has a binding at this endpoint. */
  isBound?: (endpoint: Endpoint) => boolean;
  /** What it has counted; plain data. */
  status?(): UnderlayStatus;
  /** Lets go of sockets and timers; nothing is received afterwards. */
  close(): void;
}

/** What an underlay tells of itself; an underlay may tell more. */
export interface UnderlayStatus {
  readonly name: string;
  readonly isUp: boolean;
  /** Datagrams that were carried. */
  readonly sent: number;
  readonly received: number;
  /** Datagrams that were not, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}
