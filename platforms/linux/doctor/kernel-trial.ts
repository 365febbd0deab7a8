/**
 * What the kernel can do of that which the daemons need, found by trying what they do: in a network namespace of its
 * own, so that nothing of this host changes; where that is not allowed, only what a socket shows.
 */
import { SendFailures } from "../send-queue.ts";
import { DatagramPort, type Trains } from "../system/datagram-port.ts";
import { SystemError } from "../system/errors.ts";
import { PacketMemory } from "../system/memory.ts";
import { NetlinkSocket } from "../system/netlink-socket.ts";
import { MOBILITY, PacketDrop } from "../system/packet-drop.ts";
import { addRule } from "../system/rules.ts";
import { inTrialNamespace } from "../system/trial-namespace.ts";
import { openTun, type TunOffload } from "../system/tun.ts";

/** What came of a trial: true, what the kernel said against it, or undefined: not tried. */
export type Trial = true | string | undefined;

export interface KernelTrials {
  readonly tun: Trial;
  /** What the TUN device had of segmentation offload. */
  readonly tunOffload?: TunOffload;
  readonly packetFilter: Trial;
  readonly routingRules: Trial;
  /** What a UDP socket has: UDP_SEGMENT, UDP_GRO. */
  readonly trains: Trains;
  /** Why the first ones were not tried. */
  readonly untried?: string;
}

const NAME = "mext-doctor";
const MTU_BYTES = 1280;
/** Of a rule that nobody else sees. */
const RULE = { priority: 1000, inverted: true, mark: 0x6d65, action: "lookup", table: 0x6d65 } as const;

export function tryKernel(): KernelTrials {
  const trains = tryUdp();
  try {
    return { ...inTrialNamespace(tryNetwork), trains };
  } catch (error) {
    return { tun: undefined, packetFilter: undefined, routingRules: undefined, trains, untried: messageOf(error) };
  }
}

function tryNetwork(): Omit<KernelTrials, "trains"> {
  const netlink = new NetlinkSocket();
  try {
    let tunOffload: TunOffload | undefined;
    const tun = attempt(() => {
      const device = openTun(netlink, { name: NAME, mtuBytes: MTU_BYTES, offload: "udp" });
      tunOffload = device.offload;
      device.close();
    });
    const packetFilter = attempt(() => new PacketDrop(NAME, MOBILITY).close());
    const routingRules = attempt(() => addRule(netlink, RULE));
    return { tun, ...(tunOffload && { tunOffload }), packetFilter, routingRules };
  } finally {
    netlink.close();
  }
}

function tryUdp(): Trains {
  const packets = new PacketMemory(new WebAssembly.Memory({ initial: 1 }));
  const port = new DatagramPort(packets, new SendFailures());
  const { trains } = port;
  port.close();
  return trains;
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
