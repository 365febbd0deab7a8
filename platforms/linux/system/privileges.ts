/**
 * What this process may not do, before it tries: each line says what is missing and how to get it.
 */

import { hasKernelFile, mayReadAndWrite, readKernelFile } from "./kernel-files.ts";

export interface MissingPrivilege {
  /** "CAP_NET_ADMIN", "CAP_NET_RAW", "/dev/net/tun", "IPv6" or "/proc/sys". */
  readonly what: string;
  /** What it is needed for. */
  readonly neededFor: string;
  /** What to do about it. */
  readonly remedy: string;
}

const CAPABILITIES = [
  { name: "CAP_NET_ADMIN", bit: 12n, neededFor: "the TUN device, addresses, routes and the packet filter" },
  { name: "CAP_NET_RAW", bit: 13n, neededFor: "packet sockets and raw sockets" },
];

/** All that is missing; empty when the daemon can start. */
export function missingPrivileges(): MissingPrivilege[] {
  const effective = effectiveCapabilities();
  const missing: MissingPrivilege[] = CAPABILITIES
    .filter(({ bit }) => ((effective >> bit) & 1n) === 0n)
    .map(({ name, neededFor }) => ({ what: name, neededFor, remedy: capabilityRemedy(name) }));
  if (!hasKernelFile("/dev/net/tun")) {
    missing.push({
      what: "/dev/net/tun",
      neededFor: "the TUN device",
      remedy: "modprobe tun; in a container: --device /dev/net/tun",
    });
  } else if (!mayReadAndWrite("/dev/net/tun")) {
    missing.push({
      what: "/dev/net/tun",
      neededFor: "the TUN device",
      remedy: "run as root, or let this user open it: its usual mode is 0666, CAP_NET_ADMIN is asked for all the same",
    });
  }
  if (!hasKernelFile("/proc/sys/net/ipv6")) {
    missing.push({
      what: "IPv6",
      neededFor: "everything",
      remedy: "remove ipv6.disable=1 from the kernel's command line; in a container: enable IPv6",
    });
  } else if (!mayReadAndWrite("/proc/sys/net/ipv6/conf/all/forwarding")) {
    missing.push({
      what: "/proc/sys",
      neededFor: "kernel settings (forwarding, router advertisements)",
      remedy: "run as root; in a container: --privileged, or set the values from outside (--sysctl)",
    });
  }
  return missing;
}

function capabilityRemedy(name: string): string {
  return `run as root; or setcap ${name.toLowerCase()}+ep on the node binary; or ` +
    `AmbientCapabilities=${name} in the systemd unit; in a container: --cap-add ${name.slice("CAP_".length)}`;
}

/** The capabilities of the calling thread, one bit each (capabilities(7)). */
function effectiveCapabilities(): bigint {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readKernelFile("/proc/thread-self/status"));
  return BigInt(`0x${line?.[1] ?? "0"}`);
}
