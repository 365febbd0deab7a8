import { LinkType } from "../core-as/abi/fields.ts";

/**
 * Captures in the older format of tcpdump, "pcap": a header, then packets, each with a header of its own.
 * Both byte orders, timestamps in microseconds or nanoseconds.
 */

/** A packet of a capture. */
export interface CapturedPacket {
  /** As much of the packet as was kept, its link header first. */
  readonly octets: Uint8Array;
  readonly linkType: LinkType;
  /** Since 1970; undefined when the capture does not say. */
  readonly timestampNs?: bigint;
  /** Octets of the packet on the link; more than `octets` has when it was cut. */
  readonly originalLength: number;
  readonly comment?: string;
}

/** A file that is no capture, or is damaged from `byteOffset` on. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  constructor(
    readonly byteOffset: number,
    message: string,
  ) {
    super(`byte ${byteOffset}: ${message}`);
  }
}

/** Octets of one packet, at most: more is damage (what libpcap allows). */
export const MAX_CAPTURED_BYTES = 262_144;

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;

const FILE_HEADER_BYTES = 24;
const LINK_TYPE = 20;

const SECONDS = 0;
const FRACTION = SECONDS + 4;
const CAPTURED_LENGTH = FRACTION + 4;
const ORIGINAL_LENGTH = CAPTURED_LENGTH + 4;
const RECORD_HEADER_BYTES = ORIGINAL_LENGTH + 4;

/** True when the file begins as a pcap file does. */
export function isPcap(file: Uint8Array): boolean {
  return file.length >= 4 && orderOf(viewOf(file)) !== undefined;
}

/**
 * The packets of a pcap file. Throws CaptureError at the place of damage, behind the packets before it:
 * take them one by one to have these.
 */
export function* readPcap(file: Uint8Array): Generator<CapturedPacket> {
  const view = viewOf(file);
  const order = file.length >= 4 ? orderOf(view) : undefined;
  if (!order) throw new CaptureError(0, "this is no pcap file");
  if (file.length < FILE_HEADER_BYTES) throw new CaptureError(file.length, "the file ends inside its header");
  const { little, nanosecondsPerUnit } = order;
  const linkType = plainLinkType(view.getUint32(LINK_TYPE, little) & 0xffff);
  for (let at = FILE_HEADER_BYTES; at < file.length;) {
    if (at + RECORD_HEADER_BYTES > file.length)
      throw new CaptureError(at, "the file ends inside a packet's header");
    const length = view.getUint32(at + CAPTURED_LENGTH, little);
    const start = at + RECORD_HEADER_BYTES;
    checkLength(at, length, file.length - start);
    const seconds = BigInt(view.getUint32(at + SECONDS, little));
    const fraction = BigInt(view.getUint32(at + FRACTION, little));
    yield {
      octets: file.subarray(start, start + length),
      linkType,
      timestampNs: seconds * 1_000_000_000n + fraction * nanosecondsPerUnit,
      originalLength: view.getUint32(at + ORIGINAL_LENGTH, little),
    };
    at = start + length;
  }
}

/** Throws CaptureError when a packet is said to be longer than it may be, or than what is left. */
export function checkLength(at: number, length: number, left: number): void {
  if (length > MAX_CAPTURED_BYTES)
    throw new CaptureError(at, `a packet of ${length} octets is too long to be true`);
  if (length > left)
    throw new CaptureError(at, `a packet of ${length} octets, but only ${left} are left in the file`);
}

/** One link type for raw IP packets: some systems write their own number for it. */
export function plainLinkType(linkType: number): LinkType {
  return linkType === 12 || linkType === 14 ? LinkType.Raw : linkType;
}

/** A file's octets as numbers. */
export function viewOf(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.length);
}

function orderOf(view: DataView): { little: boolean; nanosecondsPerUnit: bigint } | undefined {
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic === MAGIC_MICROSECONDS) return { little, nanosecondsPerUnit: 1000n };
    if (magic === MAGIC_NANOSECONDS) return { little, nanosecondsPerUnit: 1n };
  }
  return undefined;
}
