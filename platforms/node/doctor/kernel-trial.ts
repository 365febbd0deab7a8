/**
 * What the kernel can do of that which the daemons need, found by trying: in a network namespace of its own, so
 * that nothing of this host changes; where that is not allowed, only what a socket shows.
 */
import {
  AF_INET, IFF_NO_PI, IFF_TUN, IFF_VNET_HDR, IFNAMSIZ, O_CLOEXEC, O_RDWR, SOCK_CLOEXEC, SOCK_DGRAM, SOL_UDP,
  TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_USO4, TUN_F_USO6, TUNSETIFF, TUNSETOFFLOAD, UDP_GRO, UDP_SEGMENT,
} from "../system/constants.ts";
import { SystemError } from "../system/errors.ts";
import { check, close, ioctl, ioctlValue, open, socket } from "../system/libc.ts";
import { Block, setIntegerOption } from "../system/memory.ts";
import { NetlinkSocket } from "../system/netlink-socket.ts";
import { PacketDrop } from "../system/packet-drop.ts";
import { addRule } from "../system/rules.ts";
import { inTrialNamespace } from "../system/trial-namespace.ts";

/** What came of a trial: true, what the kernel said against it, or undefined: not tried. */
export type Trial = true | string | undefined;

export interface KernelTrials {
  readonly tun: Trial;
  /** A virtio header in front of every packet. */
  readonly virtio: Trial;
  readonly tcpSegmentation: Trial;
  readonly udpSegmentation: Trial;
  readonly packetFilter: Trial;
  readonly routingRules: Trial;
  /** Many datagrams in one call, and in one buffer. */
  readonly udpSegment: Trial;
  readonly udpGro: Trial;
  /** Why the first ones were not tried. */
  readonly untried?: string;
}

const IFREQ_BYTES = 40;

export function tryKernel(): KernelTrials {
  const sockets = { udpSegment: attempt(() => tryUdp(UDP_SEGMENT, 1200)), udpGro: attempt(() => tryUdp(UDP_GRO, 1)) };
  try {
    return { ...inTrialNamespace(tryDevices), ...sockets };
  } catch (error) {
    return { ...NOT_TRIED, ...sockets, untried: messageOf(error) };
  }
}

const NOT_TRIED: Omit<KernelTrials, "udpSegment" | "udpGro"> = {
  tun: undefined, virtio: undefined, tcpSegmentation: undefined, udpSegmentation: undefined,
  packetFilter: undefined, routingRules: undefined,
};

function tryDevices(): typeof NOT_TRIED {
  return {
    tun: attempt(() => tryTun(0)),
    virtio: attempt(() => tryTun(IFF_VNET_HDR)),
    tcpSegmentation: attempt(() => tryTun(IFF_VNET_HDR, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)),
    udpSegmentation: attempt(() => tryTun(IFF_VNET_HDR, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6)),
    packetFilter: attempt(() => new PacketDrop("mext-doctor").close()),
    routingRules: attempt(tryRule),
  };
}

function attempt(action: () => void): Trial {
  try {
    action();
    return true;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof SystemError ? `${error.syscall}: ${error.code}` : (error as Error).message;
}

/** Makes a TUN device with these flags and offloads, for a moment. */
function tryTun(flags: number, offloads?: number): void {
  const fd = check(open("/dev/net/tun", O_RDWR | O_CLOEXEC, 0), "open /dev/net/tun");
  try {
    const request = new Block(IFREQ_BYTES);
    request.view.setUint16(IFNAMSIZ, IFF_TUN | IFF_NO_PI | flags, true);
    check(ioctl(fd, TUNSETIFF, request.bytes), "create TUN device");
    if (offloads !== undefined) check(ioctlValue(fd, TUNSETOFFLOAD, offloads), "TUNSETOFFLOAD");
  } finally {
    close(fd);
  }
}

function tryRule(): void {
  const netlink = new NetlinkSocket();
  try {
    addRule(netlink, { priority: 1000, inverted: true, mark: 0x6d65, action: "lookup", table: 0x6d65 });
  } finally {
    netlink.close();
  }
}

function tryUdp(option: number, value: number): void {
  const fd = check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open UDP socket");
  try {
    setIntegerOption(fd, SOL_UDP, option, value, option === UDP_GRO ? "UDP_GRO" : "UDP_SEGMENT");
  } finally {
    close(fd);
  }
}
