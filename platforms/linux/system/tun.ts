/**
 * The TUN device: the home side. What the node's own programs, or the hosts behind it, send to the
 * home network comes out of `read`; what `write` is given arrives at them.
 *
 * Without IFF_NO_PI the kernel would put four bytes before each packet. The device disappears with
 * its descriptor, together with its addresses and routes.
 *
 * With segmentation offload the kernel gives TCP segments (and UDP datagrams of one length) of a program many at
 * once, as one packet of up to 64 KiB whose checksum is not finished, and takes such packets. The VIRTIO_* header
 * of the core's contract is then before every packet.
 */

import { VIRTIO_BYTES } from "../../../bindings/engine.ts";
import {
  EAGAIN, EBUSY, EINTR, ENOENT, EPERM, IFF_NO_PI, IFF_TUN, IFF_VNET_HDR, IFNAMSIZ, O_CLOEXEC, O_NONBLOCK, O_RDWR,
  TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_USO4, TUN_F_USO6, TUNGETFEATURES, TUNSETIFF, TUNSETOFFLOAD,
} from "./constants.ts";
import { SystemError } from "./errors.ts";
import { check, close, errno, ioctl, ioctlValue, open, prepare, read, write } from "./libc.ts";
import { linkByName, setLink } from "./links.ts";
import { Block } from "./memory.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";
import { setInterfaceValue } from "./sysctl.ts";

const DEVICE = "/dev/net/tun";
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = IFNAMSIZ;
/** The kernel's own 500 are full of small packets within the few milliseconds that another program may have our core. */
const QUEUE_PACKETS = 5000;

export interface TunOptions {
  /** Interface name, at most 15 characters; "mext%d" lets the kernel choose the number. */
  readonly name: string;
  readonly mtuBytes: number;
  /** How much segmentation offload there is to be: default "none". "udp" includes "tcp". */
  readonly offload?: TunOffload;
}

/** Of large packets: none, those of TCP, or also those of UDP (Linux 6.2). Unless "none", packets have a VIRTIO_* header. */
export type TunOffload = "none" | "checksum" | "tcp" | "udp";

const TCP_OFFLOAD = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
/** What the kernel is asked for, the most first. */
const OFFLOADS: readonly (readonly [TunOffload, number])[] = [
  ["udp", TCP_OFFLOAD | TUN_F_USO4 | TUN_F_USO6], ["tcp", TCP_OFFLOAD], ["checksum", TUN_F_CSUM],
];

/**
 * Makes a TUN device, quiet (no link-local address, no router solicitations, no duplicate address
 * detection) and up. Throws SystemError: no privileges, no /dev/net/tun, or the name is in use.
 */
export function openTun(netlink: NetlinkSocket, options: TunOptions): Tun {
  if (Buffer.byteLength(options.name) >= IFNAMSIZ) {
    throw new RangeError(`interface name "${options.name}" is longer than ${IFNAMSIZ - 1} bytes`);
  }
  const fd = openDevice();
  return prepare(fd, () => {
    const hasHeader = options.offload !== undefined && options.offload !== "none" && mayHaveHeader(fd);
    const name = attach(fd, options.name, hasHeader ? IFF_VNET_HDR : 0);
    const offload = hasHeader ? switchOffloadOn(fd, options.offload) : "none";
    const interfaceIndex = linkByName(netlink, name).index;
    quieten(name);
    setLink(netlink, interfaceIndex, { up: true, mtuBytes: options.mtuBytes, queuePackets: QUEUE_PACKETS });
    return new Tun(fd, name, interfaceIndex, offload);
  });
}

function openDevice(): number {
  const fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd !== -1) return fd;
  const error = errno();
  const remedy = "load the module (modprobe tun); in a container: --device /dev/net/tun";
  throw new SystemError(`open ${DEVICE}`, error, error === EPERM || error === ENOENT ? remedy : "");
}

/** TUNSETIFF: name the device and say what kind it is. Returns the name it got. */
function attach(fd: number, wanted: string, flags: number): string {
  const request = new Block(IFREQ_BYTES);
  request.bytes.set(Buffer.from(wanted));
  request.view.setUint16(IFREQ_FLAGS, IFF_TUN | IFF_NO_PI | flags, true);
  if (ioctl(fd, TUNSETIFF, request.bytes) === -1) {
    const error = errno();
    const inUse = "the name is in use: another daemon runs, or choose another name";
    throw new SystemError(`create TUN device ${wanted}`, error, error === EBUSY ? inUse : "");
  }
  return Buffer.from(request.bytes.subarray(0, request.bytes.indexOf(0))).toString();
}

function mayHaveHeader(fd: number): boolean {
  const features = new Block(4);
  return ioctl(fd, TUNGETFEATURES, features.bytes) === 0 && (features.view.getUint32(0, true) & IFF_VNET_HDR) !== 0;
}

/** As much as is wanted and the kernel has; without any, its headers say nothing, but are there. */
function switchOffloadOn(fd: number, wanted: TunOffload | undefined): TunOffload {
  const allowed = OFFLOADS.slice(OFFLOADS.findIndex(([offload]) => offload === wanted));
  return allowed.find(([, features]) => ioctlValue(fd, TUNSETOFFLOAD, features) === 0)?.[0] ?? "checksum";
}

/** Left alone, the kernel would send its own solicitations and reports into the tunnel. */
function quieten(name: string): void {
  const ADDRESS_GENERATION_NONE = 1;
  setInterfaceValue(name, "addr_gen_mode", ADDRESS_GENERATION_NONE);
  setInterfaceValue(name, "accept_ra", 0);
  setInterfaceValue(name, "router_solicitations", 0);
  setInterfaceValue(name, "accept_dad", 0);
}

/** An open device. */
export class Tun {
  readonly fd: number;
  /** The name the kernel gave. */
  readonly name: string;
  readonly interfaceIndex: number;
  readonly offload: TunOffload;
  /** Bytes of the header before each packet. */
  readonly headerBytes: number;
  #open = true;

  /** @internal use openTun */
  constructor(fd: number, name: string, interfaceIndex: number, offload: TunOffload) {
    this.fd = fd;
    this.name = name;
    this.interfaceIndex = interfaceIndex;
    this.offload = offload;
    this.headerBytes = offload === "none" ? 0 : VIRTIO_BYTES;
  }

  /**
   * Reads one packet to a virtual address; its VIRTIO_* header, if there is one, goes right before that.
   * @returns its length in bytes, or 0 when none is waiting; throws SystemError when the device is gone
   */
  read(address: number, capacityBytes: number): number {
    const length = read(this.fd, address - this.headerBytes, capacityBytes + this.headerBytes);
    if (length >= 0) return length - this.headerBytes;
    const error = errno();
    if (error === EAGAIN || error === EINTR) return 0;
    throw new SystemError(`read from ${this.name}`, error);
  }

  /**
   * Writes one packet, with the header before it.
   * @returns 0, or the errno: EIO while the interface is down, EINVAL for what is no IP packet
   */
  write(address: number, lengthBytes: number): number {
    const { headerBytes } = this;
    return write(this.fd, address - headerBytes, lengthBytes + headerBytes) === -1 ? errno() : 0;
  }

  /** Removes the device. */
  close(): void {
    if (this.#open) check(close(this.fd), `close ${this.name}`);
    this.#open = false;
  }
}
