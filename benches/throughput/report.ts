/** What was measured between namespaces, as text for the terminal and as a section of results.md. */
import type { Promised } from "../benchmark.ts";
import type { Machine } from "../machine.ts";
import { promise } from "../report.ts";
import { quantile } from "../rounds.ts";
import type { Figures } from "./measure.ts";
import type { Profile } from "./profile.ts";
import { forwarding, mext } from "./ways.ts";

export const TITLE = "Throughput between namespaces";

export interface Measured {
  readonly name: string;
  readonly rounds: readonly Figures[];
}

type Kind = "tcpGbps" | "udpKpps" | "roundTripMs";

function median(measured: Measured, kind: Kind): number {
  return quantile(measured.rounds.map((round) => round[kind]), 0.5);
}

/** Median of the ratios within each round. */
function ratio(subject: Measured, peer: Measured, kind: Kind): number {
  return quantile(subject.rounds.map((round, index) => round[kind] / peer.rounds[index][kind]), 0.5);
}

/** The bounds of the path by UDP over IPv4, as far as its peers were measured. */
export function promises(all: readonly Measured[]): Promised[] {
  const find = (isIt: (name: string) => boolean) => all.find(({ name }) => isIt(name));
  const subject = find((name) => name === mext("UDP over IPv4").name);
  const plain = find((name) => name === forwarding.name);
  const wireguard = find((name) => name.startsWith("wireguard-go"));
  if (subject === undefined || plain === undefined) return [];
  const added = quantile(subject.rounds.map((round, index) => round.roundTripMs - plain.rounds[index].roundTripMs), 0.5);
  const atLeast = (what: string, value: number, bound: number): Promised => ({ what, value, bound, sense: "at least", unit: "times" });
  return [
    atLeast("TCP by UDP over IPv4, against plain kernel forwarding", ratio(subject, plain, "tcpGbps"), 0.5),
    ...(wireguard ? [atLeast("TCP by UDP over IPv4, against wireguard-go", ratio(subject, wireguard, "tcpGbps"), 4)] : []),
    atLeast("Datagrams of 64 octets by UDP over IPv4, against plain kernel forwarding", ratio(subject, plain, "udpKpps"), 0.9),
    { what: "Round trip added by UDP over IPv4", value: added * 1000, bound: 300, sense: "at most", unit: "µs" },
  ];
}

const HEAD = ["", "TCP Gbit/s", "÷ plain", "÷ wireguard-go", "64 octets k/s", "÷ plain", "round trip ms", "CPU of the programs while TCP ran"];

function rows(all: readonly Measured[]): string[][] {
  const plain = all.find(({ name }) => name === forwarding.name)!;
  const wireguard = all.find(({ name }) => name.startsWith("wireguard-go"));
  return all.map((each) => [
    each.name, median(each, "tcpGbps").toFixed(2), ratio(each, plain, "tcpGbps").toFixed(2),
    wireguard ? ratio(each, wireguard, "tcpGbps").toFixed(2) : "", median(each, "udpKpps").toFixed(0),
    ratio(each, plain, "udpKpps").toFixed(2), median(each, "roundTripMs").toFixed(3), cpuOf(each),
  ]);
}

/** Of the middle round, in percent of one core. */
function cpuOf({ rounds }: Measured): string {
  const sorted = [...rounds].sort((a, b) => a.tcpGbps - b.tcpGbps);
  return sorted[sorted.length >> 1].cpu
    .map(({ name, userPercent, systemPercent }) => `${name}: user ${userPercent.toFixed(0)} %, system ${systemPercent.toFixed(0)} %`)
    .join("; ");
}

export function terminalText(all: readonly Measured[], profiles: readonly Profile[]): string {
  const table = [HEAD, ...rows(all)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "));
  const seen = profiles.flatMap(({ of, shares }) => [
    "", of, ...shares.map(({ what, percent }) => `  ${percent.toFixed(1).padStart(5)} %  ${what}`),
  ]);
  return [TITLE, ...lines, ...promises(all).map(promise), ...seen].join("\n");
}

export function section(all: readonly Measured[], profiles: readonly Profile[], machine: Machine, load: number): string {
  const lines = [
    `## ${TITLE}`, "",
    "Written by `npm run bench:throughput`: client – mobile node – home agent – server in four namespaces, joined by veth",
    "cables; what the client sends is forwarded by the two in the middle, by the kernel alone or through a tunnel. TCP is one",
    "flow of iperf3, datagrams are the most of 64 octets a second of which at most a hundredth is lost (the sockets at both",
    "ends have buffers of up to 2 MiB, so that the way loses them and not its ends), the round trip is the",
    `median of ping. Medians of ${all[0].rounds.length} rounds, taken in turn, ratios within each round. Everything shares the ${machine.cores} cores; the load of`,
    `others when a measurement began was at most ${load.toFixed(1)} (with what remained of the one before). wireguard-go encrypts, mext`,
    "does not.", "",
    `${machine.date}, commit ${machine.commit}, core ${machine.core.slice(0, 12)}, kernel ${machine.kernel}, Node ${machine.node}.`, "",
    ...promises(all).map((each) => `- ${promise(each)}`), "",
    `| ${HEAD.join(" | ")} |`, `|---|${"--:|".repeat(HEAD.length - 2)}---|`,
    ...rows(all).map((row) => `| ${row.join(" | ")} |`), "",
  ];
  if (profiles.length > 0) {
    lines.push(
      "What is left between us and the kernel: shares of the CPU time of both daemons, by UDP over IPv4 (perf; in runs of",
      "their own).", "",
      `| | ${profiles.map(({ of }) => of).join(" | ")} |`, `|---|${profiles.map(() => "--:|").join("")}`,
    );
    const kinds = [...new Set(profiles.flatMap(({ shares }) => shares.map(({ what }) => what)))];
    for (const kind of kinds) {
      const cells = profiles.map(({ shares }) => shares.find(({ what }) => what === kind)?.percent ?? 0);
      if (Math.max(...cells) >= 0.5) lines.push(`| ${kind} | ${cells.map((percent) => `${percent.toFixed(1)} %`).join(" | ")} |`);
    }
    lines.push("");
  }
  return lines.join("\n");
}
