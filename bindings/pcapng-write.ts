import { type CapturedPacket, MAX_CAPTURED_BYTES } from "./pcap.ts";

/**
 * Writing of pcapng files: little-endian, times in nanoseconds. A file is the octets of `pcapngHeader`,
 * then those of `pcapngPacket` for each packet, so it can grow while packets come.
 */

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;

const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_RESOLUTION = 9;
/** 10^-9 seconds. */
const NANOSECONDS = 9;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const UNKNOWN_SECTION_LENGTH = 0xffff_ffff;
/** Octets of an option's code and length are 16 bits. */
const MAX_COMMENT_BYTES = 0xffff;

const END_OF_OPTIONS = option(OPTION_END, new Uint8Array(0));

/** The head of a file whose packets come from interfaces with these link types, numbered from 0. */
export function pcapngHeader(linkTypes: readonly number[]): Uint8Array {
  const section = block(SECTION, [
    u32(BYTE_ORDER_MAGIC), u16(1), u16(0), u32(UNKNOWN_SECTION_LENGTH), u32(UNKNOWN_SECTION_LENGTH),
  ]);
  const options = [...option(OPTION_RESOLUTION, Uint8Array.of(NANOSECONDS)), ...END_OF_OPTIONS];
  const interfaces = linkTypes.map((linkType) =>
    block(INTERFACE, [u16(linkType), u16(0), u32(MAX_CAPTURED_BYTES), ...options]),
  );
  return concatenate([section, ...interfaces]);
}

/** A packet of the interface with this number; its `linkType` is that of the interface. */
export function pcapngPacket(packet: CapturedPacket, interfaceIndex = 0): Uint8Array {
  const time = packet.timestampNs ?? 0n;
  const { octets, originalLength, comment } = packet;
  const parts = [
    u32(interfaceIndex), u32(Number((time >> 32n) & 0xffff_ffffn)), u32(Number(time & 0xffff_ffffn)),
    u32(octets.length), u32(originalLength), padded(octets),
  ];
  if (comment !== undefined) {
    const text = new TextEncoder().encode(comment).subarray(0, MAX_COMMENT_BYTES);
    parts.push(...option(OPTION_COMMENT, text), ...END_OF_OPTIONS);
  }
  return block(ENHANCED_PACKET, parts);
}

/** A whole file, with an interface for each link type among the packets. */
export function writePcapng(packets: readonly CapturedPacket[]): Uint8Array {
  const linkTypes = [...new Set(packets.map(({ linkType }) => linkType))];
  const blocks = packets.map((packet) => pcapngPacket(packet, linkTypes.indexOf(packet.linkType)));
  return concatenate([pcapngHeader(linkTypes), ...blocks]);
}

function block(type: number, body: readonly Uint8Array[]): Uint8Array {
  const length = u32(12 + body.reduce((sum, part) => sum + part.length, 0));
  return concatenate([u32(type), length, ...body, length]);
}

function option(code: number, value: Uint8Array): Uint8Array[] {
  return [u16(code), u16(value.length), padded(value)];
}

function padded(octets: Uint8Array): Uint8Array {
  const whole = new Uint8Array((octets.length + 3) & ~3);
  whole.set(octets);
  return whole;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

function u32(value: number): Uint8Array {
  return concatenate([u16(value & 0xffff), u16(value >>> 16)]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}
