/**
 * One access device of the core: the sockets that it hears with and speaks through.
 *
 *   IPv6 packets   packet socket                          raw socket
 *   IPv4 packets   raw sockets of protocols 41, 4 and 1   raw socket        where IPv4 is served
 *   datagrams      UDP sockets                            the same          by IPv4 and by IPv6
 *   ARP            packet socket                          the same          on a real home link; on uplinks to speak
 */
import { DATAGRAM_ADDRESS, DATAGRAM_BYTES, type Engine, Input } from "../../bindings/engine.ts";
import { type SendFailures, SendQueue } from "./send-queue.ts";
import { type Receiver, Source } from "./source.ts";
import { AccessReceiver } from "./system/access-receive.ts";
import { AccessSender } from "./system/access-send.ts";
import { ArpSocket } from "./system/arp.ts";
import { EAFNOSUPPORT, IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_IPV6 } from "./system/constants.ts";
import { type DatagramOptions, DatagramPort } from "./system/datagram-port.ts";
import { Ipv4Receiver } from "./system/ipv4-receive.ts";
import { Ipv4Sender } from "./system/ipv4-send.ts";
import type { PacketMemory } from "./system/memory.ts";
import type { PacketSelection } from "./system/packet-filter.ts";

/** What the ports of one core have in common. */
export interface PortMemory {
  readonly engine: Engine;
  readonly packets: PacketMemory;
  readonly failures: SendFailures;
  /** Of what they send (tunnel-routes.ts); undefined: none. */
  readonly mark?: number;
}

export interface PortOptions extends PacketSelection {
  /** Only this interface; without it all of them, and the routing table decides where packets leave. */
  readonly interfaceIndex?: number;
  /** IPv4 packets too. */
  readonly ipv4?: boolean;
  /** ARP too, both ways or only to tell something; needs an interface. */
  readonly arp?: "both ways" | "send";
  /** UDP sockets, at most one of each family. */
  readonly datagrams?: readonly DatagramPlace[];
}

/** Where a UDP socket is: one of an IPv6 address is for IPv6, every other one for IPv4. */
export type DatagramPlace = Pick<DatagramOptions, "address" | "port">;

const IPV4_PROTOCOLS = [IPPROTO_IPV6, IPPROTO_IPIP, IPPROTO_ICMP];
const IPV4_VERSION = 4;
/** Octets 8 to 11 of an IPv4-mapped address. */
const MAPPED = 0xffff;

export class AccessPort {
  readonly #memory: PortMemory;
  readonly #device: number;
  readonly #interfaceIndex: number | undefined;
  readonly #opened: { close(): void }[] = [];
  readonly #sources: Source[] = [];
  readonly #receiver: AccessReceiver;
  readonly #queue: SendQueue<AccessSender>;
  readonly #ipv4Queue: SendQueue<Ipv4Sender> | undefined;
  readonly #arp: ArpSocket | undefined;
  #datagrams: DatagramPort | undefined;
  #ipv6Datagrams: DatagramPort | undefined;

  /** Throws SystemError: EPERM, or ENODEV when the interface is gone; EADDRINUSE. */
  constructor(memory: PortMemory, device: number, options: PortOptions) {
    this.#memory = memory;
    this.#device = device;
    this.#interfaceIndex = options.interfaceIndex;
    try {
      const { packets, failures, mark, engine } = memory;
      const { interfaceIndex } = options;
      const batch = engine.slots;
      this.#receiver = this.#hear(new AccessReceiver(packets, { ...options, batch }));
      this.#queue = this.#keep(new SendQueue(new AccessSender(packets, { interfaceIndex, mark }), failures));
      if (options.ipv4) {
        for (const protocol of IPV4_PROTOCOLS) this.#hear(new Ipv4Receiver(packets, { protocol, interfaceIndex, batch }));
        this.#ipv4Queue = this.#keep(new SendQueue(new Ipv4Sender(packets, { interfaceIndex, mark }), failures));
      }
      if (options.arp !== undefined && interfaceIndex !== undefined) {
        const hears = options.arp === "both ways";
        const arp = new ArpSocket(packets, interfaceIndex, hears);
        this.#arp = hears ? this.#hear(arp, Input.Arp) : this.#keep(arp);
      }
      for (const place of options.datagrams ?? []) this.openDatagrams(place);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What packets come in by; another array when it has changed. */
  get sources(): readonly Source[] {
    return this.#sources;
  }

  /** Whether trains of datagrams go to the kernel as they are. */
  get sendsTrains(): boolean {
    const ports = [this.#datagrams, this.#ipv6Datagrams].filter((port) => port !== undefined);
    return ports.length > 0 && ports.every(({ trains }) => trains.send);
  }

  /** The local port of the UDP socket of a family; undefined: there is none. */
  datagramPort(family: "ipv4" | "ipv6"): number | undefined {
    return (family === "ipv4" ? this.#datagrams : this.#ipv6Datagrams)?.port;
  }

  /** Opens a UDP socket, in place of the one of the same family. Throws SystemError (EADDRINUSE, EADDRNOTAVAIL). */
  openDatagrams({ address, port }: DatagramPlace): void {
    const { packets, failures, mark, engine } = this.#memory;
    const interfaceIndex = this.#interfaceIndex;
    const isIpv6 = address?.includes(":") === true;
    const before = isIpv6 ? this.#ipv6Datagrams : this.#datagrams;
    if (before !== undefined) this.#closeDatagrams(before);
    const opened = new DatagramPort(packets, failures, { address, port, interfaceIndex, mark, batch: engine.slots });
    this.#hear(opened, Input.Datagrams);
    if (isIpv6) this.#ipv6Datagrams = opened;
    else this.#datagrams = opened;
  }

  /** Takes a whole packet that lies at a pointer of the core until `flush`. */
  transmit(pointer: number, lengthBytes: number): void {
    const { packets, failures } = this.#memory;
    const isIpv4 = packets.view.getUint8(pointer) >> 4 === IPV4_VERSION;
    const queue = isIpv4 ? this.#ipv4Queue : this.#queue;
    if (queue === undefined) failures.count(EAFNOSUPPORT);
    else queue.put(pointer, lengthBytes);
  }

  /** Takes datagrams behind their DATAGRAM_* record; they lie at that pointer of the core until `flush`. */
  sendDatagrams(pointer: number, lengthBytes: number): void {
    const { packets, failures } = this.#memory;
    const isIpv4 = isMapped(packets.view, pointer - DATAGRAM_BYTES + DATAGRAM_ADDRESS);
    const port = isIpv4 ? this.#datagrams : this.#ipv6Datagrams;
    if (port === undefined) failures.count(EAFNOSUPPORT);
    else port.put(pointer, lengthBytes);
  }

  /** Sends an ARP message to all, or to its target hardware address. */
  sendArp(pointer: number, lengthBytes: number, toAll: boolean): void {
    const errno = this.#arp === undefined ? EAFNOSUPPORT : this.#arp.send(pointer, lengthBytes, toAll);
    if (errno !== 0) this.#memory.failures.count(errno);
  }

  /** Sends what was taken. */
  flush(): void {
    this.#queue.flush();
    this.#ipv4Queue?.flush();
    this.#datagrams?.flush();
    this.#ipv6Datagrams?.flush();
  }

  /** Whether packets to all groups are heard on this interface. Throws SystemError. */
  hearGroups(hear: boolean): void {
    this.#receiver.hearGroups(hear);
  }

  /** Whether a group is joined on the interface of this port, until `close`. Throws SystemError. */
  setMembership(group: string, isMember: boolean): void {
    if (isMember) this.#queue.sender.joinGroup(group);
    else this.#queue.sender.leaveGroup(group);
  }

  /** Makes an anycast address one of this host's on an interface, until `close`. Throws SystemError. */
  joinAnycast(address: string, interfaceIndex: number): void {
    this.#queue.sender.joinAnycast(address, interfaceIndex);
  }

  close(): void {
    for (const opened of this.#opened.splice(0)) opened.close();
    this.#sources.splice(0);
  }

  #hear<R extends Receiver>(receiver: R, kind = Input.Packet): R {
    this.#keep(receiver);
    this.#sources.push(new Source(this.#memory.engine, this.#device, receiver, kind));
    return receiver;
  }

  #keep<Opened extends { close(): void }>(opened: Opened): Opened {
    this.#opened.push(opened);
    return opened;
  }

  #closeDatagrams(port: DatagramPort): void {
    port.flush();
    port.close();
    this.#opened.splice(this.#opened.indexOf(port), 1);
    this.#sources.splice(this.#sources.findIndex(({ fd }) => fd === port.fd), 1);
  }
}

function isMapped(view: DataView, at: number): boolean {
  return view.getUint32(at + 8) === MAPPED && view.getUint32(at) === 0 && view.getUint32(at + 4) === 0;
}
