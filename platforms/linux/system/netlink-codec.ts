/**
 * Netlink messages (RFC 3549 §2.3): a header, a fixed part that depends on the type, and attributes.
 *
 *    0  length  (32 bits, host order like everything here)   then attributes, each padded to 4:
 *    4  type    (16 bits)                                    0  length (16 bits)
 *    6  flags   (16 bits)                                    2  type   (16 bits)
 *    8  sequence                                             4  value
 *   12  port
 */

const LENGTH = 0;
const TYPE = LENGTH + 4;
const FLAGS = TYPE + 2;
const SEQUENCE = FLAGS + 2;
const PORT = SEQUENCE + 4;
export const NETLINK_HEADER_BYTES = PORT + 4;
const ATTRIBUTE_HEADER_BYTES = 4;
/** Two upper bits of an attribute type say "nested" and "network order". */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTERRUPTED = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

/** Builds one request; the sequence number is written by the socket that sends it. */
export class NetlinkRequest {
  readonly #parts: Uint8Array[];

  /**
   * @param type such as RTM_NEWADDR
   * @param flags beside NLM_F_REQUEST
   * @param fixed the fixed part, of a length divisible by four
   */
  constructor(type: number, flags: number, fixed: Uint8Array) {
    const header = Buffer.alloc(NETLINK_HEADER_BYTES);
    header.writeUInt16LE(type, TYPE);
    header.writeUInt16LE(flags | NLM_F_REQUEST, FLAGS);
    this.#parts = [header, fixed];
  }

  /** Adds encoded attributes. */
  add(...attributes: Uint8Array[]): this {
    this.#parts.push(...attributes);
    return this;
  }

  attribute(type: number, value: Uint8Array): this {
    return this.add(encodeAttribute(type, value));
  }

  /** An attribute of 32 bits; left out when the value is undefined. */
  attribute32(type: number, value: number | undefined): this {
    return value === undefined ? this : this.attribute(type, new Uint8Array(Uint32Array.of(value).buffer));
  }

  /** An attribute of 8 bits; left out when the value is undefined. */
  attribute8(type: number, value: number | undefined): this {
    return value === undefined ? this : this.attribute(type, Uint8Array.of(value));
  }

  /** The finished message. */
  encode(sequence: number): Uint8Array {
    const message = Buffer.concat(this.#parts);
    message.writeUInt32LE(message.length, LENGTH);
    message.writeUInt32LE(sequence, SEQUENCE);
    return message;
  }
}

/** One attribute with its padding. */
export function encodeAttribute(type: number, value: Uint8Array): Uint8Array {
  const attribute = Buffer.alloc(align(ATTRIBUTE_HEADER_BYTES + value.length));
  attribute.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + value.length, 0);
  attribute.writeUInt16LE(type, 2);
  attribute.set(value, ATTRIBUTE_HEADER_BYTES);
  return attribute;
}

/** One received message. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Fixed part and attributes. */
  readonly payload: Buffer;
}

/** The messages in one datagram. A message with a length that cannot be ends the list. */
export function* decodeMessages(datagram: Buffer): Generator<NetlinkMessage> {
  let offset = 0;
  while (offset + NETLINK_HEADER_BYTES <= datagram.length) {
    const length = datagram.readUInt32LE(offset + LENGTH);
    if (length < NETLINK_HEADER_BYTES || offset + length > datagram.length) return;
    yield {
      type: datagram.readUInt16LE(offset + TYPE),
      flags: datagram.readUInt16LE(offset + FLAGS),
      sequence: datagram.readUInt32LE(offset + SEQUENCE),
      payload: datagram.subarray(offset + NETLINK_HEADER_BYTES, offset + length),
    };
    offset += align(length);
  }
}

/** The attributes that follow a fixed part of `fixedBytes`, by type. */
export function decodeAttributes(payload: Buffer, fixedBytes: number): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  let offset = align(fixedBytes);
  while (offset + ATTRIBUTE_HEADER_BYTES <= payload.length) {
    const length = payload.readUInt16LE(offset);
    if (length < ATTRIBUTE_HEADER_BYTES || offset + length > payload.length) break;
    const type = payload.readUInt16LE(offset + 2) & ATTRIBUTE_TYPE_MASK;
    attributes.set(type, payload.subarray(offset + ATTRIBUTE_HEADER_BYTES, offset + length));
    offset += align(length);
  }
  return attributes;
}

/** The value of a 32-bit attribute. */
export function number32(value: Buffer | undefined): number | undefined {
  return value?.readUInt32LE(0);
}

/** The value of a text attribute, which the kernel ends with a zero. */
export function text(value: Buffer | undefined): string {
  return value === undefined ? "" : value.toString("utf8").replace(/\0+$/, "");
}

function align(length: number): number {
  return (length + 3) & ~3;
}
