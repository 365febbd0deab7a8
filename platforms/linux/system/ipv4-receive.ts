/**
 * Receiving IPv4 packets of one protocol with their header, by a raw socket: tunnelled packets without UDP (41 and
 * 4), and ICMP errors (1). The kernel puts fragments together first, and does not answer "protocol unreachable" to a
 * protocol that somebody listens to.
 *
 * Of ICMP only errors come: type 3 (RFC 792; also "fragmentation needed", RFC 1191), 4, 11 and 12.
 */

import {
  AF_INET, EAGAIN, EINTR, ENETDOWN, ICMP_FILTER, IPPROTO_ICMP, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW, SO_BINDTOIFINDEX,
  SOL_RAW, SOL_SOCKET,
} from "./constants.ts";
import { SystemError } from "./errors.ts";
import { check, close, errno, prepare, recvmmsg, socket } from "./libc.ts";
import { type PacketMemory, setIntegerOption, setQueueBytes } from "./memory.ts";
import { MessageVector } from "./messages.ts";

const SOCKADDR_IN_BYTES = 16;
const ICMP_ERRORS = [3, 4, 11, 12];

export interface Ipv4ReceiveOptions {
  /** IPPROTO_IPV6, IPPROTO_IPIP or IPPROTO_ICMP. */
  readonly protocol: number;
  /** Only this interface; without it, all of them. */
  readonly interfaceIndex?: number;
  /** How many packets one system call may bring; default 64. */
  readonly batch?: number;
  /** Queue in the kernel; default 4 MiB. */
  readonly bufferBytes?: number;
}

export class Ipv4Receiver {
  readonly fd: number;
  readonly #memory: PacketMemory;
  readonly #messages: MessageVector;

  /** Opens the socket; throws SystemError (EPERM without CAP_NET_RAW, ENODEV). */
  constructor(memory: PacketMemory, options: Ipv4ReceiveOptions) {
    const { protocol, interfaceIndex = 0, batch = 64, bufferBytes = 4 << 20 } = options;
    this.#memory = memory;
    this.#messages = new MessageVector(batch, SOCKADDR_IN_BYTES);
    this.fd = check(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, protocol), `listen to IPv4 protocol ${protocol}`);
    prepare(this.fd, () => {
      setQueueBytes(this.fd, "receive", bufferBytes);
      if (protocol === IPPROTO_ICMP) {
        const unwanted = ICMP_ERRORS.reduce((mask, type) => mask & ~(1 << type), -1);
        setIntegerOption(this.fd, SOL_RAW, ICMP_FILTER, unwanted, "ICMP_FILTER");
      }
      if (interfaceIndex !== 0) {
        setIntegerOption(this.fd, SOL_SOCKET, SO_BINDTOIFINDEX, interfaceIndex, "SO_BINDTOIFINDEX");
      }
    });
  }

  /** How many slots there are. */
  get batch(): number {
    return this.#messages.capacity;
  }

  /** Where packet `slot` of the next batch goes: a pointer of the core, and the room behind it. */
  setSlot(slot: number, pointer: number, capacityBytes: number): void {
    this.#messages.setBuffer(slot, this.#memory.addressAt(pointer), capacityBytes);
  }

  /** Receives what is waiting, into the slots from 0 on; returns the number of packets, 0 when none is waiting. */
  receive(): number {
    const count = recvmmsg(this.fd, this.#messages.headerAddress(0), this.batch, MSG_DONTWAIT, 0);
    if (count >= 0) return count;
    const error = errno();
    if (error === EAGAIN || error === EINTR || error === ENETDOWN) return 0;
    throw new SystemError("recvmmsg on raw IPv4 socket", error);
  }

  /** Length of the packet in a slot. */
  lengthBytes(slot: number): number {
    return this.#messages.lengthBytes(slot);
  }

  /** True when the packet in a slot was longer than the slot. */
  truncated(slot: number): boolean {
    return this.#messages.truncated(slot);
  }

  close(): void {
    close(this.fd);
  }
}
