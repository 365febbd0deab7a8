/** How packets reach the other end of a tunnel, and why not in a better way, in words (RFC 5555 §4.4.1). */
import type { BindingStatus, UpdateStatus, UplinkStatus } from "../../../bindings/status.ts";
import { ipv4RefusalText } from "../../../bindings/describe-names.ts";
import { encapsulationText, obstacleText } from "../../../bindings/path-names.ts";
import type { NamedUplink } from "../status.ts";
import { table } from "./table.ts";

type Encapsulation = UplinkStatus["encapsulation"];
type Obstacle = UplinkStatus["paths"][Encapsulation];

/** The better one first. */
const ENCAPSULATIONS: readonly Encapsulation[] = ["Ipv6", "UdpIpv6", "Ipv4", "UdpIpv4"];

/** In a table; None: it can be used. */
const SHORT: Readonly<Record<Obstacle, string>> = {
  None: "ready", NotConfigured: "-", NoAddress: "no address", NoAnswer: "no answer", NothingPasses: "nothing passes",
  FailedBefore: "failed before", Nat: "NAT", UdpForced: "UDP is forced", NotNeeded: "not needed", LinkDown: "link down",
  BeingTried: "being tried",
};

/** "UDP over IPv4: a NAT is in the way; IPv6 was not answered; the NAT hears of us every 25 s". */
export function pathSentence(update: UpdateStatus, uplinks: readonly NamedUplink[]): string {
  const { encapsulation, nat, keepaliveS, device } = update;
  const uplink = uplinks.find((each) => each.device === device);
  const better = ENCAPSULATIONS.slice(0, ENCAPSULATIONS.indexOf(encapsulation)).reverse();
  const reasons = better.flatMap((each) => (uplink ? (obstacleText(uplink.paths[each], each) ?? []) : []));
  const isBehindNat = nat === "Nat" && encapsulation === "UdpIpv4";
  if (isBehindNat && !reasons.some((reason) => reason.includes("NAT"))) reasons.unshift("a NAT is in the way");
  const listener = encapsulation === "UdpIpv4" ? "the NAT hears" : "firewalls hear"; // they forget flows as NATs do
  const keepalive = keepaliveS > 0 ? [`${listener} of this node every ${keepaliveS} s at least`] : [];
  const all = [...new Set([...reasons, ...keepalive])];
  return all.length === 0 ? encapsulationText(encapsulation) : `${encapsulationText(encapsulation)}: ${all.join("; ")}`;
}

/** What stands below the table of registrations. */
export function registrationNotes(updates: readonly UpdateStatus[], uplinks: readonly NamedUplink[]): string[] {
  const notes = updates.flatMap((update) => {
    const { ipv4HomeAddress, ipv4Status = 0 } = update;
    const isAway = update.device !== undefined && update.state !== "AtHome";
    const path = isAway ? [`by ${pathSentence(update, uplinks)}`] : [];
    if (ipv4HomeAddress !== undefined) return [...path, `IPv4 home address ${ipv4HomeAddress}`];
    return ipv4Status === 0 ? path : [...path, `no IPv4 home address: ${ipv4RefusalText(ipv4Status)}`];
  });
  return notes.length === 0 ? [] : [...notes, ""];
}

/** The uplinks with their addresses, and what is wrong with each encapsulation; those that nobody configured are left out. */
export function uplinkTable(uplinks: readonly NamedUplink[]): string[] {
  const shown = ENCAPSULATIONS.filter((each) => (
    each === "Ipv6" || uplinks.some(({ paths }) => paths[each] !== "NotConfigured" && paths[each] !== "LinkDown")
  ));
  const hasIpv4 = shown.some((each) => each.endsWith("Ipv4"));
  const rows = uplinks.map((each) => [
    each.selected ? `${each.interface} *` : each.interface,
    stateText(each),
    addressText(each.careofAddress),
    addressText(each.router),
    ...(hasIpv4 ? [each.ipv4Address ?? "-"] : []),
    ...(shown.length > 1 ? shown.map((which) => wayText(each, which)) : []),
  ]);
  const heads = ["UPLINK", "STATE", "CARE-OF ADDRESS", "ROUTER", ...(hasIpv4 ? ["IPV4 ADDRESS"] : [])];
  return table([...heads, ...(shown.length > 1 ? shown.map((which) => encapsulationText(which).toUpperCase()) : [])], rows);
}

/** A network without routers for IPv6 is no fault where there is IPv4. */
function stateText({ state, ipv4Address }: NamedUplink): string {
  return state === "Soliciting" && ipv4Address !== undefined ? "IPv4 only" : state;
}

/** An address as it stands in a table; "::" is none. */
export function addressText(address: string): string {
  return address === "::" ? "-" : address;
}

function wayText({ selected, encapsulation, paths }: NamedUplink, which: Encapsulation): string {
  return selected && encapsulation === which ? "in use" : SHORT[paths[which]];
}

/** Columns of the binding cache that are worth showing where not everything is IPv6. */
export const BINDING_COLUMNS: readonly [head: string, cell: (binding: BindingStatus) => string][] = [
  ["BY", bindingPath],
  ["IPV4 HOME ADDRESS", ({ ipv4HomeAddress }) => ipv4HomeAddress ?? "-"],
];

/** Whether a binding cache has more than IPv6 in it. */
export function isDualStack(bindings: readonly BindingStatus[]): boolean {
  return bindings.some(({ encapsulation, ipv4HomeAddress }) => encapsulation !== "Ipv6" || ipv4HomeAddress !== undefined);
}

/** "UDP over IPv4, port 40001, NAT (25 s advised, 40 s held)". */
function bindingPath({ encapsulation, port, nat, refreshS, natHeldS, natLostS }: BindingStatus): string {
  const times = [
    ...(refreshS > 0 ? [`${refreshS} s advised`] : []),
    ...(natHeldS > 0 ? [`${natHeldS} s held`] : []),
    ...(natLostS > 0 ? [`${natLostS} s lost`] : []),
  ];
  const parts = [
    encapsulationText(encapsulation),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(nat ? [times.length === 0 ? "NAT" : `NAT (${times.join(", ")})`] : []),
  ];
  return parts.join(", ");
}
