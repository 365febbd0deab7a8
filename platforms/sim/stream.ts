/**
 * A reliable byte stream over UDP, only to show that a session survives: go-back-N with cumulative
 * acknowledgements.
 *
 *   segment   type 1 | octets before this one (u32) | data
 *   ack       type 2 | octets received in order (u32)
 *
 * What is sent is a pure function of the position, so that the receiver can check every octet; both ends also
 * keep a hash (FNV-1a) of what passed.
 */
import { destinationOf, sourceOf } from "./ip.ts";
import type { Stack } from "./stack.ts";
import type { Timer } from "./clock.ts";

/** What is sent, and where. */
export interface StreamSettings {
  from: Uint8Array;
  to: Uint8Array;
  port: number;
  /** How much is sent in all. */
  totalBytes: number;
  /** Data in one segment. */
  segmentBytes?: number;
  /** Segments on their way at once. */
  windowSegments?: number;
  /** First retransmission timeout; doubles up to `maxTimeoutMs`. */
  timeoutMs?: number;
  maxTimeoutMs?: number;
}

const SEGMENT = 1;
const ACK = 2;
const HEAD_BYTES = 1 + 4;
const FNV_START = 0x811c9dc5;

/** The octet at a position of every stream. */
function octetAt(position: number): number {
  return Math.imul(position ^ (position >>> 7), 0x9e3779b1) >>> 24;
}

function fnv1a(hash: number, octets: Uint8Array): number {
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  return hash >>> 0;
}

/** The receiving end, on a UDP port of `stack`. */
export class StreamReceiver {
  receivedBytes = 0;
  hash = FNV_START;
  /** Whether every octet was the right one. */
  intact = true;
  /** When in-order data last arrived, and the longest time without, since the first. */
  lastProgressMs = -1;
  longestGapMs = 0;
  /** Called whenever data has arrived in order, with its octets. */
  onProgress?: (bytes: number) => void;

  constructor(
    private readonly stack: Stack,
    private readonly port: number,
  ) {
    stack.onUdp(port, ({ sourcePort, data }, packet) => {
      if (data[0] === SEGMENT) this.take(data, packet, sourcePort);
    });
  }

  private take(data: Uint8Array, packet: Uint8Array, sourcePort: number): void {
    const { network } = this.stack;
    const source = sourceOf(packet);
    const destination = destinationOf(packet);
    const position = readPosition(data);
    if (position === this.receivedBytes) {
      const octets = data.subarray(HEAD_BYTES);
      for (let index = 0; index < octets.length; index++) {
        if (octets[index] !== octetAt(position + index)) this.intact = false;
      }
      this.hash = fnv1a(this.hash, octets);
      this.receivedBytes += octets.length;
      const gapMs = this.lastProgressMs < 0 ? 0 : network.nowMs - this.lastProgressMs;
      this.longestGapMs = Math.max(this.longestGapMs, gapMs);
      this.lastProgressMs = network.nowMs;
      this.onProgress?.(octets.length);
    }
    const acknowledgement = head(ACK, this.receivedBytes, 0);
    this.stack.send(network.packets.udp(destination, source, this.port, sourcePort, acknowledgement));
  }
}

/** The sending end: sends from its construction until all is acknowledged. */
export class StreamSender {
  acknowledgedBytes = 0;
  hash = FNV_START;
  segmentsSent = 0;
  retransmissions = 0;
  private sentBytes = 0;
  private highestSentBytes = 0;
  private readonly segmentBytes: number;
  private readonly windowBytes: number;
  private timeoutMs: number;
  private timer?: Timer;
  private stopped = false;

  constructor(
    private readonly stack: Stack,
    private readonly settings: StreamSettings,
  ) {
    this.segmentBytes = settings.segmentBytes ?? 1200;
    this.windowBytes = this.segmentBytes * (settings.windowSegments ?? 16);
    this.timeoutMs = settings.timeoutMs ?? 200;
    stack.onUdp(settings.port, ({ data }) => {
      if (data[0] === ACK) this.acknowledged(readPosition(data));
    });
    stack.network.clock.after(0, () => this.fill());
  }

  get done(): boolean {
    return this.acknowledgedBytes >= this.settings.totalBytes;
  }

  /** Sends nothing any more, whatever is on its way. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private acknowledged(position: number): void {
    if (this.stopped || position <= this.acknowledgedBytes) return;
    this.acknowledgedBytes = position;
    this.sentBytes = Math.max(this.sentBytes, position);
    this.timeoutMs = this.settings.timeoutMs ?? 200;
    this.timer?.cancel();
    this.timer = undefined;
    this.fill();
  }

  /** Sends what the window allows. */
  private fill(): void {
    if (this.stopped) return;
    const { totalBytes } = this.settings;
    const endBytes = Math.min(totalBytes, this.acknowledgedBytes + this.windowBytes);
    while (this.sentBytes < endBytes) {
      this.sendSegment(Math.min(this.segmentBytes, totalBytes - this.sentBytes));
    }
    if (!this.done) this.timer ??= this.stack.network.clock.after(this.timeoutMs, () => this.timedOut());
  }

  private sendSegment(lengthBytes: number): void {
    const { from, to, port } = this.settings;
    const data = head(SEGMENT, this.sentBytes, lengthBytes);
    for (let index = 0; index < lengthBytes; index++) {
      data[HEAD_BYTES + index] = octetAt(this.sentBytes + index);
    }
    this.segmentsSent++;
    if (this.sentBytes < this.highestSentBytes) this.retransmissions++;
    else this.hash = fnv1a(this.hash, data.subarray(HEAD_BYTES));
    this.sentBytes += lengthBytes;
    this.highestSentBytes = Math.max(this.highestSentBytes, this.sentBytes);
    this.stack.send(this.stack.network.packets.udp(from, to, port, port, data));
  }

  /** Nothing was acknowledged in time: everything behind the last acknowledgement is sent again. */
  private timedOut(): void {
    this.timer = undefined;
    this.timeoutMs = Math.min(this.timeoutMs * 2, this.settings.maxTimeoutMs ?? 400);
    this.sentBytes = this.acknowledgedBytes;
    this.fill();
  }
}

function head(type: number, position: number, dataBytes: number): Uint8Array {
  const octets = new Uint8Array(HEAD_BYTES + dataBytes);
  octets[0] = type;
  new DataView(octets.buffer).setUint32(1, position);
  return octets;
}

function readPosition(octets: Uint8Array): number {
  return new DataView(octets.buffer, octets.byteOffset).getUint32(1);
}
