/** Programs of this host that want to do what mext does, or undo it. */
import type { ProcessName } from "../port-owner.ts";
import { listKernelFolder, readKernelFile, readKernelLink } from "../system/kernel-files.ts";
import { type Finding, good, note, warning } from "./report.ts";

type DaemonRole = "mobile-node" | "home-agent" | "correspondent";

interface Rival {
  /** As /proc/<pid>/comm shows it. */
  readonly name: RegExp;
  readonly roles: readonly DaemonRole[];
  readonly verdict: "note" | "warning";
  readonly does: string;
  readonly advice: string;
}

const RIVALS: readonly Rival[] = [
  {
    name: /^mip6d$/,
    roles: ["mobile-node", "home-agent", "correspondent"],
    verdict: "warning",
    does: "does Mobile IPv6 as well",
    advice: "Stop it (systemctl stop mip6d) before mext starts.",
  },
  {
    name: /^radvd$/,
    roles: ["home-agent"],
    verdict: "warning",
    does: "sends router advertisements",
    advice: "Leave the home link out of its configuration: there the home agent advertises itself.",
  },
  {
    name: /^NetworkManager$/,
    roles: ["mobile-node"],
    verdict: "note",
    does: "configures interfaces, and takes away IPv6 addresses that it does not know",
    advice: 'Let it leave IPv6 of the uplinks alone: nmcli connection modify <connection> ipv6.method ignore.',
  },
  {
    name: /^systemd-networkd?$/,
    roles: ["mobile-node"],
    verdict: "note",
    does: "configures interfaces, and takes away IPv6 addresses that it does not know",
    advice: "Write IPv6AcceptRA=no and KeepConfiguration=yes into the .network files of the uplinks.",
  },
  {
    name: /^dhcpcd$/,
    roles: ["mobile-node"],
    verdict: "note",
    does: "handles router advertisements itself",
    advice: "Start it with --ipv4only (-4) for the uplinks.",
  },
];

/** Those that run in this network namespace, or in one that may not be seen. */
export function findRivals(role: DaemonRole, processes = runningHere()): Finding[] {
  const found = RIVALS.filter(({ roles }) => roles.includes(role)).flatMap((rival) => {
    const process = processes.find(({ name }) => rival.name.test(name));
    if (process === undefined) return [];
    const finding = `${process.name} (process ${process.processId}) ${rival.does}.`;
    return [(rival.verdict === "note" ? note : warning)("other daemons", finding, rival.advice)];
  });
  return found.length > 0 ? found : [good("other daemons", "No program is known to be in the way.")];
}

function runningHere(): ProcessName[] {
  return listKernelFolder("/proc").filter((name) => /^\d+$/.test(name) && mayShareNetwork(name)).flatMap((name) => {
    const command = commandOf(name);
    return command === undefined ? [] : [{ processId: Number(name), name: command }];
  });
}

/** Whether a process may be in the network namespace of this one: another user's cannot be seen. */
function mayShareNetwork(processId: string): boolean {
  try {
    return readKernelLink(`/proc/${processId}/ns/net`) === readKernelLink("/proc/thread-self/ns/net");
  } catch {
    return true;
  }
}

function commandOf(processId: string): string | undefined {
  try {
    return readKernelFile(`/proc/${processId}/comm`).trimEnd();
  } catch {
    return undefined; // just gone
  }
}
