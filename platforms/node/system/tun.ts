/**
 * The TUN device: the home side. What the node's own programs, or the hosts behind it, send to the
 * home network comes out of `read`; what `write` is given arrives at them.
 *
 * Without IFF_NO_PI the kernel would put four bytes before each packet. The device disappears with
 * its descriptor, together with its addresses and routes.
 */

import {
  EAGAIN, EBUSY, EINTR, ENOENT, EPERM, IFF_NO_PI, IFF_TUN, IFNAMSIZ, O_CLOEXEC, O_NONBLOCK, O_RDWR, TUNSETIFF,
} from "./constants.ts";
import { SystemError } from "./errors.ts";
import { check, close, errno, ioctl, open, prepare, read, write } from "./libc.ts";
import { linkByName, setLink } from "./links.ts";
import { Block } from "./memory.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";
import { setInterfaceValue } from "./sysctl.ts";

const DEVICE = "/dev/net/tun";
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = IFNAMSIZ;

export interface TunOptions {
  /** Interface name, at most 15 characters; "mext%d" lets the kernel choose the number. */
  readonly name: string;
  readonly mtuBytes: number;
  /** Segmentation offload with a virtio header before each packet: not there yet, so only "none". */
  readonly offload?: "none";
}

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
    const name = attach(fd, options.name);
    const interfaceIndex = linkByName(netlink, name).index;
    quieten(name);
    setLink(netlink, interfaceIndex, { up: true, mtuBytes: options.mtuBytes });
    return new Tun(fd, name, interfaceIndex);
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
function attach(fd: number, wanted: string): string {
  const request = new Block(IFREQ_BYTES);
  request.bytes.set(Buffer.from(wanted));
  request.view.setUint16(IFREQ_FLAGS, IFF_TUN | IFF_NO_PI, true);
  if (ioctl(fd, TUNSETIFF, request.bytes) === -1) {
    const error = errno();
    const inUse = "the name is in use: another daemon runs, or choose another name";
    throw new SystemError(`create TUN device ${wanted}`, error, error === EBUSY ? inUse : "");
  }
  return Buffer.from(request.bytes.subarray(0, request.bytes.indexOf(0))).toString();
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
  #open = true;

  /** @internal use openTun */
  constructor(fd: number, name: string, interfaceIndex: number) {
    this.fd = fd;
    this.name = name;
    this.interfaceIndex = interfaceIndex;
  }

  /**
   * Reads one packet to a virtual address.
   * @returns its length in bytes, or 0 when none is waiting; throws SystemError when the device is gone
   */
  read(address: number, capacityBytes: number): number {
    const length = read(this.fd, address, capacityBytes);
    if (length >= 0) return length;
    const error = errno();
    if (error === EAGAIN || error === EINTR) return 0;
    throw new SystemError(`read from ${this.name}`, error);
  }

  /**
   * Writes one packet.
   * @returns 0, or the errno: EIO while the interface is down, EINVAL for what is no IP packet
   */
  write(address: number, lengthBytes: number): number {
    return write(this.fd, address, lengthBytes) === -1 ? errno() : 0;
  }

  /** Removes the device. */
  close(): void {
    if (this.#open) check(close(this.fd), `close ${this.name}`);
    this.#open = false;
  }
}
