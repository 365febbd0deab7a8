/**
 * Tables of the kernel's packet filter (nftables) that drop what the kernel would answer although the core handles it.
 * Spoken by netlink, without the `nft` program:
 *
 *   table ip6 NAME {            # flags owner: the kernel removes it when our socket closes, however we end
 *     set addresses { type ipv6_addr; }
 *     chain drops {
 *       type filter hook input priority filter;                                       (MOBILITY)
 *       ip6 daddr @addresses, destination options, octet 6, 14 or 22 is 0xc9: drop    (Home Address option)
 *       ip6 daddr @addresses, routing header, octet 2 is 2: drop                      (type 2)
 *     }
 *   }
 *
 * The Home Address option stands at 8n + 6 of its header (RFC 6275 §6.3): behind four octets of padding,
 * or behind one or two other options. Packet sockets get their copy before either hook.
 */

import { addressBytes } from "./address-text.ts";
import {
  NETLINK_NETFILTER, NEXT_HEADER_DESTINATION_OPTIONS, NEXT_HEADER_ICMPV6, NEXT_HEADER_ROUTING,
} from "./constants.ts";
import { SystemError } from "./errors.ts";
import type { NetlinkRequest } from "./netlink-codec.ts";
import { NetlinkSocket } from "./netlink-socket.ts";
import {
  addElement, addressSet, DESTINATION_OFFSET, destinationIn, drop, extensionHeaderOctet, filterChain, type HOOKS,
  octetsAt, ownedTable, removeElement, rule, transaction,
} from "./nftables.ts";

const SET = "addresses";
const CHAIN = "drops";
const HOME_ADDRESS_OPTION = 0xc9;
const HOME_ADDRESS_OPTION_OFFSETS = [6, 14, 22];
const ROUTING_TYPE_OFFSET = 2;
const ROUTING_TYPE_2 = 2;
const NEXT_HEADER_OFFSET = 6;
const ICMPV6_TYPE_OFFSET = 40;
const NEIGHBOUR_SOLICITATION = 135;
const LINK_LOCAL = [0xfe, 0x80];

const NEEDS_NFTABLES = "the guard needs nftables with table owners (CONFIG_NF_TABLES, Linux 5.12 or later)";
/** The kernel says EPERM also of a table that another process owns. */
const NOT_OURS = "another process has a table of that name, or CAP_NET_ADMIN is missing";

/** What is dropped of the packets to the addresses, and where: each rule is a list of conditions. */
export interface Dropped {
  readonly hook: keyof typeof HOOKS;
  readonly rules: readonly (readonly Uint8Array[])[];
}

/** Packets for this host that only the core understands. */
export const MOBILITY: Dropped = {
  hook: "input",
  rules: [
    ...HOME_ADDRESS_OPTION_OFFSETS.map((offset) => (
      extensionHeaderOctet(NEXT_HEADER_DESTINATION_OPTIONS, offset, HOME_ADDRESS_OPTION)
    )),
    extensionHeaderOctet(NEXT_HEADER_ROUTING, ROUTING_TYPE_OFFSET, ROUTING_TYPE_2),
  ],
};

/**
 * What neighbours on the home link ask of nodes that are away, or send to their link-local addresses (RFC 6275 §10.4.1,
 * §10.4.2). A kernel that forwards would send it back to the link, with a Redirect, or complain about its source.
 */
export const NEIGHBOURS: Dropped = {
  hook: "prerouting",
  rules: [
    octetsAt(DESTINATION_OFFSET, ...LINK_LOCAL),
    [...octetsAt(NEXT_HEADER_OFFSET, NEXT_HEADER_ICMPV6), ...octetsAt(ICMPV6_TYPE_OFFSET, NEIGHBOUR_SOLICITATION)],
  ],
};

export class PacketDrop {
  readonly #netlink = new NetlinkSocket(NETLINK_NETFILTER);
  readonly #table: string;

  /** Makes the table, with no address in it. Throws SystemError: EPERM, or no nftables. */
  constructor(table: string, { hook, rules }: Dropped) {
    this.#table = table;
    try {
      this.#commit("make packet filter table", [
        ownedTable(table),
        addressSet(table, SET),
        filterChain(table, CHAIN, hook),
        ...rules.map((conditions) => rule(table, CHAIN, ...destinationIn(SET), ...conditions, drop())),
      ]);
    } catch (error) {
      this.#netlink.close();
      throw error;
    }
  }

  /** Begins to drop what comes to this address. */
  add(address: string): void {
    this.#commit(`guard ${address}`, [addElement(this.#table, SET, addressBytes(address))]);
  }

  /** Lets packets to this address through again; throws SystemError ENOENT when it was not there. */
  remove(address: string): void {
    this.#commit(`stop guarding ${address}`, [removeElement(this.#table, SET, addressBytes(address))]);
  }

  /** Removes the table. */
  close(): void {
    this.#netlink.close();
  }

  #commit(what: string, messages: NetlinkRequest[]): void {
    try {
      // the last message before the end of the transaction is the one whose acknowledgement is waited for
      this.#netlink.batch(transaction(messages), messages.length, what);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code === "ENOENT") throw error;
      throw new SystemError(what, error.errno, error.code === "EPERM" ? NOT_OURS : NEEDS_NFTABLES);
    }
  }
}
