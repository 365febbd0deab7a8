/** Binding Updates as a mobile node sends them, signed by Node's own crypto. */
import { createHmac } from "node:crypto";
import { EPOCH_MS, HOME_AGENT, SPI, careofAddress, homeAddress, identity, key } from "./home-agent.ts";
import { DESTINATION_OPTIONS, HEADER_BYTES, MOBILITY, checksum, ipv6 } from "./packets.ts";

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
