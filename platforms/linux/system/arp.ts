/**
 * ARP messages (RFC 826) of one interface, without link-layer header, from and to the core's memory. The kernel
 * hears them as well, and goes on to answer for its own addresses.
 *
 *   sockaddr_ll, 20 bytes:  0 family  2 protocol  4 interface index (32 bits)  11 address length  12 address
 *
 *   ARP for IPv4 over Ethernet, 28 octets:  … 8 sender (6 + 4 octets)  18 target (6 + 4 octets)
 */

import {
  AF_PACKET, EAGAIN, EINTR, ENETDOWN, ETH_P_ARP, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM,
} from "./constants.ts";
import { sendBatch } from "./access-send.ts";
import { SystemError } from "./errors.ts";
import { bind, check, close, errno, prepare, recvmmsg, socket } from "./libc.ts";
import { Block, type PacketMemory } from "./memory.ts";
import { MessageVector } from "./messages.ts";
import { attachFilter, DROP_ALL, RECEIVED_ONLY } from "./packet-filter.ts";

const SOCKADDR_LL_BYTES = 20;
const NAME_PROTOCOL = 2;
const NAME_INTERFACE_INDEX = 4;
const NAME_ADDRESS_LENGTH = 11;
const NAME_ADDRESS = 12;
const ETHERNET_ADDRESS_BYTES = 6;
const TARGET = 18;
const BROADCAST = 0xff;
/** Messages of one system call: there are few. */
const BATCH = 16;

export class ArpSocket {
  readonly fd: number;
  readonly #memory: PacketMemory;
  readonly #received = new MessageVector(BATCH, SOCKADDR_LL_BYTES);
  readonly #sent = new MessageVector(1, SOCKADDR_LL_BYTES);
  readonly #result = new Int32Array(1);

  /**
   * Opens the socket; throws SystemError (EPERM without CAP_NET_RAW, ENODEV).
   * @param hears false: it is for sending only
   */
  constructor(memory: PacketMemory, interfaceIndex: number, hears = true) {
    this.#memory = memory;
    const name = new Block(SOCKADDR_LL_BYTES);
    setName(name.view, 0, interfaceIndex);
    setName(this.#sent.block.view, this.#sent.nameOffset(0), interfaceIndex);
    this.fd = check(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open packet socket for ARP");
    prepare(this.fd, () => {
      attachFilter(this.fd, hears ? RECEIVED_ONLY : DROP_ALL);
      check(bind(this.fd, name.bytes, SOCKADDR_LL_BYTES), "bind packet socket for ARP");
    });
  }

  /** How many slots there are. */
  get batch(): number {
    return BATCH;
  }

  /** Where message `slot` of the next batch goes: a pointer of the core, and the room behind it. */
  setSlot(slot: number, pointer: number, capacityBytes: number): void {
    this.#received.setBuffer(slot, this.#memory.addressAt(pointer), capacityBytes);
  }

  /** Receives what is waiting, into the slots from 0 on; returns the number of messages, 0 when none is waiting. */
  receive(): number {
    const count = recvmmsg(this.fd, this.#received.headerAddress(0), BATCH, MSG_DONTWAIT, 0);
    if (count >= 0) return count;
    const error = errno();
    if (error === EAGAIN || error === EINTR || error === ENETDOWN) return 0;
    throw new SystemError("recvmmsg on packet socket for ARP", error);
  }

  /** Length of the message in a slot. */
  lengthBytes(slot: number): number {
    return this.#received.lengthBytes(slot);
  }

  /** True when the message in a slot was longer than the slot. */
  truncated(slot: number): boolean {
    return this.#received.truncated(slot);
  }

  /** Sends a message to all, or to its target hardware address; returns 0 or the errno. */
  send(pointer: number, lengthBytes: number, toAll: boolean): number {
    const names = this.#sent.block.bytes;
    const address = this.#sent.nameOffset(0) + NAME_ADDRESS;
    for (let octet = 0; octet < ETHERNET_ADDRESS_BYTES; octet++) {
      names[address + octet] = toAll ? BROADCAST : this.#memory.view.getUint8(pointer + TARGET + octet);
    }
    this.#sent.setBuffer(0, this.#memory.addressAt(pointer), lengthBytes);
    sendBatch(this.fd, this.#sent, 1, this.#result);
    return this.#result[0];
  }

  close(): void {
    close(this.fd);
  }
}

function setName(view: DataView, at: number, interfaceIndex: number): void {
  view.setUint16(at, AF_PACKET, true);
  view.setUint16(at + NAME_PROTOCOL, ETH_P_ARP); // network order
  view.setInt32(at + NAME_INTERFACE_INDEX, interfaceIndex, true);
  view.setUint8(at + NAME_ADDRESS_LENGTH, ETHERNET_ADDRESS_BYTES);
}
