/**
 * What the kernel tells about links, addresses, routes of IPv4 and advertised prefixes while it happens: this is how a
 * mobile node notices that it moved (RFC 6275 §11.5.1).
 *
 *   prefixmsg, 12 bytes:  0 family  4 interface index (32 bits)  8 type  9 prefix length  10 flags
 *
 * The prefix of a router advertisement is told at once; an address made from it only when duplicate
 * address detection is over, about two seconds later.
 */

import { AF_UNSPEC, MSG_DONTWAIT, NETLINK_ROUTE } from "./constants.ts";
import { prefixText } from "./address-text.ts";
import { type AddressState, decodeAddress, RTM_DELADDR, RTM_NEWADDR } from "./addresses.ts";
import { close, prepare } from "./libc.ts";
import { decodeLink, type Link, RTM_DELLINK, RTM_NEWLINK } from "./links.ts";
import { setQueueBytes } from "./memory.ts";
import { decodeAttributes, decodeMessages, type NetlinkMessage } from "./netlink-codec.ts";
import { datagramBlock, openNetlink, receiveDatagram } from "./netlink-socket.ts";

const GROUP_LINK = 1 << 0;
const GROUP_IPV4_ADDRESS = 1 << 4;
const GROUP_IPV4_ROUTE = 1 << 6;
const GROUP_IPV6_ADDRESS = 1 << 8;
const GROUP_IPV6_PREFIX = 1 << 17;

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_NEWPREFIX = 52;
const PREFIXMSG_BYTES = 12;
const PREFIX_ADDRESS = 1;
const PREFIX_CACHEINFO = 2;
/** Older kernels have flags of their own, newer ones (seen with 6.18) copy the octet of the option. */
const PREFIX_ON_LINK = 0x01 | 0x80;
const PREFIX_AUTONOMOUS = 0x02 | 0x40;

/** A prefix information option of a router advertisement (RFC 4861 §4.6.2). */
export interface AdvertisedPrefix {
  readonly interfaceIndex: number;
  readonly prefix: string;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  readonly preferredLifetimeSeconds: number;
  readonly validLifetimeSeconds: number;
}

export type NetworkEvent =
  | { readonly kind: "link"; readonly link: Link }
  | { readonly kind: "link-removed"; readonly link: Link }
  | { readonly kind: "address"; readonly address: AddressState }
  | { readonly kind: "address-removed"; readonly address: AddressState }
  | { readonly kind: "prefix"; readonly prefix: AdvertisedPrefix }
  /** A route of IPv4 has come or gone: what was asked of the routing table may be answered differently now. */
  | { readonly kind: "ipv4-routes" }
  /** The kernel had to throw events away: list links and addresses anew. */
  | { readonly kind: "lost" };

export class NetworkMonitor {
  /** Readable when events are waiting. */
  readonly fd: number;
  readonly #block = datagramBlock();

  constructor() {
    const groups = GROUP_LINK | GROUP_IPV4_ADDRESS | GROUP_IPV4_ROUTE | GROUP_IPV6_ADDRESS | GROUP_IPV6_PREFIX;
    this.fd = openNetlink(NETLINK_ROUTE, groups);
    prepare(this.fd, () => setQueueBytes(this.fd, "receive", 1 << 20));
  }

  /** All events that are waiting, oldest first. Never waits. */
  read(): NetworkEvent[] {
    const events: NetworkEvent[] = [];
    for (;;) {
      const datagram = receiveDatagram(this.fd, this.#block, MSG_DONTWAIT);
      if (datagram === undefined) return events;
      if (datagram === "lost") {
        events.push({ kind: "lost" });
        continue;
      }
      for (const message of decodeMessages(datagram)) {
        const event = decodeEvent(message);
        if (event !== undefined) events.push(event);
      }
    }
  }

  close(): void {
    close(this.fd);
  }
}

function decodeEvent(message: NetlinkMessage): NetworkEvent | undefined {
  switch (message.type) {
    // a bridge tells about its ports in the same messages: only those without a family are of the link itself
    case RTM_NEWLINK:
    case RTM_DELLINK:
      if (message.payload[0] !== AF_UNSPEC) return undefined;
      return { kind: message.type === RTM_NEWLINK ? "link" : "link-removed", link: decodeLink(message) };
    case RTM_NEWADDR:
      return { kind: "address", address: decodeAddress(message) };
    case RTM_DELADDR:
      return { kind: "address-removed", address: decodeAddress(message) };
    case RTM_NEWPREFIX:
      return { kind: "prefix", prefix: decodePrefix(message.payload) };
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return { kind: "ipv4-routes" };
    default:
      return undefined;
  }
}

function decodePrefix(payload: Buffer): AdvertisedPrefix {
  const attributes = decodeAttributes(payload, PREFIXMSG_BYTES);
  const lifetimes = attributes.get(PREFIX_CACHEINFO) ?? Buffer.alloc(8);
  const flags = payload.readUInt8(10);
  return {
    interfaceIndex: payload.readInt32LE(4),
    prefix: prefixText(attributes.get(PREFIX_ADDRESS) ?? Buffer.alloc(16), payload.readUInt8(9)),
    onLink: (flags & PREFIX_ON_LINK) !== 0,
    autonomous: (flags & PREFIX_AUTONOMOUS) !== 0,
    preferredLifetimeSeconds: lifetimes.readUInt32LE(0),
    validLifetimeSeconds: lifetimes.readUInt32LE(4),
  };
}
