/** Packets that the benchmarks give to the core and to its peers: the same octets to both, in every runtime. */
import type { Engine } from "../bindings/engine.ts";
import { CORRESPONDENT, HOME_AGENT, careofAddress, homeAddress } from "./home-agent.ts";
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

/** Puts packets into the input slots of an engine, from slot `first` on. */
export function fill(engine: Engine, device: number, packets: Uint8Array[], first = 0): void {
  packets.forEach((packet, index) => {
    engine.memory.set(packet, engine.slotPointer(first + index));
    engine.fillSlot(first + index, device, packet.length);
  });
}
