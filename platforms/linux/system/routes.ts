/**
 * Routes (RTM_*ROUTE).
 *
 *   rtmsg, 12 bytes:  0 family  1 destination length  2 source length  3 traffic class
 *                     4 table   5 origin  6 scope  7 type  8 flags (32 bits)
 */

import { addressBytes, addressText, familyOf, prefixBytes, prefixText, unspecified } from "./address-text.ts";
import { AF_INET } from "./constants.ts";
import {
  decodeAttributes, type NetlinkMessage, NetlinkRequest, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL,
  NLM_F_REPLACE, number32,
} from "./netlink-codec.ts";
import { SystemError } from "./errors.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;

const RTMSG_BYTES = 12;
const DESTINATION_LENGTH = 1;
const SOURCE_LENGTH = 2;
const TABLE = 4;
const ORIGIN = 5;
const SCOPE = 6;
const TYPE = 7;

const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_TABLE = 15;

const ORIGIN_STATIC = 4;
const SCOPE_LINK = 253;

export const TABLE_MAIN = 254;
export const TABLE_LOCAL = 255;

const ROUTE_TYPES = { unicast: 1, local: 2, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
export type RouteType = keyof typeof ROUTE_TYPES;

export interface Route {
  /** "2001:db8::/32"; a default route is "::/0" or "0.0.0.0/0". */
  readonly destination: string;
  /** Only for packets from this prefix. */
  readonly source?: string;
  readonly type?: RouteType;
  readonly interfaceIndex?: number;
  readonly gateway?: string;
  /** The source address that programs get when they did not choose one. */
  readonly preferredSource?: string;
  readonly metric?: number;
  /** Default: the main table. */
  readonly table?: number;
}

/** Adds a route; throws SystemError EEXIST when there is one of this destination, metric and table. */
export function addRoute(netlink: NetlinkSocket, route: Route): void {
  const request = routeRequest(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
  netlink.request(request, `add route to ${route.destination}`);
}

/** Adds a route in place of the one of the same destination, metric and table, if there is one. */
export function replaceRoute(netlink: NetlinkSocket, route: Route): void {
  const request = routeRequest(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route);
  netlink.request(request, `replace route to ${route.destination}`);
}

/** Removes the route that has all that is given; throws SystemError ESRCH when there is none. */
export function removeRoute(netlink: NetlinkSocket, route: Route): void {
  const hint = "there is no such route (any more)";
  netlink.request(routeRequest(RTM_DELROUTE, 0, route), `remove route to ${route.destination}`, hint);
}

/** How a packet would leave: what the kernel answers to `ip route get`. */
export interface WayOut {
  /** Undefined: the destination is on the link. */
  readonly gateway?: string;
  /** The source that the kernel would choose. */
  readonly source: string;
}

/**
 * How a packet to `destination` would leave by an interface; undefined: not at all. For IPv4 the kernel takes every
 * destination for one of the link when no route leads by the interface.
 */
export function wayOut(netlink: NetlinkSocket, destination: string, interfaceIndex: number): WayOut | undefined {
  const { address } = prefixBytes(destination);
  const fixed = Buffer.alloc(RTMSG_BYTES);
  fixed.writeUInt8(familyOf(address), 0);
  fixed.writeUInt8(address.length * 8, DESTINATION_LENGTH);
  const request = new NetlinkRequest(RTM_GETROUTE, NLM_F_ACK, fixed)
    .attribute(RTA_DST, address)
    .attribute32(RTA_OIF, interfaceIndex);
  try {
    const [answer] = netlink.ask(request, `find route to ${destination}`);
    const { gateway, preferredSource } = decodeRoute(answer);
    return preferredSource === undefined ? undefined : { gateway, source: preferredSource };
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/** The routes of a table, without the kernel's cached ones. */
export function listRoutes(netlink: NetlinkSocket, table: number = TABLE_MAIN): Route[] {
  const request = new NetlinkRequest(RTM_GETROUTE, NLM_F_DUMP, new Uint8Array(RTMSG_BYTES));
  return netlink.dump(request, "list routes").map(decodeRoute).filter((route) => route.table === table);
}

function routeRequest(type: number, flags: number, route: Route): NetlinkRequest {
  const destination = prefixBytes(route.destination);
  const source = route.source === undefined ? undefined : prefixBytes(route.source);
  const table = route.table ?? TABLE_MAIN;
  const family = familyOf(destination.address);
  const onLink = family === AF_INET && route.gateway === undefined && route.interfaceIndex !== undefined;
  const fixed = Buffer.alloc(RTMSG_BYTES);
  fixed.writeUInt8(family, 0);
  fixed.writeUInt8(destination.lengthBits, DESTINATION_LENGTH);
  fixed.writeUInt8(source?.lengthBits ?? 0, SOURCE_LENGTH);
  fixed.writeUInt8(table < 256 ? table : 0, TABLE);
  fixed.writeUInt8(ORIGIN_STATIC, ORIGIN);
  fixed.writeUInt8(onLink ? SCOPE_LINK : 0, SCOPE);
  fixed.writeUInt8(ROUTE_TYPES[route.type ?? "unicast"], TYPE);
  const request = new NetlinkRequest(type, NLM_F_ACK | flags, fixed).attribute(RTA_DST, destination.address);
  if (source !== undefined) request.attribute(RTA_SRC, source.address);
  if (route.gateway !== undefined) request.attribute(RTA_GATEWAY, addressBytes(route.gateway));
  if (route.preferredSource !== undefined) {
    request.attribute(RTA_PREFSRC, addressBytes(route.preferredSource));
  }
  return request
    .attribute32(RTA_OIF, route.interfaceIndex)
    .attribute32(RTA_PRIORITY, route.metric)
    .attribute32(RTA_TABLE, table);
}

function decodeRoute(message: NetlinkMessage): Route {
  const payload = message.payload;
  const family = payload.readUInt8(0);
  const attributes = decodeAttributes(payload, RTMSG_BYTES);
  const address = (type: number): string | undefined => {
    const bytes = attributes.get(type);
    return bytes && addressText(bytes);
  };
  const prefix = (type: number, lengthBits: number): string =>
    prefixText(attributes.get(type) ?? unspecified(family), lengthBits);
  const sourceLength = payload.readUInt8(SOURCE_LENGTH);
  const typeNumber = payload.readUInt8(TYPE);
  const type = (Object.keys(ROUTE_TYPES) as RouteType[]).find((name) => ROUTE_TYPES[name] === typeNumber);
  return {
    destination: prefix(RTA_DST, payload.readUInt8(DESTINATION_LENGTH)),
    source: sourceLength > 0 ? prefix(RTA_SRC, sourceLength) : undefined,
    type,
    interfaceIndex: number32(attributes.get(RTA_OIF)),
    gateway: address(RTA_GATEWAY),
    preferredSource: address(RTA_PREFSRC),
    metric: number32(attributes.get(RTA_PRIORITY)),
    table: number32(attributes.get(RTA_TABLE)) ?? payload.readUInt8(TABLE),
  };
}
