/** The packets of the last while: what the packet inspector opens, and what goes into a capture file. */
import { type Codec, LinkType } from "../../../../bindings/codec.ts";
import { describe } from "../../../../bindings/describe.ts";
import { pcapngHeader, pcapngPacket } from "../../../../bindings/pcapng-write.ts";
import { isArp } from "../../../sim/arp.ts";
import { destinationOf, isIp, isMulticast } from "../../../sim/ip.ts";
import { isIpv4 } from "../../../sim/ip4.ts";
import type { Port } from "../../../sim/link.ts";
import type { OpenPacket } from "../contract.ts";

/** A packet on its way over a link, or one that a node dropped. */
export interface KeptPacket {
  readonly id: number;
  readonly atMs: number;
  /** The network's own words. */
  readonly link: string;
  readonly from: string;
  readonly to: string;
  readonly octets: Uint8Array;
  /** The simulator's packet: copies for several receivers have the same. */
  readonly original: Uint8Array;
  readonly lost?: string;
}

export const MAX_KEPT = 10_000;
/** Mobility messages, which are few, are kept for longer: the sequence diagram still shows them. */
const MAX_MESSAGES = 1000;
const ETHERNET_BYTES = 14;
const ALL = new Uint8Array(6).fill(0xff);

export class KeptPackets {
  /** By id modulo MAX_KEPT. */
  private readonly ring: KeptPacket[] = [];
  private next = 0;
  /** By id, the oldest first. */
  private readonly messages = new Map<number, KeptPacket>();

  constructor(private readonly codec: Codec) {}

  /** Takes a copy; answers the id. */
  add(packet: Uint8Array, about: Omit<KeptPacket, "id" | "octets" | "original">): number {
    const id = this.next++;
    this.ring[id % MAX_KEPT] = { ...about, id, octets: packet.slice(), original: packet };
    return id;
  }

  /** The packet that was added last has a mobility message. */
  keepLonger(): void {
    const kept = this.ring[(this.next - 1) % MAX_KEPT];
    this.messages.set(kept.id, kept);
    if (this.messages.size > MAX_MESSAGES) this.messages.delete(this.messages.keys().next().value!);
  }

  /** Opened; undefined: so old that it was forgotten, or there never was one. */
  open(id: number): OpenPacket | undefined {
    const recent = this.ring[id % MAX_KEPT];
    const kept = recent?.id === id ? recent : this.messages.get(id);
    if (!kept) return undefined;
    // an ARP message stands where packets stand: the codec knows it behind an Ethernet header only
    const octets = isArp(kept.octets) ? ethernet(kept.octets, new Uint8Array(6), ALL) : kept.octets;
    const layers = this.codec.dissect(octets, isArp(kept.octets) ? LinkType.Ethernet : LinkType.Raw);
    const lines = describe(layers, { verbose: true, dissect: (quoted) => this.codec.dissect(quoted) });
    return { id, octets, layers, lines };
  }

  /**
   * A capture file with Ethernet headers. What went to several nodes at once stands in it once. Comments tell where a
   * packet was, and why it went no further.
   */
  pcapng(epochMs: number, portOf: (node: string, link: string) => Port | undefined): Uint8Array {
    const parts = [pcapngHeader([LinkType.Ethernet])];
    let last: KeptPacket | undefined;
    for (const kept of this.all()) {
      const isSame = last && last.original === kept.original && last.atMs === kept.atMs && last.from === kept.from;
      last = kept;
      if (isSame && kept.lost === undefined) continue;
      const octets = framed(kept, portOf);
      parts.push(pcapngPacket({
        octets, linkType: LinkType.Ethernet, originalLength: octets.length,
        timestampNs: BigInt(Math.round((epochMs + kept.atMs) * 1000)) * 1000n,
        comment: commentOf(kept),
      }));
    }
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  }

  /** In the order in which they were sent. */
  private *all(): Generator<KeptPacket> {
    const first = Math.max(0, this.next - MAX_KEPT);
    for (const kept of this.messages.values()) if (kept.id < first) yield kept;
    for (let id = first; id < this.next; id++) yield this.ring[id % MAX_KEPT];
  }
}

function commentOf({ link, from, to, lost }: KeptPacket): string {
  if (lost === undefined) return `${link}: from ${from}`;
  return from === to ? `${link}: dropped by ${from}: ${lost}` : `${link}: from ${from} to ${to}, lost: ${lost}`;
}

/** With the link-layer addresses of the ports. */
function framed({ octets, from, to, link }: KeptPacket, portOf: (node: string, link: string) => Port | undefined): Uint8Array {
  const addressOf = (node: string) => portOf(node, link)?.linkAddress ?? new Uint8Array(6);
  return ethernet(octets, addressOf(from), groupAddress(octets) ?? addressOf(to));
}

/** Where a packet for a group goes (RFC 2464 §7); undefined: it is for one node. */
function groupAddress(packet: Uint8Array): Uint8Array | undefined {
  if (!isIp(packet)) return undefined;
  const destination = destinationOf(packet);
  if (!isMulticast(destination)) return undefined;
  return isIpv4(packet) ? ALL : Uint8Array.of(0x33, 0x33, ...destination.subarray(12));
}

function ethernet(packet: Uint8Array, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const frame = new Uint8Array(ETHERNET_BYTES + packet.length);
  frame.set(destination);
  frame.set(source, 6);
  frame.set(isArp(packet) ? [0x08, 0x06] : isIpv4(packet) ? [0x08, 0x00] : [0x86, 0xdd], 12);
  frame.set(packet, ETHERNET_BYTES);
  return frame;
}
