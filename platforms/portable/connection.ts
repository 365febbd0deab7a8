/** One WebSocket that a server has accepted: what it may send, and whether it may stay. */
import { GOING_AWAY, MESSAGE_TOO_BIG, POLICY_VIOLATION, UNSUPPORTED_DATA } from "./close-codes.ts";
import type { Connections } from "./connections.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Messages that may come at once, in seconds of their rate. */
const STRANGER_BURST_S = 2;
const BURST_S = 0.2;

/** A WebSocket at the server's end, as each runtime gives it. */
export interface ServerSocket {
  /** May keep `message`. */
  send(message: Uint8Array): void;
  /** Octets that were sent and have not left yet. */
  readonly bufferedBytes: number;
  /** Ends it with a code of RFC 6455 §7.4 and a reason for people. */
  close(code: number, reason: string): void;
  /** Ends at once, without a word to the other end. Absent: the runtime cannot, and it stays until the other end goes. */
  terminate?(): void;
  /** Absent: the runtime itself sees to it that the other end lives. */
  ping?(): void;
}

/** What hub and relay do with connections. */
export interface ConnectionOwner {
  opened(connection: Connection): void;
  /** A datagram; `payload` is valid during the call only. */
  take(connection: Connection, payload: Uint8Array): void;
  /** Whether the owner knows who this is. */
  isTrusted(connection: Connection): boolean;
  ended(connection: Connection): void;
}

/** The server calls `message`, `alive`, `closed` and `failed`. */
export class Connection {
  isTrusted = false;
  readonly #all: Connections;
  readonly #owner: ConnectionOwner;
  readonly #strangerBucket: TokenBucket;
  readonly #bucket: TokenBucket;
  /** Since when it is not trusted. */
  #strangerMs: number;
  #heardMs: number;
  #aliveMs: number;
  #pingedMs: number;

  /** @internal */
  constructor(all: Connections, owner: ConnectionOwner, readonly socket: ServerSocket, readonly from: string) {
    this.#all = all;
    this.#owner = owner;
    const nowMs = all.clock.nowMs();
    const { strangerMessagesPerSecond: few, messagesPerSecond: many } = all.limits;
    this.#strangerBucket = new TokenBucket(few, few * STRANGER_BURST_S, nowMs);
    this.#bucket = new TokenBucket(many, Math.max(1, many * BURST_S), nowMs);
    this.#strangerMs = this.#heardMs = this.#aliveMs = this.#pingedMs = nowMs;
  }

  /** A message came: octets, or the text of a text message, which nobody here speaks. */
  message(data: Uint8Array | ArrayBuffer | string): void {
    if (!this.#all.isOpen(this)) return;
    const nowMs = this.#all.clock.nowMs();
    this.#heardMs = this.#aliveMs = nowMs;
    if (typeof data === "string") return this.#all.end(this, "text message", UNSUPPORTED_DATA);
    const payload = data instanceof Uint8Array ? data : new Uint8Array(data);
    if (payload.length > this.#all.limits.maxMessageBytes) return this.tooLarge();
    if (payload.length === 0) return this.#all.dropped.add("empty");
    if (!this.#trust() && !this.#strangerBucket.take(nowMs)) return this.#all.dropped.add("too many messages");
    if (!this.#bucket.take(nowMs)) return this.#all.dropped.add("too many messages");
    this.#all.received++;
    this.#owner.take(this, payload);
    if (this.#all.isOpen(this)) this.#trust();
  }

  /** The runtime has refused a message that was too large, before it was whole. */
  tooLarge(): void {
    this.#all.end(this, "message too large", MESSAGE_TOO_BIG);
  }

  /** A pong came. */
  alive(): void {
    this.#aliveMs = this.#all.clock.nowMs();
  }

  /** The server says that it has ended. */
  closed(): void {
    this.#all.gone(this);
  }

  /** The server says that it broke. */
  failed(): void {
    this.#all.end(this, "socket failed", POLICY_VIOLATION);
  }

  /** Sends a datagram, unless too much is waiting. Keeps `payload`. */
  send(payload: Uint8Array): void {
    const { socket } = this;
    if (socket.bufferedBytes + payload.length > this.#all.limits.maxBufferedBytes) return this.#all.dropped.add("slow reader");
    socket.send(payload);
    this.#all.sent++;
  }

  /** Looks whether it may stay. @internal */
  review(nowMs: number): void {
    const { authenticationMs, idleMs, pingMs } = this.#all.limits;
    if (!this.#trust() && nowMs - this.#strangerMs >= authenticationMs) {
      return this.#all.end(this, "not authenticated", POLICY_VIOLATION);
    }
    if (nowMs - this.#heardMs >= idleMs) return this.#all.end(this, "idle", GOING_AWAY);
    if (this.socket.ping === undefined) return;
    if (nowMs - this.#aliveMs >= pingMs * 2.5) return this.#all.end(this, "does not answer pings", GOING_AWAY);
    if (nowMs - this.#pingedMs < pingMs) return;
    this.#pingedMs = nowMs;
    this.socket.ping();
  }

  #trust(): boolean {
    const isTrusted = this.#owner.isTrusted(this);
    if (isTrusted === this.isTrusted) return isTrusted;
    this.isTrusted = isTrusted;
    this.#strangerMs = this.#all.clock.nowMs();
    this.#all.trustChanged(isTrusted);
    return isTrusted;
  }
}
