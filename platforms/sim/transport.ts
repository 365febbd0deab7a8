/** What NATs and firewalls read behind an IP header: who talks to whom, and whether it is an error about that. */
import { destinationOf, ICMPV4, ICMPV6, ipHeaderBytes, isIpv6, nextHeader, sourceOf, TCP, UDP } from "./ip.ts";
import { get16 } from "./ip4.ts";

/** One direction of a conversation. Ports are 0 where the protocol has none; of an echo both are its identifier. */
export interface Flow {
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Types of ICMPv4 (RFC 792) and ICMPv6 (RFC 4443). */
const ECHOES = [0, 8];
const ECHOES_IPV6 = [128, 129];
const ERRORS = [3, 4, 11, 12];
const LEAST_INFORMATIONAL = 128;

/** Octets of an ICMP error before the packet that it is about. */
export const ICMP_ERROR_BYTES = 8;

/** Extension headers that others stand behind (RFC 8200 §4), and how long they are. */
const FRAGMENT = 44;
const EXTENSIONS = [0, 43, FRAGMENT, 60];

/** The protocol behind all extension headers, and where it begins; of a later fragment as far as can be seen. */
export function upperLayer(packet: Uint8Array): { protocol: number; at: number; extensions: number[] } {
  let protocol = nextHeader(packet);
  let at = ipHeaderBytes(packet);
  const extensions: number[] = [];
  if (!isIpv6(packet)) return { protocol, at, extensions };
  while (EXTENSIONS.includes(protocol) && at + 8 <= packet.length) {
    extensions.push(protocol);
    const lengthBytes = protocol === FRAGMENT ? 8 : 8 * (packet[at + 1] + 1);
    protocol = packet[at];
    at += lengthBytes;
  }
  return { protocol, at, extensions };
}

/** The flow of a packet; also of what an ICMP error quotes. */
export function flowOf(packet: Uint8Array): Flow {
  const { protocol, at } = upperLayer(packet);
  const source = sourceOf(packet).slice();
  const destination = destinationOf(packet).slice();
  const flow = { protocol, source, destination };
  if ((protocol === UDP || protocol === TCP) && at + 4 <= packet.length) {
    return { ...flow, sourcePort: get16(packet, at), destinationPort: get16(packet, at + 2) };
  }
  if (isEcho(protocol, packet[at]) && at + 6 <= packet.length) {
    const identifier = get16(packet, at + 4);
    return { ...flow, sourcePort: identifier, destinationPort: identifier };
  }
  return { ...flow, sourcePort: 0, destinationPort: 0 };
}

/** The same conversation in the other direction. */
export function reversed({ protocol, source, destination, sourcePort, destinationPort }: Flow): Flow {
  return {
    protocol, source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort,
  };
}

/** A text that is the same for the same flow. */
export function flowKey({ protocol, source, destination, sourcePort, destinationPort }: Flow): string {
  return `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`;
}

/** The packet that an ICMP error is about, as far as it is quoted, as a view; undefined: it is no error. */
export function quotedIn(packet: Uint8Array): Uint8Array | undefined {
  const { protocol, at } = upperLayer(packet);
  const type = packet[at];
  const isError = isIpv6(packet)
    ? protocol === ICMPV6 && type < LEAST_INFORMATIONAL
    : protocol === ICMPV4 && ERRORS.includes(type);
  const quoted = packet.subarray(at + ICMP_ERROR_BYTES);
  return isError && quoted.length >= (isIpv6(packet) ? 40 : 20) ? quoted : undefined;
}

function isEcho(protocol: number, type: number): boolean {
  return (protocol === ICMPV4 && ECHOES.includes(type)) || (protocol === ICMPV6 && ECHOES_IPV6.includes(type));
}
