import {
  type CapturedPacket,
  CaptureError,
  checkLength,
  isPcap,
  plainLinkType,
  readPcap,
  viewOf,
} from "./pcap.ts";

/**
 * Captures in the format "pcapng": a sequence of blocks. A section says the byte order, interfaces say
 * link type and clock, packets name their interface and may have a comment.
 *
 *   +---------------------------------------------------------------+
 *   |                          Block Type                           |  0
 *   +---------------------------------------------------------------+
 *   |                      Block Total Length                       |  4
 *   +---------------------------------------------------------------+
 *   |            Block Body, padded to 4 octets ...                 |  8
 *   +---------------------------------------------------------------+
 *   |                      Block Total Length                       |
 *   +---------------------------------------------------------------+
 */

enum Block {
  Interface = 1,
  /** Obsolete, but still found. */
  Packet = 2,
  SimplePacket = 3,
  EnhancedPacket = 6,
  /** The same in both byte orders. */
  Section = 0x0a0d0d0a,
}

enum Option {
  End = 0,
  Comment = 1,
  Resolution = 9,
  Offset = 14,
}

const BODY = 8;
const BLOCK_OVERHEAD_BYTES = 12;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

interface Interface {
  readonly linkType: number;
  readonly unitsPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** The packets of a pcap or pcapng file; throws CaptureError as `readPcap` does. */
export function readCapture(file: Uint8Array): Generator<CapturedPacket> {
  if (isPcap(file)) return readPcap(file);
  if (file.length >= 4 && viewOf(file).getUint32(0) === Block.Section) return readPcapng(file);
  throw new CaptureError(0, "this is neither a pcap nor a pcapng file");
}

/** The packets of a pcapng file. Throws CaptureError at the place of damage, behind the packets before it. */
export function* readPcapng(file: Uint8Array): Generator<CapturedPacket> {
  const view = viewOf(file);
  let little = true;
  let interfaces: Interface[] = [];
  for (let at = 0; at < file.length;) {
    if (at + BLOCK_OVERHEAD_BYTES > file.length) throw new CaptureError(at, "the file ends inside a block");
    if (view.getUint32(at) === Block.Section) {
      little = sectionOrder(view, at);
      interfaces = [];
    } else if (at === 0) {
      throw new CaptureError(0, "this is no pcapng file");
    }
    const length = view.getUint32(at + 4, little);
    if (length < BLOCK_OVERHEAD_BYTES || length % 4 !== 0)
      throw new CaptureError(at, `a block of ${length} octets`);
    if (length > file.length - at) {
      throw new CaptureError(
        at,
        `a block of ${length} octets, but only ${file.length - at} are left in the file`,
      );
    }
    const block = new BlockReader(file.subarray(at, at + length), little, at);
    if (block.type === Block.Interface) interfaces.push(block.readInterface());
    else {
      const packet = block.readPacket(interfaces);
      if (packet) yield packet;
    }
    at += length;
  }
}

function sectionOrder(view: DataView, at: number): boolean {
  if (view.getUint32(at + BODY, true) === BYTE_ORDER_MAGIC) return true;
  if (view.getUint32(at + BODY, false) === BYTE_ORDER_MAGIC) return false;
  throw new CaptureError(at + BODY, "a section without its byte order");
}

/** Reads one block; `place` is where it stands in the file, for errors. */
class BlockReader {
  readonly type: number;
  private readonly view: DataView;
  /** Where the body ends. */
  private readonly end: number;

  constructor(
    private readonly octets: Uint8Array,
    private readonly little: boolean,
    private readonly place: number,
  ) {
    this.view = viewOf(octets);
    this.type = this.view.getUint32(0, little);
    this.end = octets.length - 4;
  }

  readInterface(): Interface {
    this.need(BODY + 8, "an interface block");
    let unitsPerSecond = 1_000_000n;
    let offsetSeconds = 0n;
    for (const [code, value] of this.options(BODY + 8)) {
      if (code === Option.Resolution && value.length === 1) {
        const exponent = BigInt(value[0] & 0x7f);
        unitsPerSecond = value[0] & 0x80 ? 2n ** exponent : 10n ** exponent;
      }
      if (code === Option.Offset && value.length === 8)
        offsetSeconds = viewOf(value).getBigInt64(0, this.little);
    }
    const linkType = plainLinkType(this.view.getUint16(BODY, this.little));
    return { linkType, unitsPerSecond, offsetSeconds };
  }

  /** The packet of a packet block, or undefined for a block of another kind. */
  readPacket(interfaces: readonly Interface[]): CapturedPacket | undefined {
    switch (this.type) {
      case Block.EnhancedPacket:
        this.need(BODY + 20, "a packet block");
        return this.readTimedPacket(interfaces, this.view.getUint32(BODY, this.little));
      case Block.Packet:
        this.need(BODY + 20, "a packet block");
        return this.readTimedPacket(interfaces, this.view.getUint16(BODY, this.little));
      case Block.SimplePacket: {
        this.need(BODY + 4, "a packet block");
        const originalLength = this.view.getUint32(BODY, this.little);
        const start = BODY + 4;
        const octets = this.octets.subarray(start, Math.min(start + originalLength, this.end));
        return { octets, linkType: this.interfaceAt(interfaces, 0).linkType, originalLength };
      }
      default:
        return undefined;
    }
  }

  private readTimedPacket(interfaces: readonly Interface[], index: number): CapturedPacket {
    const { linkType, unitsPerSecond, offsetSeconds } = this.interfaceAt(interfaces, index);
    const high = BigInt(this.view.getUint32(BODY + 4, this.little));
    const low = BigInt(this.view.getUint32(BODY + 8, this.little));
    const length = this.view.getUint32(BODY + 12, this.little);
    const start = BODY + 20;
    checkLength(this.place, length, this.end - start);
    const units = (high << 32n) | low;
    const comments = [...this.options(start + padded(length))].filter(([code]) => code === Option.Comment);
    return {
      octets: this.octets.subarray(start, start + length),
      linkType,
      timestampNs: (units * NANOSECONDS_PER_SECOND) / unitsPerSecond + offsetSeconds * NANOSECONDS_PER_SECOND,
      originalLength: this.view.getUint32(BODY + 16, this.little),
      ...(comments.length > 0 && {
        comment: comments.map(([, text]) => new TextDecoder().decode(text)).join("\n"),
      }),
    };
  }

  /** Options up to their end; a damaged one ends them, for they are not essential. */
  private *options(at: number): Generator<[code: number, value: Uint8Array]> {
    while (at + 4 <= this.end) {
      const code = this.view.getUint16(at, this.little);
      const length = this.view.getUint16(at + 2, this.little);
      if (code === Option.End || at + 4 + length > this.end) return;
      yield [code, this.octets.subarray(at + 4, at + 4 + length)];
      at += 4 + padded(length);
    }
  }

  private interfaceAt(interfaces: readonly Interface[], index: number): Interface {
    const found = interfaces[index];
    if (!found)
      throw new CaptureError(this.place, `a packet of interface ${index}, which no block describes`);
    return found;
  }

  private need(length: number, what: string): void {
    if (length > this.end) throw new CaptureError(this.place, `${what} of only ${this.octets.length} octets`);
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
