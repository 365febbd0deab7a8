/** What a demonstration of a handover found: the same on every host. */

/** Something that happened, in ms since the demonstration began. */
export interface TimelineEntry {
  readonly atMs: number;
  /** The node it happened to. */
  readonly who: string;
  readonly text: string;
}

/** One move of the mobile node from a network to another. */
export interface Handover {
  readonly from: string;
  readonly to: string;
  /** When the node left `from`. */
  readonly leftAtMs: number;
  /** From leaving to the first echo reply to a request that was sent after it; undefined: none came. */
  readonly interruptionMs?: number;
  /** Echo requests without a reply, from leaving to the next handover or the end. */
  readonly packetsLost: number;
}

export interface DemoReport {
  /** Where it ran: "simulation", "Linux". */
  readonly host: string;
  readonly durationMs: number;
  readonly timeline: readonly TimelineEntry[];
  readonly handovers: readonly Handover[];
  readonly ping: { readonly sent: number; readonly received: number; readonly everyMs: number };
  /** A byte stream that was open all the time. */
  readonly stream: {
    readonly bytes: number;
    /** Of what was received, hexadecimal. */
    readonly hash: string;
    /** Whether that is the hash of what was sent, and nothing is missing. */
    readonly verified: boolean;
    /** The longest time without progress. */
    readonly longestGapMs: number;
  };
}

/** Whether the sessions survived every handover. */
export function demoSucceeded(report: DemoReport): boolean {
  const { stream, handovers } = report;
  return stream.verified && handovers.every(({ interruptionMs }) => interruptionMs !== undefined);
}
