import type { Field, Layer } from "./codec.ts";
import type { FieldValue } from "./codec-value.ts";
import { meaning } from "./describe-names.ts";

/** Values of fields as text, with their units: the wire's units are turned into seconds and octets here. */

type Format = (value: FieldValue) => string;

/** Octets that are shown of a long value. */
const SHOWN_OCTETS = 24;

const UNITS_OF_FOUR_SECONDS = 4;
const INFINITE_LIFETIME = 0xffff_ffff;

/** By "layer.field", or by the field alone. */
const FORMATS: Readonly<Record<string, Format>> = {
  lifetime: fourSeconds, // RFC 6275 §6.1.7
  refreshInterval: fourSeconds, // RFC 6275 §6.2.4
  "home-agent-information.lifetime": seconds,
  "localized-routing-initiation.lifetime": seconds,
  "localized-routing-acknowledgement.lifetime": seconds,
  "transient-binding.lifetime": (value) => `${Number(value) / 10} s`, // RFC 6058 §4.3: units of 100 ms
  routerLifetime: seconds,
  validLifetime: seconds,
  preferredLifetime: seconds,
  refreshTime: (value) => (Number(value) === INFINITE_LIFETIME ? "not needed" : seconds(value)), // RFC 5555 §3.2.2
  reachableTime: milliseconds,
  retransmissionTimer: milliseconds,
  interval: milliseconds,
  "fragment.fragmentOffset": (value) => `${Number(value) * 8} octets`,
  "ipv4.fragmentOffset": (value) => `${Number(value) * 8} octets`,
  checksum: (value) => hexadecimal(value, 4),
  etherType: (value) => hexadecimal(value, 4),
  identification: (value) => hexadecimal(value, 8),
  "ipv4.identification": (value) => hexadecimal(value, 4),
  flowLabel: (value) => hexadecimal(value, 5),
  trafficClass: (value) => hexadecimal(value, 2),
  securityParametersIndex: (value) => hexadecimal(value, 8),
  homeInitCookie: (value) => hexadecimal(value, 16),
  careofInitCookie: (value) => hexadecimal(value, 16),
  homeKeygenToken: (value) => hexadecimal(value, 16),
  careofKeygenToken: (value) => hexadecimal(value, 16),
  "replay-protection.timestamp": ntpTime,
  identifier: text,
  linkLayerAddress: linkLayerAddress,
  senderHardwareAddress: linkLayerAddress,
  targetHardwareAddress: linkLayerAddress,
  protocolType: (value) => hexadecimal(value, 4),
  "ethernet.source": linkLayerAddress,
  "ethernet.destination": linkLayerAddress,
};

/** The value of a field as people read it: "420 s", "135 (sequence number out of window)". */
export function valueText(layer: Layer, field: Field): string {
  const { name, value } = field;
  const format = FORMATS[`${layer.name}.${name}`] ?? FORMATS[name];
  if (format) return format(value);
  if (value instanceof Uint8Array) return octets(value);
  const named = typeof value === "number" ? meaning(layer.name, name, value) : undefined;
  return named === undefined ? String(value) : `${String(value)} (${named})`;
}

/** Octets as hexadecimal digits. */
export function hex(value: Uint8Array): string {
  return Array.from(value, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

function octets(value: Uint8Array): string {
  if (value.length === 0) return "empty";
  if (value.length <= SHOWN_OCTETS) return hex(value);
  return `${hex(value.subarray(0, SHOWN_OCTETS))}… (${value.length} octets)`;
}

function fourSeconds(value: FieldValue): string {
  return `${Number(value) * UNITS_OF_FOUR_SECONDS} s`;
}

function seconds(value: FieldValue): string {
  return Number(value) === INFINITE_LIFETIME ? "infinity" : `${Number(value)} s`;
}

function milliseconds(value: FieldValue): string {
  return `${Number(value)} ms`;
}

function hexadecimal(value: FieldValue, digits: number): string {
  if (value instanceof Uint8Array) return octets(value);
  return `0x${BigInt(value).toString(16).padStart(digits, "0")}`;
}

/** Seconds since 1900 and a fraction of 32 bits (RFC 4285 §6, RFC 1305). */
function ntpTime(value: FieldValue): string {
  const ntp = BigInt(value as bigint);
  const millisecondsSince1900 =
    Number(ntp >> 32n) * 1000 + Math.floor((Number(ntp & 0xffff_ffffn) / 2 ** 32) * 1000);
  return new Date(Date.UTC(1900, 0, 1) + millisecondsSince1900).toISOString();
}

/** Text when all of it can be printed. A number, as the identifier of an echo, is just that. */
function text(value: FieldValue): string {
  if (!(value instanceof Uint8Array)) return String(value);
  const isPrintable = value.length > 0 && value.every((octet) => octet > 0x20 && octet < 0x7f);
  return isPrintable ? `"${String.fromCharCode(...value)}"` : octets(value);
}

function linkLayerAddress(value: FieldValue): string {
  return value instanceof Uint8Array
    ? Array.from(value, (octet) => hex(Uint8Array.of(octet))).join(":")
    : String(value);
}
