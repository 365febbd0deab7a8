/**
 * Packets whose checksum their sender left to a network card that they never met: those of another container
 * or virtual machine of this computer. The kernel takes them as they are; who sends them on must finish them.
 *
 *   cmsghdr, 16 bytes:          0 length (64 bits)  8 level  12 type
 *   tpacket_auxdata, 20 bytes:  0 status (32 bits), in which TP_STATUS_CSUMNOTREADY says so
 *
 * The checksum field then holds the sum over the pseudo-header alone (RFC 8200 §8.1), not inverted.
 */

import { PACKET_AUXDATA, SOL_PACKET } from "./constants.ts";
import { Block, setIntegerOption } from "./memory.ts";
import type { MessageVector } from "./messages.ts";

const STATUS = 16;
const CONTROL_BYTES = 40;
const TP_STATUS_CSUMNOTREADY = 1 << 3;

const IPV6_HEADER_BYTES = 40;
const NEXT_HEADER = 6;
/** Where the checksum stands in a TCP header, and in a UDP header (RFC 9293 §3.1, RFC 768). */
const CHECKSUM_OFFSETS = new Map([[6, 16], [17, 6]]);

/** Asks the kernel, for each received packet, whether its checksum is finished. */
export class PartialChecksums {
  readonly #messages: MessageVector;
  readonly #control: Block;

  /** Throws SystemError. */
  constructor(fd: number, messages: MessageVector) {
    this.#messages = messages;
    this.#control = new Block(messages.capacity * CONTROL_BYTES);
    setIntegerOption(fd, SOL_PACKET, PACKET_AUXDATA, 1, "PACKET_AUXDATA");
  }

  /** To be called before each receive: the kernel overwrites what is set here. */
  prepare(): void {
    for (let slot = 0; slot < this.#messages.capacity; slot++) {
      this.#control.view.setUint32(slot * CONTROL_BYTES + STATUS, 0, true);
      this.#messages.setControl(slot, this.#control.address + slot * CONTROL_BYTES, CONTROL_BYTES);
    }
  }

  /** Whether the packet in a slot has a checksum that is not finished. */
  isPartial(slot: number): boolean {
    return (this.#control.view.getUint32(slot * CONTROL_BYTES + STATUS, true) & TP_STATUS_CSUMNOTREADY) !== 0;
  }
}

/** Finishes the checksum of a TCP or UDP packet without extension headers; others stay as they are. */
export function finishChecksum(memory: DataView, pointer: number, lengthBytes: number): void {
  const offset = CHECKSUM_OFFSETS.get(memory.getUint8(pointer + NEXT_HEADER));
  const start = pointer + IPV6_HEADER_BYTES;
  const end = pointer + lengthBytes;
  if (offset === undefined || start + offset + 2 > end) return;
  let sum = (end - start) % 2 === 1 ? memory.getUint8(end - 1) << 8 : 0;
  for (let at = start; at + 1 < end; at += 2) sum += memory.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  memory.setUint16(start + offset, ~sum & 0xffff || 0xffff);
}
