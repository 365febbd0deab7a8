/** Packets of return routability and of the direct way, made by hand: what the other node sends. */
import { createHash, createHmac } from "node:crypto";
import { CORRESPONDENT, careofAddress, homeAddress } from "./home-agent.ts";
import { DESTINATION_OPTIONS, HEADER_BYTES, MOBILITY, checksum, echoRequest, ipv6 } from "./packets.ts";

const ROUTING = 43;
/** Octets of either header of the direct way. */
export const DIRECT_BYTES = 24;
const AUTHENTICATOR_BYTES = 12;

/** What a test is about; the number is the type of its Init message (RFC 6275 §6.1.3, §6.1.4). */
export enum Test {
  Home = 1,
  Careof = 2,
}

/** A Home Test Init or Care-of Test Init of 56 octets. */
export function testInit(test: Test, source: Uint8Array, destination: Uint8Array, cookie: bigint): Uint8Array {
  const packet = ipv6(source, destination, MOBILITY, 16, 64);
  const message = packet.subarray(HEADER_BYTES);
  const view = new DataView(packet.buffer, HEADER_BYTES);
  message.set([59, 1, test]);
  view.setBigUint64(8, cookie);
  view.setUint16(4, checksum(source, destination, message, MOBILITY));
  return packet;
}

/** What a Home Test or Care-of Test gives: a nonce index and a keygen token. */
export interface Token {
  index: number;
  octets: Uint8Array;
}

export function readToken(packet: Uint8Array): Token {
  const at = HEADER_BYTES;
  return { index: new DataView(packet.buffer, packet.byteOffset).getUint16(at + 6), octets: packet.slice(at + 16, at + 24) };
}

export interface RouteUpdate {
  node: number;
  sequence: number;
  lifetimeS: number;
  homeToken: Token;
  careofToken: Token;
}

/** A Binding Update of 104 octets to the correspondent node (RFC 6275 §11.4.2). */
export function routeUpdate({ node, sequence, lifetimeS, homeToken, careofToken }: RouteUpdate): Uint8Array {
  const [home, careof] = [homeAddress(node), careofAddress(node)];
  const packet = ipv6(careof, CORRESPONDENT, DESTINATION_OPTIONS, DIRECT_BYTES + UPDATE_BYTES, 64);
  packet.set(homeAddressHeader(MOBILITY, home), HEADER_BYTES);
  const message = packet.subarray(HEADER_BYTES + DIRECT_BYTES);
  const view = new DataView(message.buffer, message.byteOffset);
  message.set([59, UPDATE_BYTES / 8 - 1, 5]);
  view.setUint16(6, sequence);
  view.setUint16(8, 0x8000); // acknowledge
  view.setUint16(10, lifetimeS / 4);
  message.set([4, 4], 12); // nonce indices
  view.setUint16(14, homeToken.index);
  view.setUint16(16, careofToken.index);
  message.set([1, 6], 18); // PadN, so that the message ends with the authenticator
  message.set([5, AUTHENTICATOR_BYTES], 26);
  const kbm = createHash("sha1").update(homeToken.octets).update(careofToken.octets).digest();
  const authenticated = [careof, CORRESPONDENT, message.subarray(0, UPDATE_BYTES - AUTHENTICATOR_BYTES)];
  const hmac = createHmac("sha1", kbm);
  for (const part of authenticated) hmac.update(part);
  message.set(hmac.digest().subarray(0, AUTHENTICATOR_BYTES), UPDATE_BYTES - AUTHENTICATOR_BYTES);
  view.setUint16(4, checksum(home, CORRESPONDENT, message, MOBILITY));
  return packet;
}
const UPDATE_BYTES = 40;

/** A Destination Options header with a Home Address option at 8n + 6 (RFC 6275 §6.3). */
function homeAddressHeader(nextHeader: number, home: Uint8Array): Uint8Array {
  return Uint8Array.of(nextHeader, 2, 1, 2, 0, 0, 0xc9, 16, ...home);
}

/** A type 2 routing header (RFC 6275 §6.4). */
function routingHeader(nextHeader: number, home: Uint8Array): Uint8Array {
  return Uint8Array.of(nextHeader, 2, 2, 1, 0, 0, 0, 0, ...home);
}

/** The packet with a header of DIRECT_BYTES octets behind its first one. */
function withHeader(packet: Uint8Array, protocol: number, header: Uint8Array): Uint8Array {
  const longer = new Uint8Array(packet.length + DIRECT_BYTES);
  longer.set(packet.subarray(0, HEADER_BYTES));
  longer.set(header, HEADER_BYTES);
  longer.set(packet.subarray(HEADER_BYTES), HEADER_BYTES + DIRECT_BYTES);
  longer[6] = protocol;
  new DataView(longer.buffer).setUint16(4, longer.length - HEADER_BYTES);
  return longer;
}

/** From node `index` to the correspondent by the direct way; `octets` are those of the packet without the option. */
export function directFromMobileNode(index: number, octets: number): Uint8Array {
  const plain = echoRequest(homeAddress(index), CORRESPONDENT, octets, index);
  const packet = withHeader(plain, DESTINATION_OPTIONS, homeAddressHeader(plain[6], homeAddress(index)));
  packet.set(careofAddress(index), 8);
  return packet;
}

/** From `correspondent` to node 0 by the direct way. */
export function directFromCorrespondent(correspondent: Uint8Array, octets: number, sequence: number): Uint8Array {
  const plain = echoRequest(correspondent, homeAddress(0), octets, sequence);
  const packet = withHeader(plain, ROUTING, routingHeader(plain[6], homeAddress(0)));
  packet.set(careofAddress(0), 24);
  return packet;
}
