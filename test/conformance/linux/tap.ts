/**
 * A TAP device: a link of the subject, whose other end is here. What the subject's kernel sends on it is read as
 * Ethernet frames, and what is written arrives there.
 */
import {
  EAGAIN, IFF_NO_PI, IFNAMSIZ, O_CLOEXEC, O_NONBLOCK, O_RDWR, TUNSETIFF,
} from "../../../platforms/linux/system/constants.ts";
import { SystemError } from "../../../platforms/linux/system/errors.ts";
import { check, close, errno, ioctl, open, prepare, read, write } from "../../../platforms/linux/system/libc.ts";
import { linkByName } from "../../../platforms/linux/system/links.ts";
import { Block } from "../../../platforms/linux/system/memory.ts";
import type { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { inside } from "../../linux/system/namespace.ts";

const IFREQ_BYTES = 40;
const IFF_TAP = 2;
const FRAME_BYTES = 2048;
/** Destination, source, type (IEEE 802.3). */
export const ETHERNET_BYTES = 14;
const ETHERTYPE_IPV6 = 0x86dd;
/** How often devices are looked at: all of them in one go, so that many at once cost little. */
const LOOK_MS = 1;

/** Devices that are open, and who hears their packets. */
const devices = new Map<Tap, (packet: Uint8Array) => void>();
let looking = false;

export class Tap {
  readonly interfaceIndex: number;
  #fd: number;
  readonly #block = new Block(FRAME_BYTES);
  /** 6 octets. */
  readonly #linkAddress: Uint8Array;

  /** Makes the device in a namespace; `receive` gets each IPv6 packet that is sent on it, and keeps it. */
  constructor(namespace: string, netlink: NetlinkSocket, name: string, receive: (packet: Uint8Array) => void) {
    this.#fd = inside(namespace, () => openTap(name));
    const { index, macAddress } = linkByName(netlink, name);
    this.interfaceIndex = index;
    this.#linkAddress = Buffer.from(macAddress.replaceAll(":", ""), "hex");
    devices.set(this, receive);
    if (!looking) look();
  }

  /** Lets a packet arrive: at the subject's link-layer address, or at that of a multicast group (RFC 2464 §7). */
  send(packet: Uint8Array): void {
    const { bytes, view, address } = this.#block;
    const isMulticast = packet[24] === 0xff;
    bytes.set(isMulticast ? [0x33, 0x33, ...packet.subarray(36, 40)] : this.#linkAddress);
    bytes.set(OTHERS_LINK_ADDRESS, 6);
    view.setUint16(12, ETHERTYPE_IPV6);
    bytes.set(packet, ETHERNET_BYTES);
    write(this.#fd, address, ETHERNET_BYTES + packet.length); // EIO while the device is down: nobody is there
  }

  /** The next IPv6 packet that was sent; undefined: none is waiting. */
  take(): Uint8Array | undefined {
    const { bytes, view, address } = this.#block;
    for (;;) {
      const length = read(this.#fd, address, FRAME_BYTES);
      if (length === -1) {
        if (errno() === EAGAIN) return undefined;
        throw new SystemError("read from a TAP device", errno());
      }
      if (view.getUint16(12) === ETHERTYPE_IPV6) return bytes.slice(ETHERNET_BYTES, length);
    }
  }

  /** Removes the device. */
  /** Whatever is sent on it from now on, nobody hears. */
  ignore(): void {
    devices.delete(this);
  }

  close(): void {
    if (devices.delete(this)) check(close(this.#fd), "close a TAP device");
  }
}

/** Everybody else's: the tester is all of them. */
export const OTHERS_LINK_ADDRESS = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 1);

function openTap(name: string): number {
  const fd = check(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC, 0), "open /dev/net/tun");
  return prepare(fd, () => {
    const request = new Block(IFREQ_BYTES);
    request.bytes.set(Buffer.from(name));
    request.view.setUint16(IFNAMSIZ, IFF_TAP | IFF_NO_PI, true);
    check(ioctl(fd, TUNSETIFF, request.bytes), `make ${name}`);
    return fd;
  });
}

/** Hands on what has come, as long as there are devices. */
function look(): void {
  looking = devices.size > 0;
  for (const [tap, receive] of devices) {
    for (let packet = tap.take(); packet; packet = tap.take()) receive(packet);
  }
  if (looking) setTimeout(look, LOOK_MS);
}
