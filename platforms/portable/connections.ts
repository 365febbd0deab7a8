/**
 * WebSockets that a server has accepted, of whatever runtime: who may come in, who may stay, and what each may send.
 * Home agents (websocket-hub.ts) and relays (relay.ts) have it in common.
 *
 *   request ── admission ──► stranger ── known to its owner ──► trusted
 *                               │ nothing of that within 10 s      │ idle, silent to pings
 *                               ▼                                  ▼
 *                            closing ── closed by the other end, or cut off after 2 s ──► gone
 *
 * Where the runtime can cut nothing off, what is closing keeps its place: sockets cannot become more than are allowed.
 */
import { Admission, type AdmissionOptions, type AdmissionRequest, type Denial } from "./admission.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { GOING_AWAY } from "./close-codes.ts";
import { Connection, type ConnectionOwner, type ServerSocket } from "./connection.ts";
import { Counts } from "./counts.ts";
import { withDefaults } from "./defaults.ts";
import { MAX_PACKET_BYTES } from "./packets.ts";

export interface ConnectionLimits extends AdmissionOptions {
  /** How long a connection may be open before its owner knows it. */
  readonly authenticationMs?: number;
  /** How long one may say nothing. */
  readonly idleMs?: number;
  /** How often the other end is asked whether it lives; it is given up after two and a half times as long. */
  readonly pingMs?: number;
  /** Largest message, octets. */
  readonly maxMessageBytes?: number;
  /** What may wait for a slow reader, octets; what comes then is dropped. */
  readonly maxBufferedBytes?: number;
  /** Messages in a second of a connection that is not known yet. */
  readonly strangerMessagesPerSecond?: number;
  /** Messages in a second of one that is known. */
  readonly messagesPerSecond?: number;
}

const DEFAULTS = {
  authenticationMs: 10_000, idleMs: 600_000, pingMs: 30_000, maxMessageBytes: MAX_PACKET_BYTES,
  maxBufferedBytes: 256 * 1024, strangerMessagesPerSecond: 20, messagesPerSecond: 50_000,
} as const;
const SWEEP_MS = 1000;
const CLOSING_MS = 2000;

export type ClosedBecause =
  | "by the other end" | "not authenticated" | "idle" | "does not answer pings" | "text message" | "message too large"
  | "server stops" | "socket failed";
export type MessageDrop = "empty" | "too many messages" | "slow reader" | "connection gone";

/** What the status tells of connections. */
export interface ConnectionsStatus {
  /** Now, those that are being closed as well. */
  readonly connections: number;
  readonly trusted: number;
  readonly accepted: number;
  readonly sent: number;
  readonly received: number;
  /** Requests that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Connections that have ended, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Messages that were not passed on, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** All WebSockets of a server: lets them in, watches them, counts what they do. */
export class Connections {
  readonly limits: Required<Omit<ConnectionLimits, keyof AdmissionOptions>>;
  readonly clock: Clock;
  readonly dropped = new Counts<MessageDrop>();
  readonly admission: Admission;
  sent = 0;
  received = 0;
  readonly #owner: ConnectionOwner;
  readonly #closed = new Counts<ClosedBecause>();
  readonly #open = new Set<Connection>();
  readonly #closing = new Map<Connection, number>();
  #strangers = 0;
  #accepted = 0;
  #isStopped = false;
  #cancelSweep: (() => void) | undefined;

  constructor(owner: ConnectionOwner, limits: ConnectionLimits = {}, clock = SYSTEM_CLOCK) {
    this.#owner = owner;
    this.limits = withDefaults(DEFAULTS, limits);
    this.clock = clock;
    this.admission = new Admission(limits);
  }

  /** Before a request is granted: how it is refused, or undefined. */
  check(request: AdmissionRequest): Denial | undefined {
    if (this.#isStopped) return { status: 503, text: "stopping" };
    const crowd = this.#open.size + this.#closing.size;
    // those that do not close were strangers, or are by now
    const strangers = this.#strangers + this.#closing.size;
    const denial = this.admission.check(request, crowd, strangers, this.clock.nowMs());
    this.#plan();
    return denial;
  }

  /** A request was granted, and the WebSocket is open. The server tells the connection of all that happens to it. */
  accept(socket: ServerSocket, from: string): Connection {
    const connection = new Connection(this, this.#owner, socket, from);
    this.#open.add(connection);
    this.#accepted++;
    this.#strangers++;
    this.admission.opened(from);
    this.#owner.opened(connection);
    if (this.#isStopped) this.end(connection, "server stops", GOING_AWAY);
    this.#plan();
    return connection;
  }

  /** Whether messages of it are taken. @internal */
  isOpen(connection: Connection): boolean {
    return this.#open.has(connection);
  }

  /** Closes one; nothing of it is passed on any more. @internal */
  end(connection: Connection, why: ClosedBecause, code: number): void {
    if (!this.#open.delete(connection)) return;
    this.#closing.set(connection, this.clock.nowMs() + CLOSING_MS);
    this.#leave(connection, why);
    connection.socket.close(code, why);
    this.#plan();
  }

  /** The socket is closed. @internal */
  gone(connection: Connection): void {
    if (this.#open.delete(connection)) this.#leave(connection, "by the other end");
    else if (!this.#closing.delete(connection)) return;
    this.admission.closed(connection.from);
  }

  /** @internal */
  trustChanged(isTrusted: boolean): void {
    this.#strangers += isTrusted ? -1 : 1;
  }

  /** How many there are, and what was refused, by reason. */
  status(): ConnectionsStatus {
    return {
      connections: this.#open.size + this.#closing.size,
      trusted: this.#open.size - this.#strangers,
      accepted: this.#accepted,
      sent: this.sent,
      received: this.received,
      refused: this.admission.refused.toJSON() as Record<string, number>,
      closed: this.#closed.toJSON() as Record<string, number>,
      dropped: this.dropped.toJSON() as Record<string, number>,
    };
  }

  /** Closes all of them, and takes no more. */
  close(): void {
    this.#isStopped = true;
    for (const connection of [...this.#open]) this.end(connection, "server stops", GOING_AWAY);
  }

  #leave(connection: Connection, why: ClosedBecause): void {
    if (!connection.isTrusted) this.#strangers--;
    this.#closed.add(why);
    this.#owner.ended(connection);
  }

  #plan(): void {
    if (this.#cancelSweep !== undefined) return;
    if (this.#open.size + this.#closing.size + this.admission.remembered === 0) return;
    this.#cancelSweep = this.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      this.#sweep();
      this.#plan();
    });
  }

  #sweep(): void {
    const nowMs = this.clock.nowMs();
    this.admission.sweep(nowMs);
    for (const connection of [...this.#open]) connection.review(nowMs);
    for (const [connection, untilMs] of this.#closing) {
      if (nowMs < untilMs || connection.socket.terminate === undefined) continue;
      connection.socket.terminate();
      this.gone(connection);
    }
  }
}
