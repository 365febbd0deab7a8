/**
 * A vector of messages for recvmmsg(2) and sendmmsg(2): many packets in one system call.
 *
 *   mmsghdr, 64 bytes each             iovec, 16 bytes each       name, 32 bytes each
 *    0  msg_name       pointer          0  iov_base  pointer       sockaddr_ll (20 bytes)
 *    8  msg_namelen    32 bits          8  iov_len   64 bits       or sockaddr_in6 (28 bytes)
 *   16  msg_iov        pointer
 *   24  msg_iovlen     64 bits
 *   32  msg_control    pointer
 *   40  msg_controllen 64 bits
 *   48  msg_flags      32 bits
 *   56  msg_len        32 bits   bytes received or sent
 *
 * A sockaddr_in6:  0 family  2 port (network order)  4 flow information  8 address (16 bytes)  24 scope
 * The three arrays stand one after the other in one block; the packets themselves are elsewhere.
 */

import { MSG_TRUNC } from "./constants.ts";
import { Block } from "./memory.ts";

const MSG_NAME = 0;
const MSG_NAMELEN = MSG_NAME + 8;
const MSG_IOV = MSG_NAMELEN + 8;
const MSG_IOVLEN = MSG_IOV + 8;
const MSG_CONTROL = MSG_IOVLEN + 8;
const MSG_CONTROLLEN = MSG_CONTROL + 8;
const MSG_FLAGS = MSG_CONTROLLEN + 8;
const MSG_LEN = MSG_FLAGS + 8;
const MMSGHDR_BYTES = MSG_LEN + 8;
const IOVEC_BYTES = 16;
const NAME_BYTES = 32;

export class MessageVector {
  /** How many messages there is room for. */
  readonly capacity: number;
  /** How many pieces they can have together. */
  readonly pieces: number;
  readonly block: Block;
  readonly #vectors: number;
  readonly #names: number;

  /**
   * @param nameLengthBytes length of the socket address that goes with each message
   * @param pieces of memory that the messages are put together from: unless said otherwise, each has one
   */
  constructor(capacity: number, nameLengthBytes: number, pieces = capacity) {
    this.capacity = capacity;
    this.pieces = pieces;
    this.#vectors = capacity * MMSGHDR_BYTES;
    this.#names = this.#vectors + pieces * IOVEC_BYTES;
    this.block = new Block(this.#names + capacity * NAME_BYTES);
    for (let index = 0; index < capacity; index++) {
      const header = index * MMSGHDR_BYTES;
      this.block.setAddress(header + MSG_NAME, this.block.address + this.nameOffset(index));
      this.block.view.setUint32(header + MSG_NAMELEN, nameLengthBytes, true);
      this.block.setAddress(header + MSG_IOV, this.block.address + this.#vectors + index * IOVEC_BYTES);
      this.block.setAddress(header + MSG_IOVLEN, 1);
    }
  }

  /** Where message `index` (or a piece of one) is read from or written to, and how many bytes. */
  setBuffer(index: number, address: number, lengthBytes: number): void {
    const vector = this.#vectors + index * IOVEC_BYTES;
    this.block.setAddress(vector, address);
    this.block.setAddress(vector + 8, lengthBytes);
  }

  /** Message `index` is put together from `count` pieces, from number `first` on; `setBuffer` says where a piece is. */
  setPieces(index: number, first: number, count: number): void {
    const header = index * MMSGHDR_BYTES;
    this.block.setAddress(header + MSG_IOV, this.block.address + this.#vectors + first * IOVEC_BYTES);
    this.block.setAddress(header + MSG_IOVLEN, count);
  }

  /** Where what the kernel says about message `index` is written to. */
  setControl(index: number, address: number, lengthBytes: number): void {
    const header = index * MMSGHDR_BYTES;
    this.block.setAddress(header + MSG_CONTROL, address);
    this.block.setAddress(header + MSG_CONTROLLEN, lengthBytes);
  }

  /** Bytes of what the kernel said about message `index`. */
  controlBytes(index: number): number {
    return this.block.view.getUint32(index * MMSGHDR_BYTES + MSG_CONTROLLEN, true);
  }

  /** Virtual address of the header of message `index`: what the system call is given. */
  headerAddress(index: number): number {
    return this.block.address + index * MMSGHDR_BYTES;
  }

  /** Offset in `block` of the socket address of message `index`. */
  nameOffset(index: number): number {
    return this.#names + index * NAME_BYTES;
  }

  /** Bytes received into message `index`. */
  lengthBytes(index: number): number {
    return this.block.view.getUint32(index * MMSGHDR_BYTES + MSG_LEN, true);
  }

  /** True when the packet was longer than its buffer, so that its end is lost. */
  truncated(index: number): boolean {
    return (this.block.view.getUint32(index * MMSGHDR_BYTES + MSG_FLAGS, true) & MSG_TRUNC) !== 0;
  }
}
