/**
 * Sending datagrams by UDP from where the core has them, each behind its DATAGRAM_* record.
 *
 * Datagrams to one place follow each other, and often have one length: then they go to the kernel as one
 * message, a train (UDP_SEGMENT), and pass its network stack as one packet. Their octets stay where they are;
 * a message is put together from pieces. Control messages (datagram-receive.ts) say how the train is cut, and
 * the traffic class.
 */

import {
  DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS,
} from "../../../bindings/engine.ts";
import {
  AF_INET6, EAGAIN, EINTR, EINVAL, EIO, EMSGSIZE, ENOBUFS, IP_MTU_DISCOVER, IP_TOS, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
  IPV6_TCLASS, MSG_DONTWAIT, PMTUDISC_DO, PMTUDISC_DONT, SOL_IP, SOL_UDP, UDP_SEGMENT,
} from "./constants.ts";
import {
  CONTROL_LEVEL, CONTROL_TYPE, CONTROL_VALUE, NAME_ADDRESS, NAME_PORT, SOCKADDR_IN6_BYTES,
} from "./datagram-receive.ts";
import { errno, sendmmsg } from "./libc.ts";
import { Block, type PacketMemory, setIntegerOption } from "./memory.ts";
import { MessageVector } from "./messages.ts";

/** What every kernel since 4.18 takes as one message. */
const MAX_SEGMENTS = 64;
const MAX_TRAIN_BYTES = 65000;
const BATCH = 64;
/** A message has at most 1,024 (UIO_MAXIOV). */
const PIECES = 1024;

/** One control message with a number; two for each message: traffic class, length of a segment. */
const CONTROL_BYTES = 24;
const MAPPED = 0xffff; // octets 8 to 11 of an IPv4-mapped address

/** Of what the kernel did not take. */
export interface Failures {
  count(errno: number): void;
}

export class DatagramSender {
  /** Whether the kernel cuts trains. */
  canSegment: boolean;
  /** The kernel has said something about datagrams sent earlier. */
  hasErrors = false;
  readonly #fd: number;
  readonly #memory: PacketMemory;
  readonly #failures: Failures;
  readonly #messages = new MessageVector(BATCH, SOCKADDR_IN6_BYTES, PIECES);
  readonly #control = new Block(BATCH * 2 * CONTROL_BYTES);
  /** Where the pieces of each message begin. */
  readonly #firstPieces = new Uint16Array(BATCH + 1);
  readonly #segmentBytes = new Uint16Array(BATCH);
  readonly #lengths = new Uint16Array(PIECES);
  readonly #pointers = new Uint32Array(PIECES);
  #count = 0;
  #pieces = 0;
  #mayFragment = false;
  /** Whether the last message may become longer, and what it is by now. */
  #isOpen = false;
  #segments = 0;
  #totalBytes = 0;
  #record = 0;

  constructor(fd: number, memory: PacketMemory, failures: Failures, canSegment: boolean) {
    this.#fd = fd;
    this.#memory = memory;
    this.#failures = failures;
    this.canSegment = canSegment;
    for (let index = 0; index < BATCH; index++) {
      this.#messages.block.view.setUint16(this.#messages.nameOffset(index), AF_INET6, true);
      const control = index * 2 * CONTROL_BYTES;
      this.#control.view.setUint32(control, CONTROL_VALUE + 4, true);
      this.#control.view.setUint32(control + CONTROL_BYTES, CONTROL_VALUE + 2, true);
      this.#control.view.setUint32(control + CONTROL_BYTES + CONTROL_LEVEL, SOL_UDP, true);
      this.#control.view.setUint32(control + CONTROL_BYTES + CONTROL_TYPE, UDP_SEGMENT, true);
    }
  }

  /** Takes what Order.SendDatagrams says; it lies at that pointer of the core until `flush`. */
  put(pointer: number, lengthBytes: number): void {
    const packets = this.#memory.view;
    const record = pointer - DATAGRAM_BYTES;
    const segmentBytes = packets.getUint16(record + DATAGRAM_SEGMENT_BYTES, true) || lengthBytes;
    const mayFragment = packets.getUint8(record + DATAGRAM_FRAGMENTS) !== 0;
    if (mayFragment !== this.#mayFragment) this.#setMayFragment(mayFragment);
    if (this.canSegment && !mayFragment) {
      this.#add(packets, record, pointer, lengthBytes, segmentBytes);
      return;
    }
    for (let at = 0; at < lengthBytes; at += segmentBytes) {
      this.#add(packets, record, pointer + at, Math.min(segmentBytes, lengthBytes - at), segmentBytes);
    }
  }

  /** Sends what was collected. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#closeMessage();
    this.#firstPieces[count] = this.#pieces;
    let hasTriedTwice = false;
    for (let index = 0; index < count; ) {
      const taken = sendmmsg(this.#fd, this.#messages.headerAddress(index), count - index, MSG_DONTWAIT);
      if (taken > 0) {
        index += taken;
        hasTriedTwice = false;
        continue;
      }
      const error = errno();
      if (error === EINTR) continue;
      if (error === EAGAIN) { // the queue is full
        for (; index < count; index++) this.#failures.count(error);
        break;
      }
      this.hasErrors = true;
      // an error of a datagram that was sent earlier is told by the next call, which sends nothing
      if (!hasTriedTwice && error !== ENOBUFS) {
        hasTriedTwice = true;
        continue;
      }
      hasTriedTwice = false;
      this.#refused(index++, error);
    }
    this.#count = 0;
    this.#pieces = 0;
  }

  /** Adds datagrams to the last message as far as they fit, and to new ones. */
  #add(packets: DataView, record: number, pointer: number, lengthBytes: number, segmentBytes: number): void {
    for (let left = lengthBytes; left > 0; ) {
      let taken = this.#isOpen && this.#isForLast(packets, record) ? this.#takenByLast(left, segmentBytes) : 0;
      if (taken === 0) {
        this.#begin(packets, record, segmentBytes);
        taken = this.#takenByLast(left, segmentBytes) || left; // one that is longer than any train goes by itself
      }
      this.#append(pointer + lengthBytes - left, taken);
      left -= taken;
    }
  }

  #append(pointer: number, lengthBytes: number): void {
    const segmentBytes = this.#segmentBytes[this.#count - 1];
    const piece = this.#pieces++;
    this.#messages.setBuffer(piece, this.#memory.addressAt(pointer), lengthBytes);
    this.#pointers[piece] = pointer;
    this.#lengths[piece] = lengthBytes;
    this.#segments += Math.ceil(lengthBytes / segmentBytes);
    this.#totalBytes += lengthBytes;
    // a shorter one is the last one of a train
    this.#isOpen = this.canSegment && !this.#mayFragment && lengthBytes % segmentBytes === 0;
    if (this.#pieces === PIECES) this.flush();
  }

  /** Whether datagrams go where those of the last message go, in the same traffic class. */
  #isForLast(packets: DataView, record: number): boolean {
    for (let octet = 0; octet < 16; octet += 4) {
      if (packets.getUint32(record + octet, true) !== packets.getUint32(this.#record + octet, true)) return false;
    }
    return packets.getUint16(record + DATAGRAM_PORT, true) === packets.getUint16(this.#record + DATAGRAM_PORT, true) &&
      packets.getUint8(record + DATAGRAM_TRAFFIC_CLASS) === packets.getUint8(this.#record + DATAGRAM_TRAFFIC_CLASS);
  }

  /** How many octets of datagrams of `segmentBytes` each the last message still takes: whole datagrams. */
  #takenByLast(lengthBytes: number, segmentBytes: number): number {
    const openBytes = this.#segmentBytes[this.#count - 1];
    const roomBytes = MAX_TRAIN_BYTES - this.#totalBytes;
    if (segmentBytes !== openBytes) { // a single one that is shorter may be the last
      const isSingle = lengthBytes <= segmentBytes && lengthBytes < openBytes;
      return isSingle && this.#segments < MAX_SEGMENTS && lengthBytes <= roomBytes ? lengthBytes : 0;
    }
    const room = Math.min(MAX_SEGMENTS - this.#segments, Math.floor(roomBytes / openBytes)) * openBytes;
    return Math.min(lengthBytes, room);
  }

  /** Begins a message to the place that a record says. */
  #begin(packets: DataView, record: number, segmentBytes: number): void {
    this.#closeMessage();
    if (this.#count === BATCH) this.flush();
    const index = this.#count++;
    const names = this.#messages.block.view;
    const name = this.#messages.nameOffset(index);
    names.setUint16(name + NAME_PORT, packets.getUint16(record + DATAGRAM_PORT, true));
    for (let octet = 0; octet < 16; octet += 4) {
      names.setUint32(name + NAME_ADDRESS + octet, packets.getUint32(record + DATAGRAM_ADDRESS + octet, true), true);
    }
    const isIpv4 = (packets.getUint32(record) | packets.getUint32(record + 4)) === 0 && packets.getUint32(record + 8) === MAPPED;
    const control = index * 2 * CONTROL_BYTES;
    this.#control.view.setUint32(control + CONTROL_LEVEL, isIpv4 ? SOL_IP : IPPROTO_IPV6, true);
    this.#control.view.setUint32(control + CONTROL_TYPE, isIpv4 ? IP_TOS : IPV6_TCLASS, true);
    this.#control.view.setUint32(control + CONTROL_VALUE, packets.getUint8(record + DATAGRAM_TRAFFIC_CLASS), true);
    this.#control.view.setUint16(control + CONTROL_BYTES + CONTROL_VALUE, segmentBytes, true);
    this.#firstPieces[index] = this.#pieces;
    this.#segmentBytes[index] = segmentBytes;
    this.#record = record;
    this.#segments = 0;
    this.#totalBytes = 0;
  }

  /** The last message is complete: what it consists of, and what the kernel is told beside. */
  #closeMessage(): void {
    this.#isOpen = false;
    if (this.#count === 0) return;
    const index = this.#count - 1;
    const first = this.#firstPieces[index];
    this.#messages.setPieces(index, first, this.#pieces - first);
    const control = index * 2 * CONTROL_BYTES;
    const hasClass = this.#control.view.getUint32(control + CONTROL_VALUE, true) !== 0;
    const begin = hasClass ? 0 : CONTROL_BYTES;
    const end = this.#segments > 1 ? 2 * CONTROL_BYTES : CONTROL_BYTES;
    this.#messages.setControl(index, this.#control.address + control + begin, end - begin);
  }

  /** A message was not taken. Where it was a train, its datagrams may be, each for itself. */
  #refused(index: number, error: number): void {
    const isTrain = this.#firstPieces[index + 1] - this.#firstPieces[index] > 1 ||
      this.#lengths[this.#firstPieces[index]] > this.#segmentBytes[index];
    if (!isTrain || (error !== EIO && error !== EINVAL && error !== EMSGSIZE)) {
      this.#failures.count(error);
      return;
    }
    if (error === EIO) this.canSegment = false; // a device on the way cannot compute checksums
    const segmentBytes = this.#segmentBytes[index];
    this.#messages.setControl(index, this.#control.address + index * 2 * CONTROL_BYTES, CONTROL_BYTES);
    for (let piece = this.#firstPieces[index]; piece < this.#firstPieces[index + 1]; piece++) {
      this.#messages.setPieces(index, piece, 1);
      for (let at = 0; at < this.#lengths[piece]; at += segmentBytes) {
        const lengthBytes = Math.min(segmentBytes, this.#lengths[piece] - at);
        this.#messages.setBuffer(piece, this.#memory.addressAt(this.#pointers[piece] + at), lengthBytes);
        if (sendmmsg(this.#fd, this.#messages.headerAddress(index), 1, MSG_DONTWAIT) !== 1) {
          this.#failures.count(errno());
        }
      }
    }
  }

  /** Whether IP may fragment what is put from now on. */
  #setMayFragment(mayFragment: boolean): void {
    this.flush();
    this.#mayFragment = mayFragment;
    setPathMtuDiscovery(this.#fd, !mayFragment);
  }
}

/** Whether datagrams are never fragmented, neither here nor on their way. Throws SystemError. */
export function setPathMtuDiscovery(fd: number, on: boolean): void {
  const mode = on ? PMTUDISC_DO : PMTUDISC_DONT;
  setIntegerOption(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, mode, "IPV6_MTU_DISCOVER");
  setIntegerOption(fd, SOL_IP, IP_MTU_DISCOVER, mode, "IP_MTU_DISCOVER");
}
