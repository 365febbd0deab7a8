/**
 * Sending on the access side: whole IPv6 packets from the core's memory, header included, with any
 * extension headers and any source address, by an IPPROTO_RAW socket. The kernel finds the route and
 * the neighbour; nothing in the packet is changed and nothing is fragmented.
 *
 *   sockaddr_in6:  0 family  2 port (must be 0)  4 flow information  8 address (16 bytes)  24 scope
 */

import {
  AF_INET6, EAGAIN, EINTR, IPPROTO_IPV6, IPPROTO_RAW, IPV6_JOIN_ANYCAST, IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP,
  IPV6_MULTICAST_LOOP, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW, SOL_SOCKET, SO_BINDTOIFINDEX, SO_MARK,
} from "./constants.ts";
import { addressBytes } from "./address-text.ts";
import { check, close, errno, prepare, sendmmsg, socket } from "./libc.ts";
import { Block, type PacketMemory, setBytesOption, setIntegerOption, setQueueBytes } from "./memory.ts";
import { MessageVector } from "./messages.ts";

const SOCKADDR_IN6_BYTES = 28;
const NAME_ADDRESS = 8;
const NAME_SCOPE = NAME_ADDRESS + 16;
const PACKET_DESTINATION = 24;

/** What sends packets of the core: by IPv6 (here), by IPv4 (ipv4-send.ts). */
export interface PacketSender {
  readonly batch: number;
  readonly results: Int32Array;
  setPacket(slot: number, pointer: number, lengthBytes: number): void;
  send(count: number): number;
  close(): void;
}

/** Queue, mark and interface of a sending socket. Throws SystemError. */
export function setUpSender(fd: number, { bufferBytes = 4 << 20, mark, interfaceIndex = 0 }: SendOptions): void {
  setQueueBytes(fd, "send", bufferBytes);
  if (mark !== undefined) setIntegerOption(fd, SOL_SOCKET, SO_MARK, mark, "SO_MARK");
  if (interfaceIndex !== 0) setIntegerOption(fd, SOL_SOCKET, SO_BINDTOIFINDEX, interfaceIndex, "SO_BINDTOIFINDEX");
}

/** Sends the messages 0 to count − 1; `results` gets 0 or the errno of each. Returns how many were sent. */
export function sendBatch(fd: number, messages: MessageVector, count: number, results: Int32Array): number {
  let sent = 0;
  let slot = 0;
  while (slot < count) {
    const taken = sendmmsg(fd, messages.headerAddress(slot), count - slot, MSG_DONTWAIT);
    if (taken > 0) {
      results.fill(0, slot, slot + taken);
      sent += taken;
      slot += taken;
      continue;
    }
    const error = errno();
    if (error === EINTR) continue;
    if (error === EAGAIN) {
      results.fill(EAGAIN, slot, count);
      break;
    }
    results[slot++] = error;
  }
  return sent;
}

export interface SendOptions {
  /** Send only through this interface (an uplink); without it the routing table decides. */
  readonly interfaceIndex?: number;
  /** What routing rules know these packets by. */
  readonly mark?: number;
  /** How many packets one system call may take; default 64. */
  readonly batch?: number;
  /** Queue in the kernel; default 4 MiB. */
  readonly bufferBytes?: number;
}

export class AccessSender implements PacketSender {
  readonly fd: number;
  /** The interface this socket is bound to, or 0. */
  readonly interfaceIndex: number;
  /** What became of each packet of the last `send`: 0 for sent, else the errno. */
  readonly results: Int32Array;
  readonly #memory: PacketMemory;
  readonly #messages: MessageVector;

  /** Opens the socket; throws SystemError (EPERM without CAP_NET_RAW, ENODEV). */
  constructor(memory: PacketMemory, options: SendOptions = {}) {
    this.#memory = memory;
    this.interfaceIndex = options.interfaceIndex ?? 0;
    this.#messages = new MessageVector(options.batch ?? 64, SOCKADDR_IN6_BYTES);
    this.results = new Int32Array(this.#messages.capacity);
    for (let slot = 0; slot < this.#messages.capacity; slot++) {
      this.#messages.block.view.setUint16(this.#messages.nameOffset(slot), AF_INET6, true);
    }
    this.fd = check(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "open raw IPv6 socket");
    prepare(this.fd, () => {
      setUpSender(this.fd, options);
      // else the kernel hands a copy of each multicast packet to its own sockets, ours included
      setIntegerOption(this.fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, "IPV6_MULTICAST_LOOP");
    });
  }

  /** How many packets fit into one batch. */
  get batch(): number {
    return this.#messages.capacity;
  }

  /**
   * Puts a packet into the batch. It goes to the destination in its own IPv6 header.
   * @param interfaceIndex needed for link-local and multicast destinations when the socket is not
   *   bound to an interface; ignored for others
   */
  setPacket(slot: number, pointer: number, lengthBytes: number, interfaceIndex = this.interfaceIndex): void {
    const packet = this.#memory.view;
    const names = this.#messages.block.view;
    const name = this.#messages.nameOffset(slot);
    for (let octet = 0; octet < 16; octet += 4) {
      const word = packet.getUint32(pointer + PACKET_DESTINATION + octet, true);
      names.setUint32(name + NAME_ADDRESS + octet, word, true);
    }
    names.setUint32(name + NAME_SCOPE, interfaceIndex, true);
    this.#messages.setBuffer(slot, this.#memory.addressAt(pointer), lengthBytes);
  }

  /**
   * Sends the packets in slots 0 to count − 1. A refused packet does not stop the ones behind it:
   * its errno stands in `results` (EMSGSIZE longer than the interface's MTU, ENETUNREACH no route,
   * ENETDOWN interface down, EAGAIN the queue is full and nothing from here on was sent).
   * @returns how many were sent
   */
  send(count: number): number {
    return sendBatch(this.fd, this.#messages, count, this.results);
  }

  /** Listens to a multicast group on an interface, so that its packets reach the AccessReceiver. */
  joinGroup(group: string, interfaceIndex = this.interfaceIndex): void {
    this.#setMembership(IPV6_JOIN_GROUP, group, interfaceIndex, "IPV6_JOIN_GROUP");
  }

  leaveGroup(group: string, interfaceIndex = this.interfaceIndex): void {
    this.#setMembership(IPV6_LEAVE_GROUP, group, interfaceIndex, "IPV6_LEAVE_GROUP");
  }

  /**
   * Makes an anycast address one of this host's on an interface, until the socket closes: the kernel takes
   * packets for it, and answers Neighbor Solicitations for it as RFC 4861 §7.2.7 wants. Throws SystemError.
   */
  joinAnycast(address: string, interfaceIndex = this.interfaceIndex): void {
    this.#setMembership(IPV6_JOIN_ANYCAST, address, interfaceIndex, "IPV6_JOIN_ANYCAST");
  }

  close(): void {
    close(this.fd);
  }

  #setMembership(option: number, group: string, interfaceIndex: number, what: string): void {
    const request = new Block(20); // ipv6_mreq: address, interface index
    request.bytes.set(addressBytes(group));
    request.view.setUint32(16, interfaceIndex, true);
    setBytesOption(this.fd, IPPROTO_IPV6, option, request.bytes, `${what} ${group}`);
  }
}
