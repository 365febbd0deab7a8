/**
 * The neighbour cache (RTM_NEWNEIGH): which link-layer address a neighbour has.
 *
 *   ndmsg, 12 bytes:  0 family  4 interface index (32 bits)  8 state (16 bits)  10 flags  11 type
 */

import { addressBytes } from "./address-text.ts";
import { AF_INET6 } from "./constants.ts";
import { NetlinkRequest, NLM_F_ACK, NLM_F_CREATE, NLM_F_REPLACE } from "./netlink-codec.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const RTM_NEWNEIGH = 28;
const NDMSG_BYTES = 12;
const INDEX = 4;
const STATE = 8;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NUD_REACHABLE = 0x02;

/** A neighbour on the link of an interface. */
export interface Neighbour {
  readonly interfaceIndex: number;
  readonly address: string;
  /** Octets of its link-layer address. */
  readonly linkAddress: Uint8Array;
}

/**
 * Lets the kernel send to a neighbour without asking for its link-layer address first. The entry ages like
 * every other: later the kernel asks whether the neighbour is still there, so nothing has to be taken back.
 */
export function addNeighbour(netlink: NetlinkSocket, { interfaceIndex, address, linkAddress }: Neighbour): void {
  const fixed = Buffer.alloc(NDMSG_BYTES);
  fixed.writeUInt8(AF_INET6, 0);
  fixed.writeInt32LE(interfaceIndex, INDEX);
  fixed.writeUInt16LE(NUD_REACHABLE, STATE);
  const request = new NetlinkRequest(RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, fixed)
    .attribute(NDA_DST, addressBytes(address))
    .attribute(NDA_LLADDR, linkAddress);
  netlink.request(request, `add neighbour ${address}`);
}
