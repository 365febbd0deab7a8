/** What the tests compare with: written for plainness, from the RFCs, and sharing nothing with the core. */
import { concat, hex, type Wire } from "../internals/load-wire.ts";

export const HOME_AGENT = hex("20010db8 00010000 00000000 00000001");
export const HOME_ADDRESS = hex("20010db8 00010000 00000000 00000077");
export const CAREOF_ADDRESS = hex("20010db8 00990000 00000000 00000042");
export const ALL_NODES = hex("ff020000 00000000 00000000 00000001");
export const LINK_LOCAL = hex("fe800000 00000000 00000000 00000abc");
export const UNSPECIFIED = new Uint8Array(16);

/** 16-bit number as two octets. */
export function two(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** An IPv6 packet (RFC 8200 §3) around a payload. */
export function packet(
  nextHeader: number,
  payload: Uint8Array,
  { source = CAREOF_ADDRESS, destination = HOME_AGENT, hopLimit = 64 } = {},
): Uint8Array {
  const header = Uint8Array.of(0x60, 0, 0, 0, ...two(payload.length), nextHeader, hopLimit);
  return concat(header, source, destination, payload);
}

/** RFC 1071, word by word, over the pseudo-header of RFC 8200 §8.1 and a message. */
export function checksum(
  source: Uint8Array,
  destination: Uint8Array,
  message: Uint8Array,
  protocol: number,
): number {
  const length = Uint8Array.of(0, 0, message.length >> 8, message.length & 0xff);
  const octets = concat(source, destination, length, Uint8Array.of(0, 0, 0, protocol), message);
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) {
    sum += octets[at] * 256 + (octets[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

/** The message with its checksum, two octets at `at`, filled in. */
export function withChecksum(
  source: Uint8Array,
  destination: Uint8Array,
  message: Uint8Array,
  protocol: number,
  at: number,
): Uint8Array {
  const summed = message.slice();
  summed.set([0, 0], at);
  summed.set(two(checksum(source, destination, summed, protocol)), at);
  return summed;
}

/** Puts two addresses in front of the tests' room; returns pointers to them. */
export function putAddresses(wire: Wire, source: Uint8Array, destination: Uint8Array): [number, number] {
  return [wire.put(source, wire.room - 32), wire.put(destination, wire.room - 16)];
}
