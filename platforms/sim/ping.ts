/** Echo requests in a schedule, and what became of each. */
import type { Stack } from "./stack.ts";
import type { Timer } from "./clock.ts";

/** Who asks whom, and how often. */
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

  /** No more requests are sent. */
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

  /** Requests that left from `beginMs` on, before `endMs`, and were not answered. */
  lostBetween(beginMs: number, endMs: number): number {
    const isLost = (at: number, index: number) =>
      at >= beginMs && at < endMs && this.roundTripMs[index] === undefined;
    return this.sentMs.filter(isLost).length;
  }

  /** When the first answer came to a request that was sent at `sinceMs` or later. */
  firstAnswerMs(sinceMs: number): number | undefined {
    const isAnswered = (at: number, index: number) => at >= sinceMs && this.roundTripMs[index] !== undefined;
    const first = this.sentMs.findIndex(isAnswered);
    return first < 0 ? undefined : this.sentMs[first] + this.roundTripMs[first]!;
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
