/** Frames on links as flights, and what becomes of each packet. */
import { isIp, nextHeader, destinationOf } from "../../../sim/ip.ts";
import type { TraceRecord } from "../../../sim/trace.ts";
import type { Flight } from "../contract.ts";
import type { KeptPackets } from "./kept-packets.ts";
import { type Look, lookAt } from "./look.ts";
import type { Plan } from "./plan.ts";
import type { Signals } from "./signals.ts";

type FrameRecord = Extract<TraceRecord, { kind: "frame" }>;
type DropRecord = Extract<TraceRecord, { kind: "drop" }>;

/** What the simulator's reasons mean, in a sentence's end. */
const REASONS: Readonly<Record<DropRecord["why"], string>> = {
  lost: "lost on the link", "port down": "the sender is in no network", partition: "the link is divided",
  "larger than the MTU": "larger than the link takes", "queue full": "the queue of the link is full",
  "nobody has the address": "nobody on the link has the address", "receiver left": "the receiver has left the link",
  "no route": "no route leads there", "hop limit": "its hops are used up", "not for this node": "it is not for this node",
  "node is down": "the node is switched off", "not IP": "it is no IP packet", firewall: "the firewall lets it not pass",
  "no NAT mapping": "the NAT has no mapping for it", "NAT table full": "the NAT has no port left",
  "nothing that a NAT translates": "the NAT translates no such packets",
  "no source address": "the sender has no address for it",
};
const CUT = "the link is cut";

export class Flights {
  private flights: Flight[] = [];
  /** Where each packet of the simulator was seen last. */
  private lastLinks = new WeakMap<Uint8Array, string>();
  /** The packet that was looked at last: it is the same for all receivers of one link. */
  private last?: { readonly packet: Uint8Array; readonly atMs: number; readonly from: string; readonly look: Look };

  constructor(
    private readonly plan: Plan,
    private readonly kept: KeptPackets,
    private readonly signals: Signals,
  ) {}

  /** How many are waiting to be taken. */
  get count(): number {
    return this.flights.length;
  }

  take(): Flight[] {
    const { flights } = this;
    this.flights = [];
    return flights;
  }

  frame({ packet, atMs, arrivesMs, ...names }: FrameRecord): void {
    const { plan } = this;
    const [link, from, to] = [names.link, names.from, names.to].map((name) => plan.idOf(name));
    this.lastLinks.set(packet, link);
    const look = this.look(packet, atMs, from);
    const id = this.kept.add(packet, { atMs, link, from, to });
    const isEnd = look.destination !== undefined && plan.nodes.get(to)?.stack.owns(look.destination) === true;
    const isMessage = look.mobilityAt !== undefined;
    if (isMessage) this.kept.keepLonger();
    const words = isMessage ? this.signals.hop(look, { packet: id, atMs, from, to, arrivesMs, isEnd }) : "";
    this.flights.push({
      id, kind: look.kind, link, from, to, sentMs: atMs, arrivesMs, lengthBytes: packet.length,
      summary: look.summary + words,
    });
  }

  /** A loss on a link is a flight that does not arrive; what a node drops is one from the node to itself. */
  drop({ node, where, why, packet, atMs, ...record }: DropRecord): void {
    const { plan } = this;
    if (isNoise(why, packet)) return;
    const to = plan.idOf(node);
    const from = record.from === undefined ? to : plan.idOf(record.from);
    const whereId = plan.idOf(where);
    const onLink = plan.links.get(whereId);
    const link = onLink ? whereId : (this.lastLinks.get(packet) ?? this.linkOf(to));
    const arrivesMs = from === to ? atMs : atMs + (onLink?.conditions.delayMs ?? 0);
    const lost = why === "lost" && onLink?.conditions.cut ? CUT : REASONS[why];
    const look = this.look(packet, atMs, from);
    const id = this.kept.add(packet, { atMs, link, from, to, lost });
    const isMessage = look.mobilityAt !== undefined;
    if (isMessage) this.kept.keepLonger();
    const words = isMessage ? this.signals.lost(look, { packet: id, atMs, from, to, arrivesMs, isEnd: false }) : "";
    this.flights.push({
      id, kind: look.kind, link, from, to, sentMs: atMs, arrivesMs, lengthBytes: packet.length,
      summary: look.summary + words, lost,
    });
  }

  private look(packet: Uint8Array, atMs: number, from: string): Look {
    const { last } = this;
    if (last && last.packet === packet && last.atMs === atMs && last.from === from) return last.look;
    const look = lookAt(packet);
    this.last = { packet, atMs, from, look };
    return look;
  }

  /** The link that a node's first port is in; of a node in none, the backbone. */
  private linkOf(node: string): string {
    const { plan } = this;
    for (const [id, { link }] of plan.links) {
      if (link.ports.some(({ owner }) => plan.idOf(owner.name) === node)) return id;
    }
    return "backbone";
  }
}

/** What is for a group is heard by all, and dropped by most. */
function isNoise(why: DropRecord["why"], packet: Uint8Array): boolean {
  if (why !== "not for this node" || !isIp(packet)) return false;
  return nextHeader(packet) === 0 || destinationOf(packet)[0] === 0xff || destinationOf(packet)[0] === 0xfe;
}
