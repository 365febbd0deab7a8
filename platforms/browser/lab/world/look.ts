/**
 * What a packet is, seen from afar: many packets pass a second, so only those with a mobility message are opened by
 * the core's codec (`flights.ts`); of all others the headers are looked at here, and nothing is decided by it.
 */
import { TUNNEL_PORT } from "../../../../bindings/engine.ts";
import { isArp } from "../../../sim/arp.ts";
import {
  destinationOf, ICMPV4, ICMPV6, IPV4_IN_IP, IPV6_IN_IP, isIp, MOBILITY, TCP, UDP,
} from "../../../sim/ip.ts";
import { get16 } from "../../../sim/ip4.ts";
import { upperLayer } from "../../../sim/transport.ts";
import type { PacketKind } from "../contract.ts";

/** The innermost packet, and how it is wrapped. */
export interface Look {
  readonly kind: PacketKind;
  /** "In UDP over IPv4: Echo Request 17"; of a mobility message without its name. */
  readonly summary: string;
  /** The innermost packet, a view. */
  readonly inner: Uint8Array;
  /** Where the Mobility Header begins in `inner`; undefined: there is none. */
  readonly mobilityAt?: number;
  /** Of the innermost packet; undefined: it is none of IP. */
  readonly destination?: Uint8Array;
}

const UDP_HEADER_BYTES = 8;
const MAX_DEPTH = 4;

/** Home agent address discovery and mobile prefixes (RFC 6275 §6.5 to §6.8). */
const MOBILITY_ICMP: Readonly<Record<number, string>> = {
  144: "Home Agent Address Discovery Request", 145: "Home Agent Address Discovery Reply",
  146: "Mobile Prefix Solicitation", 147: "Mobile Prefix Advertisement",
};
/** Talk between neighbours (RFC 4861 §4, RFC 3810 §5). */
const NEIGHBOUR_ICMP: Readonly<Record<number, string>> = {
  130: "Multicast Listener Query", 131: "Multicast Listener Report", 132: "Multicast Listener Done",
  133: "Router Solicitation", 134: "Router Advertisement", 135: "Neighbour Solicitation",
  136: "Neighbour Advertisement", 137: "Redirect", 143: "Multicast Listener Report",
};
const ERROR_ICMP: Readonly<Record<number, string>> = {
  1: "Destination Unreachable", 2: "Packet Too Big", 3: "Time Exceeded", 4: "Parameter Problem",
};
const ERROR_ICMPV4: Readonly<Record<number, string>> = {
  3: "Destination Unreachable", 11: "Time Exceeded", 12: "Parameter Problem",
};
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;

export function lookAt(packet: Uint8Array): Look {
  if (isArp(packet)) return { kind: "neighbour", summary: packet[7] === 1 ? "ARP Request" : "ARP Reply", inner: packet };
  let inner = packet;
  let wrap = "";
  for (let depth = 0; depth < MAX_DEPTH && isIp(inner); depth++) {
    const { protocol, at, extensions } = upperLayer(inner);
    const wrapped = wrappedIn(inner, protocol, at);
    if (wrapped === undefined) return { ...content(inner, protocol, at, extensions, wrap), inner, destination: destinationOf(inner) };
    wrap = `In ${wrapped.name}: `;
    inner = wrapped.packet;
  }
  return { kind: "other", summary: `${wrap}${packet.length} octets`, inner };
}

/** What a tunnel carries; undefined: this is no tunnel. */
function wrappedIn(packet: Uint8Array, protocol: number, at: number): { name: string; packet: Uint8Array } | undefined {
  const family = packet[0] >> 4 === 4 ? "IPv4" : "IPv6";
  if (protocol === IPV6_IN_IP || protocol === IPV4_IN_IP) return { name: `a tunnel over ${family}`, packet: packet.subarray(at) };
  if (protocol !== UDP || at + UDP_HEADER_BYTES > packet.length) return undefined;
  if (get16(packet, at) !== TUNNEL_PORT && get16(packet, at + 2) !== TUNNEL_PORT) return undefined;
  const payload = packet.subarray(at + UDP_HEADER_BYTES);
  return isIp(payload) ? { name: `UDP over ${family}`, packet: payload } : undefined;
}

function content(
  packet: Uint8Array, protocol: number, at: number, extensions: readonly number[], wrap: string,
): Pick<Look, "kind" | "summary" | "mobilityAt"> {
  if (protocol === MOBILITY) return { kind: "signalling", summary: wrap, mobilityAt: at };
  // what takes the direct way names the home address in one of these (RFC 6275 §6.3, §6.4)
  const isDirect = extensions.includes(ROUTING) || extensions.includes(DESTINATION_OPTIONS);
  const prefix = wrap !== "" ? wrap : isDirect ? "By the direct way: " : "";
  const kind: PacketKind = wrap === "" ? "data" : "tunnelled";
  if (protocol === ICMPV6) return { ...icmp(packet, at, kind), ...prefixed(prefix, icmp(packet, at, kind).summary) };
  if (protocol === ICMPV4) return { ...icmpv4(packet, at, kind), ...prefixed(prefix, icmpv4(packet, at, kind).summary) };
  if (protocol === UDP || protocol === TCP) {
    const isTunnel = protocol === UDP && (get16(packet, at) === TUNNEL_PORT || get16(packet, at + 2) === TUNNEL_PORT);
    if (isTunnel) return { kind: "other", summary: `${prefix}Probe or keepalive` };
    const name = protocol === UDP ? "UDP" : "TCP";
    const octets = packet.length - at - (protocol === UDP ? UDP_HEADER_BYTES : 0);
    return { kind, summary: `${prefix}${name} ${get16(packet, at)} > ${get16(packet, at + 2)}, ${octets} octets` };
  }
  return { kind: "other", summary: `${prefix}protocol ${protocol}, ${packet.length - at} octets` };
}

const prefixed = (prefix: string, summary: string) => ({ summary: `${prefix}${summary}` });

function icmp(packet: Uint8Array, at: number, data: PacketKind): { kind: PacketKind; summary: string } {
  const type = packet[at];
  if (type === 128 || type === 129) return echo(packet, at, type === 128, data);
  if (type in NEIGHBOUR_ICMP) return { kind: "neighbour", summary: NEIGHBOUR_ICMP[type] };
  if (type in MOBILITY_ICMP) return { kind: "signalling", summary: MOBILITY_ICMP[type] };
  if (type in ERROR_ICMP) return { kind: "error", summary: ERROR_ICMP[type] };
  return { kind: "other", summary: `ICMPv6 type ${type}` };
}

function icmpv4(packet: Uint8Array, at: number, data: PacketKind): { kind: PacketKind; summary: string } {
  const type = packet[at];
  if (type === 8 || type === 0) return echo(packet, at, type === 8, data);
  if (type in ERROR_ICMPV4) return { kind: "error", summary: ERROR_ICMPV4[type] };
  return { kind: "other", summary: `ICMPv4 type ${type}` };
}

function echo(packet: Uint8Array, at: number, isRequest: boolean, kind: PacketKind) {
  const sequence = at + 8 <= packet.length ? ` ${get16(packet, at + 6)}` : "";
  return { kind, summary: `Echo ${isRequest ? "Request" : "Reply"}${sequence}` };
}
