/**
 * Keeps the kernel from answering the packets of Mobile IPv6. A kernel that does not know them sends
 * ICMPv6 Parameter Problems to the peer, which would take them for our own words:
 *
 *   Home Address option     4/2   dropped at local input by a packet filter table (packet-drop.ts)
 *   type 2 routing header   4/0   likewise
 *   Mobility Header         4/1   unless somebody listens: a raw socket does, so the kernel counts the
 *   IPv6-in-IPv6, IPv4-in-  4/1   packet as delivered; the socket's filter throws everything away
 *   IPv6
 *
 * Routing rules (`ip -6 rule … ipproto 60`) cannot do it: with such a rule in place the kernel looks
 * behind the extension headers, and compares with the last protocol of the chain.
 *
 * On a real home link it also keeps the kernel from handling what is for nodes that are away.
 *
 * AF_PACKET sockets are not touched by any of this, nor is what the guarded addresses receive otherwise.
 * Everything disappears with the process.
 */

import { AF_INET6, IPPROTO_IPIP, IPPROTO_IPV6, NEXT_HEADER_MOBILITY, SOCK_CLOEXEC, SOCK_RAW } from "./constants.ts";
import { check, close, prepare, socket } from "./libc.ts";
import { MOBILITY, NEIGHBOURS, PacketDrop } from "./packet-drop.ts";
import { attachFilter, DROP_ALL } from "./packet-filter.ts";

export class Guard {
  readonly #name: string;
  readonly #drop: PacketDrop;
  /** Made with the first node that is away. */
  #awayDrop: PacketDrop | undefined;
  readonly #away = new Set<string>();
  readonly #listeners: number[] = [];
  /** How often each address is guarded: one may be on two interfaces. */
  readonly #guarded = new Map<string, number>();

  /**
   * Starts with no address guarded.
   * @param name of the filter table; one per daemon and namespace
   */
  constructor(name = `mext-${process.pid}`) {
    this.#name = name;
    this.#drop = new PacketDrop(name, MOBILITY);
    try {
      for (const protocol of [IPPROTO_IPV6, IPPROTO_IPIP, NEXT_HEADER_MOBILITY]) this.#listeners.push(silentListener(protocol));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Guards one of our own addresses (care-of address, home agent address, …). */
  guard(address: string): void {
    const times = this.#guarded.get(address) ?? 0;
    if (times === 0) this.#drop.add(address);
    this.#guarded.set(address, times + 1);
  }

  /** Gives an address back to the kernel, when it was released as often as it was guarded. */
  release(address: string): void {
    const times = this.#guarded.get(address) ?? 0;
    if (times > 1) this.#guarded.set(address, times - 1);
    else if (this.#guarded.delete(address)) this.#drop.remove(address);
  }

  /** The node with this address of the home link is away, and the core answers its neighbours; or it is not. */
  setAway(address: string, isAway: boolean): void {
    if (isAway === this.#away.has(address)) return;
    this.#awayDrop ??= new PacketDrop(`${this.#name}-away`, NEIGHBOURS);
    if (isAway) this.#awayDrop.add(address);
    else this.#awayDrop.remove(address);
    if (isAway) this.#away.add(address);
    else this.#away.delete(address);
  }

  close(): void {
    this.#drop.close();
    this.#awayDrop?.close();
    for (const fd of this.#listeners.splice(0)) close(fd);
  }
}

/** A raw socket that makes the kernel take a protocol for known, and receives nothing. */
function silentListener(protocol: number): number {
  const fd = check(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, protocol), `listen to protocol ${protocol}`);
  prepare(fd, () => attachFilter(fd, DROP_ALL));
  return fd;
}
