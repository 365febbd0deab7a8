import { type Field, type Layer, valuesByName } from "./codec.ts";
import type { FieldValue } from "./codec-value.ts";
import { FLAG_LETTERS, title, words } from "./describe-names.ts";
import { hex, valueText } from "./describe-values.ts";

/** How much `describe` tells. */
export interface DescribeOptions {
  /** A line with all fields for each layer below the summary. */
  readonly verbose?: boolean;
  /** Reads the packet that an ICMPv6 error quotes; without it, it is shown as octets. */
  readonly dissect?: (packet: Uint8Array) => Layer[];
}

/** What a summary says of each layer behind its title: fields in this order, by their short labels. */
const SUMMARIES: Readonly<Record<string, readonly (readonly [label: string, field: string])[]>> = {
  "binding-update": [["seq", "sequence"], ["lifetime", "lifetime"]],
  "binding-acknowledgement": [["status", "status"], ["seq", "sequence"], ["lifetime", "lifetime"]],
  "binding-error": [["status", "status"], ["home address", "homeAddress"]],
  "home-test-init": [["cookie", "homeInitCookie"]],
  "careof-test-init": [["cookie", "careofInitCookie"]],
  "home-test": [["nonce index", "homeNonceIndex"], ["cookie", "homeInitCookie"]],
  "careof-test": [["nonce index", "careofNonceIndex"], ["cookie", "careofInitCookie"]],
  "fast-binding-update": [["seq", "sequence"], ["lifetime", "lifetime"]],
  "fast-binding-acknowledgement": [["status", "status"], ["seq", "sequence"], ["lifetime", "lifetime"]],
  heartbeat: [["seq", "sequence"]],
  fragment: [["id", "identification"], ["offset", "fragmentOffset"]],
  "routing-type2": [["home address", "homeAddress"]],
  "encapsulating-security-payload": [["spi", "securityParametersIndex"], ["seq", "sequence"]],
  "authentication-header": [["spi", "securityParametersIndex"], ["seq", "sequence"]],
  udp: [["", "sourcePort"], [">", "destinationPort"]],
  tcp: [["", "sourcePort"], [">", "destinationPort"]],
  arp: [["", "operation"], ["of", "senderAddress"], ["about", "targetAddress"]],
  "destination-unreachable": [["code", "code"]],
  "packet-too-big": [["mtu", "mtu"]],
  "time-exceeded": [["code", "code"]],
  "parameter-problem": [["code", "code"], ["pointer", "pointer"]],
  "icmpv4-destination-unreachable": [["code", "code"], ["mtu", "mtu"]],
  "icmpv4-time-exceeded": [["code", "code"]],
  "icmpv4-parameter-problem": [["code", "code"], ["pointer", "pointer"]],
  "icmpv4-echo-request": [["id", "identifier"], ["seq", "sequence"]],
  "icmpv4-echo-reply": [["id", "identifier"], ["seq", "sequence"]],
  "echo-request": [["id", "identifier"], ["seq", "sequence"]],
  "echo-reply": [["id", "identifier"], ["seq", "sequence"]],
  "router-advertisement": [["lifetime", "routerLifetime"]],
  "neighbour-solicitation": [["target", "target"]],
  "neighbour-advertisement": [["target", "target"]],
  redirect: [["target", "target"], ["destination", "destination"]],
  "home-agent-address-discovery-request": [["id", "identifier"]],
  "home-agent-address-discovery-reply": [["id", "identifier"], ["home agent", "address"]],
  "mobile-prefix-solicitation": [["id", "identifier"]],
  "mobile-prefix-advertisement": [["id", "identifier"]],
};

/** Options that a summary names with a value. */
const SUMMARY_OPTIONS: Readonly<Record<string, readonly [label: string, field: string]>> = {
  "home-address": ["home address", "address"],
  "alternate-careof-address": ["care-of address", "careofAddress"],
  "ipv4-careof-address": ["IPv4 care-of address", "careofAddress"],
  "ipv4-home-address": ["IPv4 home address", "address"],
  "ipv4-address-acknowledgement": ["IPv4 home address", "address"],
  "mobile-network-prefix": ["prefix", "prefix"],
  "home-network-prefix": ["prefix", "prefix"],
  "binding-identifier": ["BID", "bindingIdentifier"],
  "binding-refresh-advice": ["refresh", "refreshInterval"],
  "mobile-node-identifier": ["node", "identifier"],
  "prefix-information": ["prefix", "prefix"],
  "nat-detection": ["NAT refresh", "refreshTime"],
};

/** What a summary says besides of an option when it is not zero, in place of a prefix length. */
const SUMMARY_NOTES: Readonly<Record<string, string>> = {
  "ipv4-address-acknowledgement": "status",
  "nat-detection": "udpEncapsulationRequired",
};

/** Layers that a summary leaves out: they say nothing of who talks about what. */
const QUIET = new Set(["ethernet", "vlan-tag", "linux-cooked", "linux-cooked2", "bsd-loopback", "trailer"]);

/**
 * Fields that only say what the layers around say as well: they are shown where something is wrong, or
 * when they hold something else than the value here.
 */
const DULL: Readonly<Record<string, number | undefined>> = {
  type: undefined, mhType: undefined, routingType: undefined, version: undefined, nextHeader: undefined,
  length: undefined, headerExtensionLength: undefined, headerLen: undefined, headerLength: undefined,
  payloadLength: undefined, addressCount: undefined, payloadProto: 59, trafficClass: 0, flowLabel: 0,
  typeOfService: 0, totalLength: undefined,
};

/** ICMP errors: what follows is the beginning of the packet that they are about. */
const ERRORS = new Set(["destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem",
  "icmpv4-destination-unreachable", "icmpv4-time-exceeded", "icmpv4-parameter-problem"]);

/**
 * A packet in readable lines: one that sums it up; with `verbose` one more for each layer and option,
 * indented; and always one for each mistake, with the section that it offends.
 */
export function describe(layers: readonly Layer[], options: DescribeOptions = {}): string[] {
  const lines = [summary(layers, options)];
  for (const layer of layers) lines.push(...details(layer, options.verbose ?? false, 1));
  return lines;
}

/** Layers as plain values for JSON: octets as hexadecimal text, 64-bit numbers as decimal text. */
export function toJson(layers: readonly Layer[]): object[] {
  return layers.map((layer) => ({
    name: layer.name,
    offset: layer.offset,
    length: layer.length,
    fields: jsonFields(layer.fields),
    ...(layer.options.length > 0 && { options: toJson(layer.options) }),
    ...(layer.checksum && { checksum: layer.checksum }),
    ...(layer.problem && { problem: layer.problem }),
  }));
}

/** Reserved bits are worth a word only when they are not zero. */
function isReservedZero({ name, value }: Field): boolean {
  return name.startsWith("reserved") && value === 0;
}

function jsonFields(fields: readonly Field[]): Record<string, unknown> {
  const values = Object.entries(valuesByName(fields.filter((field) => !isReservedZero(field))));
  return Object.fromEntries(
    values.map(([name, value]) => [name, Array.isArray(value) ? value.map(jsonValue) : jsonValue(value)]),
  );
}

function jsonValue(value: FieldValue): unknown {
  if (value instanceof Uint8Array) return hex(value);
  return typeof value === "bigint" ? value.toString() : value;
}

function summary(layers: readonly Layer[], options: DescribeOptions): string {
  const parts: string[] = [];
  for (const [index, layer] of layers.entries()) {
    if (QUIET.has(layer.name)) continue;
    const quoted = ERRORS.has(layers[index - 1]?.name) && layer.name === "payload";
    parts.push(quoted ? quotedSummary(layer, options) : layerSummary(layer));
  }
  return parts.length > 0 ? parts.join(": ") : "empty";
}

/** What an error is about. */
function quotedSummary(payload: Layer, options: DescribeOptions): string {
  const octets = payload.fields[0]?.value;
  if (!options.dissect || !(octets instanceof Uint8Array)) return layerSummary(payload);
  return `about ${summary(options.dissect(octets), {})}`;
}

function layerSummary(layer: Layer): string {
  const field = (name: string) => layer.fields.find((one) => one.name === name);
  const text = (name: string) => (field(name) ? valueText(layer, field(name)!) : "?");
  if (layer.name === "ipv6" || layer.name === "ipv4") return `${text("source")} > ${text("destination")}`;
  if (layer.name === "payload") return `${layer.length} octets`;
  const values = (SUMMARIES[layer.name] ?? []).filter(([, name]) => field(name));
  const parts = [title(layer.name), ...values.map(([label, name]) => `${label} ${text(name)}`.trim())];
  const letters = setFlags(layer).map((name) => FLAG_LETTERS[name] ?? "").join("");
  if (letters !== "") parts.splice(1, 0, `[${letters}]`);
  return [...parts, ...layer.options.flatMap(optionSummary)].join(" ");
}

function optionSummary(option: Layer): string[] {
  const [label, name] = SUMMARY_OPTIONS[option.name] ?? [];
  const field = option.fields.find((one) => one.name === name);
  if (!field) return [];
  const note = option.fields.find((one) => one.name === SUMMARY_NOTES[option.name]);
  if (note?.value) {
    const more = note.value === true ? words(note.name) : `${words(note.name)} ${valueText(option, note)}`;
    return [`${label} ${valueText(option, field)} ${more}`];
  }
  const length = option.fields.find((one) => one.name === "prefixLength");
  return [`${label} ${valueText(option, field)}${length ? `/${String(length.value)}` : ""}`];
}

function details(layer: Layer, verbose: boolean, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const lines: string[] = [];
  if (verbose) lines.push(`${indent}${layerLine(layer)}`);
  const { problem } = layer;
  if (problem) {
    const place = `octet ${problem.offset}`;
    lines.push(`${indent}! ${title(layer.name)}: ${problem.text} (${problem.section}, ${place})`);
  }
  const isBad = layer.checksum === "bad" && !problem;
  if (isBad) lines.push(`${indent}! ${title(layer.name)}: the checksum is wrong`);
  for (const option of layer.options) lines.push(...details(option, verbose, depth + 1));
  return lines;
}

function setFlags(layer: Layer): string[] {
  return layer.fields.filter(({ value }) => value === true).map(({ name }) => name);
}

/** All that a layer says: "Mobile Network Prefix (52, 20 octets): prefix length 64, prefix 2001:db8::". */
function layerLine(layer: Layer): string {
  const flags = setFlags(layer).map(words);
  const telling = layer.fields.filter((field) => isTelling(layer, field));
  const parts = telling.map((field) => fieldText(layer, field));
  if (flags.length > 0) parts.push(`flags ${flags.join(" + ")}`);
  const size = layer.length === 1 ? "1 octet" : `${layer.length} octets`;
  const head = `${title(layer.name)} (${layer.offset}, ${size})`;
  return parts.length > 0 ? `${head}: ${parts.join(", ")}` : head;
}

function isTelling(layer: Layer, field: Field): boolean {
  const { name, value } = field;
  if (typeof value === "boolean" || isReservedZero(field)) return false;
  if (!(name in DULL) || layer.problem) return true;
  return DULL[name] !== undefined && DULL[name] !== value;
}

function fieldText(layer: Layer, field: Field): string {
  const verdict = field.name === "checksum" && layer.checksum ? ` (${layer.checksum})` : "";
  return `${words(field.name)} ${valueText(layer, field)}${verdict}`;
}

