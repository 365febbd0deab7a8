/**
 * Large packets of the tunnel device: what TCP or UDP gave the kernel in one piece, to be cut into packets as late as
 * possible (virtio 1.2 §5.1.6.2). Each packet gets a copy of the headers, and what follows from its place:
 *
 *               ┌─────────┬───────────────────────────────────────────┐
 *               │ headers │ payload                                   │
 *               └─────────┴───────────────────────────────────────────┘
 *   ┌─────────┬───────────┐┌─────────┬───────────┐┌─────────┬─────────┐
 *   │ headers │ segment 0 ││ headers │ segment 1 ││ headers │ rest    │
 *   └─────────┴───────────┘└─────────┴───────────┘└─────────┴─────────┘
 *
 *   IPv4   total length, identification (counts up), header checksum       IPv6   payload length
 *   TCP    sequence number, FIN and PSH only with the last, CWR only with the first (RFC 3168 §6.1.2), checksum
 *   UDP    length, checksum
 *
 * The first segment is made where the large packet lies and goes its way as a packet like any other, the *lead*.
 * Where that way ends in a device that takes trains, the lead and those behind it go as trains; else each of them
 * becomes the lead in its turn.
 */
import {
  VIRTIO_BYTES, VIRTIO_CHECKSUM_OFFSET, VIRTIO_CHECKSUM_START, VIRTIO_FLAGS, VIRTIO_SEGMENTATION, VIRTIO_SEGMENT_BYTES,
  VirtioFlag, VirtioSegmentation,
} from "../abi/contract";
import { NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { set16 } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as checksums from "../wire/checksum";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";
import * as transport from "../wire/transport";
import * as orders from "../tables/orders";

/** What every host takes as one train. */
const MAX_TRAIN_SEGMENTS: u32 = 64;
const MAX_TRAIN_BYTES: u32 = 65000;

const MAX_HEADERS_BYTES: u32 = 256;
/** Headers of all segments; what differs is zero. */
const headers = memory.data(256, 16); // MAX_HEADERS_BYTES
let headersBytes: u32 = 0;
let upperOffset: u32 = 0;
let protocol: u32 = 0;
let isIpv4: bool = false;
let identification: u32 = 0;
let sequence: u32 = 0;
let flags: u32 = 0;
/** Of the pseudo-header without its length, and of the TCP or UDP header in `headers`. */
let headerSum: u64 = 0;

let payload: usize = 0;
let payloadBytes: u32 = 0;
let segmentBytes: u32 = 0;
/** Octets of the payload before the lead, and before what has no packet yet. */
let leadAt: u32 = 0;
let doneBytes: u32 = 0;

let leadPacket: usize = 0;
let leadBytes: u32 = 0;
let followerCount: u32 = 0;
let followerOctets: u32 = 0;
let madeBytes: u32 = 0;

/**
 * Takes the packet of `length` octets at `packet` from a tunnel device, whose VIRTIO_* header is right in front. After
 * `Reason.None`, `lead` is a packet with all its checksums: all of it, or its first segment.
 */
export function begin(packet: usize, length: u32): Reason {
  single(packet, length);
  const header = packet - VIRTIO_BYTES;
  const isPartial = (load<u8>(header, VIRTIO_FLAGS) & VirtioFlag.NeedsChecksum) != 0;
  const kind = <u32>load<u8>(header, VIRTIO_SEGMENTATION);
  if (kind == VirtioSegmentation.None) {
    return !isPartial || finishChecksum(
      packet, length, load<u16>(header, VIRTIO_CHECKSUM_START), load<u16>(header, VIRTIO_CHECKSUM_OFFSET),
    ) ? Reason.None : Reason.SegmentationMalformed;
  }
  segmentBytes = load<u16>(header, VIRTIO_SEGMENT_BYTES);
  if (segmentBytes == 0 || !read(packet, length, kind)) return Reason.SegmentationMalformed;
  leadAt = 0;
  doneBytes = 0;
  makeLead(packet, checksums.sum(payload, min(segmentBytes, payloadBytes)));
  return Reason.None;
}

/** A packet without more behind it, from a device that knows no segmentation offload. */
export function single(packet: usize, length: u32): void {
  leadPacket = packet;
  leadBytes = length;
  leadAt = 0;
  payloadBytes = 0;
  doneBytes = 0;
  followerCount = 0;
  followerOctets = 0;
}

/** RFC 768: a UDP checksum of zero would mean that there is none; TCP does not mind. */
function finishChecksum(packet: usize, length: u32, start: u32, offset: u32): bool {
  if ((offset & 1) != 0 || start + offset + 2 > length) return false;
  const p = packet + start;
  const sum = ~checksums.fold(checksums.sum(p, length - start)) & 0xffff;
  set16(p + offset, sum == 0 ? 0xffff : sum);
  return true;
}

/** Reads the headers of a large packet into `headers`; false when they are not what the host says. */
function read(packet: usize, length: u32, kind: u32): bool {
  if (length == 0) return false;
  isIpv4 = ip6.version(packet) == 4;
  protocol = kind == VirtioSegmentation.Udp ? NextHeader.Udp : NextHeader.Tcp;
  if (kind != VirtioSegmentation.Udp && kind != <u32>(isIpv4 ? VirtioSegmentation.Tcp4 : VirtioSegmentation.Tcp6)) {
    return false;
  }
  let total: u32 = 0;
  if (isIpv4) {
    if (ip4.checkQuoted(packet, length) != Reason.None || ip4.isFragment(packet)) return false;
    if (ip4.protocol(packet) != protocol) return false;
    upperOffset = ip4.headerBytes(packet);
    total = ip4.totalLength(packet);
    if (total > length) return false;
    identification = ip4.identification(packet);
  } else {
    if (ip6.check(packet, length) != Reason.None) return false;
    total = ip6.totalLength(packet);
    upperOffset = chain.findUpper(packet, total, protocol);
    if (upperOffset == 0) return false;
  }
  return readUpper(packet, total);
}

function readUpper(packet: usize, total: u32): bool {
  const upper = packet + upperOffset;
  const isTcp = protocol == NextHeader.Tcp;
  headersBytes = upperOffset + (isTcp ? transport.TCP_BYTES : transport.UDP_BYTES);
  if (headersBytes > total) return false;
  if (isTcp) {
    const tcpBytes = transport.tcpHeaderBytes(upper);
    if (tcpBytes < transport.TCP_BYTES) return false;
    headersBytes = upperOffset + tcpBytes;
  }
  if (headersBytes > total || headersBytes > MAX_HEADERS_BYTES) return false;
  payload = packet + headersBytes;
  payloadBytes = total - headersBytes;

  memory.copy(headers, packet, headersBytes);
  const own = headers + upperOffset;
  set16(own + transport.checksumOffset(protocol), 0);
  if (isTcp) {
    sequence = transport.sequence(upper);
    flags = transport.flags(upper);
    transport.setSequence(own, 0);
    transport.setFlags(own, 0);
  } else {
    transport.setUdpLength(own, 0);
  }
  headerSum = transport.pseudoHeader(packet, 0, protocol) + checksums.sumWords(own, headersBytes - upperOffset);
  return true;
}

// ---- one segment after the other ------------------------------------------------------------

/** The packet to be sent now, with HEADROOM before it, `leadLength` octets long. */
export function lead(): usize {
  return leadPacket;
}

export function leadLength(): u32 {
  return leadBytes;
}

/** The lead, and what went with it, is sent; true when there is more. */
export function advance(): bool {
  doneBytes = max(doneBytes, min(leadAt + segmentBytes, payloadBytes));
  leadAt = doneBytes;
  return doneBytes < payloadBytes;
}

/** True between two leads of one packet. */
export function isUnfinished(): bool {
  return doneBytes < payloadBytes && leadAt == doneBytes && doneBytes != 0;
}

/** Makes the next lead, in the orders' room; false (counted) when there is none left. */
export function next(): bool {
  const octets = min(segmentBytes, payloadBytes - leadAt);
  const packet = orders.allocate(headersBytes + octets);
  if (packet == 0) return false;
  makeLead(packet, checksums.copy(packet + headersBytes, payload + leadAt, octets));
  return true;
}

/** What is not sent yet never will be. */
export function abandon(): void {
  payloadBytes = 0;
  doneBytes = 0;
}

/** Writes the headers of the lead before its payload, whose sum is `payloadSum`. */
function makeLead(packet: usize, payloadSum: u64): void {
  const octets = min(segmentBytes, payloadBytes - leadAt);
  writeHeaders(packet, leadAt, octets, payloadSum);
  leadPacket = packet;
  leadBytes = headersBytes + octets;
  followerCount = 0;
  followerOctets = 0;
}

/**
 * Writes headers at `p` for the `octets` behind them, which stand at `at` in the payload of the large packet and have
 * the sum `payloadSum`.
 */
function writeHeaders(p: usize, at: u32, octets: u32, payloadSum: u64): void {
  memory.copy(p, headers, headersBytes);
  const total = headersBytes + octets;
  if (isIpv4) ip4.setSegment(p, total, identification + at / segmentBytes);
  else ip6.setPayloadLength(p, total - <u32>ip6.LENGTH_BYTES);
  const upper = p + upperOffset;
  const upperBytes = total - upperOffset;
  let sum = headerSum + bswap<u32>(upperBytes) + payloadSum;
  if (protocol == NextHeader.Tcp) {
    let own = flags;
    if (at != 0) own &= ~transport.CWR;
    if (at + octets < payloadBytes) own &= ~(transport.FIN | transport.PSH);
    transport.setSequence(upper, sequence + at);
    transport.setFlags(upper, own);
    sum += <u64>bswap<u32>(sequence + at) + bswap<u16>(<u16>own); // flags are the second octet of their word
    set16(upper + transport.TCP_CHECKSUM, ~checksums.fold(sum));
  } else {
    transport.setUdpLength(upper, upperBytes);
    sum += <u64>bswap<u16>(<u16>upperBytes);
    const checksum = ~checksums.fold(sum) & 0xffff;
    set16(upper + transport.UDP_CHECKSUM, checksum == 0 ? 0xffff : checksum);
  }
}

// ---- trains ---------------------------------------------------------------------------------

/** True when `packet` is the lead as it was given out, and more is behind it. */
export function leads(packet: usize): bool {
  return packet == leadPacket && leadAt + segmentBytes < payloadBytes;
}

/**
 * The next train, from the lead on, in the orders' room: `trainLength` octets, each packet of `packetLength`, the last
 * one perhaps shorter. 0: all are made, or (counted) there is no room.
 */
export function nextTrain(): usize {
  const left = payloadBytes - doneBytes;
  if (left == 0) return 0;
  const packetBytes = headersBytes + segmentBytes;
  const most = max<u32>(1, min(MAX_TRAIN_SEGMENTS, MAX_TRAIN_BYTES / packetBytes));
  const octets = min(left, most * segmentBytes);
  const count = (octets + segmentBytes - 1) / segmentBytes;
  madeBytes = count * headersBytes + octets;
  const train = orders.allocate(madeBytes);
  if (train == 0) return 0;
  let p = train;
  const end = doneBytes + octets;
  while (doneBytes < end) {
    const segment = min(segmentBytes, end - doneBytes);
    writeHeaders(p, doneBytes, segment, checksums.copy(p + headersBytes, payload + doneBytes, segment));
    p += headersBytes + segment;
    doneBytes += segment;
  }
  followerCount += count;
  followerOctets += madeBytes;
  return train;
}

export function trainLength(): u32 {
  return madeBytes;
}

export function packetLength(): u32 {
  return headersBytes + segmentBytes;
}

/** How many packets went out with the lead, itself included: 1 where no train was made. */
export function packetsSent(): u32 {
  return max<u32>(1, followerCount);
}

/** Their octets; `length` are those of a packet that is no train. */
export function octetsSent(length: u32): u32 {
  return followerCount == 0 ? length : followerOctets;
}
