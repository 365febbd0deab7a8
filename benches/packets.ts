/** Packets that the benchmarks give to the core and to its peers: the same octets to both. */
import { createHmac } from "node:crypto";
import type { Engine } from "../bindings/engine.ts";
import { CORRESPONDENT, EPOCH_MS, HOME_AGENT, SPI, careofAddress, homeAddress, identity, key } from "./home-agent.ts";
import { fold } from "./peers/checksum.ts";

const ICMPV6 = 58;
const IPV6 = 41;
export const MOBILITY = 135;
export const DESTINATION_OPTIONS = 60;
export const HEADER_BYTES = 40;

/** An IPv6 header with `payloadBytes` of zeros behind it. */
export function ipv6(
  source: Uint8Array, destination: Uint8Array, nextHeader: number, payloadBytes: number, hopLimit = 63,
): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + payloadBytes);
  packet[0] = 0x60;
  new DataView(packet.buffer).setUint16(4, payloadBytes);
  packet[6] = nextHeader;
  packet[7] = hopLimit;
  packet.set(source, 8);
  packet.set(destination, 24);
  return packet;
}

/** The checksum of an upper-layer message whose checksum field is zero (RFC 8200 §8.1). */
export function checksum(source: Uint8Array, destination: Uint8Array, message: Uint8Array, nextHeader: number): number {
  let sum = message.length + nextHeader;
  for (const part of [source, destination, message]) {
    for (let at = 0; at < part.length; at++) sum += at & 1 ? part[at] : part[at] << 8;
  }
  return ~fold(sum, false) & 0xffff;
}

/** An ICMPv6 echo request of `octets`, header included, with a right checksum. */
export function echoRequest(source: Uint8Array, destination: Uint8Array, octets: number, sequence: number): Uint8Array {
  const packet = ipv6(source, destination, ICMPV6, octets - HEADER_BYTES);
  const message = packet.subarray(HEADER_BYTES);
  const view = new DataView(packet.buffer, HEADER_BYTES);
  message[0] = 128;
  view.setUint16(4, 7);
  view.setUint16(6, sequence);
  for (let at = 8; at < message.length; at++) message[at] = (at * 7919 + sequence * 31) >>> 3;
  view.setUint16(2, checksum(source, destination, message, ICMPV6));
  return packet;
}

/** From a correspondent to node `index`, as it comes out of the home agent's tunnel device. */
export function toMobileNode(index: number, octets: number): Uint8Array {
  return echoRequest(CORRESPONDENT, homeAddress(index), octets, index & 0xffff);
}

/** From a correspondent to the home agent itself. */
export function toHomeAgent(index: number, octets: number): Uint8Array {
  return echoRequest(CORRESPONDENT, HOME_AGENT, octets, index & 0xffff);
}

/** From node `index` through its tunnel; `octets` are those of the packet inside. */
export function fromMobileNode(index: number, octets: number): Uint8Array {
  const inner = echoRequest(homeAddress(index), CORRESPONDENT, octets, index & 0xffff);
  const packet = ipv6(careofAddress(index), HOME_AGENT, IPV6, octets, 64);
  packet.set(inner, HEADER_BYTES);
  return packet;
}

export interface Registration {
  node: number;
  sequence: number;
  /** 0 ends the binding. */
  lifetimeMs: number;
  /** Monotonic ms of the home agent. */
  now: number;
  visit?: number;
  authentication: "none" | "shared-key";
}

/**
 * A Binding Update of 128 octets:
 *
 *   IPv6 │ Destination Options with Home Address │ Mobility Header, identity, timestamp, authentication
 *   0      40                                      64
 *
 * Without authentication, the options for it are left away.
 */
export function bindingUpdate(registration: Registration): Uint8Array {
  const home = homeAddress(registration.node);
  const careof = careofAddress(registration.node, registration.visit);
  const isSigned = registration.authentication === "shared-key";
  const messageBytes = isSigned ? SIGNED_BYTES : 16;
  const packet = ipv6(careof, HOME_AGENT, DESTINATION_OPTIONS, OPTIONS_BYTES + messageBytes, 64);
  packet.set([MOBILITY, 2, 1, 2, 0, 0, 0xc9, 16], HEADER_BYTES); // PadN, then Home Address at 8n + 6
  packet.set(home, HEADER_BYTES + 8);
  const message = packet.subarray(HEADER_BYTES + OPTIONS_BYTES);
  const view = new DataView(message.buffer, message.byteOffset);
  message.set([59, messageBytes / 8 - 1, 5, 0]);
  view.setUint16(6, registration.sequence);
  view.setUint16(8, 0xc000); // acknowledge, home registration
  view.setUint16(10, registration.lifetimeMs / 4000);
  if (isSigned) {
    message.set([8, 20, 1], 12);
    message.set(Buffer.from(identity(registration.node)), 15);
    message.set([10, 8], 34);
    view.setBigUint64(36, timestamp(EPOCH_MS + registration.now));
    message.set([0, 9, 17, 1], 44); // Pad1, then the authentication option at 4n + 1
    view.setUint32(48, SPI);
    const digest = createHmac("sha1", key(registration.node)).update(authenticated(packet)).digest();
    message.set(digest.subarray(0, 12), AUTHENTICATED_BYTES);
  } else {
    message.set([1, 2, 0, 0], 12);
  }
  view.setUint16(4, checksum(home, HOME_AGENT, message, MOBILITY));
  return packet;
}

const OPTIONS_BYTES = 24;
const SIGNED_BYTES = 64;
/** Octets of the message in front of the authentication data. */
const AUTHENTICATED_BYTES = 52;

/**
 * What the authenticator of a signed Binding Update is computed over (RFC 4285 §5.1): care-of
 * address, home address, message up to the SPI. Its Binding Acknowledgement has as many octets there.
 */
export function authenticated(packet: Uint8Array): Uint8Array {
  const octets = new Uint8Array(32 + AUTHENTICATED_BYTES);
  octets.set(packet.subarray(8, 24));
  octets.set(packet.subarray(HEADER_BYTES + 8, HEADER_BYTES + 24), 16);
  octets.set(packet.subarray(HEADER_BYTES + OPTIONS_BYTES, HEADER_BYTES + OPTIONS_BYTES + AUTHENTICATED_BYTES), 32);
  octets[36] = octets[37] = 0; // the checksum counts as zero
  return octets;
}

/** The authentication data of a signed Binding Update. */
export function authenticator(packet: Uint8Array): Uint8Array {
  return packet.subarray(HEADER_BYTES + OPTIONS_BYTES + AUTHENTICATED_BYTES, HEADER_BYTES + OPTIONS_BYTES + SIGNED_BYTES);
}

/** A time as 32 bits of seconds since 1900 and 32 bits of fraction (RFC 4285 §6). */
function timestamp(unixMs: number): bigint {
  const seconds = Math.floor(unixMs / 1000);
  return (BigInt(seconds + 2_208_988_800) << 32n) | BigInt(Math.floor((unixMs - seconds * 1000) / 1000 * 2 ** 32));
}

/** Puts packets into the input slots of an engine, from slot `first` on. */
export function fill(engine: Engine, device: number, packets: Uint8Array[], first = 0): void {
  packets.forEach((packet, index) => {
    engine.memory.set(packet, engine.slotPointer(first + index));
    engine.fillSlot(first + index, device, packet.length);
  });
}
