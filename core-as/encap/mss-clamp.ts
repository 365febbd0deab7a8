/**
 * The maximum segment size that a TCP connection through a tunnel begins with is made to fit the tunnel, in both
 * directions: where ICMP is lost on the way, no large segment is (RFC 9293 §3.7.1).
 *
 *   Source Port … Window (16 octets) │ Checksum │ Urgent │ … │ 2 │ 4 │ segment size │ …
 */
import { MINIMUM_MTU, NextHeader } from "../abi/codes";
import { get8, get16, set16 } from "../wire/bytes";
import * as chain from "../wire/chain";
import * as checksums from "../wire/checksum";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";

/** Octets of a TCP header without options. */
const TCP_BYTES: u32 = 20;
const DATA_OFFSET: usize = 12;
const FLAGS: usize = DATA_OFFSET + 1;
const CHECKSUM: usize = FLAGS + 3;
const SYN: u32 = 2;

const END_OF_OPTIONS: u32 = 0;
const NO_OPERATION: u32 = 1;
const SEGMENT_SIZE: u32 = 2;
const SEGMENT_SIZE_BYTES: u32 = 4;

/**
 * Lowers the segment size in the packet at `packet`, which has passed `ip6.check`, to what a tunnel takes that leaves
 * `room` octets for it. The packet's checksum must be complete.
 */
export function clamp(packet: usize, length: u32, room: u32): void {
  const next = ip6.nextHeader(packet);
  if (next == NextHeader.Tcp) clampSegment(packet + ip6.LENGTH_BYTES, length - <u32>ip6.LENGTH_BYTES, sizeIn(room));
  else if (chain.isExtension(next)) clampBehind(packet, length, room);
}

function clampBehind(packet: usize, length: u32, room: u32): void {
  const at = chain.findUpper(packet, length, NextHeader.Tcp);
  if (at != 0) clampSegment(packet + at, length - at, sizeIn(room));
}

/** By IPv6, what the tunnel cannot take in one piece it fragments, down to 1,280 octets. */
function sizeIn(room: u32): u32 {
  return max<u32>(room, MINIMUM_MTU) - <u32>ip6.LENGTH_BYTES - TCP_BYTES;
}

/** The same for a packet that has passed `ip4.check`. */
export function clampIpv4(packet: usize, length: u32, room: u32): void {
  if (ip4.protocol(packet) != NextHeader.Tcp || ip4.isLaterFragment(packet)) return;
  const header = ip4.headerBytes(packet);
  clampSegment(packet + header, length - header, room - <u32>ip4.LENGTH_BYTES - TCP_BYTES);
}

function clampSegment(tcp: usize, length: u32, size: u32): void {
  if (length < TCP_BYTES || (get8(tcp + FLAGS) & SYN) == 0) return;
  const end = min((get8(tcp + DATA_OFFSET) >> 4) * 4, length);
  let at = TCP_BYTES;
  while (at + SEGMENT_SIZE_BYTES <= end) {
    const kind = get8(tcp + at);
    if (kind == END_OF_OPTIONS) return;
    const octets = kind == NO_OPERATION ? 1 : get8(tcp + at + 1);
    if (octets == 0) return;
    if (kind == SEGMENT_SIZE && octets == SEGMENT_SIZE_BYTES) {
      if (get16(tcp + at + 2) > size) replace(tcp, at + 2, size);
      return;
    }
    at += octets;
  }
}

/** Writes a segment size at offset `at`, and what that changes into the checksum (RFC 1624 §3). */
function replace(tcp: usize, at: u32, size: u32): void {
  // Options stand anywhere, and sums are of whole 16-bit words: an odd place lies in two.
  const words = tcp + (at & ~1);
  const octets: u32 = (at & 1) == 0 ? 2 : 4;
  const before = checksums.sumWords(words, octets);
  set16(tcp + at, size);
  set16(tcp + CHECKSUM, checksums.update(get16(tcp + CHECKSUM), before, checksums.sumWords(words, octets)));
}
