/** What authenticates mobility messages, computed without the core. */
import { createHash, createHmac } from "node:crypto";
import { parseAddress } from "../../bindings/address.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { encode } from "./packet.ts";

/** The binding management key (RFC 6275 §5.2.5); without care-of keygen token: to end a binding. */
export function bindingManagementKey(homeToken: bigint, careofToken?: bigint): Uint8Array {
  const hash = createHash("sha1").update(octets(homeToken));
  if (careofToken !== undefined) hash.update(octets(careofToken));
  return hash.digest();
}

/** The data of the Binding Authorization Data option at the end of a Mobility Header (RFC 6275 §6.2.7). */
export function authenticator(
  key: Uint8Array, careofAddress: string, correspondent: string, mobilityHeader: Uint8Array,
): Uint8Array {
  const data = mobilityHeader.slice(0, -12);
  data.fill(0, 4, 6);
  return mac(key, careofAddress, correspondent, data);
}

/** The data of the MN-HA mobility message authentication option that ends a Mobility Header (RFC 4285 §5.1). */
export function authenticationData(
  key: Uint8Array, careofAddress: string, homeAddress: string, mobilityHeader: Uint8Array, lengthBytes: number,
): Uint8Array {
  const data = mobilityHeader.slice(0, lengthBytes);
  data.fill(0, 4, 6);
  return mac(key, careofAddress, homeAddress, data);
}

function mac(key: Uint8Array, first: string, second: string, data: Uint8Array): Uint8Array {
  const digest = createHmac("sha1", key).update(parseAddress(first)).update(parseAddress(second)).update(data).digest();
  return new Uint8Array(digest.subarray(0, 12));
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
