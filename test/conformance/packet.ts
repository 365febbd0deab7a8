/** Packets as the tester builds and sees them: the codec's layers, with words for what cases ask about. */
import { parseAddress } from "../../bindings/address.ts";
import { Codec, type FieldValue, type Layer, type LayerInput, valueOf } from "../../bindings/codec.ts";
import { describe } from "../../bindings/describe.ts";
import type { Sent } from "./subject.ts";

let codec: Codec | undefined;

/** Gives the tester the core whose codec it reads and writes packets with: before the first case. */
export function readPacketsWith(core: WebAssembly.Module): void {
  codec = new Codec(core);
}

function theCodec(): Codec {
  if (!codec) throw new Error("the tester has no codec: call readPacketsWith(core) first");
  return codec;
}

/** The octets of a packet with these layers. Fields that are not given are computed. */
export function encode(...layers: LayerInput[]): Uint8Array {
  return theCodec().encode(layers);
}

/** One line about a packet. */
export function summary(packet: Uint8Array): string {
  return describe(theCodec().dissect(packet))[0];
}

/** Fields of a layer by their names. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** An IPv6 header. */
export function ipv6(source: string, destination: string, hopLimit = 64): LayerInput {
  return { name: "ipv6", fields: { source, destination, hopLimit } };
}

/** A Destination Options header with the Home Address option (RFC 6275 §6.3); none for null. */
export function homeAddressOption(address: string | null): LayerInput[] {
  if (address === null) return [];
  return [{ name: "destination-options", options: [{ name: "home-address", fields: { address } }] }];
}

/** A type 2 routing header (RFC 6275 §6.4); none for null. */
export function routingHeader(homeAddress: string | null, fields: Fields = {}): LayerInput[] {
  return homeAddress === null ? [] : [{ name: "routing-type2", fields: { homeAddress, segmentsLeft: 1, ...fields } }];
}

/** An ICMPv6 Echo Request or Reply and its data. */
export function echo(
  name: "echo-request" | "echo-reply" = "echo-request", fields: Fields = {}, dataBytes = 16,
): LayerInput[] {
  const data = Uint8Array.from({ length: dataBytes }, (_, index) => index & 0xff);
  return [{ name, fields: { identifier: 7, sequence: 1, ...fields } }, { name: "payload", fields: { data } }];
}

/**
 * Cuts the Mobility Header at `offset` down to its first 8 octets, with a Header Len of 0 and the checksum that
 * belongs to that: too short for every message with a body. `source` and `destination`, by default that of the
 * IPv6 header, are those that the checksum covers.
 */
export function cutMobilityHeader(packet: Uint8Array, offset: number, source: string, destination?: string): Uint8Array {
  const cut = packet.slice(0, offset + 8);
  const view = new DataView(cut.buffer);
  view.setUint16(4, cut.length - 40); // Payload Length
  view.setUint8(offset + 1, 0);
  view.setUint16(offset + 4, 0);
  const last = destination === undefined ? cut.subarray(24, 40) : parseAddress(destination);
  const pseudoHeader = [...parseAddress(source), ...last, 0, 0, 0, 8, 0, 0, 0, 135];
  view.setUint16(offset + 4, internetChecksum([...pseudoHeader, ...cut.subarray(offset)]));
  return cut;
}

function internetChecksum(octets: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < octets.length; index += 2) sum += (octets[index] << 8) | octets[index + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A packet that the subject sent. */
export class Seen {
  readonly layers: Layer[];

  constructor(
    readonly packet: Uint8Array,
    readonly link: string,
    readonly atMs: number,
  ) {
    this.layers = theCodec().dissect(packet);
  }

  static of({ packet, link, atMs }: Sent): Seen {
    return new Seen(packet, link, atMs);
  }

  layer(name: string): Layer | undefined {
    return this.layers.find((layer) => layer.name === name);
  }

  /** The value of a field of the first layer of that name. */
  value(layer: string, field: string): FieldValue | undefined {
    const found = this.layer(layer);
    return found && valueOf(found, field);
  }

  /** An option of the first layer of that name. */
  option(layer: string, option: string): Layer | undefined {
    return this.layer(layer)?.options.find(({ name }) => name === option);
  }

  get source(): string {
    return String(this.value("ipv6", "source"));
  }

  get destination(): string {
    return String(this.value("ipv6", "destination"));
  }

  /** The home address in the type 2 routing header. */
  get route(): string | undefined {
    return this.value("routing-type2", "homeAddress") as string | undefined;
  }

  /** The address in the Home Address option. */
  get homeAddress(): string | undefined {
    const option = this.option("destination-options", "home-address");
    return option && (valueOf(option, "address") as string);
  }

  /** What is in the tunnel, if this is one. */
  get inner(): Seen | undefined {
    const inner = this.layers.filter(({ name }) => name === "ipv6")[1];
    return inner && new Seen(this.packet.subarray(inner.offset), this.link, this.atMs);
  }

  /** What a receiver would refuse about it. */
  get problem(): string | undefined {
    for (const layer of this.layers) {
      for (const { problem, checksum, name } of [layer, ...layer.options]) {
        if (problem) return `${name}: ${problem.text}`;
        if (checksum === "bad") return `${name}: the checksum is wrong`;
      }
    }
    return undefined;
  }

  toString(): string {
    return `${this.atMs.toFixed(0)} ms, ${this.link}: ${summary(this.packet)}`;
  }
}

/** What a case waits for. */
export interface Matcher {
  /** As it reads behind "expected". */
  readonly what: string;
  matches(seen: Seen): boolean;
}

/** Where a packet goes, and how. Null: not so; absent: does not matter. */
export interface Envelope {
  from?: string;
  to?: string;
  /** The home address in a type 2 routing header. */
  route?: string | null;
  /** The address in a Home Address option. */
  homeAddress?: string | null;
  link?: string;
  /** The addresses of the outer header: the packet is in a tunnel. Null: it is in none. */
  tunnel?: { from?: string; to?: string } | null;
  /** Options of the message that must or must not be there. */
  options?: Readonly<Record<string, boolean>>;
}

/** A message with these values in its fields; a function says which values are good. */
export function message(
  name: string, fields: Readonly<Record<string, FieldValue | ((value: FieldValue) => boolean)>> = {},
  envelope: Envelope = {},
): Matcher {
  const { from, to, route, homeAddress, link, tunnel, options = {} } = envelope;
  const is = (wanted: string | null | undefined, found: string | undefined) =>
    wanted === undefined || (wanted ?? undefined) === found;
  const details = [...Object.entries(fields), ...Object.entries(envelope)]
    .map(([key, value]) => `${key} ${typeof value === "function" ? value.toString() : JSON.stringify(value, bigints)}`);
  return {
    what: [name, ...details].join(", "),
    matches(seen) {
      if (tunnel && !(is(tunnel.from, seen.source) && is(tunnel.to, seen.destination) && seen.inner)) return false;
      if (tunnel === null && seen.inner) return false;
      const packet = seen.inner ?? seen;
      const layer = packet.layer(name);
      return layer !== undefined && is(link, seen.link) && is(from, packet.source) && is(to, packet.destination) &&
        is(route, packet.route) && is(homeAddress, packet.homeAddress) &&
        Object.entries(options).every(([option, there]) => (packet.option(name, option) !== undefined) === there) &&
        Object.entries(fields).every(([field, wanted]) => {
          const value = valueOf(layer, field);
          return value !== undefined && (typeof wanted === "function" ? wanted(value) : wanted === value);
        });
    },
  };
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}

/** Any of these. */
export function anyOf(...matchers: Matcher[]): Matcher {
  return {
    what: matchers.map(({ what }) => what).join(" or "),
    matches: (seen) => matchers.some((matcher) => matcher.matches(seen)),
  };
}

/** Every packet but those of router and neighbour discovery. */
export const ANYTHING: Matcher = {
  what: "any packet",
  matches: (seen) => !seen.layers.some(({ name }) => /^(neighbour|router)-|^multicast-listener/.test(name)),
};
