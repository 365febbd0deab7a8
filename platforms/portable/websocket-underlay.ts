/**
 * A mobile node's end of the WebSocket underlay (RFC 6455): one datagram is one binary message, nothing is added. For
 * networks that let only HTTPS out, and for browsers, which have no UDP.
 *
 *   connecting ──open──► up ──close, error──► waiting ──0.25 s, doubled up to 30 s──► connecting
 *
 * A connection that breaks is, to the core, a link that goes down; the next one is another mapping of a NAT, and the
 * node registers anew. What the network delivers reliably and in order costs delay when it is lost: so that old packets
 * do not pile up in front of new ones, they are dropped where more than a bounded amount waits.
 */
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { MOBILE_NODE_ADDRESS } from "./connection-addresses.ts";
import type { Endpoint, Underlay, UnderlayStatus } from "./contract.ts";
import { Counts } from "./counts.ts";
import { MESSAGE_TOO_BIG, UNSUPPORTED_DATA } from "./close-codes.ts";
import { MAX_PACKET_BYTES } from "./packets.ts";

/** What is used of the standard WebSocket, and of look-alikes such as the one of the npm package ws. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** As in the standard. */
  onopen: ((event: never) => void) | null;
  /** As in the standard. */
  onmessage: ((event: never) => void) | null;
  /** As in the standard. */
  onclose: ((event: never) => void) | null;
  /** As in the standard. */
  onerror: ((event: never) => void) | null;
  /** As in the standard. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** As in the standard. */
  close(code?: number, reason?: string): void;
  /** Of look-alikes: ends without waiting for the other end, which may be out of reach. */
  terminate?(): void;
}

/** The WebSocket of the runtime, or one like it. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** Where it connects to, and how patiently. */
export interface WebSocketUnderlayOptions {
  /** "wss://ha.example/mext"; "ws:" only where nobody listens: messages are authenticated, but not secret. */
  readonly url: string | URL;
  /** Default: the runtime's own. Node has one from version 22 on; before, that of the npm package ws serves. */
  readonly WebSocket?: WebSocketConstructor;
  /** As a UDP tunnel over Ethernet by default. */
  readonly mtuBytes?: number;
  /** What may wait to be sent, octets; what comes then is dropped. */
  readonly maxBufferedBytes?: number;
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  readonly clock?: Clock;
}

export type WebSocketDrop = "not connected" | "too much is waiting" | "text message" | "too large" | "empty";

export interface WebSocketStatus extends UnderlayStatus {
  readonly state: "connecting" | "up" | "waiting" | "closed";
  /** Connections that were opened. */
  readonly connections: number;
  /** Attempts since the last one that worked. */
  readonly failures: number;
  /** Why the last connection ended (RFC 6455 §7.4). */
  readonly lastClose?: { readonly code: number; readonly reason: string };
}

/** Where there are events of the whole program: browsers. */
const GLOBAL = globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;
const OPEN = 1;
const DEFAULT_MTU_BYTES = 1500;
const MAX_BUFFERED_BYTES = 256 * 1024;
/** A connection that has lasted so long was a good one: the next attempt comes soon again. */
const PROVEN_MS = 5000;

export class WebSocketUnderlay implements Underlay {
  readonly name: string;
  /** A WebSocket tells no addresses; no host has this one, so the home agent always sees a NAT. */
  readonly local: Endpoint = { address: MOBILE_NODE_ADDRESS, port: 0 };
  readonly mtuBytes: number;
  readonly isPointToPoint = true;
  receive?: (payload: Uint8Array, from: Endpoint) => void;
  changed?: () => void;
  readonly #options: WebSocketUnderlayOptions;
  readonly #Constructor: WebSocketConstructor;
  readonly #clock: Clock;
  readonly #dropped = new Counts<WebSocketDrop>();
  #socket: WebSocketLike | undefined;
  #state: WebSocketStatus["state"] = "waiting";
  #cancelRetry: (() => void) | undefined;
  #openedMs = 0;
  #sent = 0;
  #received = 0;
  #connections = 0;
  #failures = 0;
  #lastClose: WebSocketStatus["lastClose"];
  /** Browsers say when there is a network again: nothing is waited for then. */
  readonly #online = () => this.reconnect();

  /** Connects at once. Throws where there is no WebSocket, or the URL is none of a WebSocket. */
  constructor(options: WebSocketUnderlayOptions) {
    const { href, protocol } = new URL(options.url);
    if (!["ws:", "wss:", "http:", "https:"].includes(protocol)) {
      throw new TypeError(`${options.url} is no address of a WebSocket: it must begin with wss: or ws:`);
    }
    const Constructor = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (Constructor === undefined) {
      throw new Error("this runtime has no WebSocket: give the one of the npm package ws as the option WebSocket");
    }
    this.#Constructor = Constructor;
    this.#options = { ...options, url: href.replace(/^http/, "ws") };
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.mtuBytes = options.mtuBytes ?? DEFAULT_MTU_BYTES;
    this.name = `websocket ${this.#options.url}`;
    GLOBAL.addEventListener?.("online", this.#online);
    this.#connect();
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  send(payload: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined || this.#state !== "up" || socket.readyState !== OPEN) return this.#dropped.add("not connected");
    const { maxBufferedBytes = MAX_BUFFERED_BYTES } = this.#options;
    if (socket.bufferedAmount + payload.length > maxBufferedBytes) return this.#dropped.add("too much is waiting");
    socket.send(payload as Uint8Array<ArrayBuffer>);
    this.#sent++;
  }

  /** Leaves this connection for a new one at once: the program knows that the network is another one. */
  reconnect(): void {
    if (this.#isClosed) return;
    this.#failures = 0;
    const former = this.#socket;
    this.#leave("waiting", undefined);
    former?.terminate?.();
    this.#cancelRetry?.();
    if (!this.#isClosed) this.#connect(); // whoever was told of the change may have ended it
  }

  status(): WebSocketStatus {
    return {
      name: this.name,
      isUp: this.isUp,
      state: this.#state,
      sent: this.#sent,
      received: this.#received,
      dropped: this.#dropped.toJSON() as Record<string, number>,
      connections: this.#connections,
      failures: this.#failures,
      ...(this.#lastClose && { lastClose: this.#lastClose }),
    };
  }

  /** Closes the connection, and makes no other. */
  close(): void {
    GLOBAL.removeEventListener?.("online", this.#online);
    this.#cancelRetry?.();
    this.#leave("closed", undefined);
  }

  #connect(): void {
    this.#state = "connecting";
    const socket = new this.#Constructor(String(this.#options.url));
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const isCurrent = () => this.#socket === socket;
    socket.onopen = () => isCurrent() && this.#opened();
    socket.onmessage = ({ data }: { data: unknown }) => isCurrent() && this.#take(data);
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => isCurrent() && this.#closed(code, reason);
    socket.onerror = () => {}; // a close follows it
  }

  #opened(): void {
    this.#state = "up";
    this.#connections++;
    this.#openedMs = this.#clock.nowMs();
    this.changed?.();
  }

  #take(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return this.#refuse("text message", UNSUPPORTED_DATA, "only binary messages");
    if (data.byteLength === 0) return this.#dropped.add("empty");
    if (data.byteLength > MAX_PACKET_BYTES) return this.#refuse("too large", MESSAGE_TOO_BIG, "too large for a datagram");
    this.#received++;
    this.receive?.(new Uint8Array(data), this.local);
  }

  /** This is no home agent, or not one of ours: the next attempt takes its time. */
  #refuse(why: WebSocketDrop, code: number, reason: string): void {
    this.#dropped.add(why);
    this.#openedMs = Infinity;
    // browsers let programs close with no other code of RFC 6455 than 1000: the reason says it
    this.#leave("waiting", `${code} ${reason}`);
    this.#closed(code, reason);
  }

  #closed(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#lastClose = { code, reason };
    this.#socket = undefined;
    const isProven = this.#state === "up" && this.#clock.nowMs() - this.#openedMs >= PROVEN_MS;
    this.#failures = isProven ? 0 : this.#failures + 1;
    const wasUp = this.#state === "up";
    this.#state = "waiting";
    const { firstRetryMs = 250, maxRetryMs = 30_000 } = this.#options;
    const longestMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 20));
    // at random, so that the nodes of a home agent that was away do not come back all at once
    this.#cancelRetry = this.#clock.after(longestMs * (0.5 + Math.random() / 2), () => this.#connect());
    if (wasUp) this.changed?.();
  }

  #leave(state: "waiting" | "closed", reason: string | undefined): void {
    const socket = this.#socket;
    const wasUp = this.isUp;
    this.#socket = undefined;
    this.#state = state;
    if (socket === undefined) return;
    if (reason === undefined) socket.close();
    else socket.close(1000, reason);
    if (wasUp) this.changed?.();
  }
}
