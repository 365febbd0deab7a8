/**
 * What forwarding and NATs need to know of an IPv4 packet.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-------+---------------+-------------------------------+
 *   |Version|  IHL  |Type of Service|         Total Length          |  0
 *   +-------+-------+---------------+-+-+-+-------------------------+
 *   |        Identification         |0|D|M|     Fragment Offset     |  4
 *   +---------------+---------------+-+-+-+-------------------------+
 *   | Time to Live  |   Protocol    |        Header Checksum        |  8
 *   +---------------+---------------+-------------------------------+
 *   |                        Source Address                         | 12
 *   +---------------------------------------------------------------+
 *   |                      Destination Address                      | 16
 *   +---------------------------------------------------------------+ 20
 *
 * RFC 791 §3.1. Addresses leave this file as IPv4-mapped ones (RFC 4291 §2.5.5.2), 16 octets like all others.
 */
import { ipv4Mapped } from "../../bindings/address.ts";
import type { Clock, Timer } from "./clock.ts";

const TYPE_OF_SERVICE = 1;
const TOTAL_LENGTH = TYPE_OF_SERVICE + 1;
const IDENTIFICATION = TOTAL_LENGTH + 2;
const FLAGS_OFFSET = IDENTIFICATION + 2;
const TIME_TO_LIVE = FLAGS_OFFSET + 2;
const PROTOCOL = TIME_TO_LIVE + 1;
const CHECKSUM = PROTOCOL + 1;
/** Where the addresses are. */
export const IPV4_SOURCE = CHECKSUM + 2;
export const IPV4_DESTINATION = IPV4_SOURCE + 4;
/** Octets of a header without options. */
export const IPV4_HEADER_BYTES = IPV4_DESTINATION + 4;

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

/** Whether this can be an IPv4 packet: every function below may then be used. */
export function isIpv4(packet: Uint8Array): boolean {
  return packet.length >= IPV4_HEADER_BYTES && packet[0] >> 4 === 4 && packet.length >= headerBytes(packet);
}

/** Octets of the header. */
export function headerBytes(packet: Uint8Array): number {
  return (packet[0] & 15) * 4;
}

export function ipv4Protocol(packet: Uint8Array): number {
  return packet[PROTOCOL];
}

export function timeToLive(packet: Uint8Array): number {
  return packet[TIME_TO_LIVE];
}

export function typeOfService(packet: Uint8Array): number {
  return packet[TYPE_OF_SERVICE];
}

/** The source, as a new IPv4-mapped address. */
export function ipv4Source(packet: Uint8Array): Uint8Array {
  return ipv4Mapped(packet.subarray(IPV4_SOURCE, IPV4_DESTINATION));
}

/** The destination, as a new IPv4-mapped address. */
export function ipv4Destination(packet: Uint8Array): Uint8Array {
  return ipv4Mapped(packet.subarray(IPV4_DESTINATION, IPV4_HEADER_BYTES));
}

/** Whether routers must not fragment the packet. */
export function dontFragment(packet: Uint8Array): boolean {
  return (get16(packet, FLAGS_OFFSET) & DONT_FRAGMENT) !== 0;
}

/** Whether the packet is a part of another one. */
export function isFragment(packet: Uint8Array): boolean {
  return (get16(packet, FLAGS_OFFSET) & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0;
}

/** Whether it is a part, and not the first one. */
export function isLaterFragment(packet: Uint8Array): boolean {
  return (get16(packet, FLAGS_OFFSET) & OFFSET_MASK) !== 0;
}

/** One hop less, in place. */
export function decrementTimeToLive(packet: Uint8Array): void {
  packet[TIME_TO_LIVE]--;
  setHeaderChecksum(packet);
}

/** Makes the header's checksum right again. */
export function setHeaderChecksum(packet: Uint8Array): void {
  set16(packet, CHECKSUM, 0);
  set16(packet, CHECKSUM, ~sum16(packet.subarray(0, headerBytes(packet))) & 0xffff);
}

/** The packet in fragments of at most `mtuBytes` octets (RFC 791 §3.2). */
export function fragmented(packet: Uint8Array, mtuBytes: number): Uint8Array[] {
  const header = headerBytes(packet);
  const flags = get16(packet, FLAGS_OFFSET);
  const most = (mtuBytes - header) & ~7;
  const parts: Uint8Array[] = [];
  for (let at = header; at < packet.length; at += most) {
    const end = Math.min(packet.length, at + most);
    const part = new Uint8Array(header + end - at);
    part.set(packet.subarray(0, header));
    part.set(packet.subarray(at, end), header);
    const more = end < packet.length ? MORE_FRAGMENTS : flags & MORE_FRAGMENTS;
    set16(part, TOTAL_LENGTH, part.length);
    set16(part, FLAGS_OFFSET, ((flags & OFFSET_MASK) + ((at - header) >> 3)) | more);
    setHeaderChecksum(part);
    parts.push(part);
  }
  return parts;
}

/** How long the first fragment waits for the others (RFC 1122 §3.3.2). */
const REASSEMBLY_MS = 60_000;

interface Parts {
  readonly fragments: Uint8Array[];
  readonly timer: Timer;
}

/** Puts fragments together again. */
export class Reassembly {
  private readonly waiting = new Map<string, Parts>();

  constructor(private readonly clock: Clock) {}

  /** Takes a fragment; returns the whole packet when this was the last one. */
  add(fragment: Uint8Array): Uint8Array | undefined {
    const addresses = fragment.subarray(IPV4_SOURCE, IPV4_HEADER_BYTES);
    const key = `${addresses} ${get16(fragment, IDENTIFICATION)} ${ipv4Protocol(fragment)}`;
    let parts = this.waiting.get(key);
    if (!parts) {
      parts = { fragments: [], timer: this.clock.after(REASSEMBLY_MS, () => this.waiting.delete(key)) };
      this.waiting.set(key, parts);
    }
    parts.fragments.push(fragment);
    const whole = joined(parts.fragments);
    if (!whole) return undefined;
    parts.timer.cancel();
    this.waiting.delete(key);
    return whole;
  }
}

/** The packet, if no part of it is missing. */
function joined(fragments: Uint8Array[]): Uint8Array | undefined {
  const offsetOf = (part: Uint8Array) => (get16(part, FLAGS_OFFSET) & OFFSET_MASK) * 8;
  const inOrder = [...fragments].sort((a, b) => offsetOf(a) - offsetOf(b));
  const data: Uint8Array[] = [];
  let end = 0;
  for (const part of inOrder) {
    if (offsetOf(part) > end) return undefined;
    const fresh = part.subarray(headerBytes(part) + end - offsetOf(part));
    if (fresh.length === 0) continue;
    data.push(fresh);
    end += fresh.length;
    if ((get16(part, FLAGS_OFFSET) & MORE_FRAGMENTS) !== 0) continue;
    const header = inOrder[0].subarray(0, headerBytes(inOrder[0]));
    const whole = new Uint8Array(header.length + end);
    [header, ...data].reduce((at, octets) => (whole.set(octets, at), at + octets.length), 0);
    set16(whole, TOTAL_LENGTH, whole.length);
    set16(whole, FLAGS_OFFSET, 0);
    setHeaderChecksum(whole);
    return whole;
  }
  return undefined;
}

export function get16(octets: Uint8Array, at: number): number {
  return (octets[at] << 8) | octets[at + 1];
}

export function set16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >> 8;
  octets[at + 1] = value;
}

/** The ones'-complement sum of 16-bit words (RFC 1071). */
export function sum16(octets: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < octets.length; index += 2) sum += (octets[index] << 8) | (octets[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
