/** A place where segmentation and coalescing can be called with packets of JavaScript, and their answers read. */
import { expect } from "vitest";
import {
  HEADROOM, ORDER_BYTES, ORDER_DEVICE, ORDER_LENGTH, ORDER_POINTER, VIRTIO_BYTES, VIRTIO_CHECKSUM_OFFSET,
  VIRTIO_CHECKSUM_START, VIRTIO_FLAGS, VIRTIO_HEADER_BYTES, VIRTIO_SEGMENTATION, VIRTIO_SEGMENT_BYTES,
} from "../../core-as/abi/contract.ts";
import type { OffloadInternals } from "../internals/load-offload.ts";
import type { VirtioHeader } from "./large-packets.ts";

export const SLOT_BYTES = 65575;
export const TUNNEL = 0;

/** Many large packets, compared without the patience that `toEqual` needs for each octet. */
export function expectSame(found: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(found.length).toBe(expected.length);
  const differing = found.findIndex((bytes, index) => Buffer.compare(bytes, expected[index]) !== 0);
  if (differing !== -1) expect({ differing, bytes: found[differing] }).toEqual({ differing, bytes: expected[differing] });
}

export interface Given {
  readonly device: number;
  readonly packet: Buffer;
  readonly virtio: VirtioHeader;
}

export class OffloadBench {
  readonly #core: OffloadInternals;
  readonly slot: number;

  constructor(core: OffloadInternals, outputBytes = 4 << 20) {
    this.#core = core;
    core.start(outputBytes, SLOT_BYTES);
    this.slot = core.allocate(HEADROOM + SLOT_BYTES) + HEADROOM;
  }

  bytes(pointer: number, length: number): Buffer {
    return Buffer.from(new Uint8Array(this.#core.memory.buffer, pointer, length).slice());
  }

  put(bytes: Uint8Array, pointer: number): void {
    new Uint8Array(this.#core.memory.buffer).set(bytes, pointer);
  }

  putVirtio(pointer: number, header: VirtioHeader): void {
    const view = new DataView(this.#core.memory.buffer, pointer - VIRTIO_BYTES);
    view.setUint8(VIRTIO_FLAGS, header.flags);
    view.setUint8(VIRTIO_SEGMENTATION, header.segmentation);
    view.setUint16(VIRTIO_HEADER_BYTES, header.headerBytes, true);
    view.setUint16(VIRTIO_SEGMENT_BYTES, header.segmentBytes, true);
    view.setUint16(VIRTIO_CHECKSUM_START, header.checksumStart, true);
    view.setUint16(VIRTIO_CHECKSUM_OFFSET, header.checksumOffset, true);
  }

  virtio(pointer: number): VirtioHeader {
    const view = new DataView(this.#core.memory.buffer, pointer - VIRTIO_BYTES);
    return {
      flags: view.getUint8(VIRTIO_FLAGS),
      segmentation: view.getUint8(VIRTIO_SEGMENTATION),
      headerBytes: view.getUint16(VIRTIO_HEADER_BYTES, true),
      segmentBytes: view.getUint16(VIRTIO_SEGMENT_BYTES, true),
      checksumStart: view.getUint16(VIRTIO_CHECKSUM_START, true),
      checksumOffset: view.getUint16(VIRTIO_CHECKSUM_OFFSET, true),
    };
  }

  /** The segments of a packet, each as a lead; a Reason when there are none. */
  leads(packet: Uint8Array, virtio: VirtioHeader, at = this.slot): Buffer[] | number {
    const core = this.#core;
    core.resetOrders();
    this.put(packet, at);
    this.putVirtio(at, virtio);
    const reason = core.segments(at, packet.length);
    if (reason !== 0) return reason;
    const found: Buffer[] = [];
    do {
      found.push(this.bytes(core.lead(), core.leadLength()));
      if (!core.hasRoom()) core.resetOrders(); // as the engine does: the host drains, and the rest follows
    } while (core.advance() !== 0 && core.next() !== 0);
    return found;
  }

  /** The trains of a packet, each with the length of its packets; a Reason when there are none. */
  trains(packet: Uint8Array, virtio: VirtioHeader): { train: Buffer; packetBytes: number }[] | number {
    const core = this.#core;
    core.resetOrders();
    this.put(packet, this.slot);
    this.putVirtio(this.slot, virtio);
    const reason = core.segments(this.slot, packet.length);
    if (reason !== 0) return reason;
    if (core.leads(core.lead()) === 0) return [{ train: this.bytes(core.lead(), core.leadLength()), packetBytes: 0 }];
    const found: { train: Buffer; packetBytes: number }[] = [];
    for (let train = core.nextTrain(); train !== 0; train = core.nextTrain()) {
      found.push({ train: this.bytes(train, core.trainLength()), packetBytes: core.packetLength() });
    }
    return found;
  }

  /** Gives packets for the tunnel device, in one call of a host; they come in trains of `trainPackets`. */
  coalesce(packets: readonly Uint8Array[], offload: number, trainPackets = 1): Given[] {
    const core = this.#core;
    core.resetOrders();
    core.setOffload(TUNNEL, offload);
    const total = packets.reduce((bytes, { length }) => bytes + length + HEADROOM, 0);
    let at = this.#arena(total);
    packets.forEach((packet, index) => {
      const isFirst = index % trainPackets === 0;
      if (isFirst) at += HEADROOM;
      this.put(packet, at);
      at += packet.length;
    });
    at -= total - packets.length * HEADROOM + Math.ceil(packets.length / trainPackets) * HEADROOM;
    packets.forEach((packet, index) => {
      const isFirst = index % trainPackets === 0;
      if (isFirst) at += HEADROOM;
      core.put(TUNNEL, at, packet.length, isFirst);
      at += packet.length;
    });
    core.flush();
    return this.orders();
  }

  orders(): Given[] {
    const core = this.#core;
    const view = new DataView(core.memory.buffer, core.ordersPointer());
    return Array.from({ length: core.orderCount() }, (_, index) => {
      const pointer = view.getUint32(index * ORDER_BYTES + ORDER_POINTER, true);
      return {
        device: view.getUint16(index * ORDER_BYTES + ORDER_DEVICE, true),
        packet: this.bytes(pointer, view.getUint32(index * ORDER_BYTES + ORDER_LENGTH, true)),
        virtio: this.virtio(pointer),
      };
    });
  }

  #room = 0;
  #roomBytes = 0;

  #arena(bytes: number): number {
    if (bytes > this.#roomBytes) {
      this.#room = this.#core.allocate(bytes);
      this.#roomBytes = bytes;
    }
    return this.#room;
  }
}
