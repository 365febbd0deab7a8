/**
 * A correspondent node's answers to Home and Care-of Test Init messages in plain TypeScript (RFC 6275 §9.4):
 * headers and checksum checked, keygen token by node:crypto, answer built with its checksum. It keeps nothing
 * of those who ask, and allocates only what node:crypto does.
 *
 *   slot 0                slot 1                     outputs follow behind the last slot, as long each
 *   ├─────────────────────┼─────────────────────┬────
 *   │ question            │ question            │ …
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { fold, memoryOf, type Checksum, type Memory } from "./checksum.ts";

const HEADER_BYTES = 40;
const ADDRESSES = 8;
const ADDRESSES_BYTES = 32;
const MOBILITY = 135;
const NO_NEXT_HEADER = 59;
/** From a question's type to its answer's: 1 → 3, 2 → 4. */
const ANSWERS = 2;
const MESSAGE_BYTES = 24;
const SLOT_BYTES = 64;

export class TestAnswerer {
  readonly memory: Memory;
  readonly lengths: Int32Array;
  /** Questions that were answered in the last batch. */
  answered = 0;
  readonly nonceIndex = 7;
  private readonly key: KeyObject;
  /** Address, nonce, which of the two tokens (RFC 6275 §5.2.5). */
  private readonly hashed = new Uint8Array(25);

  constructor(readonly slots: number, private readonly self: Uint8Array, nodeKey: Uint8Array, nonce: Uint8Array, readonly checksum: Checksum) {
    this.memory = memoryOf(new ArrayBuffer(2 * slots * SLOT_BYTES));
    this.lengths = new Int32Array(slots);
    this.key = createSecretKey(nodeKey);
    this.hashed.set(nonce, 16);
  }

  fill(slot: number, packet: Uint8Array): void {
    this.memory.bytes.set(packet.subarray(0, SLOT_BYTES), slot * SLOT_BYTES);
    this.lengths[slot] = packet.length;
  }

  /** The answer to what is in a slot. */
  answer(slot: number): Uint8Array {
    return this.memory.bytes.slice(this.answerAt(slot), this.answerAt(slot) + SLOT_BYTES);
  }

  private answerAt(slot: number): number {
    return (this.slots + slot) * SLOT_BYTES;
  }

  answerAll(): void {
    this.answered = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.take(slot * SLOT_BYTES, this.lengths[slot], this.answerAt(slot))) this.answered++;
    }
  }

  private take(at: number, length: number, out: number): boolean {
    const { bytes, view } = this.memory;
    if (length < HEADER_BYTES + 16 || bytes[at] >> 4 !== 6) return false;
    const messageBytes = view.getUint16(at + 4);
    if (HEADER_BYTES + messageBytes > length || bytes[at + 6] !== MOBILITY) return false;
    for (let octet = 0; octet < 16; octet++) if (bytes[at + 24 + octet] !== this.self[octet]) return false;
    const message = at + HEADER_BYTES;
    const type = bytes[message + 2];
    if (bytes[message] !== NO_NEXT_HEADER || (bytes[message + 1] + 1) * 8 !== messageBytes || messageBytes < 16) return false;
    if (type !== 1 && type !== 2) return false;
    if (bytes[at + 8] === 0xff || bytes[at + 8] === 0xfe && (bytes[at + 9] & 0xc0) === 0x80) return false;
    if (this.sum(at, messageBytes) !== 0xffff) return false;
    this.build(at, type, out);
    return true;
  }

  private build(question: number, type: number, out: number): void {
    const { bytes, view } = this.memory;
    const { hashed } = this;
    for (let octet = 0; octet < 16; octet++) hashed[octet] = bytes[question + ADDRESSES + octet];
    hashed[24] = type - 1;
    const digest = createHmac("sha1", this.key).update(hashed).digest();
    view.setUint32(out, 0x60000000);
    view.setUint32(out + 4, MESSAGE_BYTES << 16 | MOBILITY << 8 | 64);
    for (let octet = 0; octet < 16; octet++) {
      bytes[out + 8 + octet] = this.self[octet];
      bytes[out + 24 + octet] = bytes[question + ADDRESSES + octet];
    }
    const message = out + HEADER_BYTES;
    view.setUint32(message, NO_NEXT_HEADER << 24 | (MESSAGE_BYTES / 8 - 1) << 16 | (type + ANSWERS) << 8);
    view.setUint32(message + 4, this.nonceIndex);
    for (let octet = 0; octet < 8; octet++) {
      bytes[message + 8 + octet] = bytes[question + HEADER_BYTES + 8 + octet];
      bytes[message + 16 + octet] = digest[octet];
    }
    view.setUint16(message + 4, ~this.sum(out, MESSAGE_BYTES) & 0xffff);
  }

  /** Of addresses, pseudo-header and message; 0xffff when a checksum is right. */
  private sum(at: number, messageBytes: number): number {
    const { memory, checksum: { sum, swap } } = this;
    const folded = fold(sum(memory, at + ADDRESSES, ADDRESSES_BYTES + messageBytes), swap);
    return fold(folded + messageBytes + MOBILITY, false);
  }
}
