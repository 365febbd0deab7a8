/**
 * Mobility messages end to end, whatever tunnels, NATs and UDP headers are around them on their way:
 *
 *   first frame, by its sender → frames of those in between → frame to the node that has the destination
 *
 * A message is known by its octets and its destination, which stay the same. It is told when it has arrived, or is
 * known to be lost.
 */
import type { Codec } from "../../../../bindings/codec.ts";
import { title } from "../../../../bindings/describe-names.ts";
import { describe } from "../../../../bindings/describe.ts";
import type { Signal } from "../contract.ts";
import type { Look } from "./look.ts";

/** A message that went nowhere for so long is lost. */
const SILENCE_MS = 3000;

/** What mext uses a message for that has no name of its own (RFC 5096). */
const OWN_NAMES: Readonly<Record<string, string>> = { "experimental-mobility-message": "Path probe" };

/** One hop, or the end of the way. Nodes by their ids. */
export interface Hop {
  readonly packet: number;
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly arrivesMs: number;
  /** Whether `to` has the destination address. */
  readonly isEnd: boolean;
}

interface Open extends Words {
  readonly key: string;
  readonly packet: number;
  readonly from: string;
  readonly sentMs: number;
  lastMs: number;
  to?: string;
  arrivedMs?: number;
  /** When it was over, one way or the other. */
  doneMs?: number;
}

interface Words {
  readonly name: string;
  readonly detail: string;
}

export class Signals {
  private readonly open = new Map<string, Open>();
  private done: Open[] = [];

  constructor(private readonly codec: Codec) {}

  /** A frame with a mobility message; answers its words. */
  hop(look: Look, hop: Hop): string {
    const signal = this.signalOf(look, hop);
    signal.lastMs = hop.arrivesMs;
    if (hop.isEnd) {
      signal.to = hop.to;
      signal.arrivedMs = signal.doneMs = hop.arrivesMs;
    }
    return wordsOf(signal);
  }

  /** A frame with a mobility message that went no further; answers its words. */
  lost(look: Look, hop: Hop): string {
    const signal = this.signalOf(look, hop);
    if (signal.arrivedMs === undefined || signal.arrivedMs >= hop.atMs) {
      signal.to = signal.arrivedMs = undefined;
      signal.doneMs = hop.atMs;
    }
    return wordsOf(signal);
  }

  /** What has arrived or was lost up to now, in order of time. */
  take(nowMs: number): Signal[] {
    for (const signal of this.open.values()) {
      const doneMs = signal.doneMs ?? signal.lastMs + SILENCE_MS;
      if (doneMs <= nowMs) this.close(signal, doneMs);
    }
    const all = this.done.filter(({ doneMs }) => doneMs! <= nowMs)
      .sort((a, b) => a.doneMs! - b.doneMs! || a.packet - b.packet);
    this.done = this.done.filter(({ doneMs }) => doneMs! > nowMs);
    return all.map(({ packet, from, to, sentMs, arrivedMs, name, detail }) => ({
      packet, from, sentMs, name, detail, ...(arrivedMs !== undefined && { to, arrivedMs }),
    }));
  }

  /** The one that a frame belongs to: a new one when its sender has sent it once more. */
  private signalOf(look: Look, { packet, atMs, from }: Hop): Open {
    const key = keyOf(look);
    const known = this.open.get(key);
    if (known && (known.from !== from || known.sentMs === atMs)) return known;
    if (known) this.close(known, known.doneMs ?? atMs);
    const signal: Open = { key, packet, from, sentMs: atMs, lastMs: atMs, ...this.read(look) };
    this.open.set(key, signal);
    return signal;
  }

  private close(signal: Open, doneMs: number): void {
    signal.doneMs = doneMs;
    this.open.delete(signal.key);
    this.done.push(signal);
  }

  private read({ inner, mobilityAt }: Look): Words {
    const layers = this.codec.dissect(inner);
    const layer = layers.find(({ offset, name }) => offset >= mobilityAt! && name !== "payload");
    if (!layer) return { name: "Mobility message", detail: "" };
    const name = title(layer.name);
    return { name: OWN_NAMES[layer.name] ?? name, detail: describe([layer])[0].slice(name.length).trim() };
  }
}

function wordsOf({ name, detail }: Words): string {
  return detail === "" ? name : `${name} ${detail}`;
}

/** The message's octets and the destination of the innermost packet, as a text. */
function keyOf({ inner, mobilityAt, destination }: Look): string {
  return String.fromCharCode(...inner.subarray(mobilityAt!), ...destination!);
}
