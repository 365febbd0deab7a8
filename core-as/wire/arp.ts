/**
 * ARP for IPv4 on Ethernet (RFC 826), without a link-layer header; announcements are those of RFC 5227.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------------------------------+-------------------------------+
 *   |      Hardware Type = 1        |    Protocol Type = 0x0800     |  0
 *   +---------------+---------------+-------------------------------+
 *   |  Length = 6   |  Length = 4   |           Operation           |  4
 *   +---------------+---------------+-------------------------------+
 *   |                 Sender Hardware Address                       |  8
 *   |                               +-------------------------------+
 *   |                               |    Sender Protocol Address    | 14
 *   +-------------------------------+-------------------------------+
 *   |               ...             |    Target Hardware Address    | 18
 *   +-------------------------------+                               |
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                    Target Protocol Address                    | 24
 *   +---------------------------------------------------------------+
 */
import { Reason } from "../abi/reasons";
import { get16, get32, set16, set32 } from "./bytes";

const HARDWARE_TYPE: usize = 0;
const LENGTHS: usize = HARDWARE_TYPE + 4;
const OPERATION: usize = LENGTHS + 2;
const SENDER_HARDWARE: usize = OPERATION + 2;
const SENDER_PROTOCOL: usize = SENDER_HARDWARE + 6;
const TARGET_HARDWARE: usize = SENDER_PROTOCOL + 4;
const TARGET_PROTOCOL: usize = TARGET_HARDWARE + 6;

/** Octets of a message. */
export const LENGTH_BYTES: u32 = <u32>(TARGET_PROTOCOL + 4);
/** Octets of a link-layer address. */
export const LINK_ADDRESS_BYTES: u32 = 6;

/** Ethernet, and IPv4. */
const TYPES: u32 = 0x00010800;
/** Six octets, and four. */
const OCTETS: u32 = 0x0604;

/** What a message is. */
export enum ArpOperation {
  Request = 1,
  Reply = 2,
}

/** Whether it is ARP for IPv4 on Ethernet; after `Reason.None` no getter of this file can fail. Ethernet pads it. */
export function check(p: usize, length: u32): Reason {
  if (length < LENGTH_BYTES) return Reason.ArpMalformed;
  return get32(p) == TYPES && get16(p + LENGTHS) == OCTETS ? Reason.None : Reason.ArpMalformed;
}

/** One of `ArpOperation`, or one that is not known here. */
export function operation(p: usize): u32 {
  return get16(p + OPERATION);
}

/** Pointer to the link-layer address of the sender. */
export function senderHardware(p: usize): usize {
  return p + SENDER_HARDWARE;
}

/** Pointer to the IPv4 address of the sender; 0.0.0.0: it wants to know whether the target address is free (RFC 5227). */
export function senderProtocol(p: usize): usize {
  return p + SENDER_PROTOCOL;
}

/** Pointer to the IPv4 address that is asked about. */
export function targetProtocol(p: usize): usize {
  return p + TARGET_PROTOCOL;
}

/** Writes the reply to `request`, which lies elsewhere: its target address is at the link-layer address `hardware`. */
export function buildReply(p: usize, request: usize, hardware: usize): void {
  build(p, ArpOperation.Reply, hardware, targetProtocol(request), senderProtocol(request));
  memory.copy(p + TARGET_HARDWARE, senderHardware(request), LINK_ADDRESS_BYTES);
}

/** Writes an announcement: the IPv4 address at `address` is at the link-layer address `hardware` (RFC 5227 §2.3). */
export function buildAnnouncement(p: usize, hardware: usize, address: usize): void {
  build(p, ArpOperation.Request, hardware, address, address);
  memory.fill(p + TARGET_HARDWARE, 0, LINK_ADDRESS_BYTES);
}

function build(p: usize, operation: ArpOperation, hardware: usize, sender: usize, target: usize): void {
  set32(p + HARDWARE_TYPE, TYPES);
  set16(p + LENGTHS, OCTETS);
  set16(p + OPERATION, operation);
  memory.copy(p + SENDER_HARDWARE, hardware, LINK_ADDRESS_BYTES);
  store<u32>(p + SENDER_PROTOCOL, load<u32>(sender));
  store<u32>(p + TARGET_PROTOCOL, load<u32>(target));
}
