/** Echo requests in a schedule, and what became of each. */
import type { Stack } from "./stack.ts";
import type { Timer } from "./clock.ts";

export interface PingSettings {
  from: Uint8Array;
  to: Uint8Array;
  everyMs: number;
  /** Octets of data in each. */
  dataBytes?: number;
}

/** A series of echo requests (RFC 4443 §4.1) from `stack`, from its construction to `stop`. */
export class Ping {
  /** When each request left, by sequence number. */
  readonly sentMs: number[] = [];
  /** Round-trip time of each, undefined while or if unanswered. */
  readonly roundTripMs: (number | undefined)[] = [];
  private readonly identifier: number;
  private readonly data: Uint8Array;
  private timer: Timer;

  constructor(
    private readonly stack: Stack,
    private readonly settings: PingSettings,
  ) {
    this.identifier = stack.nextIdentifier();
    this.data = new Uint8Array(settings.dataBytes ?? 56);
    stack.onEchoReply(this.identifier, ({ sequence }) => {
      this.roundTripMs[sequence] ??= stack.network.nowMs - this.sentMs[sequence];
    });
    this.timer = stack.network.clock.after(0, () => this.send());
  }

  stop(): void {
    this.timer.cancel();
  }

  get sent(): number {
    return this.sentMs.length;
  }

  get received(): number {
    return this.roundTripMs.filter((time) => time !== undefined).length;
  }

  get lost(): number {
    return this.sent - this.received;
  }

  /** Requests that left from `beginMs` to `endMs` and were not answered. */
  lostBetween(beginMs: number, endMs: number): number {
    return this.sentMs.filter((at, index) => at >= beginMs && at <= endMs && this.roundTripMs[index] === undefined).length;
  }

  /** When the first answer came to a request that was sent at `sinceMs` or later. */
  firstAnswerMs(sinceMs: number): number | undefined {
    const index = this.sentMs.findIndex((at, sequence) => at >= sinceMs && this.roundTripMs[sequence] !== undefined);
    return index < 0 ? undefined : this.sentMs[index] + this.roundTripMs[index]!;
  }

  /** The longest time between two answers that arrived one after the other, while pings were sent. */
  longestGapMs(beginMs = 0, endMs = Infinity): number {
    const arrivals = this.sentMs
      .flatMap((at, index) => (this.roundTripMs[index] === undefined ? [] : [at + this.roundTripMs[index]!]))
      .filter((at) => at >= beginMs && at <= endMs)
      .sort((a, b) => a - b);
    return arrivals.reduce((longest, at, index) => Math.max(longest, index > 0 ? at - arrivals[index - 1] : 0), 0);
  }

  private send(): void {
    const { network } = this.stack;
    const { from, to, everyMs } = this.settings;
    const sequence = this.sentMs.length;
    if (sequence > 0xffff) return; // the field of the packet ends here
    this.sentMs.push(network.nowMs);
    this.roundTripMs.push(undefined);
    this.timer = network.clock.after(everyMs, () => this.send());
    this.stack.send(network.packets.echo("echo-request", from, to, this.identifier, sequence, this.data));
  }
}
