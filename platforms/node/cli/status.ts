/** `mext status`: bindings, registration, uplinks and refusals of a running daemon. */
import { statusText as meaningOf } from "../../../bindings/describe-names.ts";
import type { DaemonStatus } from "../status.ts";
import { EXIT_OK } from "./arguments.ts";
import { askStatus, readDaemonArguments } from "./client.ts";

const USAGE = `Usage: mext status [<file>] [--control <path>] [--json]

Shows what a running daemon does: bindings, registration, uplinks, traffic, and why packets were refused.

  <file>            its configuration file, to find its control socket
  --control <path>  its control socket
  --json            everything, as one JSON object
  -h, --help        this text

Examples:
  mext status
  mext status --control /run/mext/home-agent.sock
  mext status mobile-node.toml --json | jq .updates[0].state
`;

/** Runs the command; answers the exit code. */
export async function status(argv: string[]): Promise<number> {
  const wanted = readDaemonArguments(argv);
  if (wanted === undefined) {
    process.stdout.write(USAGE);
    return EXIT_OK;
  }
  const answer = await askStatus(wanted.paths);
  process.stdout.write(wanted.json ? `${JSON.stringify(answer)}\n` : statusText(answer));
  return EXIT_OK;
}

/** The status as tables for people. */
export function statusText(status: DaemonStatus): string {
  const { role, version, processId, uptimeMs, tunnel, homeAgent, homeAddress, homePrefixes } = status;
  const who =
    homeAddress === undefined
      ? `${homeAgent}, home prefixes ${homePrefixes?.join(" ")}, ${status.nodes} nodes allowed`
      : `${homeAddress}, home agent ${homeAgent}`;
  const { packetsIn, packetsOut, bytesIn, bytesOut } = status.traffic;
  const device = `tunnel ${tunnel.name} (MTU ${tunnel.mtuBytes})`;
  const lines = [
    `${role}  ${who}`,
    `mext ${version}, process ${processId}, up ${duration(uptimeMs)}, ${device}`,
    `tunnelled  ${packetsIn} packets (${size(bytesIn)}) in, ${packetsOut} packets (${size(bytesOut)}) out`,
    "",
    ...bindingTable(status),
    ...updateTable(status),
    ...uplinkTable(status),
    ...refusalTable(status),
    ...status.warnings.map((warning) => `warning: ${warning}`),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function bindingTable({ bindings }: DaemonStatus): string[] {
  if (bindings === undefined) return [];
  if (bindings.length === 0) return ["no bindings", ""];
  const rows = bindings.map((each) => [
    each.homeAddress,
    each.careofAddress,
    each.identity,
    duration(each.remainingMs),
    String(each.sequence),
    `${each.packetsIn}/${each.packetsOut}`,
    String(each.pathMtu),
  ]);
  return table(
    ["HOME ADDRESS", "CARE-OF ADDRESS", "NODE", "EXPIRES IN", "SEQUENCE", "PACKETS IN/OUT", "MTU"],
    rows,
  );
}

function updateTable({ updates }: DaemonStatus): string[] {
  if (updates === undefined) return [];
  const rows = updates.map((each) => [
    each.state,
    each.careofAddress,
    each.peer,
    each.remainingMs > 0 ? duration(each.remainingMs) : "-",
    each.nextRefreshMs >= 0 ? duration(each.nextRefreshMs) : "-",
    each.roundTripMs >= 0 ? `${each.roundTripMs.toFixed(1)} ms` : "-",
    each.lastStatus === undefined ? "-" : `${each.lastStatus} (${meaningOf(each.lastStatus)})`,
    `${each.packetsIn}/${each.packetsOut}`,
    String(each.pathMtu),
  ]);
  return table(
    [
      "REGISTRATION",
      "CARE-OF ADDRESS",
      "HOME AGENT",
      "EXPIRES IN",
      "REFRESH IN",
      "ROUND TRIP",
      "STATUS",
      "PACKETS IN/OUT",
      "MTU",
    ],
    rows,
  );
}

function uplinkTable({ uplinks }: DaemonStatus): string[] {
  if (uplinks === undefined) return [];
  const rows = uplinks.map((each) => [
    each.selected ? `${each.interface} *` : each.interface,
    each.state,
    each.careofAddress,
    each.router,
  ]);
  return table(["UPLINK", "STATE", "CARE-OF ADDRESS", "ROUTER"], rows);
}

function refusalTable({ refusals, sendFailures, traps }: DaemonStatus): string[] {
  const failures = Object.entries(sendFailures).map(([code, packets]) => [
    String(packets),
    `not sent: ${code}`,
    "",
  ]);
  const unusual = refusals.filter(({ ordinary }) => !ordinary);
  const rows = [...unusual.map((each) => [String(each.packets), each.text, each.section]), ...failures];
  if (traps > 0) {
    rows.push([String(traps), "traps of the core, each replaced by a fresh one: please report", ""]);
  }
  const passing = refusals.filter(({ ordinary }) => ordinary).reduce((sum, { packets }) => sum + packets, 0);
  return [
    ...(rows.length === 0 ? [] : table(["REFUSED", "WHY", "SECTION"], rows)),
    ...(passing === 0 ? [] : [`${passing} packets were none of ours, as on any link (--json tells which)`, ""]),
  ];
}

/** Columns as wide as their widest cell, and an empty line behind. */
function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column].length), title.length),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line), ""];
}

/** "4s", "9m 51s", "3h 12m", "2d 4h". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}

function size(octets: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, octets)) / 10));
  return `${(octets / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
