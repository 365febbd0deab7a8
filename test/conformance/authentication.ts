/** What authenticates mobility messages, computed without the core. */
import { parseAddress } from "../../bindings/address.ts";
import { type LayerInput, valueOf } from "../../bindings/codec.ts";
import { encode, Seen } from "./packet.ts";
import { hmacSha1, sha1 } from "./sha1.ts";

/** The binding management key (RFC 6275 §5.2.5); without care-of keygen token: to end a binding. */
export function bindingManagementKey(homeToken: bigint, careofToken?: bigint): Uint8Array {
  const tokens = careofToken === undefined ? [homeToken] : [homeToken, careofToken];
  return sha1(...tokens.map(octets));
}

/** The data of the Binding Authorization Data option at the end of a Mobility Header (RFC 6275 §6.2.7). */
export function authenticator(
  key: Uint8Array, careofAddress: string, correspondent: string, mobilityHeader: Uint8Array,
): Uint8Array {
  const data = mobilityHeader.slice(0, -12);
  data.fill(0, 4, 6);
  return mac(key, careofAddress, correspondent, data);
}

/** A security association of a mobile node and its home agent (RFC 4285 §3.1). */
export interface SharedKey {
  readonly identity: string;
  readonly spi: number;
  readonly key: Uint8Array;
}

/**
 * A packet whose last layer is a mobility message, with the MN-HA mobility message authentication option behind
 * the options that it has (RFC 4285 §5.1).
 */
export function authenticated(
  layers: readonly LayerInput[], { key, spi }: SharedKey, careofAddress: string, homeAddress: string,
): Uint8Array {
  const message = layers[layers.length - 1];
  const make = (authenticationData: Uint8Array) => encode(...layers.slice(0, -1), {
    ...message, options: [...message.options ?? [], {
      name: AUTHENTICATION, fields: { subtype: 1, securityParametersIndex: spi, authenticationData },
    }],
  });
  return make(authenticationDataOf(make(new Uint8Array(12)), message.name, key, careofAddress, homeAddress));
}

/** Whether the MN-HA option of a message is there and right. */
export function isAuthenticated(
  seen: Seen, message: string, { key }: SharedKey, careofAddress: string, homeAddress: string,
): boolean {
  const option = seen.option(message, AUTHENTICATION);
  if (!option) return false;
  const expected = authenticationDataOf(seen.packet, message, key, careofAddress, homeAddress);
  return String(valueOf(option, "authenticationData")) === String(expected);
}

const AUTHENTICATION = "mobility-message-authentication";

/** Over the Mobility Header from its first octet up to the authentication data. */
function authenticationDataOf(
  packet: Uint8Array, message: string, key: Uint8Array, careofAddress: string, homeAddress: string,
): Uint8Array {
  const layer = new Seen(packet, "", 0).layer(message)!;
  const option = layer.options.find(({ name }) => name === AUTHENTICATION)!;
  const { bitOffset } = option.fields.find(({ name }) => name === "authenticationData")!;
  const data = packet.slice(layer.offset, bitOffset / 8);
  data.fill(0, 4, 6);
  return mac(key, careofAddress, homeAddress, data);
}

function mac(key: Uint8Array, first: string, second: string, data: Uint8Array): Uint8Array {
  return hmacSha1(key, parseAddress(first), parseAddress(second), data).slice(0, 12);
}

/** The Mobility Header with which a packet ends, whatever its Header Len field says. */
export function mobilityHeader(layers: readonly LayerInput[]): Uint8Array {
  const before = encode(...layers.slice(0, -1));
  return encode(...layers).subarray(before.length);
}

/** Unix time in ms as an NTP timestamp (RFC 4285 §6). */
export function ntpTimestamp(unixMs: number): bigint {
  const seconds = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32);
  return (BigInt(seconds + 2_208_988_800) << 32n) | BigInt(fraction);
}

function octets(token: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, token);
  return bytes;
}
