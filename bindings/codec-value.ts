import { FieldKind } from "../core-as/abi/fields.ts";
import { formatAddress, parseAddress } from "./address.ts";

/**
 * What a field holds. Numbers are in the unit of the wire; those of more than 32 bits are bigints.
 * Addresses are text: IPv6 in the form of RFC 5952, IPv4 dotted.
 */
export type FieldValue = number | bigint | string | Uint8Array | boolean;

/** The value of a field of the given width whose number is `value`. */
export function fromNumber(kind: FieldKind, bitLength: number, value: bigint): FieldValue {
  if (kind === FieldKind.Flag) return value !== 0n;
  if (kind === FieldKind.Ipv4Address)
    return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  return bitLength > 32 ? value : Number(value);
}

/** The value of a field that consists of octets. */
export function fromOctets(kind: FieldKind, octets: Uint8Array): FieldValue {
  switch (kind) {
    case FieldKind.Address:
    case FieldKind.AddressList:
      return formatAddress(octets);
    case FieldKind.AnyAddress:
      return octets.length === 4 ? octets.join(".") : formatAddress(octets);
    default:
      return octets.slice();
  }
}

/**
 * What goes to the core for a value: a number, or octets. A text is an IPv6 address, an IPv4 address, a
 * link-layer address as "02:00:5e:00:53:01", or else text in UTF-8. Throws RangeError.
 */
export function toWire(value: FieldValue): bigint | Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return textToOctets(value);
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new RangeError(`${value} is no integer`);
  const number = BigInt(value);
  if (number < 0n || number > 0xffff_ffff_ffff_ffffn)
    throw new RangeError(`${value} does not fit into 64 bits`);
  return number;
}

function textToOctets(text: string): Uint8Array {
  if (/^([0-9a-f]{2}:){5,7}[0-9a-f]{2}$/i.test(text) && text.split(":").length !== 8) {
    return Uint8Array.from(text.split(":"), (octet) => parseInt(octet, 16));
  }
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((octet) => Number(octet) < 256)) {
    return Uint8Array.from(text.split("."), Number);
  }
  if (/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)) return parseAddress(text);
  return new TextEncoder().encode(text);
}
