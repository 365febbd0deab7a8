/**
 * A table of the kernel's packet filter (nftables) that drops, at local input, what the kernel would
 * answer with an error although the core handles it. Spoken by netlink, without the `nft` program:
 *
 *   table ip6 NAME {            # flags owner: the kernel removes it when our socket closes, however we end
 *     set addresses { type ipv6_addr; }
 *     chain input {
 *       type filter hook input priority filter;
 *       ip6 daddr @addresses, destination options, octet 6, 14 or 22 is 0xc9: drop    (Home Address option)
 *       ip6 daddr @addresses, routing header, octet 2 is 2: drop                      (type 2)
 *     }
 *   }
 *
 * The Home Address option stands at 8n + 6 of its header (RFC 6275 §6.3): behind two or four octets of
 * padding, or behind one or two other options. Packet sockets get their copy before this hook.
 */

import {
  NETLINK_NETFILTER, NEXT_HEADER_DESTINATION_OPTIONS, NEXT_HEADER_ROUTING,
} from "./constants.ts";
import { addressBytes } from "./address-text.ts";
import { SystemError } from "./errors.ts";
import { encodeAttribute, NetlinkRequest, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL } from "./netlink-codec.ts";
import { NetlinkSocket } from "./netlink-socket.ts";

const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const SUBSYSTEM_NFTABLES = 10;
const NEWTABLE = 0;
const NEWCHAIN = 3;
const NEWRULE = 6;
const NEWSET = 9;
const NEWSETELEM = 12;
const DELSETELEM = 14;

const NFPROTO_IPV6 = 10;
const NLM_F_APPEND = 0x800;
const NESTED = 0x8000;
const LIST_ELEMENT = 1;
const TABLE_FLAG_OWNER = 2;
const HOOK_LOCAL_INPUT = 1;
const PRIORITY_FILTER = 0;
const VERDICT_REGISTER = 0;
const REGISTER = 1;
const NETWORK_HEADER = 1;
const EQUAL = 0;
const DROP = 0;

const SET = "addresses";
const CHAIN = "input";
const KEY_TYPE_IPV6_ADDRESS = 8;
const DESTINATION_OFFSET = 24;
const ADDRESS_BYTES = 16;

const HOME_ADDRESS_OPTION = 0xc9;
const HOME_ADDRESS_OPTION_OFFSETS = [6, 14, 22];
const ROUTING_TYPE_OFFSET = 2;
const TYPE_2 = 2;

const NEEDS_NFTABLES = "the guard needs nftables with table owners (CONFIG_NF_TABLES, Linux 5.12 or later)";
/** The kernel says EPERM also of a table that another process owns. */
const NOT_OURS = "another process has a table of that name, or CAP_NET_ADMIN is missing";

export class PacketDrop {
  readonly #netlink = new NetlinkSocket(NETLINK_NETFILTER);
  readonly #table: string;

  /** Makes the table, with no address in it. Throws SystemError: EPERM, or no nftables. */
  constructor(table: string) {
    this.#table = table;
    try {
      this.#commit("make packet filter table", [
        message(NEWTABLE, NLM_F_EXCL, string(1, table), number(2, TABLE_FLAG_OWNER)),
        message(NEWSET, NLM_F_EXCL, string(1, table), string(2, SET), number(3, 0),
          number(4, KEY_TYPE_IPV6_ADDRESS), number(5, ADDRESS_BYTES), number(10, 1)),
        message(NEWCHAIN, NLM_F_EXCL, string(1, table), string(3, CHAIN),
          nested(4, number(1, HOOK_LOCAL_INPUT), number(2, PRIORITY_FILTER)), string(7, "filter")),
        ...HOME_ADDRESS_OPTION_OFFSETS.map((offset) =>
          this.#dropRule(NEXT_HEADER_DESTINATION_OPTIONS, offset, HOME_ADDRESS_OPTION)),
        this.#dropRule(NEXT_HEADER_ROUTING, ROUTING_TYPE_OFFSET, TYPE_2),
      ]);
    } catch (error) {
      this.#netlink.close();
      throw error;
    }
  }

  /** Begins to drop what comes to this address. */
  add(address: string): void {
    this.#commit(`guard ${address}`, [message(NEWSETELEM, 0, ...this.#element(address))]);
  }

  /** Lets packets to this address through again; throws SystemError ENOENT when it was not there. */
  remove(address: string): void {
    this.#commit(`stop guarding ${address}`, [message(DELSETELEM, 0, ...this.#element(address))]);
  }

  /** Removes the table. */
  close(): void {
    this.#netlink.close();
  }

  #element(address: string): Uint8Array[] {
    const key = nested(1, encodeAttribute(1, addressBytes(address)));
    return [string(1, this.#table), string(2, SET), nested(3, nested(LIST_ELEMENT, key))];
  }

  /** To an address in the set, and one octet of an extension header has this value: drop. */
  #dropRule(extensionHeader: number, offset: number, value: number): NetlinkRequest {
    return message(NEWRULE, NLM_F_APPEND, string(1, this.#table), string(2, CHAIN), nested(4,
      expression("payload", number(1, REGISTER), number(2, NETWORK_HEADER), number(3, DESTINATION_OFFSET),
        number(4, ADDRESS_BYTES)),
      expression("lookup", string(1, SET), number(2, REGISTER), number(4, 1)),
      expression("exthdr", number(1, REGISTER), octet(2, extensionHeader), number(3, offset), number(4, 1)),
      expression("cmp", number(1, REGISTER), number(2, EQUAL), nested(3, octet(1, value))),
      expression("immediate", number(1, VERDICT_REGISTER), nested(2, nested(2, number(1, DROP)))),
    ));
  }

  /** All or nothing: the kernel takes the messages between begin and end as one transaction. */
  #commit(what: string, messages: NetlinkRequest[]): void {
    const begin = new NetlinkRequest(BATCH_BEGIN, 0, generic(0, SUBSYSTEM_NFTABLES));
    const end = new NetlinkRequest(BATCH_END, 0, generic(0, SUBSYSTEM_NFTABLES));
    try {
      this.#netlink.batch([begin, ...messages, end], messages.length, what);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code === "ENOENT") throw error;
      throw new SystemError(what, error.errno, error.code === "EPERM" ? NOT_OURS : NEEDS_NFTABLES);
    }
  }
}

function message(type: number, flags: number, ...attributes: Uint8Array[]): NetlinkRequest {
  const number = (SUBSYSTEM_NFTABLES << 8) | type;
  const request = new NetlinkRequest(number, NLM_F_CREATE | NLM_F_ACK | flags, generic(NFPROTO_IPV6, 0));
  return request.add(...attributes);
}

/** nfgenmsg: family, version 0, resource (16 bits, network order). */
function generic(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource & 0xff);
}

function expression(name: string, ...attributes: Uint8Array[]): Uint8Array {
  return nested(LIST_ELEMENT, string(1, name), nested(2, ...attributes));
}

function nested(type: number, ...attributes: Uint8Array[]): Uint8Array {
  return encodeAttribute(type | NESTED, Buffer.concat(attributes));
}

/** nftables has its numbers in network order. */
function number(type: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return encodeAttribute(type, bytes);
}

function octet(type: number, value: number): Uint8Array {
  return encodeAttribute(type, Uint8Array.of(value));
}

function string(type: number, value: string): Uint8Array {
  return encodeAttribute(type, Buffer.from(`${value}\0`));
}
