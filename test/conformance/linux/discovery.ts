/** What the kernels of a link do by neighbour discovery, and the tester is not to see (RFC 4861). */
import { formatAddress } from "../../../bindings/address.ts";
import { neighbourAdvertisement } from "../players/neighbour.ts";

/** Of fixed headers (RFC 8200 §3, RFC 4861 §4.3). */
const [NEXT_HEADER, HOP_LIMIT, SOURCE, MESSAGE, TARGET] = [6, 7, 8, 40, 48];
const ADDRESS_BYTES = 16;
const ICMPV6 = 58;
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
/** Of a message that was forwarded once. */
const FORWARDED_HOP_LIMIT = 254;

/** Somebody asks who has an address. */
export interface Solicitation {
  readonly source: string;
  readonly target: string;
}

/** A Neighbour Solicitation that wants an answer; undefined: it is none, or asks for duplicates. */
export function solicitationIn(packet: Uint8Array): Solicitation | undefined {
  if (messageType(packet) !== NEIGHBOUR_SOLICITATION) return undefined;
  const [source, target] = [SOURCE, TARGET].map((at) => formatAddress(packet.subarray(at, at + ADDRESS_BYTES)));
  return source === "::" ? undefined : { source, target };
}

/** The answer: `linkAddress`, 6 octets, has it. */
export function answerTo({ source, target }: Solicitation, linkAddress: Uint8Array): Uint8Array {
  const text = Array.from(linkAddress, (octet) => octet.toString(16).padStart(2, "0")).join(":");
  return neighbourAdvertisement(target, target, text, source);
}

/**
 * Linux forwards messages of neighbour discovery that somebody sends it for another address of the link. Nobody takes
 * them: their hop limit is not 255 any more (§7.1.1, §7.1.2).
 */
export function isForwardedDiscovery(packet: Uint8Array): boolean {
  const type = messageType(packet);
  const isDiscovery = type === NEIGHBOUR_SOLICITATION || type === NEIGHBOUR_ADVERTISEMENT;
  return isDiscovery && packet[HOP_LIMIT] === FORWARDED_HOP_LIMIT;
}

/** Of an ICMPv6 message without extension headers; undefined: it is none. */
function messageType(packet: Uint8Array): number | undefined {
  return packet[NEXT_HEADER] === ICMPV6 ? packet[MESSAGE] : undefined;
}
