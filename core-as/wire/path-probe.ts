/**
 * A path probe: a question to a home agent that shows whether a path lets packets of some size through, and what the
 * path did to our address. It is the Experimental Mobility Header (RFC 5096 §3) with content of our own; a node that
 * does not know it answers with a Binding Error, and the path is proved as well.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                                   +---------------+---------------+
 *                                   |     Kind      |   Reserved    |  6
 *   +-------------------------------+---------------+---------------+
 *   |                        Magic = "mext"                         |  8
 *   +-------------------------------+-------------------------------+
 *   |          Answer Port          |           Seen Port           | 12
 *   +-------------------------------+-------------------------------+
 *   |                             Nonce                             | 16
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                     Time (NTP timestamp)                      | 24
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                         Seen Address                          | 32
 *   +---------------------------------------------------------------+
 *   |                          Padding ...                          | 48
 *   +---------------------------------------------------------------+
 *
 * Answer Port is the request's: where an answer by UDP goes instead of the port that the request came from. Seen
 * Address (IPv4-mapped where the outer header was IPv4), Seen Port and Time are the answer's. Answers are as long as
 * their requests.
 */
import { MobilityHeaderType } from "../abi/codes";
import { ADDRESS_BYTES, copyAddress, get8, get16, get32, get64, set8, set16, set32, set64 } from "./bytes";
import * as mobility from "./mobility";

const KIND: usize = mobility.MESSAGE_DATA;
const MAGIC: usize = KIND + 2;
const ANSWER_PORT: usize = MAGIC + 4;
const SEEN_PORT: usize = ANSWER_PORT + 2;
const NONCE: usize = SEEN_PORT + 2;
const TIME: usize = NONCE + 8;
const SEEN_ADDRESS: usize = TIME + 8;
const PADDING: usize = SEEN_ADDRESS + ADDRESS_BYTES;

/** Octets of the shortest probe, and of the longest: what a Mobility Header has room for. */
export const MIN_BYTES: u32 = <u32>PADDING;
export const MAX_BYTES: u32 = 2048;

/** "mext" */
const OURS: u32 = 0x6d657874;

/** What a probe is. */
export enum ProbeKind {
  Request = 1,
  Answer = 2,
}

/**
 * True for an Experimental message that is a probe, so that no getter of this file can fail. `mobility.check` comes
 * first; what others experiment with is not for us.
 */
export function isProbe(p: usize): bool {
  return mobility.lengthBytes(p) >= MIN_BYTES && get32(p + MAGIC) == OURS;
}

/** One of `ProbeKind`, or a kind that is not known here. */
export function kind(p: usize): u32 {
  return get8(p + KIND);
}

/** What the request's sender chose, so that strangers cannot answer it. */
export function nonce(p: usize): u64 {
  return get64(p + NONCE);
}

/** Port that the answer goes to, 0: to where the request came from. */
export function answerPort(p: usize): u32 {
  return get16(p + ANSWER_PORT);
}

/** Pointer to the address that the request came from, in its outer header. */
export function seenAddress(p: usize): usize {
  return p + SEEN_ADDRESS;
}

/** UDP port that it came from, 0: it came without UDP. */
export function seenPort(p: usize): u32 {
  return get16(p + SEEN_PORT);
}

/** The answering node's time of day as an NTP timestamp, 0: it does not say. */
export function time(p: usize): u64 {
  return get64(p + TIME);
}

/**
 * Writes a request of `lengthBytes` octets, raised to MIN_BYTES and to a multiple of 8, and returns its end;
 * `mobility.finish` completes it.
 */
export function buildRequest(p: usize, nonce: u64, answerPort: u32, lengthBytes: u32): usize {
  const end = begin(p, ProbeKind.Request, nonce, lengthBytes);
  set16(p + ANSWER_PORT, answerPort);
  return end;
}

/**
 * Writes the answer to `request`, which lies elsewhere and is at most MAX_BYTES long, and returns its end;
 * `mobility.finish` completes it.
 */
export function buildAnswer(p: usize, request: usize, seenAddress: usize, seenPort: u32, time: u64): usize {
  const end = begin(p, ProbeKind.Answer, nonce(request), mobility.lengthBytes(request));
  set16(p + ANSWER_PORT, answerPort(request));
  set16(p + SEEN_PORT, seenPort);
  set64(p + TIME, time);
  copyAddress(p + SEEN_ADDRESS, seenAddress);
  return end;
}

function begin(p: usize, kind: ProbeKind, nonce: u64, lengthBytes: u32): usize {
  const length = min(max((lengthBytes + 7) & ~7, MIN_BYTES), MAX_BYTES);
  mobility.begin(p, MobilityHeaderType.Experimental);
  memory.fill(p + KIND, 0, length - <u32>KIND);
  set8(p + KIND, kind);
  set32(p + MAGIC, OURS);
  set64(p + NONCE, nonce);
  return p + length;
}
