/**
 * ARP messages for IPv4 over Ethernet. On simulated links they stand where packets stand, without a link-layer
 * header: their first octet tells them apart.
 *
 *   +---------------------------------------------------------------+
 *   |   hardware type 1 (Ethernet)  |   protocol type 0800 (IPv4)   |  0
 *   +---------------+---------------+-------------------------------+
 *   |       6       |       4       |   operation: 1 asks, 2 says   |  4
 *   +---------------+---------------+-------------------------------+
 *   |          sender: link-layer address, IPv4 address             |  8
 *   +---------------------------------------------------------------+
 *   |          target: link-layer address, IPv4 address             | 18
 *   +---------------------------------------------------------------+ 28
 *
 * RFC 826.
 */
import { formatAnyAddress, ipv4Mapped } from "../../bindings/address.ts";

const OPERATION = 6;
const SENDER_LINK = OPERATION + 2;
const SENDER = SENDER_LINK + 6;
const TARGET_LINK = SENDER + 4;
const TARGET = TARGET_LINK + 6;
const MESSAGE_BYTES = TARGET + 4;

const REQUEST = 1;
const REPLY = 2;
/** Ethernet and IPv4, six and four octets. */
const HEAD = [0, 1, 8, 0, 6, 4];

/** Addresses are IPv4-mapped; an unspecified one has only zeros behind the mark. */
export interface ArpMessage {
  readonly isRequest: boolean;
  readonly senderLink: Uint8Array;
  readonly sender: Uint8Array;
  readonly targetLink: Uint8Array;
  readonly target: Uint8Array;
}

/** Whether what came from a link is an ARP message: no packet begins with a zero. */
export function isArp(frame: Uint8Array): boolean {
  return frame.length >= MESSAGE_BYTES && HEAD.every((octet, index) => frame[index] === octet);
}

/** What an ARP message says. */
export function readArp(message: Uint8Array): ArpMessage {
  return {
    isRequest: message[OPERATION + 1] === REQUEST,
    senderLink: message.slice(SENDER_LINK, SENDER),
    sender: ipv4Mapped(message.subarray(SENDER, TARGET_LINK)),
    targetLink: message.slice(TARGET_LINK, TARGET),
    target: ipv4Mapped(message.subarray(TARGET, MESSAGE_BYTES)),
  };
}

/** "Who has `target`?" */
export function arpRequest(senderLink: Uint8Array, sender: Uint8Array, target: Uint8Array): Uint8Array {
  return build(REQUEST, senderLink, sender, new Uint8Array(6), target);
}

/** "`sender` has `senderLink`." */
export function arpReply(
  senderLink: Uint8Array, sender: Uint8Array, targetLink: Uint8Array, target: Uint8Array,
): Uint8Array {
  return build(REPLY, senderLink, sender, targetLink, target);
}

/** One line that sums a message up. */
export function describeArp(message: Uint8Array): string {
  const { isRequest, sender, target } = readArp(message);
  if (isRequest) return `${formatAnyAddress(sender)} > ARP Request ${formatAnyAddress(target)}`;
  return `${formatAnyAddress(sender)} > ARP Reply to ${formatAnyAddress(target)}`;
}

function build(
  operation: number, senderLink: Uint8Array, sender: Uint8Array, targetLink: Uint8Array, target: Uint8Array,
): Uint8Array {
  const message = new Uint8Array(MESSAGE_BYTES);
  message.set(HEAD);
  message[OPERATION + 1] = operation;
  message.set(senderLink, SENDER_LINK);
  message.set(sender.subarray(12), SENDER);
  message.set(targetLink, TARGET_LINK);
  message.set(target.subarray(12), TARGET);
  return message;
}
