/** What of this host a daemon needs, whatever network it is in. First everything is read, then it is judged. */
import { readKernelFile } from "../system/kernel-files.ts";
import { kernelClock, type KernelClock } from "../system/kernel-clock.ts";
import { type MissingPrivilege, missingPrivileges } from "../system/privileges.ts";
import { type KernelTrials, type Trial, tryKernel } from "./kernel-trial.ts";
import { bad, type Finding, good, note, unknown, warning } from "./report.ts";

export interface HostFacts {
  readonly kernel: string;
  readonly missing: readonly MissingPrivilege[];
  readonly trials: KernelTrials;
  readonly clock: KernelClock;
}

export function readHost(): HostFacts {
  return {
    kernel: readKernelFile("/proc/sys/kernel/osrelease").trim(),
    missing: missingPrivileges(),
    trials: tryKernel(),
    clock: kernelClock(),
  };
}

export function judgeHost(facts: HostFacts): Finding[] {
  const { trials } = facts;
  return [
    ...judgePrivileges(facts.missing),
    judgeTun(trials),
    judge("packet filter", trials.packetFilter, trials.untried, {
      works: "With nftables the kernel is kept from answering packets of Mobile IPv6.",
      fails: "With nftables the kernel cannot be kept from answering packets of Mobile IPv6",
      advice: "Load nf_tables (modprobe nf_tables), Linux 5.12 or later.",
    }),
    judge("routing rules", trials.routingRules, trials.untried, {
      works: "Routing rules with marks can be made.",
      fails: "Routing rules with marks cannot be made",
      advice: "Take a kernel with CONFIG_IPV6_MULTIPLE_TABLES.",
    }),
    ...judgeOffloads(facts),
    judgeClock(facts.clock),
  ];
}

function judgePrivileges(missing: readonly MissingPrivilege[]): Finding[] {
  if (missing.length === 0) return [good("privileges", "This user has all that a daemon needs.")];
  return missing.map(({ what, neededFor, remedy }) =>
    bad("privileges", `${what} is missing, which is needed for ${neededFor}.`, sentence(remedy)));
}

function judgeTun({ tun, untried }: KernelTrials): Finding {
  return judge("TUN", tun, untried, {
    works: "TUN devices can be made.",
    fails: "TUN devices cannot be made",
    advice: "Load the module (modprobe tun); in a container: --device /dev/net/tun.",
  });
}

interface Words {
  readonly works: string;
  /** Without a full stop: what the kernel said follows. */
  readonly fails: string;
  readonly advice: string;
}

function judge(check: string, trial: Trial, untried: string | undefined, words: Words): Finding {
  if (trial === true) return good(check, words.works);
  if (trial !== undefined) return bad(check, `${words.fails} (${trial}).`, words.advice);
  return unknown(check, `It was not tried (${untried}).`, "Run the doctor as root to try it.");
}

/** Offloads make it fast; without them packets go one by one. */
function judgeOffloads({ kernel, trials }: HostFacts): Finding[] {
  const { tunOffload, trains, untried } = trials;
  const hasTcp = tunOffload === "tcp" || tunOffload === "udp";
  const offloads: [name: string, isThere: boolean, since: string][] = [
    ["TCP segmentation of TUN devices", tunOffload === undefined || hasTcp, "2.6.27"],
    ["UDP segmentation of TUN devices (USO)", tunOffload === undefined || tunOffload === "udp", "6.2"],
    ["UDP_SEGMENT", trains.send, "4.18"],
    ["UDP_GRO", trains.receive, "5.0"],
  ];
  const findings: Finding[] = offloads.filter(([, isThere]) => !isThere).map(([name, , since]) =>
    warning("offloads", `Linux ${kernel} lacks ${name}: packets go one by one there.`,
      `Take Linux ${since} or later for speed.`));
  if (untried !== undefined) {
    findings.push(unknown("offloads", `Those of TUN devices were not tried (${untried}).`,
      "Run the doctor as root to try them."));
  }
  return findings.length > 0 ? findings
    : [good("offloads", `Linux ${kernel} has all segmentation offloads that mext uses.`)];
}

function judgeClock({ synchronised, maximumErrorMs }: KernelClock): Finding {
  if (synchronised) {
    const error = maximumErrorMs === undefined ? "" : ` to within ${Math.ceil(maximumErrorMs)} ms`;
    return good("clock", `A time service keeps the clock right${error}.`);
  }
  return note("clock", "The kernel knows of no time service that keeps the clock right.",
    "Run one (chrony, systemd-timesyncd), unless this is a guest that has its host's clock.");
}

/** Begins with a capital letter, and ends with a full stop. */
function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}
