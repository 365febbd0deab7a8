/**
 * Packets made and decoded by others: every field that they name has the same value here, and every
 * packet is written again to the same octets.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "../../bindings/address.ts";
import { Codec, type FieldValue, type Layer, type LayerInput, toInput } from "../../bindings/codec.ts";
import { readCapture } from "../../bindings/pcapng.ts";
import { fromHex, loadCodecModule, SHARED, toHex } from "../internals/load-codec.ts";

let codec: Codec;

beforeAll(async () => {
  codec = new Codec(await loadCodecModule());
}, 60_000);

type Json = { readonly [name: string]: unknown };

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly fields: Json;
}

/** Their names of fields where the same words in our spelling are not ours. */
const NAMES: Readonly<Record<string, string>> = {
  SequenceNumber: "sequence",
  ForcingUdpEncapsulation: "forceUdpEncapsulation",
  KeyManagementMobilityCapability: "keyManagementMobility",
  TypeLengthValueHeaderFormat: "typeLengthValueHeader",
  BulkBindingUpdate: "overwrite", // one bit: RFC 6602 for proxies, RFC 5648 for others
  MobilityHeaderType: "mhType",
  NextHeader: "payloadProto",
  MessageData: "data",
  HomeAgentAddresses: "address",
  IsResponse: "response",
  IsUnsolicitedHeartbeatResponse: "unsolicited",
  BindingRevocationType: "revocationType",
  RevocationTrigger: "triggerOrStatus",
  OptionType: "type",
  AlternateCareOfAddress: "careofAddress",
  NetworkPrefix: "prefix",
  MobilitySecurityParameterIndex: "securityParametersIndex",
  SecurityParameterIndex: "securityParametersIndex",
  CryptographicallyGeneratedAddressParameters: "parameters",
  PermanentHomeKeygenToken: "token",
  MobileNodeIdentity: "identifier",
  LinkLayerIdentifier: "identifier",
  LinkLocalAddress: "address",
  BindingId: "bindingIdentifier",
  BindingIds: "bindingIdentifier",
  FlowIdentifiers: "flowIdentifier",
  SimultaneousHomeAndForeignBinding: "simultaneousHomeAndForeign",
  DefaultRouterAddress: "address",
  AddressOrPrefix: "address",
  LocalMobilityAddressIpV4: "address",
  LocalMobilityAddressIpV6: "address",
  LocalMobilityAnchorAddressIpV4: "address",
  LocalMobilityAnchorAddressIpV6: "address",
  MobileNodeGroupIdentifier: "identifier",
  IsServer: "server",
};

/** What is compared elsewhere, or said twice. */
const SKIPPED = new Set([
  "$type",
  "MobilityOptions",
  "SubOptions",
  "Requests",
  "PaddingDataLength",
  "TimestampDateTime",
  "TimestampSeconds",
  "IpV4CareOfAddress",
  "IpV6CareOfAddress",
]);

function ourName(layer: Layer, theirs: string): string {
  if (theirs === "HomeAddress" && layer.name.startsWith("ipv4-")) return "address";
  if (theirs === "Status" && layer.name === "binding-revocation") return "triggerOrStatus";
  const spelled = theirs.replace("CareOf", "Careof").replace("IpV4", "Ipv4");
  return NAMES[theirs] ?? spelled.charAt(0).toLowerCase() + spelled.slice(1);
}

/** A value in one form: numbers as decimal text, addresses canonical, octets as hexadecimal digits. */
function ourForm(value: FieldValue): string {
  return value instanceof Uint8Array ? `hex:${toHex(value)}` : String(value);
}

function theirForm(value: unknown): string {
  if (typeof value === "object" && value !== null && "value" in value) return String(value.value);
  const text = String(value);
  return /^[0-9A-F]{4}(:[0-9A-F]{4}){7}$/.test(text) ? formatAddress(parseAddress(text)) : text;
}

/** Compares what they say of a layer with what we say; returns how many values were compared. */
function compare(layer: Layer, theirs: Json): number {
  let compared = 0;
  for (const [name, value] of Object.entries(theirs)) {
    if (SKIPPED.has(name) || value === null || value === "hex:") continue;
    const ours = layer.fields
      .filter((field) => field.name === ourName(layer, name))
      .map((field) => ourForm(field.value));
    expect([name, ...ours]).toEqual([name, ...(Array.isArray(value) ? value : [value]).map(theirForm)]);
    compared += 1;
  }
  const options = (theirs.MobilityOptions ??
    (layer.name === "flow-identification" ? theirs.SubOptions : [])) as Json[];
  expect(layer.options.length).toBe(options.length);
  return options.reduce((sum, option, index) => sum + compare(layer.options[index], option), compared);
}

/** Numbers beyond 2^53 stay exact, as text. */
function parseVectors(text: string): Vector[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line.replace(/: (\d{16,})/g, ': "$1"')) as Vector);
}

const COMPUTED = new Set([
  "version",
  "payloadLength",
  "nextHeader",
  "type",
  "length",
  "mhType",
  "payloadProto",
  "checksum",
  "addressCount",
]);

/**
 * A layer without what `encode` finds out by itself. Where options follow, their length stays: without
 * it they would be aligned, which these packets are not.
 */
function withoutComputed({ name, fields = {}, options = [] }: LayerInput): LayerInput {
  const kept = Object.entries(fields).filter(
    ([field]) => !COMPUTED.has(field) || (field === "length" && options.length > 0),
  );
  return { name, fields: Object.fromEntries(kept), options: options.map(withoutComputed) };
}

describe.skipIf(!SHARED)("packets of an independent encoder (needs MEXT_SHARED)", () => {
  it.each([
    ["directed", 97, 500],
    ["random-A", 1140, 9000],
  ])("%s", (file, count, values) => {
    const vectors = parseVectors(readFileSync(join(SHARED!, "vectors", `${file}.jsonl`), "utf8"));
    expect(vectors.length).toBe(count);
    let compared = 0;
    for (const vector of vectors) {
      const layers = codec.dissect(fromHex(vector.hex));
      expect(layers.length).toBe(2);
      expect(layers[1].checksum).toBe("good");
      compared += compare(layers[1], vector.fields);
      const inputs = layers.map(toInput);
      expect(toHex(codec.encode(inputs))).toBe(vector.hex);
      expect(toHex(codec.encode(inputs.map(withoutComputed)))).toBe(vector.hex);
    }
    expect(compared).toBeGreaterThan(values);
  });
});

describe.skipIf(!SHARED)("captures (needs MEXT_SHARED)", () => {
  const folder = SHARED ? join(SHARED, "captures") : "";
  const files = SHARED
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".pcap"))
        .sort()
    : [];

  it.each(files)("%s is read and written again to the same octets", (file) => {
    const packets = [...readCapture(readFileSync(join(folder, file)))];
    expect(packets.length).toBeGreaterThan(0);
    for (const { octets, linkType } of packets) {
      const layers = codec.dissect(octets, linkType);
      expect(toHex(codec.encode(layers.map(toInput)))).toBe(toHex(octets));
    }
  });

  it("reads the payloads of past vulnerabilities as Mobility Headers, cut at every place", () => {
    const seeds = readFileSync(join(folder, "tcpdump/mh-seed-bytes.txt"), "utf8").matchAll(/payload=([0-9a-f]+)/g);
    let count = 0;
    for (const [, seed] of seeds) {
      count += 1;
      const header = { source: "2001:db8::1", destination: "2001:db8::2", nextHeader: 135 };
      const whole = codec.encode([
        { name: "ipv6", fields: header },
        { name: "payload", fields: { data: fromHex(seed) } },
      ]);
      for (let length = 40; length <= whole.length; length++) {
        const packet = whole.slice(0, length);
        new DataView(packet.buffer).setUint16(4, length - 40);
        expect(toHex(codec.encode(codec.dissect(packet).map(toInput)))).toBe(toHex(packet));
      }
    }
    expect(count).toBeGreaterThan(5);
  });

  it("finds no mistake in packets of scapy: mobile nodes, home agents, correspondents, RFC 5555", () => {
    const packets = [...readCapture(readFileSync(join(SHARED!, "vectors/scapy-crafted.pcap")))];
    expect(packets.length).toBe(21);
    for (const { octets, linkType } of packets) {
      const layers = codec.dissect(octets, linkType);
      expect(layers.flatMap(({ problem }) => problem ?? [])).toEqual([]);
      expect(layers.map(({ checksum }) => checksum)).not.toContain("bad");
      expect(toHex(codec.encode(layers.map(toInput)))).toBe(toHex(octets));
    }
  });

  it("finds no mistake in what two Linux machines say to each other", () => {
    const packets = [...readCapture(readFileSync(join(folder, "umip/registration.pcap")))];
    for (const { octets, linkType } of packets) {
      const layers = codec.dissect(octets, linkType);
      expect(layers.flatMap(({ problem }) => problem ?? [])).toEqual([]);
      expect(layers.map(({ checksum }) => checksum)).not.toContain("bad");
    }
  });

  it("finds the checksums of Zeek's packets right, with home addresses in the pseudo-header (RFC 6275 §6.1.1)", () => {
    for (const file of files.filter((name) => name.startsWith("zeek"))) {
      for (const { octets, linkType } of readCapture(readFileSync(join(folder, file)))) {
        const verdicts = codec.dissect(octets, linkType).map(({ checksum }) => checksum);
        expect(
          verdicts.filter((verdict) => verdict),
          file,
        ).toEqual(["good"]);
      }
    }
  });
});
