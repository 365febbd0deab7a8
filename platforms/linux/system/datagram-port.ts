/**
 * A UDP socket of the packet loop: datagrams from and to the core's memory, many with one system call, trains
 * where the kernel has UDP_SEGMENT and UDP_GRO (Linux 4.18 and 5.0; asked at opening), and what the network says
 * about the MTU of paths.
 *
 * One socket serves both families: IPv4 addresses are ::ffff:a.b.c.d for it, as for the core. Datagrams are not
 * fragmented, unless the core allows it.
 */

import {
  AF_INET6, IP_FREEBIND, IP_RECVERR, IP_RECVTOS, IPPROTO_IPV6, IPV6_RECVERR, IPV6_RECVTCLASS, IPV6_V6ONLY, SO_BINDTOIFINDEX, SO_MARK,
  SOCK_CLOEXEC, SOCK_DGRAM, SOL_IP, SOL_SOCKET, SOL_UDP, UDP_GRO, UDP_SEGMENT,
} from "./constants.ts";
import { addressBytes } from "./address-text.ts";
import { DatagramErrors, type PathMtu } from "./datagram-errors.ts";
import { DatagramReceiver, NAME_ADDRESS, NAME_PORT, SOCKADDR_IN6_BYTES } from "./datagram-receive.ts";
import { DatagramSender, type Failures, setPathMtuDiscovery } from "./datagram-send.ts";
import { bind, check, close, getsockname, prepare, socket } from "./libc.ts";
import { Block, type PacketMemory, setIntegerOption, setQueueBytes } from "./memory.ts";

export interface DatagramOptions {
  /** Local address, IPv6 or dotted IPv4; without it, all addresses of both families. */
  readonly address?: string;
  /** Local port; without it, one that the kernel chooses. */
  readonly port?: number;
  /** Only by this interface (an uplink); without it the routing table decides. */
  readonly interfaceIndex?: number;
  /** What routing rules know these packets by. */
  readonly mark?: number;
  /** How many slots one system call may fill; default 64. */
  readonly batch?: number;
  /** Queues in the kernel; default 4 MiB. */
  readonly bufferBytes?: number;
  /** False: no trains, as if the kernel had none. */
  readonly trains?: boolean;
}

/** What the kernel has of segmentation offload. */
export interface Trains {
  readonly send: boolean;
  readonly receive: boolean;
}

const NO_REPORTS: readonly PathMtu[] = [];

export class DatagramPort {
  /** Readable when datagrams wait, or errors. */
  readonly fd: number;
  /** Local port. */
  readonly port: number;
  readonly #receiver: DatagramReceiver;
  readonly #sender: DatagramSender;
  readonly #errors: DatagramErrors;
  readonly #receivesTrains: boolean;
  #hasErrors = false;

  /** Opens the socket; throws SystemError (EADDRINUSE, EADDRNOTAVAIL, ENODEV). */
  constructor(memory: PacketMemory, failures: Failures, options: DatagramOptions = {}) {
    this.fd = check(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open UDP socket");
    const mayHaveTrains = options.trains !== false;
    const [receivesTrains, sendsTrains] = prepare(this.fd, () => {
      setUp(this.fd, options);
      return [mayHaveTrains && hasOption(this.fd, UDP_GRO, 1), mayHaveTrains && hasOption(this.fd, UDP_SEGMENT, 0)];
    });
    this.port = localPort(this.fd);
    this.#receivesTrains = receivesTrains;
    this.#receiver = new DatagramReceiver(this.fd, memory, options.batch ?? 64);
    this.#sender = new DatagramSender(this.fd, memory, failures, sendsTrains);
    this.#errors = new DatagramErrors(this.fd, failures);
  }

  /** Without `send`, trains of the core are cut here; without `receive`, every datagram has a slot of its own. */
  get trains(): Trains {
    return { send: this.#sender.canSegment, receive: this.#receivesTrains };
  }

  /** How many slots there are. */
  get batch(): number {
    return this.#receiver.batch;
  }

  /** Where payload `slot` goes: a slot of the core; its DATAGRAM_* record goes right in front. */
  setSlot(slot: number, pointer: number, capacityBytes: number): void {
    this.#receiver.setSlot(slot, pointer, capacityBytes);
  }

  /** Receives what is waiting, into the slots from 0 on; returns how many were filled. */
  receive(limit: number = this.batch): number {
    let count = this.#receiver.receive(limit);
    if (count < 0) count = Math.max(0, this.#receiver.receive(limit)); // an error is told once
    if (count === 0) this.#hasErrors = true; // else nobody would have woken us
    return count;
  }

  /** Octets of the payload in a slot. */
  lengthBytes(slot: number): number {
    return this.#receiver.lengthBytes(slot);
  }

  /** True when the payload in a slot was longer than the slot. */
  truncated(slot: number): boolean {
    return this.#receiver.truncated(slot);
  }

  /** Takes what Order.SendDatagrams says; it lies at that pointer of the core until `flush`. */
  put(pointer: number, lengthBytes: number): void {
    this.#sender.put(pointer, lengthBytes);
  }

  /** Sends what was collected. */
  flush(): void {
    this.#sender.flush();
  }

  /** What became known of paths since the last call: to be asked after each `receive`. */
  takePathMtus(): readonly PathMtu[] {
    if (!this.#hasErrors && !this.#sender.hasErrors) return NO_REPORTS;
    this.#hasErrors = false;
    this.#sender.hasErrors = false;
    return this.#errors.read();
  }

  close(): void {
    close(this.fd);
  }
}

function setUp(fd: number, { address, port, interfaceIndex, mark, bufferBytes = 4 << 20 }: DatagramOptions): void {
  setQueueBytes(fd, "receive", bufferBytes);
  setQueueBytes(fd, "send", bufferBytes);
  setIntegerOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0, "IPV6_V6ONLY");
  setIntegerOption(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS");
  setIntegerOption(fd, SOL_IP, IP_RECVTOS, 1, "IP_RECVTOS");
  setIntegerOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1, "IPV6_RECVERR");
  setIntegerOption(fd, SOL_IP, IP_RECVERR, 1, "IP_RECVERR");
  setPathMtuDiscovery(fd, true);
  if (mark !== undefined) setIntegerOption(fd, SOL_SOCKET, SO_MARK, mark, "SO_MARK");
  if (interfaceIndex !== undefined) {
    setIntegerOption(fd, SOL_SOCKET, SO_BINDTOIFINDEX, interfaceIndex, "SO_BINDTOIFINDEX");
  }
  const name = new Block(SOCKADDR_IN6_BYTES);
  name.view.setUint16(0, AF_INET6, true);
  name.view.setUint16(NAME_PORT, port ?? 0);
  // the address may still be looked for on its link (duplicate address detection), or come a moment later
  setIntegerOption(fd, SOL_IP, IP_FREEBIND, 1, "IP_FREEBIND");
  if (address !== undefined) writeMapped(name.bytes.subarray(NAME_ADDRESS, NAME_ADDRESS + 16), addressBytes(address));
  check(bind(fd, name.bytes, SOCKADDR_IN6_BYTES), `bind UDP socket to ${address ?? "all addresses"}, port ${port ?? 0}`);
}

/** An address as 16 octets: IPv4 as ::ffff:a.b.c.d. */
function writeMapped(octets: Uint8Array, address: Uint8Array): void {
  if (address.length === 4) octets.fill(0xff, 10, 12);
  octets.set(address, 16 - address.length);
}

/** Whether the kernel knows a UDP option. */
function hasOption(fd: number, option: number, value: number): boolean {
  try {
    setIntegerOption(fd, SOL_UDP, option, value, "UDP offload");
    return true;
  } catch {
    return false;
  }
}

function localPort(fd: number): number {
  const name = new Block(SOCKADDR_IN6_BYTES);
  const length = new Block(4);
  length.view.setUint32(0, SOCKADDR_IN6_BYTES, true);
  check(getsockname(fd, name.bytes, length.bytes), "getsockname of UDP socket");
  return name.view.getUint16(NAME_PORT);
}
