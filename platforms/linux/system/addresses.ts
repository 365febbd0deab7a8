/**
 * Addresses of interfaces (RTM_*ADDR).
 *
 *   ifaddrmsg, 8 bytes:  0 family  1 prefix length  2 flags  3 scope  4 interface index (32 bits)
 */

import { addressBytes, addressText, familyOf } from "./address-text.ts";
import {
  decodeAttributes, type NetlinkMessage, NetlinkRequest, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL,
  number32,
} from "./netlink-codec.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

const IFADDRMSG_BYTES = 8;
const FLAGS = 2;
const SCOPE = 3;
const INDEX = 4;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;

const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const IFA_F_PERMANENT = 0x80;
const IFA_F_NOPREFIXROUTE = 0x200;
const SCOPES: Record<number, AddressScope> = { 0: "global", 200: "site", 253: "link", 254: "host" };

export type AddressScope = "global" | "site" | "link" | "host";

export interface InterfaceAddress {
  readonly interfaceIndex: number;
  readonly address: string;
  readonly prefixLength: number;
}

/** An address as the kernel tells it. */
export interface AddressState extends InterfaceAddress {
  readonly scope: AddressScope;
  /** Duplicate address detection is not over: the address cannot be used yet. */
  readonly tentative: boolean;
  readonly duplicate: boolean;
  readonly deprecated: boolean;
  /** Set by hand or by us, not from a router advertisement. */
  readonly permanent: boolean;
}

export interface AddAddressOptions {
  /** Without duplicate address detection, usable at once; default true. */
  readonly withoutDuplicateDetection?: boolean;
  /** Do not make a route to the prefix; default false. */
  readonly withoutPrefixRoute?: boolean;
}

/**
 * Puts an address on an interface; throws SystemError EEXIST when it is there. The kernel takes packets for
 * it some milliseconds later, about when the monitor tells of the address.
 */
export function addAddress(
  netlink: NetlinkSocket, entry: InterfaceAddress, options: AddAddressOptions = {},
): void {
  const withoutDetection = (options.withoutDuplicateDetection ?? true) && entry.address.includes(":");
  const flags = (withoutDetection ? IFA_F_NODAD : 0) | (options.withoutPrefixRoute ? IFA_F_NOPREFIXROUTE : 0);
  const request = addressRequest(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, entry).attribute32(IFA_FLAGS, flags);
  netlink.request(request, `add address ${addressAndLength(entry)}`);
}

/** Takes an address away; throws SystemError EADDRNOTAVAIL when it is not there. */
export function removeAddress(netlink: NetlinkSocket, entry: InterfaceAddress): void {
  netlink.request(addressRequest(RTM_DELADDR, 0, entry), `remove address ${addressAndLength(entry)}`);
}

/** All addresses of the namespace, or of one interface. */
export function listAddresses(netlink: NetlinkSocket, interfaceIndex?: number): AddressState[] {
  const request = new NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, new Uint8Array(IFADDRMSG_BYTES));
  const addresses = netlink.dump(request, "list addresses").map(decodeAddress);
  return addresses.filter((entry) => interfaceIndex === undefined || entry.interfaceIndex === interfaceIndex);
}

/** Reads RTM_NEWADDR or RTM_DELADDR. */
export function decodeAddress(message: NetlinkMessage): AddressState {
  const payload = message.payload;
  const attributes = decodeAttributes(payload, IFADDRMSG_BYTES);
  // on a point-to-point link IFA_ADDRESS is the other end, and IFA_LOCAL our own
  const address = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS) ?? Buffer.alloc(16);
  const flags = number32(attributes.get(IFA_FLAGS)) ?? payload.readUInt8(FLAGS);
  return {
    interfaceIndex: payload.readUInt32LE(INDEX),
    address: addressText(address),
    prefixLength: payload.readUInt8(1),
    scope: SCOPES[payload.readUInt8(SCOPE)] ?? "global",
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    duplicate: (flags & IFA_F_DADFAILED) !== 0,
    deprecated: (flags & IFA_F_DEPRECATED) !== 0,
    permanent: (flags & IFA_F_PERMANENT) !== 0,
  };
}

function addressAndLength(entry: InterfaceAddress): string {
  return `${entry.address}/${entry.prefixLength}`;
}

function addressRequest(type: number, flags: number, entry: InterfaceAddress): NetlinkRequest {
  const address = addressBytes(entry.address);
  const fixed = Buffer.alloc(IFADDRMSG_BYTES);
  fixed.writeUInt8(familyOf(address), 0);
  fixed.writeUInt8(entry.prefixLength, 1);
  fixed.writeUInt32LE(entry.interfaceIndex, INDEX);
  return new NetlinkRequest(type, NLM_F_ACK | flags, fixed)
    .attribute(IFA_LOCAL, address)
    .attribute(IFA_ADDRESS, address);
}
