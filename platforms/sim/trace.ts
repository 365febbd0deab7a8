/** What happened in a network, as records with virtual time. */
import type { CoreEvent } from "../../bindings/events.ts";

/** Why a packet went no further. */
export type DropReason =
  | "lost" // by chance, as the link's conditions say
  | "port down"
  | "partition"
  | "larger than the MTU"
  | "queue full"
  | "nobody has the address"
  | "receiver left"
  | "no route"
  | "hop limit"
  | "not for this node"
  | "node is down"
  | "not IP"
  | "firewall"
  | "no NAT mapping"
  | "NAT table full"
  | "nothing that a NAT translates"
  | "no source address";

/** Packets in records belong to the network: a listener that keeps one must copy it. */
export type TraceRecord =
  | {
      kind: "frame"; atMs: number; arrivesMs: number; link: string; from: string; to: string;
      packet: Uint8Array;
    }
  /** `from`: who sent it, where it was lost on the link to `node`. */
  | { kind: "drop"; atMs: number; node: string; where: string; why: DropReason; packet: Uint8Array; from?: string }
  | { kind: "order"; atMs: number; node: string; text: string }
  | { kind: "event"; atMs: number; node: string; event: CoreEvent }
  | { kind: "note"; atMs: number; node: string; text: string };

/** One line that says what a packet is. */
export type DescribePacket = (packet: Uint8Array) => string;

/** Records what it is shown, from `network.watch(trace.add)`. */
export class Trace {
  readonly records: TraceRecord[] = [];

  /** Records what happens, for `network.watch`. */
  readonly add = (record: TraceRecord): void => {
    this.records.push("packet" in record ? { ...record, packet: record.packet.slice() } : record);
  };

}

/** Records as lines of text. */
export function printTrace(records: readonly TraceRecord[], describe: DescribePacket): string {
  return records.map((record) => printRecord(record, describe)).join("\n");
}

/** `12.345 s  mobile-node  event  BindingAcknowledged  status=0 …` */
export function printRecord(record: TraceRecord, describe: DescribePacket): string {
  const time = `${(record.atMs / 1000).toFixed(6).padStart(12)} s`;
  const who = record.kind === "frame" ? record.from : record.node;
  return `${time}  ${who.padEnd(16)} ${record.kind.padEnd(5)}  ${printContent(record, describe)}`;
}

function printContent(record: TraceRecord, describe: DescribePacket): string {
  switch (record.kind) {
    case "frame": return `to ${record.to} on ${record.link}: ${describe(record.packet)}`;
    case "drop": return `on ${record.where}, ${record.why}: ${describe(record.packet)}`;
    case "event": return `${record.event.name} ${printFields(record.event)}`;
    case "order":
    case "note": return record.text;
  }
}

function printFields(event: CoreEvent): string {
  return Object.entries(event.fields).map(([name, value]) => `${name}=${value}`).join(" ");
}
