/**
 * Network interfaces (RTM_*LINK).
 *
 *   ifinfomsg, 16 bytes:  0 family  2 hardware type (16 bits)  4 index (32 bits)  8 flags  12 change mask
 */

import { ENODEV, IFF_LOOPBACK, IFF_LOWER_UP, IFF_UP } from "./constants.ts";
import { SystemError } from "./errors.ts";
import {
  decodeAttributes, type NetlinkMessage, NetlinkRequest, NLM_F_ACK, NLM_F_DUMP, number32, text,
} from "./netlink-codec.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
const RTM_GETLINK = 18;

const IFINFOMSG_BYTES = 16;
const INDEX = 4;
const INTERFACE_FLAGS = 8;
const CHANGE = 12;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_TXQLEN = 13;

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mtuBytes: number;
  /** Switched on by the administrator. */
  readonly up: boolean;
  /** The carrier is there: cable plugged in, radio associated. Packets pass when both are true. */
  readonly lowerUp: boolean;
  readonly loopback: boolean;
  /** Link-layer address, "02:00:00:00:00:01"; empty for TUN and other point-to-point links. */
  readonly macAddress: string;
}

/** What to change on a link; what is left out stays. */
export interface LinkChange {
  readonly up?: boolean;
  readonly mtuBytes?: number;
  /** How many packets wait at most until the driver takes them. */
  readonly queuePackets?: number;
}

/** All interfaces of the namespace. */
export function listLinks(netlink: NetlinkSocket): Link[] {
  const request = new NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, new Uint8Array(IFINFOMSG_BYTES));
  return netlink.dump(request, "list links").map(decodeLink);
}

/** The interface of that name; throws SystemError ENODEV. */
export function linkByName(netlink: NetlinkSocket, name: string): Link {
  const link = listLinks(netlink).find((candidate) => candidate.name === name);
  if (link === undefined) throw new SystemError(`find interface ${name}`, ENODEV);
  return link;
}

/** Switches a link on or off, and sets its MTU. */
export function setLink(netlink: NetlinkSocket, index: number, change: LinkChange): void {
  const fixed = Buffer.alloc(IFINFOMSG_BYTES);
  fixed.writeInt32LE(index, INDEX);
  if (change.up !== undefined) {
    fixed.writeUInt32LE(change.up ? IFF_UP : 0, INTERFACE_FLAGS);
    fixed.writeUInt32LE(IFF_UP, CHANGE);
  }
  const request = new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, fixed)
    .attribute32(IFLA_MTU, change.mtuBytes).attribute32(IFLA_TXQLEN, change.queuePackets);
  netlink.request(request, `change link ${index} to ${JSON.stringify(change)}`);
}

/** Reads RTM_NEWLINK or RTM_DELLINK. */
export function decodeLink(message: NetlinkMessage): Link {
  const flags = message.payload.readUInt32LE(INTERFACE_FLAGS);
  const attributes = decodeAttributes(message.payload, IFINFOMSG_BYTES);
  const macAddress = attributes.get(IFLA_ADDRESS) ?? Buffer.alloc(0);
  return {
    index: message.payload.readInt32LE(INDEX),
    name: text(attributes.get(IFLA_IFNAME)),
    mtuBytes: number32(attributes.get(IFLA_MTU)) ?? 0,
    up: (flags & IFF_UP) !== 0,
    lowerUp: (flags & IFF_LOWER_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    macAddress: macAddress.toString("hex").replace(/(..)(?!$)/g, "$1:"),
  };
}
