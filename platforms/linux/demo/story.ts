/** What the events of the daemons say to people, and where the time of a handover went. */
import type { CoreEvent } from "../../../bindings/events.ts";
import type { Handover, TimelineEntry } from "../../../bindings/report.ts";
import type { ObservedEvent } from "./daemons.ts";
import type { Echo } from "./echo.ts";

/** An entry of the timeline, with the name of what happened. */
export interface Step extends TimelineEntry {
  readonly event: CoreEvent["name"] | "Left" | "Appeared" | "EchoReply";
  /** Only for those who want to see everything. */
  readonly isDetail?: true;
}

/** A part of the interruption. */
export interface Phase {
  readonly name: string;
  readonly ms: number;
}

export interface MeasuredHandover extends Handover {
  /** Their sum is the interruption; empty when an event is missing. */
  readonly phases: readonly Phase[];
}

/** A move, as the demonstration made it: monotonic ms. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** The interface in the new network. */
  readonly uplink: string;
  readonly leftMs: number;
  /** The old interface is down: no later request can take the old way. */
  readonly goneMs: number;
  /** The next move, or the end. */
  readonly untilMs: number;
}

const MAX_ROUND_TRIP_MS = 1000;

const SENTENCES: Partial<Record<CoreEvent["name"], (event: ObservedEvent) => string>> = {
  Link: ({ device, fields: { up } }) => `sees ${device} ${up ? "come up" : "go down"}`,
  RouterAdvertisement: ({ fields: { router, prefix } }) => `hears router ${router} advertise ${prefix}/64`,
  CareofFormed: ({ fields: { careofAddress, usable } }) =>
    `forms care-of address ${careofAddress}${usable ? "" : ", tentative"}`,
  CareofConfirmed: ({ fields: { careofAddress } }) => `has checked ${careofAddress}: nobody else has it`,
  BindingUpdateSent: ({ fields: { sequence, lifetimeS } }) => `sends Binding Update ${sequence}, lifetime ${lifetimeS} s`,
  BindingAccepted: ({ fields: { homeAddress, careofAddress } }) => `binds ${homeAddress} to ${careofAddress}`,
  BindingRefused: ({ fields: { homeAddress, status, reason } }) => `refuses to bind ${homeAddress}: ${status}, ${reason}`,
  BindingAcknowledged: ({ fields: { sequence, status } }) => `takes Binding Acknowledgement ${sequence}, status ${status}`,
  PathInUse: ({ fields: { careofAddress, outbound } }) =>
    `${outbound ? "sends" : "receives"} the first packet through the tunnel at ${careofAddress}`,
  RouterLost: ({ fields: { router } }) => `gives up router ${router}`,
};

/** The timeline of events; `startMs` is its zero. A router is mentioned once after each link event. */
export function timelineOf(events: readonly ObservedEvent[], startMs: number): Step[] {
  const heard = new Set<string | undefined>();
  return events.filter(({ name, device }) => {
    if (name === "Link") heard.delete(device);
    if (name !== "RouterAdvertisement") return true;
    return !heard.has(device) && heard.add(device);
  }).map((event) => {
    const { name, who, atMs, fields } = event;
    const sentence = SENTENCES[name]?.(event);
    const text = sentence ?? [name, ...Object.entries(fields).map(([field, value]) => `${field}=${value}`)].join(" ");
    const step: Step = { atMs: atMs - startMs, who, text, event: name };
    return sentence === undefined || isDetail(event) ? { ...step, isDetail: true } : step;
  });
}

function isDetail({ name, fields }: ObservedEvent): boolean {
  return (name === "Link" && !fields.up) || (name === "PathInUse" && !fields.outbound) || name === "CareofConfirmed";
}

/** What the events and the echoes say of a move; times of the result begin at `startMs`. */
export function measure(
  move: Move, events: readonly ObservedEvent[], echoes: readonly Echo[], startMs: number,
): MeasuredHandover {
  const { from, to, leftMs } = move;
  const replyMs = firstReplyMs(echoes, move);
  return {
    from, to, leftAtMs: leftMs - startMs,
    ...(replyMs !== undefined && { interruptionMs: replyMs - leftMs }),
    packetsLost: during(echoes, leftMs, move.untilMs).filter((echo) => !isAnswered(echo)).length,
    phases: replyMs === undefined ? [] : phasesOf(move, events, replyMs),
  };
}

/**
 * Whether a reply came in time. A router keeps a few packets for a neighbour that has left, and delivers them when it
 * is back, seconds later: they count as lost.
 */
export function isAnswered({ sentMs, receivedMs = Infinity }: Echo): boolean {
  return receivedMs - sentMs < MAX_ROUND_TRIP_MS;
}

/** When the first reply came to a request that was sent after the node had left. */
export function firstReplyMs(echoes: readonly Echo[], { goneMs, untilMs }: Move): number | undefined {
  const replies = during(echoes, goneMs, untilMs).flatMap(({ receivedMs }) => receivedMs ?? []);
  return replies.length === 0 ? undefined : Math.min(...replies);
}

function during(echoes: readonly Echo[], fromMs: number, untilMs: number): Echo[] {
  return echoes.filter(({ sentMs }) => sentMs >= fromMs && sentMs < untilMs);
}

function phasesOf({ uplink, leftMs }: Move, events: readonly ObservedEvent[], replyMs: number): Phase[] {
  const milestones: [phase: string, is: (event: ObservedEvent) => boolean][] = [
    ["link", ({ name, device, fields }) => name === "Link" && device === uplink && fields.up === true],
    ["router advertisement", ({ name, device }) => name === "RouterAdvertisement" && device === uplink],
    ["care-of address", ({ name }) => name === "BindingUpdateSent"],
    ["registration", ({ name, fields }) => name === "BindingAcknowledged" && fields.status === 0],
  ];
  const phases: Phase[] = [];
  let rest = events.filter(({ atMs }) => atMs >= leftMs);
  let before = leftMs;
  for (const [name, is] of milestones) {
    const index = rest.findIndex(is);
    if (index < 0) return [];
    const { atMs } = rest[index];
    phases.push({ name, ms: atMs - before });
    rest = rest.slice(index + 1);
    before = atMs;
  }
  return [...phases, { name: "first echo", ms: replyMs - before }];
}
