/**
 * Receiving on the access side: IPv6 packets as they came from the wire, with every extension header
 * in place, straight into the core's memory.
 *
 * An AF_PACKET socket sees a packet before the kernel's IPv6 does, so it does not matter what the
 * kernel makes of it afterwards (guard.ts keeps it from answering).
 *
 *   sockaddr_ll:  0 family  2 protocol  4 interface index (32 bits)  8 hardware type  10 packet type
 *
 * Receive offload (GRO) must be off on the access interfaces: it may join inner TCP segments of one
 * tunnel into a packet larger than any slot. Such a packet is reported as truncated.
 */

import {
  AF_PACKET, EAGAIN, EINTR, ENETDOWN, ETH_P_IPV6, MSG_DONTWAIT, PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP,
  PACKET_MR_ALLMULTI, SOCK_CLOEXEC, SOCK_DGRAM, SOL_PACKET,
} from "./constants.ts";
import { SystemError } from "./errors.ts";
import { bind, check, close, errno, prepare, recvmmsg, socket } from "./libc.ts";
import { Block, type PacketMemory, setBytesOption, setQueueBytes } from "./memory.ts";
import { MessageVector } from "./messages.ts";
import { attachFilter, mobilityFilter, type PacketSelection } from "./packet-filter.ts";
import { finishChecksum, PartialChecksums } from "./partial-checksum.ts";

const SOCKADDR_LL_BYTES = 20;
const NAME_INTERFACE_INDEX = 4;
const NAME_PACKET_TYPE = 10;

export interface ReceiveOptions extends PacketSelection {
  /** Only this interface; without it, all of them, also those that appear later. */
  readonly interfaceIndex?: number;
  /** How many packets one system call may bring; default 64. */
  readonly batch?: number;
  /** Queue in the kernel; default 4 MiB. */
  readonly bufferBytes?: number;
}

export class AccessReceiver {
  readonly fd: number;
  readonly #memory: PacketMemory;
  readonly #messages: MessageVector;
  readonly #interfaceIndex: number;
  readonly #pointers: number[] = [];
  #selection: PacketSelection = {};
  #partialChecksums: PartialChecksums | undefined;

  /** Opens the socket; throws SystemError (EPERM without CAP_NET_RAW). */
  constructor(memory: PacketMemory, options: ReceiveOptions = {}) {
    this.#memory = memory;
    this.#messages = new MessageVector(options.batch ?? 64, SOCKADDR_LL_BYTES);
    this.#interfaceIndex = options.interfaceIndex ?? 0;
    // protocol 0 receives nothing, so that no packet slips in before the filter is there
    this.fd = check(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open packet socket");
    prepare(this.fd, () => {
      setQueueBytes(this.fd, "receive", options.bufferBytes ?? 4 << 20);
      this.select(options);
      this.#bind();
    });
  }

  /** How many slots there are. */
  get batch(): number {
    return this.#messages.capacity;
  }

  /** Changes which packets are received, such as when the TUN device was made anew. */
  select(selection: PacketSelection): void {
    this.#selection = selection;
    attachFilter(this.fd, mobilityFilter(selection));
  }

  /**
   * Whether the interface takes packets to all multicast groups, also those that this host has not joined,
   * and this socket hears them; at most until it closes. Unlike the packets of Mobile IPv6 they may come from
   * a program on this computer, with a checksum that has to be finished. Throws SystemError (ENODEV).
   *
   *   packet_mreq, 16 bytes:  0 interface index (32 bits)  4 type (16 bits)  6 address length  8 address
   */
  hearGroups(hear: boolean): void {
    if (hear) this.#partialChecksums ??= new PartialChecksums(this.fd, this.#messages);
    this.select({ ...this.#selection, groups: hear });
    const request = new Block(16);
    request.view.setInt32(0, this.#interfaceIndex, true);
    request.view.setUint16(4, PACKET_MR_ALLMULTI, true);
    const option = hear ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP;
    setBytesOption(this.fd, SOL_PACKET, option, request.bytes, "membership of all groups");
  }

  /** Where packet `slot` of the next batch goes: a pointer of the core, and the room behind it. */
  setSlot(slot: number, pointer: number, capacityBytes: number): void {
    this.#pointers[slot] = pointer;
    this.#messages.setBuffer(slot, this.#memory.addressAt(pointer), capacityBytes);
  }

  /**
   * Receives what is waiting, into the slots from 0 on.
   * @param limit of packets, at most `batch`
   * @returns the number of packets, 0 when none is waiting
   */
  receive(limit: number = this.batch): number {
    this.#partialChecksums?.prepare();
    const count = recvmmsg(this.fd, this.#messages.headerAddress(0), limit, MSG_DONTWAIT, 0);
    if (count >= 0) {
      this.#finishChecksums(count);
      return count;
    }
    const error = errno();
    // a packet socket reports ENETDOWN once when an interface it listens to goes down
    if (error === EAGAIN || error === EINTR || error === ENETDOWN) return 0;
    throw new SystemError("recvmmsg on packet socket", error);
  }

  /** Length of the packet in a slot. */
  lengthBytes(slot: number): number {
    return this.#messages.lengthBytes(slot);
  }

  /** True when the packet in a slot was longer than the slot. */
  truncated(slot: number): boolean {
    return this.#messages.truncated(slot);
  }

  /** The interface that the packet in a slot came in on. */
  interfaceIndex(slot: number): number {
    return this.#messages.block.view.getInt32(this.#messages.nameOffset(slot) + NAME_INTERFACE_INDEX, true);
  }

  /** 0 to us, 1 broadcast, 2 multicast, 3 to another host (promiscuous mode only). */
  packetType(slot: number): number {
    return this.#messages.block.view.getUint8(this.#messages.nameOffset(slot) + NAME_PACKET_TYPE);
  }

  close(): void {
    close(this.fd);
  }

  #finishChecksums(count: number): void {
    for (let slot = 0; slot < count && this.#partialChecksums !== undefined; slot++) {
      if (!this.#partialChecksums.isPartial(slot) || this.truncated(slot)) continue;
      finishChecksum(this.#memory.view, this.#pointers[slot], this.lengthBytes(slot));
    }
  }

  #bind(): void {
    const name = new Block(SOCKADDR_LL_BYTES);
    name.view.setUint16(0, AF_PACKET, true);
    name.view.setUint16(2, ETH_P_IPV6); // network order
    name.view.setInt32(NAME_INTERFACE_INDEX, this.#interfaceIndex, true);
    check(bind(this.fd, name.bytes, SOCKADDR_LL_BYTES), "bind packet socket");
  }
}
