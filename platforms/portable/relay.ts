/**
 * A relay: WebSockets on one side, UDP to one home agent on the other (RFC 5555 §4.1). It knows no keys and no bindings;
 * to the home agent it is a NAT, with a socket of its own for each connection, and any home agent of RFC 5555 works
 * behind it.
 *
 *   mobile node ── WebSocket ──► connection ── its own UDP socket ──► the home agent, and nobody else
 *
 * Not an open relay: datagrams go to the home agent that was configured, and only what that one sends comes back. A
 * connection whose datagrams it never answers is closed, and each has a limited rate.
 */
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { type ConnectionLimits, Connections, type ConnectionsStatus } from "./connections.ts";
import { Counts } from "./counts.ts";
import { withDefaults } from "./defaults.ts";

/** A UDP socket of one connection: it sends to the home agent, and hears nobody else. */
export interface RelaySocket {
  /** Sends one datagram to the home agent. */
  send(payload: Uint8Array): void;
  /** Closes the socket. */
  close(): void;
}

export interface RelayOptions extends ConnectionLimits {
  /** Opens one; throws or calls `failed` when that is not possible. */
  readonly openSocket: (receive: (payload: Uint8Array) => void, failed: (error: unknown) => void) => RelaySocket;
  readonly clock?: Clock;
}

export interface RelayStatus extends ConnectionsStatus {
  /** Sockets to the home agent that failed, by error. */
  readonly failures: Readonly<Record<string, number>>;
}

/** What one mobile node may send in a second, unless the options say something else: some 50 Mbit/s. */
const MESSAGES_PER_SECOND = 5000;

interface Relayed {
  readonly socket: RelaySocket;
  /** When the home agent was heard last, monotonic ms. */
  answeredMs: number;
}

/** Puts the datagrams of each connection onto a UDP socket of its own. */
export class Relay implements ConnectionOwner {
  readonly connections: Connections;
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #relayed = new Map<Connection, Relayed>();
  readonly #failures = new Counts();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.connections = new Connections(this, withDefaults({ messagesPerSecond: MESSAGES_PER_SECOND }, options), this.#clock);
  }

  /** Connections, and what was refused, by reason. */
  status(): RelayStatus {
    return { ...this.connections.status(), failures: this.#failures.toJSON() as Record<string, number> };
  }

  /** Ends all connections. */
  close(): void {
    this.connections.close();
  }

  /** @internal */
  opened(connection: Connection): void {
    try {
      const socket = this.#options.openSocket(
        (payload) => this.#answer(connection, payload),
        (error) => this.#fail(connection, error),
      );
      this.#relayed.set(connection, { socket, answeredMs: -Infinity });
    } catch (error) {
      this.#fail(connection, error);
    }
  }

  /** @internal */
  take(connection: Connection, payload: Uint8Array): void {
    this.#relayed.get(connection)?.socket.send(payload.slice());
  }

  /** @internal */
  isTrusted(connection: Connection): boolean {
    const relayed = this.#relayed.get(connection);
    return relayed !== undefined && this.#clock.nowMs() - relayed.answeredMs < this.connections.limits.idleMs;
  }

  /** @internal */
  ended(connection: Connection): void {
    this.#relayed.get(connection)?.socket.close();
    this.#relayed.delete(connection);
  }

  #answer(connection: Connection, payload: Uint8Array): void {
    const relayed = this.#relayed.get(connection);
    if (relayed === undefined || payload.length === 0) return;
    relayed.answeredMs = this.#clock.nowMs();
    connection.send(payload);
  }

  #fail(connection: Connection, error: unknown): void {
    const { code, name } = error as { code?: string; name?: string };
    this.#failures.add(code ?? name ?? "error");
    // ECONNREFUSED: the home agent is not there now; mobile nodes try again by themselves
    if (code !== "ECONNREFUSED") connection.failed();
  }
}
