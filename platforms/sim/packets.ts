/**
 * The packets that simulated routers and plain hosts make and understand. Their layouts are the core's: here
 * stands only which layers and fields they have.
 */
import { Codec, type Layer, type LayerInput, valueOf } from "../../bindings/codec.ts";
import { describe } from "../../bindings/describe.ts";
import { describeArp, isArp } from "./arp.ts";
import {
  ALL_NODES, ALL_ROUTERS, ICMPV4, ICMPV6, icmpType, isMapped, nextHeader, ROUTER_ADVERTISEMENT, sameAddress, sourceOf,
  UDP, UNSPECIFIED,
} from "./ip.ts";
import { isIpv4 } from "./ip4.ts";
import { ADDRESS_UNREACHABLE, type ErrorContent, ERRORS, type Message } from "./messages.ts";

/** Codes of ICMPv4 for those: host unreachable, fragmentation needed (RFC 792). */
const HOST_UNREACHABLE = 1;
const FRAGMENTATION_NEEDED = 4;

/** Neighbour discovery is not for routers to forward (RFC 4861 §3.1). */
const NEIGHBOUR_HOP_LIMIT = 255;
/** An error with its headers fits into the minimum MTU (RFC 4443 §2.4 c). */
const MAX_ABOUT_BYTES = 1280 - 40 - 8;
/** The same for ICMPv4 (RFC 1812 §4.3.2.3). */
const MAX_ABOUT_BYTES_IPV4 = 576 - 20 - 8;

/** What the IP header of a datagram says. */
export interface HeaderSettings {
  /** Or type of service. */
  trafficClass?: number;
  /** Of IPv4. */
  dontFragment?: boolean;
}

/** A prefix of a router advertisement (RFC 4861 §4.6.2), for addresses that nodes form themselves. */
export interface AdvertisedPrefix {
  prefix: Uint8Array;
  lengthBits: number;
  validLifetimeMs: number;
  preferredLifetimeMs: number;
}

export class Packets {
  private readonly codec: Codec;
  /** Of the last IPv4 packet. */
  private identification = 0;

  constructor(core: WebAssembly.Module) {
    this.codec = new Codec(core);
  }

  /** RFC 4443 §4.1, §4.2; RFC 792. */
  echo(
    kind: "echo-request" | "echo-reply", source: Uint8Array, destination: Uint8Array,
    identifier: number, sequence: number, data: Uint8Array,
  ): Uint8Array {
    const name = isMapped(destination) ? `icmpv4-${kind}` : kind;
    return this.encode(source, destination, { name, fields: { identifier, sequence } }, data);
  }

  udp(
    source: Uint8Array, destination: Uint8Array,
    sourcePort: number, destinationPort: number, data: Uint8Array, header: HeaderSettings = {},
  ): Uint8Array {
    const udp = { name: "udp", fields: { sourcePort, destinationPort } };
    return this.encode(source, destination, udp, data, header);
  }

  /** An error about a packet, to its source. */
  error(what: ErrorContent, source: Uint8Array, about: Uint8Array): Uint8Array {
    if (isIpv4(about)) return this.errorIpv4(what, source, about);
    const { error, code, mtuBytes, pointer } = what;
    const fields: Record<string, number> = { code };
    if (mtuBytes !== undefined) fields.mtu = mtuBytes;
    if (pointer !== undefined) fields.pointer = pointer;
    return this.encode(source, sourceOf(about), { name: error, fields }, about.subarray(0, MAX_ABOUT_BYTES));
  }

  private errorIpv4(what: ErrorContent, source: Uint8Array, about: Uint8Array): Uint8Array {
    const { error, code, mtuBytes, pointer } = what;
    const quoted = about.subarray(0, MAX_ABOUT_BYTES_IPV4);
    const fields: Record<string, number> = { code };
    let name = `icmpv4-${error}`;
    if (error === "packet-too-big") {
      name = "icmpv4-destination-unreachable";
      Object.assign(fields, { code: FRAGMENTATION_NEEDED, mtu: mtuBytes });
    } else if (error === "destination-unreachable" && code === ADDRESS_UNREACHABLE) {
      fields.code = HOST_UNREACHABLE;
    } else if (pointer !== undefined) {
      fields.pointer = pointer;
    }
    return this.encode(source, sourceOf(about), { name, fields }, quoted);
  }

  /** "I have `target`"; to all nodes when the asker has no address (RFC 4861 §4.4, §7.2.4). */
  neighbourAdvertisement(
    source: Uint8Array, asker: Uint8Array, target: Uint8Array, linkAddress: Uint8Array,
  ): Uint8Array {
    const solicited = !sameAddress(asker, UNSPECIFIED);
    const to = solicited ? asker : ALL_NODES;
    const fields = { solicited, override: true, target };
    const options = [{ name: "target-link-layer-address", fields: { linkLayerAddress: linkAddress } }];
    return this.encodeNeighbour(source, to, { name: "neighbour-advertisement", fields, options });
  }

  /**
   * RFC 4861 §4.3; from the unspecified address, and without a link-layer address: duplicate address
   * detection (RFC 4862 §5.4.2).
   */
  neighbourSolicitation(
    source: Uint8Array, group: Uint8Array, target: Uint8Array, linkAddress?: Uint8Array,
  ): Uint8Array {
    const option = { name: "source-link-layer-address", fields: { linkLayerAddress: linkAddress ?? "" } };
    const options = linkAddress ? [option] : [];
    const fields = { target };
    return this.encodeNeighbour(source, group, { name: "neighbour-solicitation", fields, options });
  }

  /** RFC 4861 §4.1. */
  routerSolicitation(source: Uint8Array): Uint8Array {
    return this.encodeNeighbour(source, ALL_ROUTERS, { name: "router-solicitation" });
  }

  /** RFC 4861 §4.2, with the Advertisement Interval option (RFC 6275 §7.3) if `intervalMs` is given. */
  routerAdvertisement(
    source: Uint8Array, lifetimeMs: number, prefixes: readonly AdvertisedPrefix[], intervalMs?: number,
  ): Uint8Array {
    const options = prefixes.map(prefixInformation);
    if (intervalMs !== undefined) {
      options.push({ name: "advertisement-interval", fields: { interval: intervalMs } });
    }
    const fields = { hopLimit: 64, routerLifetime: lifetimeMs / 1000 };
    return this.encodeNeighbour(source, ALL_NODES, { name: "router-advertisement", fields, options });
  }

  /** What a packet says to a plain host. Octets are views into the packet. */
  read(packet: Uint8Array): Message {
    const protocol = nextHeader(packet);
    if (protocol !== (isIpv4(packet) ? ICMPV4 : ICMPV6) && protocol !== UDP) return { kind: "other" };
    if (icmpType(packet) === ROUTER_ADVERTISEMENT) return { kind: "other" }; // they are many
    const layer = this.codec.dissect(packet)[1];
    if (layer === undefined || layer.problem || layer.checksum === "bad") return { kind: "other" };
    const data = packet.subarray(layer.offset + layer.length);
    const number = (field: string) => Number(valueOf(layer, field));
    const name = layer.name.replace(/^icmpv4-/, "");
    switch (name) {
      case "echo-request":
      case "echo-reply":
        return { kind: name, identifier: number("identifier"), sequence: number("sequence"), data };
      case "udp":
        return {
          kind: "udp", sourcePort: number("sourcePort"), destinationPort: number("destinationPort"), data,
        };
      case "neighbour-solicitation":
        return { kind: "neighbour-solicitation", target: octetsOf(packet, layer, "target") };
      case "neighbour-advertisement": {
        const option = layer.options.find(({ name }) => name === "target-link-layer-address");
        return {
          kind: "neighbour-advertisement", target: octetsOf(packet, layer, "target"),
          override: valueOf(layer, "override") === true,
          ...(option && { linkAddress: octetsOf(packet, option, "linkLayerAddress") }),
        };
      }
      case "router-solicitation":
        return { kind: "router-solicitation" };
    }
    let error = ERRORS.find((known) => known === name);
    if (error === undefined) return { kind: "other" };
    const isTooBig = isIpv4(packet) && error === "destination-unreachable" && number("code") === FRAGMENTATION_NEEDED;
    if (isTooBig) error = "packet-too-big";
    const mtu = error === "packet-too-big" ? { mtuBytes: number("mtu") } : {};
    return { kind: "error", error, code: number("code"), about: data, ...mtu };
  }

  /** One line that sums a packet up. */
  readonly describe = (packet: Uint8Array): string =>
    isArp(packet) ? describeArp(packet) : describe(this.codec.dissect(packet))[0];

  private encode(
    source: Uint8Array, destination: Uint8Array, message: LayerInput, data: Uint8Array,
    settings: HeaderSettings = {},
  ): Uint8Array {
    const header = isMapped(destination)
      ? this.headerIpv4(source, destination, settings)
      : { name: "ipv6", fields: { source, destination, trafficClass: settings.trafficClass ?? 0 } };
    return this.codec.encode([header, message, { name: "payload", fields: { data } }]);
  }

  private headerIpv4(source: Uint8Array, destination: Uint8Array, settings: HeaderSettings): LayerInput {
    this.identification = (this.identification + 1) & 0xffff;
    return {
      name: "ipv4",
      fields: {
        source: source.subarray(12), destination: destination.subarray(12), identification: this.identification,
        typeOfService: settings.trafficClass ?? 0, dontFragment: settings.dontFragment ?? false,
      },
    };
  }

  private encodeNeighbour(source: Uint8Array, destination: Uint8Array, message: LayerInput): Uint8Array {
    const header = { name: "ipv6", fields: { source, destination, hopLimit: NEIGHBOUR_HOP_LIMIT } };
    return this.codec.encode([header, message]);
  }
}

function prefixInformation(advertised: AdvertisedPrefix): LayerInput {
  const { prefix, lengthBits, validLifetimeMs, preferredLifetimeMs } = advertised;
  return {
    name: "prefix-information",
    fields: {
      prefix, prefixLength: lengthBits, onLink: true, autonomous: true,
      validLifetime: validLifetimeMs / 1000, preferredLifetime: preferredLifetimeMs / 1000,
    },
  };
}

/** The octets of a field, as a view into the packet. */
function octetsOf(packet: Uint8Array, layer: Layer, name: string): Uint8Array {
  const { bitOffset, bitLength } = layer.fields.find((field) => field.name === name)!;
  return packet.subarray(bitOffset / 8, (bitOffset + bitLength) / 8);
}
