/**
 * What a correspondent sends to a mobile node: echo requests and a stream that is checked octet by octet. Both say
 * when something came back, which ends a handover.
 */
import type { Timer } from "../../../sim/clock.ts";
import type { MobileNode } from "../../../sim/mobile-node.ts";
import type { Stack } from "../../../sim/stack.ts";
import { StreamReceiver, StreamSender } from "../../../sim/stream.ts";
import type { Traffic } from "../contract.ts";

/** A sender of echo requests and streams: a correspondent of either kind. */
export type Sender = Stack & { readonly address: Uint8Array };

/** An echo request that is not answered after this counts as lost; on a slow way after twice the last round trip. */
const PATIENCE_MS = 200;
const LOSS_WINDOW_MS = 1000;
/** Octets of data in an echo request. */
const ECHO_BYTES = 56;
/** More than anybody waits for: a stream's positions are 32-bit numbers. */
const ENDLESS_BYTES = 0xffff_0000;
const FIRST_STREAM_PORT = 10_000;
const PORTS_A_NODE = 100;

/** Echo requests to different nodes leave at so many moments of their interval. */
const MOMENTS = 20;

interface Echo {
  readonly sequence: number;
  readonly sentMs: number;
  answeredMs?: number;
}

export class NodeTraffic {
  readonly settings: { -readonly [Name in keyof Traffic]: Traffic[Name] } = { pingEveryMs: 0, stream: false };
  /** Told of a round trip whose request left at `sentMs`, and of data that arrived. */
  onAnswer?: (sentMs: number) => void;
  onData?: () => void;
  /** All data so far, and whether each octet was the right one. */
  receivedBytes = 0;
  intact = true;
  sentEchoes = 0;
  answeredEchoes = 0;
  private echoes: Echo[] = [];
  private lastAnswer?: { readonly atMs: number; readonly roundTripMs: number };
  private readonly identifier: number;
  private readonly data = new Uint8Array(ECHO_BYTES);
  private timer?: Timer;
  private stream?: { readonly sender: StreamSender; readonly receiver: StreamReceiver; readonly port: number };
  private streams = 0;
  private sampledBytes = 0;

  constructor(
    private readonly sender: Sender,
    private readonly mobileNode: MobileNode,
    private readonly number: number,
    private readonly windowSegments: number,
  ) {
    this.identifier = sender.nextIdentifier();
    sender.onEchoReply(this.identifier, ({ sequence }) => this.answered(sequence));
  }

  /** Starts or stops either. */
  set(traffic: Partial<Traffic>): void {
    const { pingEveryMs = this.settings.pingEveryMs, stream = this.settings.stream } = traffic;
    if (pingEveryMs !== this.settings.pingEveryMs) {
      this.timer?.cancel();
      this.settings.pingEveryMs = pingEveryMs;
      if (pingEveryMs > 0) this.begin(pingEveryMs);
    }
    if (stream === this.settings.stream) return;
    this.settings.stream = stream;
    if (stream) this.startStream();
    else this.stopStream();
  }

  /** Of the last answer, unless the next one is overdue; null: nothing was measured. */
  roundTripMs(nowMs: number, withinMs: number): number | null {
    const { lastAnswer } = this;
    if (!lastAnswer || nowMs - lastAnswer.atMs > Math.max(withinMs, 1.5 * this.settings.pingEveryMs)) return null;
    return lastAnswer.roundTripMs;
  }

  /** Of the requests of the last second before those that still have time; null: there were none. */
  loss(nowMs: number): number | null {
    const patienceMs = Math.max(PATIENCE_MS, 2 * (this.lastAnswer?.roundTripMs ?? 0));
    const endMs = nowMs - patienceMs;
    const decided = this.echoes.filter(({ sentMs }) => sentMs <= endMs && sentMs > endMs - LOSS_WINDOW_MS);
    if (decided.length === 0) return null;
    return decided.filter(({ answeredMs }) => answeredMs === undefined).length / decided.length;
  }

  /** Octets of the stream since the last call. */
  takeBytes(): number {
    const bytes = this.receivedBytes - this.sampledBytes;
    this.sampledBytes = this.receivedBytes;
    return bytes;
  }

  /** Many nodes are not all written to at the same moment. */
  private begin(pingEveryMs: number): void {
    const laterMs = ((this.number - 1) % MOMENTS) * (pingEveryMs / MOMENTS);
    this.timer = this.sender.network.clock.after(laterMs, () => this.ping());
  }

  private ping(): void {
    const { sender, mobileNode, identifier } = this;
    const { network } = sender;
    const sequence = this.sentEchoes++ & 0xffff;
    this.echoes.push({ sequence, sentMs: network.nowMs });
    while (this.echoes[0].sentMs < network.nowMs - 10 * LOSS_WINDOW_MS) this.echoes.shift();
    this.timer = network.clock.after(this.settings.pingEveryMs, () => this.ping());
    sender.send(network.packets.echo("echo-request", sender.address, mobileNode.homeAddress, identifier, sequence, this.data));
  }

  private answered(sequence: number): void {
    const { nowMs } = this.sender.network;
    const echo = this.echoes.find((each) => each.sequence === sequence && each.answeredMs === undefined);
    if (!echo) return;
    echo.answeredMs = nowMs;
    this.answeredEchoes++;
    this.lastAnswer = { atMs: nowMs, roundTripMs: nowMs - echo.sentMs };
    this.onAnswer?.(echo.sentMs);
  }

  /** Each stream has a port of its own: what is left of the one before cannot be taken for it. */
  private startStream(): void {
    const { sender, mobileNode, windowSegments } = this;
    const port = FIRST_STREAM_PORT + this.number * PORTS_A_NODE + (this.streams++ % PORTS_A_NODE);
    const receiver = new StreamReceiver(mobileNode, port);
    receiver.onProgress = (bytes) => {
      this.receivedBytes += bytes;
      this.intact &&= receiver.intact;
      this.onData?.();
    };
    const to = mobileNode.homeAddress;
    const settings = { from: sender.address, to, port, totalBytes: ENDLESS_BYTES, windowSegments };
    this.stream = { sender: new StreamSender(sender, settings), receiver, port };
  }

  private stopStream(): void {
    const { stream } = this;
    if (!stream) return;
    stream.sender.stop();
    this.sender.onUdp(stream.port, undefined);
    this.mobileNode.onUdp(stream.port, undefined);
    this.stream = undefined;
  }
}
