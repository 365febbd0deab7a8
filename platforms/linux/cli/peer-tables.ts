/** The tables of `mext status` about other nodes: peers of route optimisation, home agents, groups. */
import type { PeerStatus } from "../../../bindings/status.ts";
import { statusText as meaningOf } from "../../../bindings/describe-names.ts";
import type { DaemonStatus } from "../status.ts";
import { duration, table } from "./table.ts";

/** Why packets go through the home agent. */
const OBSTACLES: Readonly<Record<PeerStatus["obstacle"], string>> = {
  None: "",
  Policy: "the configuration says so",
  LittleTraffic: "too little traffic",
  NotRegistered: "not registered with the home agent",
  InProgress: "being set up",
  NoAnswer: "the peer does not answer",
  NotSupported: "the peer does not know Mobile IPv6",
  RefusedByPeer: "the peer refused",
  Lost: "the peer lost the binding, or the direct way failed",
  AtHome: "at home",
  Ipv4CareofAddress: "no IPv6 in this network",
};

/** Each peer with the way that packets take now, and why. */
export function peerTable({ peers = [] }: DaemonStatus): string[] {
  if (peers.length === 0) return [];
  const rows = peers.map((each) => [
    each.address,
    each.optimised ? "direct" : each.obstacle === "AtHome" ? "at home" : "home agent",
    whyOf(each),
    `${each.optimisedIn}/${each.optimisedOut}`,
    `${each.tunnelledIn}/${each.tunnelledOut}`,
    each.remainingMs > 0 ? duration(each.remainingMs) : "-",
    each.nextAttemptMs >= 0 ? duration(each.nextAttemptMs) : "-",
    each.pathMtu > 0 ? String(each.pathMtu) : "-",
  ]);
  const counts = ["DIRECT IN/OUT", "TUNNELLED IN/OUT"];
  return table(["PEER", "WAY", "WHY", ...counts, "EXPIRES IN", "NEXT IN", "MTU"], rows);
}

function whyOf({ optimised, obstacle, lastStatus }: PeerStatus): string {
  if (optimised) return "route optimised";
  if (obstacle !== "RefusedByPeer" || lastStatus === undefined) return OBSTACLES[obstacle];
  return `${OBSTACLES[obstacle]}: ${lastStatus} (${meaningOf(lastStatus)})`;
}

/** The home agents of the home link, the most preferred first as the core lists them. */
export function homeAgentTable({ homeAgents = [] }: DaemonStatus): string[] {
  if (homeAgents.length === 0) return [];
  const rows = homeAgents.map((each) => [
    each.current ? `${each.address} *` : each.address,
    each.linkLocal === "::" ? "-" : each.linkLocal,
    String(each.preference),
    timeLeft(each.remainingMs),
  ]);
  return table(["HOME AGENT", "LINK-LOCAL", "PREFERENCE", "EXPIRES IN"], rows);
}

/** Multicast groups that were joined through the tunnel. */
export function groupTable({ groups = [] }: DaemonStatus): string[] {
  if (groups.length === 0) return [];
  const rows = groups.map(({ homeAddress, group, remainingMs }) => [group, homeAddress, timeLeft(remainingMs)]);
  return table(["GROUP", "HOME ADDRESS", "EXPIRES IN"], rows);
}

/** JSON has no Infinity: what never ends comes over the control socket as null. */
function timeLeft(remainingMs: number | null): string {
  return remainingMs === null || remainingMs === Infinity ? "never" : duration(remainingMs);
}
