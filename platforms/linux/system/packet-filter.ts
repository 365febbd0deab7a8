/**
 * The classic BPF program that picks the packets of Mobile IPv6 out of everything an interface
 * receives, inside the kernel: the rest never wakes us.
 *
 *   sock_filter, 8 bytes:  0 code (16 bits)  2 jump if true  3 jump if false  4 operand (32 bits)
 *   sock_fprog, 16 bytes:  0 number of instructions (16 bits)  8 pointer to them
 *
 * The packet starts at its IPv6 header, because the socket is of type SOCK_DGRAM.
 */

import {
  NEXT_HEADER_DESTINATION_OPTIONS, NEXT_HEADER_FRAGMENT, NEXT_HEADER_ICMPV6, NEXT_HEADER_IPV4,
  NEXT_HEADER_IPV6,  NEXT_HEADER_MOBILITY, NEXT_HEADER_ROUTING, PACKET_LOOPBACK, PACKET_OUTGOING, SOL_SOCKET,
  SO_ATTACH_FILTER,
} from "./constants.ts";
import { Block, setBytesOption } from "./memory.ts";

const SOCK_FPROG_BYTES = 16;
const SOCK_FILTER_BYTES = 8;

const LOAD_BYTE = 0x30;
const LOAD_HALF_WORD = 0x28;
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_OR_EQUAL = 0x35;
const RETURN = 0x06;

/** Offsets from here up are not in the packet: the kernel answers with its own knowledge of it. */
const ANCILLARY = 0xfffff000;
const PACKET_TYPE = ANCILLARY + 4;
const INTERFACE_INDEX = ANCILLARY + 8;

const NEXT_HEADER_OFFSET = 6;
const DESTINATION_OFFSET = 24;
const ICMPV6_TYPE_OFFSET = 40;
const MULTICAST = 0xff;
const LINK_LOCAL = 0xfe80;
const WHOLE_PACKET = 0xffffffff;

/** Next headers taken whatever follows: RFC 6275 §6.3, §6.4 and §6.1, RFC 2473, and fragments of them. */
export const MOBILITY_NEXT_HEADERS: readonly number[] = [
  NEXT_HEADER_DESTINATION_OPTIONS, NEXT_HEADER_ROUTING, NEXT_HEADER_MOBILITY, NEXT_HEADER_IPV6,
  NEXT_HEADER_IPV4, NEXT_HEADER_FRAGMENT,
];

/** ICMPv6 errors (RFC 4443), neighbour discovery (RFC 4861), home agent messages (RFC 6275 §6.5–6.8). */
export const MOBILITY_ICMPV6_TYPES: readonly (readonly [first: number, last: number])[] = [
  [1, 4], [133, 137], [144, 147],
];

export interface PacketSelection {
  /** Next header values of the IPv6 header; default MOBILITY_NEXT_HEADERS. ICMPv6 is not among them. */
  readonly nextHeaders?: readonly number[];
  /** Ranges of ICMPv6 types; default MOBILITY_ICMPV6_TYPES. */
  readonly icmpv6Types?: readonly (readonly [first: number, last: number])[];
  /** Also packets to any multicast group, whatever is in them. */
  readonly groups?: boolean;
  /** Also packets to any link-local address, whatever is in them. */
  readonly linkLocal?: boolean;
  /** Interfaces whose packets are left out, above all our own TUN device. */
  readonly excludedInterfaces?: readonly number[];
}

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

const ACCEPT: Instruction = [RETURN, 0, 0, WHOLE_PACKET];
const DROP: Instruction = [RETURN, 0, 0, 0];

/** A filter that lets nothing through. */
export const DROP_ALL: readonly Instruction[] = [DROP];

/** A filter that lets through what comes in, and not what leaves. */
export const RECEIVED_ONLY: readonly Instruction[] = [
  [LOAD_WORD, 0, 0, PACKET_TYPE], ...when(PACKET_OUTGOING, DROP), ...when(PACKET_LOOPBACK, DROP), ACCEPT,
];

/** The filter of the access side. */
export function mobilityFilter(selection: PacketSelection = {}): readonly Instruction[] {
  const nextHeaders = selection.nextHeaders ?? MOBILITY_NEXT_HEADERS;
  const icmpv6Types = selection.icmpv6Types ?? MOBILITY_ICMPV6_TYPES;
  return [
    [LOAD_WORD, 0, 0, PACKET_TYPE],
    ...when(PACKET_OUTGOING, DROP),
    ...when(PACKET_LOOPBACK, DROP),
    [LOAD_WORD, 0, 0, INTERFACE_INDEX],
    ...(selection.excludedInterfaces ?? []).flatMap((index) => when(index, DROP)),
    ...(selection.groups ? [[LOAD_BYTE, 0, 0, DESTINATION_OFFSET] as const, ...when(MULTICAST, ACCEPT)] : []),
    ...(selection.linkLocal ? [[LOAD_HALF_WORD, 0, 0, DESTINATION_OFFSET] as const, ...when(LINK_LOCAL, ACCEPT)] : []),
    [LOAD_BYTE, 0, 0, NEXT_HEADER_OFFSET],
    ...nextHeaders.flatMap((nextHeader) => when(nextHeader, ACCEPT)),
    [JUMP_EQUAL, 1, 0, NEXT_HEADER_ICMPV6],
    DROP,
    [LOAD_BYTE, 0, 0, ICMPV6_TYPE_OFFSET],
    ...icmpv6Types.flatMap(([first, last]) => whenBetween(first, last, ACCEPT)),
    DROP,
  ];
}

/** Puts a filter on a socket, in place of the one before; throws SystemError. */
export function attachFilter(fd: number, filter: readonly Instruction[]): void {
  // the instructions follow their header in one block, so that they live as long
  const program = new Block(SOCK_FPROG_BYTES + filter.length * SOCK_FILTER_BYTES);
  program.view.setUint16(0, filter.length, true);
  program.setAddress(8, program.address + SOCK_FPROG_BYTES);
  filter.forEach(([code, jumpTrue, jumpFalse, operand], index) => {
    const offset = SOCK_FPROG_BYTES + index * SOCK_FILTER_BYTES;
    program.view.setUint16(offset, code, true);
    program.view.setUint8(offset + 2, jumpTrue);
    program.view.setUint8(offset + 3, jumpFalse);
    program.view.setUint32(offset + 4, operand, true);
  });
  const header = program.bytes.subarray(0, SOCK_FPROG_BYTES);
  setBytesOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, "SO_ATTACH_FILTER");
}

function when(value: number, verdict: Instruction): Instruction[] {
  return [[JUMP_EQUAL, 0, 1, value], verdict];
}

function whenBetween(first: number, last: number, verdict: Instruction): Instruction[] {
  return [[JUMP_GREATER_OR_EQUAL, 0, 2, first], [JUMP_GREATER_OR_EQUAL, 1, 0, last + 1], verdict];
}
