/**
 * Receiving datagrams by UDP, straight into the slots of the core, each with its DATAGRAM_* record in front.
 *
 * With UDP_GRO the kernel gives several datagrams of one sender at once, a train: they have one length, the
 * last one perhaps a shorter one. What it says beside the payload comes as control messages:
 *
 *   cmsghdr:  0 length (64 bits, header included)  8 level  12 type  16 value; the next one at a multiple of 8
 */

import {
  DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS,
} from "../../../bindings/engine.ts";
import {
  EAGAIN, EINTR, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS, MSG_DONTWAIT, SOL_IP, SOL_UDP, UDP_GRO,
} from "./constants.ts";
import { errno, recvmmsg } from "./libc.ts";
import { Block, type PacketMemory } from "./memory.ts";
import { MessageVector } from "./messages.ts";

export const SOCKADDR_IN6_BYTES = 28;
export const NAME_PORT = 2;
export const NAME_ADDRESS = 8;

export const CONTROL_LEVEL = 8;
export const CONTROL_TYPE = CONTROL_LEVEL + 4;
export const CONTROL_VALUE = CONTROL_TYPE + 4;
/** Room for two control messages with a number each. */
const CONTROL_BYTES = 64;

export class DatagramReceiver {
  readonly #fd: number;
  readonly #memory: PacketMemory;
  readonly #messages: MessageVector;
  readonly #control: Block;
  readonly #pointers: number[] = [];
  /** Messages whose headers the kernel has written to. */
  #used = 0;

  constructor(fd: number, memory: PacketMemory, batch: number) {
    this.#fd = fd;
    this.#memory = memory;
    this.#messages = new MessageVector(batch, SOCKADDR_IN6_BYTES);
    this.#control = new Block(batch * CONTROL_BYTES);
    this.#prepare(batch);
  }

  get batch(): number {
    return this.#messages.capacity;
  }

  /** Where payload `slot` of the next batch goes: a pointer of the core with room for the record before it. */
  setSlot(slot: number, pointer: number, capacityBytes: number): void {
    this.#pointers[slot] = pointer;
    this.#messages.setBuffer(slot, this.#memory.addressAt(pointer), capacityBytes);
  }

  /**
   * Receives what is waiting, into the slots from 0 on.
   * @returns how many slots were filled; or −1: the kernel has something to tell about datagrams sent earlier
   */
  receive(limit: number): number {
    this.#prepare(this.#used);
    const count = recvmmsg(this.#fd, this.#messages.headerAddress(0), limit, MSG_DONTWAIT, 0);
    if (count < 0) {
      const error = errno();
      return error === EAGAIN || error === EINTR ? 0 : -1;
    }
    this.#used = count;
    for (let slot = 0; slot < count; slot++) this.#writeRecord(slot);
    return count;
  }

  lengthBytes(slot: number): number {
    return this.#messages.lengthBytes(slot);
  }

  truncated(slot: number): boolean {
    return this.#messages.truncated(slot);
  }

  /** The kernel writes how much it said where it reads how much it may say. */
  #prepare(count: number): void {
    for (let slot = 0; slot < count; slot++) {
      this.#messages.setControl(slot, this.#control.address + slot * CONTROL_BYTES, CONTROL_BYTES);
    }
  }

  #writeRecord(slot: number): void {
    const record = this.#pointers[slot] - DATAGRAM_BYTES;
    const packets = this.#memory.view;
    const names = this.#messages.block.view;
    const name = this.#messages.nameOffset(slot);
    for (let octet = 0; octet < 16; octet += 4) {
      packets.setUint32(record + DATAGRAM_ADDRESS + octet, names.getUint32(name + NAME_ADDRESS + octet, true), true);
    }
    packets.setUint16(record + DATAGRAM_PORT, names.getUint16(name + NAME_PORT), true);
    packets.setUint16(record + DATAGRAM_SEGMENT_BYTES, 0, true);
    packets.setUint8(record + DATAGRAM_TRAFFIC_CLASS, 0);
    packets.setUint8(record + DATAGRAM_FRAGMENTS, 0);
    this.#readControl(slot, record, packets);
  }

  #readControl(slot: number, record: number, packets: DataView): void {
    const control = this.#control.view;
    let at = slot * CONTROL_BYTES;
    const end = at + this.#messages.controlBytes(slot);
    while (at + CONTROL_VALUE < end) {
      const level = control.getUint32(at + CONTROL_LEVEL, true);
      const type = control.getUint32(at + CONTROL_TYPE, true);
      if (level === SOL_UDP && type === UDP_GRO) {
        const segmentBytes = control.getUint32(at + CONTROL_VALUE, true);
        if (segmentBytes < this.lengthBytes(slot)) {
          packets.setUint16(record + DATAGRAM_SEGMENT_BYTES, segmentBytes, true);
        }
      } else if ((level === SOL_IP && type === IP_TOS) || (level === IPPROTO_IPV6 && type === IPV6_TCLASS)) {
        packets.setUint8(record + DATAGRAM_TRAFFIC_CLASS, control.getUint8(at + CONTROL_VALUE));
      }
      at += (control.getUint32(at, true) + 7) & ~7;
    }
  }
}
