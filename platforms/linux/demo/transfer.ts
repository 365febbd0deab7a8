/**
 * One end of a TCP connection that carries bytes both ways, slowly, for as long as the demonstration lasts.
 *
 * The content is a cipher's key stream, so that the other end knows every byte beforehand: it finds the first one
 * that differs, and both ends have a hash of what they sent and received.
 */
import { type Cipheriv, createCipheriv, createHash } from "node:crypto";
import type { Socket } from "node:net";
import { monotonicMs } from "../system/clock.ts";

/** What an end sent and received. */
export interface TransferEnd {
  readonly sentBytes: number;
  readonly sentSha256: string;
  readonly receivedBytes: number;
  readonly receivedSha256: string;
  /** Offset of the first received byte that is not the one expected; absent: there is none. */
  readonly firstWrongByte?: number;
  /** The longest time in which nothing was received, between the first byte and the last. */
  readonly longestGapMs: number;
  /** Why the connection broke; absent: it was closed well by the other end. */
  readonly problem?: string;
}

export type Role = "client" | "server";

const TICK_MS = 10;

export class Transfer {
  /** When the other end has closed, or the connection has broken. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #outbound: Cipheriv;
  readonly #inbound: Cipheriv;
  readonly #sent = createHash("sha256");
  readonly #received = createHash("sha256");
  #sentBytes = 0;
  #receivedBytes = 0;
  #firstWrongByte: number | undefined;
  #lastMs: number | undefined;
  #longestGapMs = 0;
  #problem: string | undefined = "still open";
  readonly #timer: NodeJS.Timeout;

  constructor(socket: Socket, role: Role, seed: number, bytesPerSecond: number) {
    this.#socket = socket;
    this.#outbound = keyStream(seed, role);
    this.#inbound = keyStream(seed, role === "client" ? "server" : "client");
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    this.closed = new Promise((resolve) => {
      socket.once("end", () => { this.#problem = undefined; resolve(); });
      socket.once("error", ({ message }) => { this.#problem = message; resolve(); });
    });
    this.#timer = setInterval(() => this.#send(Math.round(bytesPerSecond * TICK_MS / 1000)), TICK_MS);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Sends no more; the other end sees the end of the stream behind the last byte. */
  finish(): void {
    clearInterval(this.#timer);
    this.#socket.end();
  }

  /** What it came to; to be asked once. */
  result(): TransferEnd {
    return {
      sentBytes: this.#sentBytes, sentSha256: this.#sent.digest("hex"),
      receivedBytes: this.#receivedBytes, receivedSha256: this.#received.digest("hex"),
      longestGapMs: this.#longestGapMs,
      ...(this.#firstWrongByte !== undefined && { firstWrongByte: this.#firstWrongByte }),
      ...(this.#problem !== undefined && { problem: this.#problem }),
    };
  }

  #send(lengthBytes: number): void {
    if (this.#socket.writableNeedDrain || !this.#socket.writable) return; // the network is slower: wait for it
    const bytes = this.#outbound.update(new Uint8Array(lengthBytes));
    this.#sent.update(bytes);
    this.#sentBytes += bytes.length;
    this.#socket.write(bytes);
  }

  #take(bytes: Buffer): void {
    const nowMs = monotonicMs();
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - (this.#lastMs ?? nowMs));
    this.#lastMs = nowMs;
    const expected = this.#inbound.update(new Uint8Array(bytes.length));
    if (this.#firstWrongByte === undefined && !expected.equals(bytes)) {
      this.#firstWrongByte = this.#receivedBytes + bytes.findIndex((byte, index) => byte !== expected[index]);
    }
    this.#received.update(bytes);
    this.#receivedBytes += bytes.length;
  }
}

/** The bytes that the end of this role sends. */
function keyStream(seed: number, role: Role): Cipheriv {
  const key = createHash("sha256").update(`${seed} ${role}`).digest().subarray(0, 16);
  return createCipheriv("aes-128-ctr", key, new Uint8Array(16));
}
