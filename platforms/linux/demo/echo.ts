/**
 * Echo requests (RFC 4443 §4.1) at a steady pace, each with the time it was sent and answered.
 *
 * An ICMPv6 datagram socket needs no privileges beyond net.ipv4.ping_group_range: the kernel writes identifier and
 * checksum, and the answering host's kernel replies. Node takes the descriptor for a UDP socket, which reads and
 * writes in the same way; the port that it insists on is not used.
 *
 *    0  type 128 | code 0 | checksum 16 bits     written by the kernel
 *    4  identifier 16 bits | sequence 16 bits
 *    8  data: 56 octets, as ping sends
 */
import { createSocket, type Socket } from "node:dgram";
import {
  AF_INET6, NEXT_HEADER_ICMPV6, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET, SO_BINDTOIFINDEX,
} from "../system/constants.ts";
import { monotonicMs } from "../system/clock.ts";
import { check, prepare, socket } from "../system/libc.ts";
import { setIntegerOption } from "../system/memory.ts";

const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;
const SEQUENCE = 6;
const MESSAGE_BYTES = 8 + 56;
const UNUSED_PORT = 1;

/** One request, in monotonic ms. */
export interface Echo {
  readonly sentMs: number;
  receivedMs?: number;
}

export class Pinger {
  /** All requests so far; the sequence number is the index. */
  readonly echoes: Echo[] = [];
  readonly #socket: Socket;
  readonly #to: string;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Throws SystemError when this process may not send echo requests.
   * @param interfaceIndex to send by, whatever the routing table says
   */
  constructor(to: string, interfaceIndex?: number) {
    this.#to = to;
    const fd = check(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, NEXT_HEADER_ICMPV6), "open ICMPv6 socket");
    if (interfaceIndex !== undefined) {
      prepare(fd, () => setIntegerOption(fd, SOL_SOCKET, SO_BINDTOIFINDEX, interfaceIndex, "SO_BINDTOIFINDEX"));
    }
    this.#socket = createSocket("udp6");
    this.#socket.on("error", () => {}); // unreachable for a moment: the request counts as lost
    this.#socket.on("message", (message) => this.#take(message));
    this.#socket.bind({ fd });
  }

  start(everyMs: number): void {
    const firstMs = monotonicMs();
    const startedAt = this.echoes.length;
    const next = () => {
      this.#send();
      // measured from the start, so that late timers do not add up
      const dueMs = firstMs + (this.echoes.length - startedAt) * everyMs;
      this.#timer = setTimeout(next, Math.max(0, dueMs - monotonicMs()));
    };
    next();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  close(): void {
    this.stop();
    this.#socket.close();
  }

  #send(): void {
    const message = Buffer.alloc(MESSAGE_BYTES);
    message[0] = ECHO_REQUEST;
    message.writeUInt16BE(this.echoes.length & 0xffff, SEQUENCE);
    this.echoes.push({ sentMs: monotonicMs() });
    this.#socket.send(message, UNUSED_PORT, this.#to, () => {}); // an error is a lost request
  }

  #take(message: Buffer): void {
    const echo = this.echoes[message.length > SEQUENCE + 1 ? message.readUInt16BE(SEQUENCE) : -1];
    if (message[0] === ECHO_REPLY && echo !== undefined) echo.receivedMs ??= monotonicMs();
  }
}
