/**
 * The part of the packet filter's netlink language (nfnetlink, linux/netfilter/nf_tables.h) that
 * packet-drop.ts speaks. Numbers are in network order here, unlike everywhere else in netlink; a
 * message begins with nfgenmsg: family, version 0, resource (16 bits).
 *
 * A rule is a list of expressions, which work on registers like a small machine: load, compare, and
 * leave the rule when the comparison fails.
 */

import { encodeAttribute, NetlinkRequest, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL } from "./netlink-codec.ts";

const SUBSYSTEM = 10;
const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const NEWTABLE = (SUBSYSTEM << 8) | 0;
const NEWCHAIN = (SUBSYSTEM << 8) | 3;
const NEWRULE = (SUBSYSTEM << 8) | 6;
const NEWSET = (SUBSYSTEM << 8) | 9;
const NEWSETELEM = (SUBSYSTEM << 8) | 12;
const DELSETELEM = (SUBSYSTEM << 8) | 14;
const FAMILY_IPV6 = 10;
const NLM_F_APPEND = 0x800;
const NESTED = 0x8000;
const LIST_ELEMENT = 1;

const TABLE = { name: 1, flags: 2 };
const TABLE_FLAG_OWNER = 2;

const SET = { table: 1, name: 2, flags: 3, keyType: 4, keyLength: 5, id: 10 };
const ELEMENTS = { table: 1, set: 2, list: 3 };
const ELEMENT_KEY = 1;
const DATA_VALUE = 1;
const DATA_VERDICT = 2;
const VERDICT_CODE = 1;
const KEY_TYPE_IPV6_ADDRESS = 8;
const SET_ID = 1;

const CHAIN = { table: 1, name: 3, hook: 4, type: 7 };
const HOOK = { number: 1, priority: 2 };
/** Where a chain is asked: about every packet that comes in, or about those for this host. */
export const HOOKS = { prerouting: 0, input: 1 } as const;
const PRIORITY_FILTER = 0;

const RULE = { table: 1, chain: 2, expressions: 4 };
const EXPRESSION = { name: 1, data: 2 };
const PAYLOAD = { register: 1, base: 2, offset: 3, length: 4 };
const LOOKUP = { set: 1, register: 2, setId: 4 };
const EXTENSION_HEADER = { register: 1, type: 2, offset: 3, length: 4 };
const COMPARE = { register: 1, operation: 2, data: 3 };
const IMMEDIATE = { register: 1, data: 2 };
const NETWORK_HEADER = 1;
const EQUAL = 0;
const DROP = 0;
const VERDICT_REGISTER = 0;
const REGISTER = 1;

const ADDRESS_BYTES = 16;
export const DESTINATION_OFFSET = 24;

/** Puts messages between begin and end: the kernel does all of them or none. */
export function transaction(messages: readonly NetlinkRequest[]): NetlinkRequest[] {
  const begin = new NetlinkRequest(BATCH_BEGIN, 0, Uint8Array.of(0, 0, 0, SUBSYSTEM));
  const end = new NetlinkRequest(BATCH_END, 0, Uint8Array.of(0, 0, 0, SUBSYSTEM));
  return [begin, ...messages, end];
}

/** A table that belongs to the socket that makes it, and goes with it. */
export function ownedTable(table: string): NetlinkRequest {
  return message(NEWTABLE, NLM_F_EXCL, [text(TABLE.name, table), number(TABLE.flags, TABLE_FLAG_OWNER)]);
}

/** An empty set of IPv6 addresses. */
export function addressSet(table: string, set: string): NetlinkRequest {
  return message(NEWSET, NLM_F_EXCL, [
    text(SET.table, table), text(SET.name, set), number(SET.flags, 0),
    number(SET.keyType, KEY_TYPE_IPV6_ADDRESS), number(SET.keyLength, ADDRESS_BYTES), number(SET.id, SET_ID),
  ]);
}

/** Puts an address into a set. */
export function addElement(table: string, set: string, address: Uint8Array): NetlinkRequest {
  return message(NEWSETELEM, 0, element(table, set, address));
}

/** Takes an address out of a set; ENOENT when it is not in it. */
export function removeElement(table: string, set: string, address: Uint8Array): NetlinkRequest {
  return message(DELSETELEM, 0, element(table, set, address));
}

/** A chain that lets pass what no rule drops. */
export function filterChain(table: string, chain: string, where: keyof typeof HOOKS): NetlinkRequest {
  const hook = [number(HOOK.number, HOOKS[where]), number(HOOK.priority, PRIORITY_FILTER)];
  return message(NEWCHAIN, NLM_F_EXCL, [
    text(CHAIN.table, table), text(CHAIN.name, chain), text(CHAIN.type, "filter"),
    nested(CHAIN.hook, ...hook),
  ]);
}

/** A rule at the end of a chain. */
export function rule(table: string, chain: string, ...expressions: Uint8Array[]): NetlinkRequest {
  return message(NEWRULE, NLM_F_APPEND, [
    text(RULE.table, table), text(RULE.chain, chain), nested(RULE.expressions, ...expressions),
  ]);
}

/** Leaves the rule unless these octets are in the packet, counted from its IPv6 header. */
export function octetsAt(offset: number, ...octets: number[]): Uint8Array[] {
  return [
    load(offset, octets.length),
    expression("cmp", number(COMPARE.register, REGISTER), number(COMPARE.operation, EQUAL),
      nested(COMPARE.data, encodeAttribute(DATA_VALUE, Uint8Array.from(octets)))),
  ];
}

/** Leaves the rule unless the packet's destination address is in a set. */
export function destinationIn(set: string): Uint8Array[] {
  return [
    load(DESTINATION_OFFSET, ADDRESS_BYTES),
    expression("lookup", text(LOOKUP.set, set), number(LOOKUP.register, REGISTER),
      number(LOOKUP.setId, SET_ID)),
  ];
}

/** Leaves the rule unless the packet has the extension header, and in it, at `offset`, this octet. */
export function extensionHeaderOctet(header: number, offset: number, value: number): Uint8Array[] {
  return [
    expression("exthdr", number(EXTENSION_HEADER.register, REGISTER), octet(EXTENSION_HEADER.type, header),
      number(EXTENSION_HEADER.offset, offset), number(EXTENSION_HEADER.length, 1)),
    expression("cmp", number(COMPARE.register, REGISTER), number(COMPARE.operation, EQUAL),
      nested(COMPARE.data, octet(DATA_VALUE, value))),
  ];
}

/** Drops the packet. */
export function drop(): Uint8Array {
  const verdict = nested(DATA_VERDICT, number(VERDICT_CODE, DROP));
  return expression("immediate", number(IMMEDIATE.register, VERDICT_REGISTER),
    nested(IMMEDIATE.data, verdict));
}

function load(offset: number, length: number): Uint8Array {
  return expression("payload", number(PAYLOAD.register, REGISTER), number(PAYLOAD.base, NETWORK_HEADER),
    number(PAYLOAD.offset, offset), number(PAYLOAD.length, length));
}

function message(type: number, flags: number, attributes: Uint8Array[]): NetlinkRequest {
  const fixed = Uint8Array.of(FAMILY_IPV6, 0, 0, 0);
  return new NetlinkRequest(type, NLM_F_CREATE | NLM_F_ACK | flags, fixed).add(...attributes);
}

function element(table: string, set: string, address: Uint8Array): Uint8Array[] {
  const key = nested(ELEMENT_KEY, encodeAttribute(DATA_VALUE, address));
  const list = nested(ELEMENTS.list, nested(LIST_ELEMENT, key));
  return [text(ELEMENTS.table, table), text(ELEMENTS.set, set), list];
}

function expression(name: string, ...attributes: Uint8Array[]): Uint8Array {
  return nested(LIST_ELEMENT, text(EXPRESSION.name, name), nested(EXPRESSION.data, ...attributes));
}

function nested(type: number, ...attributes: Uint8Array[]): Uint8Array {
  return encodeAttribute(type | NESTED, Buffer.concat(attributes));
}

function number(type: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return encodeAttribute(type, bytes);
}

function octet(type: number, value: number): Uint8Array {
  return encodeAttribute(type, Uint8Array.of(value));
}

function text(type: number, value: string): Uint8Array {
  return encodeAttribute(type, Buffer.from(`${value}\0`));
}
