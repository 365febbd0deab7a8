/** `mext status`: bindings, registration, uplinks, peers and refusals of a running daemon. */
import { statusText as meaningOf } from "../../../bindings/describe-names.ts";
import type { DaemonStatus } from "../status.ts";
import { EXIT_OK } from "./arguments.ts";
import { askStatus, readDaemonArguments } from "./client.ts";
import { BINDING_COLUMNS, addressText, isDualStack, registrationNotes, uplinkTable } from "./path-text.ts";
import { groupTable, homeAgentTable, peerTable } from "./peer-tables.ts";
import { count, duration, size, table } from "./table.ts";

const USAGE = `Usage: mext status [<file>] [--control <path>] [--json]

Shows what a running daemon does: bindings, registration, uplinks, the peers whose packets take the direct way
and why those of others do not, traffic, and why packets were refused.

  <file>            its configuration file, to find its control socket
  --control <path>  its control socket
  --json            everything, as one JSON object
  -h, --help        this text

Examples:
  mext status
  mext status --control /run/mext/home-agent.sock
  mext status mobile-node.toml --json | jq .updates[0].state
  mext status mobile-node.toml --json | jq '.peers[] | {address, optimised, obstacle}'
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
  const { role, version, processId, uptimeMs, tunnel } = status;
  const { packetsIn, packetsOut, bytesIn, bytesOut } = status.traffic;
  const way = role === "correspondent" ? "directly" : "tunnelled";
  const device = `tunnel ${tunnel.name} (MTU ${tunnel.mtuBytes})`;
  const lines = [
    `${role}  ${whoOf(status)}`,
    `mext ${version}, process ${processId}, up ${duration(uptimeMs)}, ${device}`,
    `${way}  ${count(packetsIn, "packet")} (${size(bytesIn)}) in, ${count(packetsOut, "packet")} (${size(bytesOut)}) out`,
    "",
    ...bindingTable(status),
    ...updateTable(status),
    ...registrationNotes(status.updates ?? [], status.uplinks ?? []),
    ...(status.uplinks === undefined ? [] : uplinkTable(status.uplinks)),
    ...peerTable(status),
    ...homeAgentTable(status),
    ...groupTable(status),
    ...refusalTable(status),
    ...status.warnings.map((warning) => `warning: ${warning}`),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Whose status it is: addresses, and what is served. */
function whoOf(status: DaemonStatus): string {
  const { role, addresses = [], homeAddress, homePrefixes = [], ipv4Pools = [], homeLink, nodes } = status;
  switch (role) {
    case "correspondent":
      return addresses.join(" ");
    case "mobile-node":
      return `${homeAddress}, home agent ${homeAgentText(status)}`;
    case "home-agent": {
      const link = homeLink === undefined ? "" : ` on ${homeLink}`;
      const pools = ipv4Pools.length === 0 ? "" : `, IPv4 pools ${ipv4Pools.join(" ")}`;
      return `${homeAgentText(status)}, home prefixes ${homePrefixes.join(" ")}${link}${pools}, ${count(nodes ?? 0, "node")} allowed`;
    }
  }
}

/** "ha1.example.com (2001:db8:100::1, 192.0.2.1)", as far as it is known. */
function homeAgentText({ homeAgent = "::", homeAgentIpv4, homeAgentName }: DaemonStatus): string {
  const addresses = [...(homeAgent === "::" ? [] : [homeAgent]), ...(homeAgentIpv4 === undefined ? [] : [homeAgentIpv4])];
  const known = addresses.length === 0 ? "not found yet" : addresses.join(", ");
  if (homeAgentName !== undefined) return `${homeAgentName} (${known})`;
  return addresses.length > 1 ? `${addresses[0]} (${addresses[1]})` : known;
}

function bindingTable({ role, bindings = [] }: DaemonStatus): string[] {
  if (bindings.length === 0) return role === "mobile-node" ? [] : ["no bindings", ""];
  const more = isDualStack(bindings) ? BINDING_COLUMNS : [];
  const rows = bindings.map((each) => [
    each.homeAddress,
    each.careofAddress,
    each.identity === "" ? "-" : each.identity,
    duration(each.remainingMs),
    String(each.sequence),
    `${each.packetsIn}/${each.packetsOut}`,
    String(each.pathMtu),
    ...more.map(([, cell]) => cell(each)),
  ]);
  const heads = ["HOME ADDRESS", "CARE-OF ADDRESS", "NODE", "EXPIRES IN", "SEQUENCE", "PACKETS IN/OUT", "MTU"];
  return table([...heads, ...more.map(([head]) => head)], rows);
}

function updateTable({ updates }: DaemonStatus): string[] {
  if (updates === undefined) return [];
  const rows = updates.map((each) => [
    each.state,
    addressText(each.careofAddress),
    addressText(each.peer),
    each.remainingMs > 0 ? duration(each.remainingMs) : "-",
    each.nextRefreshMs >= 0 ? duration(each.nextRefreshMs) : "-",
    each.roundTripMs >= 0 ? `${each.roundTripMs.toFixed(1)} ms` : "-",
    each.lastStatus === undefined ? "-" : `${each.lastStatus} (${meaningOf(each.lastStatus)})`,
    `${each.packetsIn}/${each.packetsOut}`,
    each.pathMtu > 0 ? String(each.pathMtu) : "-",
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
  const were = passing === 1 ? "was" : "were";
  return [
    ...(rows.length === 0 ? [] : table(["REFUSED", "WHY", "SECTION"], rows)),
    ...(passing === 0 ? [] : [`${count(passing, "packet")} ${were} none of ours, as on any link (--json tells which)`, ""]),
  ];
}
