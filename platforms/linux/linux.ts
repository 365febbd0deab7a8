/**
 * What a daemon of any role has open at the kernel: netlink, the record of changes, the tunnel
 * device and the guard. Opened in an order in which a refusal leaves nothing changed.
 */
import { MINIMUM_MTU } from "../../bindings/engine.ts";
import { Changes } from "./system/changes.ts";
import { Guard } from "./system/guard.ts";
import { readKernelLink } from "./system/kernel-files.ts";
import { type Link, listLinks } from "./system/links.ts";
import { tolerate } from "./system/errors.ts";
import { NetlinkSocket } from "./system/netlink-socket.ts";
import { openTun, type Tun, type TunOffload } from "./system/tun.ts";
import { AlreadyRunningError } from "./system/undo.ts";
import { routingNumber } from "./tunnel-routes.ts";

/** For people: something went wrong that does not end the daemon. */
export type Report = (warning: string) => void;

/** For people: what is wrong with something, until another word about it; undefined: it is well (again). */
export type Condition = (about: string, warning: string | undefined) => void;

/** Why a daemon cannot start here: one line that says what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export interface Linux {
  readonly netlink: NetlinkSocket;
  readonly changes: Changes;
  readonly tun: Tun;
  readonly guard: Guard;
  readonly report: Report;
  readonly condition: Condition;
  /** Mark of all packets that the core sends (tunnel-routes.ts). */
  readonly mark: number;
  /** Takes every change back and lets go of everything; returns what could not be taken back. */
  close(): Error[];
}

const ETHERNET_MTU_BYTES = 1500;

/** The default route into the tunnel and the routes to home prefixes: better than those of any uplink. */
export const TUNNEL_METRIC = 64;

/** What is slow when the kernel has no more for tunnel devices. */
const MISSING_OFFLOAD: Readonly<Record<Exclude<TunOffload, "udp">, string>> = {
  tcp: "this kernel gives datagrams of UDP to tunnel devices one by one (Linux 6.2 and later many at once): they cost more",
  checksum: "this kernel has no segmentation offload for tunnel devices: every segment costs as much as a packet",
  none: "this kernel has no virtio headers for tunnel devices: every segment costs as much as a packet",
};

/** Throws StartError, or SystemError where the kernel refuses. */
export function openLinux(
  tunnel: string, mtuBytes: number, report: Report, condition: Condition = (_about, warning) => warning && report(warning),
): Linux {
  const opened: (() => Error[] | void)[] = [];
  const close = () => opened.splice(0).reverse().flatMap(closeSafely);
  try {
    const netlink = new NetlinkSocket();
    opened.push(() => netlink.close());
    const changes = openChanges(tunnel, netlink);
    opened.push(() => changes.close());
    reportRecovery(changes, report);
    if (listLinks(netlink).some(({ name }) => name === tunnel)) {
      throw new StartError(
        `there is an interface ${tunnel} already: choose another tunnel, or ip link del ${tunnel}`,
      );
    }
    const tun = openTun(netlink, { name: tunnel, mtuBytes, offload: "udp" });
    opened.push(() => tun.close());
    if (tun.offload !== "udp") report(MISSING_OFFLOAD[tun.offload]);
    const guard = new Guard(`mext-${tunnel}`);
    opened.push(() => guard.close());
    const mark = routingNumber(tun.interfaceIndex);
    return { netlink, changes, tun, guard, report, condition, mark, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Closes one of several; what fails is returned, and does not keep the others open. */
export function closeSafely(close: () => Error[] | void): Error[] {
  try {
    return close() ?? [];
  } catch (error) {
    return [error as Error];
  }
}

/** A daemon is known by its tunnel device and network namespace: both can be there only once. */
function openChanges(tunnel: string, netlink: NetlinkSocket): Changes {
  const namespace = /\d+/.exec(readKernelLink("/proc/thread-self/ns/net"))?.[0];
  try {
    return new Changes(`${tunnel.replace(/[^\w.-]/g, "_")}.${namespace}`, netlink);
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    const which = error.processId === undefined ? "" : ` (process ${error.processId})`;
    throw new StartError(
      `a daemon with the tunnel ${tunnel} is already running${which}: stop it, or choose another tunnel`,
    );
  }
}

function reportRecovery(changes: Changes, report: Report): void {
  const { undone, failures } = changes.undo.recovery;
  if (undone > 0) report(`a predecessor was killed: ${undone} of its changes to the system were taken back`);
  for (const { message } of failures) {
    report(`what a killed predecessor left could not be taken back: ${message}`);
  }
}

/** Interfaces that packets of other nodes can come from. */
export function accessLinks(netlink: NetlinkSocket, tunnel: string): Link[] {
  return listLinks(netlink).filter(({ loopback, name }) => !loopback && name !== tunnel);
}

/** Receive offload joins segments into packets that fit into no slot (system/access-receive.ts). */
export function withoutReceiveOffload(changes: Changes, interfaceName: string): void {
  tolerate(["EOPNOTSUPP", "ENODEV"], () => changes.setReceiveOffload(interfaceName, false));
}

/** The least MTU is what a packet may have that leaves by any interface, the largest what may come in. */
export function linkMtus(tunnel: string): { leastBytes: number; mostBytes: number } {
  const netlink = new NetlinkSocket();
  try {
    const mtus = accessLinks(netlink, tunnel)
      .map(({ mtuBytes }) => mtuBytes)
      .filter((mtu) => mtu >= MINIMUM_MTU);
    return {
      leastBytes: Math.min(ETHERNET_MTU_BYTES, ...mtus),
      mostBytes: Math.max(ETHERNET_MTU_BYTES, ...mtus),
    };
  } finally {
    netlink.close();
  }
}
