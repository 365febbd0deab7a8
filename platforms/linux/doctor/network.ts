/** What the measurements of one uplink mean, and what to do about them. */
import type { Measurement } from "./measure.ts";
import {
  bad, type Finding, good, lifetimeText, list, type NatResult, note, type Passage, type UplinkReport, unknown, warning,
  type Way,
  type WayResult, WAY_NAMES, WAYS,
} from "./report.ts";
import { isUp, judgeUplink, type UplinkFacts } from "./uplink.ts";

export interface Expectations {
  /** The longest difference of clocks that a home agent takes (RFC 4285 §5.1), ms; undefined: clocks do not matter. */
  readonly replayWindowMs?: number;
  /** Mobile nodes keep mappings alive no more often than this (RFC 5555 §4.3). */
  readonly keepaliveFloorMs: number;
  readonly keepaliveCeilingMs: number;
  /** An answer to an ICMPv6 echo request came from the home agent; undefined: none could be sent. */
  readonly echoed?: boolean;
  readonly homeAgentName: string;
}

/** IPv6 packets in the tunnel have at least 1280 octets (RFC 2473 §7.1): then none is fragmented on the way. */
const INNER_MTU = 1280;
const OVERHEAD: Readonly<Record<Way, number>> = { Ipv6: 40, UdpIpv6: 48, Ipv4: 20, UdpIpv4: 28 };

/** How a finding about a way is called. */
const CHECKS: Readonly<Record<Way, string>> = {
  Ipv6: "native IPv6", UdpIpv6: "UDP over IPv6", Ipv4: "plain IPv4", UdpIpv4: "UDP over IPv4",
};

/** The report of an uplink; without a measurement nothing was asked. */
export function judgeNetwork(
  facts: UplinkFacts, measured: Measurement | undefined, expected: Expectations,
): UplinkReport {
  const local = judgeUplink(facts);
  if (!isUp(facts) || measured === undefined) {
    return { interface: facts.name, ...(facts.atHome && { home: true }), ways: [], findings: local };
  }
  const way = WAYS.find((each) => works(measured, each));
  const { ways, nat, lifetime, clockAheadMs } = measured;
  return {
    interface: facts.name,
    ...(way && { way }),
    ways,
    ...(nat && { nat }),
    ...(lifetime && { lifetime }),
    ...(clockAheadMs !== undefined && { clockAheadMs: Math.round(clockAheadMs) }),
    findings: [
      ...local,
      ...judgeNativeIpv6(measured, expected),
      ...ways.filter((each) => each.way !== "Ipv6").map((each) => judgeWay(each, way)),
      ...(way === undefined ? [judgeNothing(ways, expected)] : []),
      ...(nat ? judgeNat(nat) : []),
      ...(measured.lifetime ? judgeLifetime(measured, expected, way) : []),
      ...ways.flatMap((each) => judgeMtu(each)),
      ...judgeClock(clockAheadMs, expected),
    ],
  };
}

/** It passes, the configuration allows it, and data pass as well. */
function works({ ways, ipv6Tunnelled, nat }: Measurement, way: Way): boolean {
  const result = ways.find((each) => each.way === way);
  if (result?.passage !== "passes" || !result.allowed) return false;
  if (way === "Ipv6") return ipv6Tunnelled !== false;
  // a mobile node's Binding Updates by IPv4 are always in UDP (RFC 5555 §4.1)
  if (way !== "Ipv4") return true;
  return nat?.present === false && ways.some((each) => each.way === "UdpIpv4" && each.passage === "passes");
}

/** Three things that a network may refuse one by one: IPv6 at all, the Mobility Header, tunnelled packets. */
function judgeNativeIpv6({ ways, ipv6Tunnelled }: Measurement, { echoed, homeAgentName }: Expectations): Finding[] {
  const native = ways.find(({ way }) => way === "Ipv6");
  if (native === undefined) return [];
  if (native.passage === "passes") {
    return [
      good("native IPv6", `The home agent is reached by IPv6, in ${ms(native.roundTripMs)}.`),
      good("Mobility Header", "Mobility Headers and destination options pass."),
      ...(ipv6Tunnelled === undefined ? [] : [ipv6Tunnelled
        ? good("IPv6 in IPv6", "IPv6 packets in IPv6 (protocol 41) pass.")
        : warning("IPv6 in IPv6", "Mobility Headers pass, but IPv6 packets in IPv6 (protocol 41) do not.",
          "Open protocol 41 in the firewalls on the way, or let UDP be used.")]),
    ];
  }
  if (native.passage !== "blocked") return [notThere("native IPv6", native)];
  const byUdp = ways.some(({ way, passage }) => way === "UdpIpv6" && passage === "passes");
  if (echoed || byUdp) {
    return [
      good("native IPv6", byUdp ? "The home agent is reached by IPv6, in UDP."
        : `${homeAgentName} answers echo requests by IPv6.`),
      warning("Mobility Header",
        "Mobility Headers (135) or destination options (60) do not pass, or the home agent answers no probes.",
        "Open protocols 135, 60 and 41 in the firewalls on the way, or let UDP be used."),
    ];
  }
  return [
    warning("native IPv6",
      `Nothing comes back from ${homeAgentName} by IPv6${echoed === false ? ", not even echo replies" : ""}.`,
      `Look at the route (ping -6 ${homeAgentName}), at firewalls on the way, and whether the home agent runs.`),
  ];
}

function judgeWay(result: WayResult, chosen: Way | undefined): Finding {
  const { way, passage, allowed } = result;
  const check = CHECKS[way];
  if (passage === "passes") {
    const found = `The home agent is reached ${WAY_NAMES[way]}, in ${ms(result.roundTripMs)}`;
    if (allowed) return good(check, `${found}.`);
    return note(check, `${found}, but the configuration does not use it.`,
      way === "UdpIpv6" ? "Set udp_over_ipv6 = true in both files to have it as a way out."
        : "Set ipv4 = true in the file to have it as a way out.");
  }
  if (passage !== "blocked") return notThere(check, result);
  const finding = `Nothing comes back ${WAY_NAMES[way]}.`;
  if (way === "Ipv4") return note(check, finding, "Protocol 41 passes few NATs and firewalls: UDP is used then.");
  if (!allowed || chosen !== undefined) {
    return note(check, finding,
      "If it should pass: open UDP port 4191 in the firewalls on the way, and look whether the home agent serves it.");
  }
  return warning(check, finding,
    "Open UDP port 4191 in the firewalls on the way, and look whether the home agent runs and serves it.");
}

function notThere(check: string, { passage, why = "there is no such way", allowed }: WayResult): Finding {
  if (passage === "absent") return note(check, `Not from here: ${why}.`);
  return (allowed ? unknown : note)(check, `It was not tried: ${why}.`, "Remove the cause, and run the doctor again.");
}

function judgeNothing(ways: readonly WayResult[], { homeAgentName }: Expectations): Finding {
  const count = (passage: Passage) => ways.filter((each) => each.passage === passage && each.allowed).length;
  const foreign = ways.filter(({ passage, allowed }) => passage === "passes" && !allowed);
  if (foreign.length > 0) {
    const names = list(foreign.map(({ way }) => WAY_NAMES[way]));
    return bad("home agent", `Only ways that the configuration does not use reach the home agent: ${names}.`,
      "Allow one of them in the file.");
  }
  if (count("blocked") === 0) {
    return bad("home agent", "No way to the home agent could be asked.", "See above what each of them lacks.");
  }
  return bad("home agent", `${homeAgentName} does not answer by any way.`,
    "Look whether it runs (mext status there), and whether the addresses in the file are right.");
}

const INDEPENDENT = "endpoint-independent";

function judgeNat(nat: NatResult): Finding[] {
  if (nat.present === undefined) {
    return nat.unknown.map((each) => unknown("NAT", each, "Set probes = true in the home agent's file."));
  }
  if (!nat.present) {
    return [
      good("NAT", "There is no NAT: the home agent sees this host's own address and port."),
      nat.filtering === "endpoint-independent"
        ? note("filtering", "Packets come in that nothing here has asked for: there is no firewall that keeps states.")
        : note("filtering", "A firewall keeps states: only answers come in. Keepalives hold the way open."),
    ];
  }
  const kind = [
    nat.mapping && `${nat.mapping === INDEPENDENT ? INDEPENDENT : "destination-dependent"} mapping`,
    nat.filtering && `${nat.filtering === INDEPENDENT ? INDEPENDENT : "source-dependent"} filtering`,
    nat.portPreservation ? "port preservation" : "ports of its own choice",
    nat.pooling === "paired" ? "one address for all sessions" : `several addresses (${nat.addresses.join(", ")})`,
  ].filter((each) => each !== undefined);
  return [
    note("NAT", `A NAT shows this host as ${nat.addresses[0]}: ${list(kind)} (RFC 4787).`),
    ...nat.unknown.map((each) =>
      note("NAT kind", each, "A second address of the home agent would show it; mext works with every kind.")),
  ];
}

function judgeLifetime({ lifetime, nat }: Measurement, expected: Expectations, way: Way | undefined): Finding[] {
  if (lifetime === undefined) return [];
  const what = nat?.present ? "The NAT keeps a mapping" : "The way back stays open";
  const found = `${what} for ${lifetimeText(lifetime)} of silence.`;
  const floorS = expected.keepaliveFloorMs / 1000;
  if (lifetime.lostS !== undefined && lifetime.heldS < floorS) {
    const text = `${found} Keepalives come every ${floorS} s at most, so packets to this host are lost in between.`;
    const advice = `Set floor in [keepalive] to less than ${lifetime.lostS} s.`;
    return [(way === "UdpIpv4" ? warning : note)("NAT lifetime", text, advice)];
  }
  return [good("NAT lifetime", lifetime.lostS === undefined
    ? `${found} The test ended there; --nat-lifetime takes longer.` : found)];
}

function judgeMtu({ way, passage, pathMtu, linkMtu }: WayResult): Finding[] {
  if (passage !== "passes") return [];
  const check = `path MTU, ${CHECKS[way]}`;
  if (pathMtu === undefined) {
    return [warning(check, "Only small packets pass: those of the least size that every path must carry are lost.",
      "Look for a link with a small MTU, or a firewall that drops large packets.")];
  }
  const inner = pathMtu - OVERHEAD[way];
  const small = pathMtu < (linkMtu ?? 0) ? `, less than the ${linkMtu} of the interface` : "";
  const found = `Packets of ${pathMtu} octets pass${small}: ${inner} are left in the tunnel.`;
  if (inner >= INNER_MTU) return [good(check, found)];
  return [note(check, `${found} Larger ones up to ${INNER_MTU} are fragmented.`,
    "Raise the MTU of the link, if it is yours.")];
}

function judgeClock(aheadMs: number | undefined, { replayWindowMs }: Expectations): Finding[] {
  if (aheadMs === undefined) return [];
  const difference = Math.abs(aheadMs) < 1000 ? `${Math.round(Math.abs(aheadMs))} ms`
    : `${(Math.abs(aheadMs) / 1000).toFixed(1)} s`;
  const text = `The home agent's clock is ${difference} ${aheadMs < 0 ? "behind" : "ahead of"} this host's`;
  if (replayWindowMs === undefined || Math.abs(aheadMs) <= replayWindowMs) return [good("clock skew", `${text}.`)];
  return [warning("clock skew",
    `${text}: more than the ${replayWindowMs / 1000} s that it takes by default; the first registration is refused.`,
    "Set both clocks by a time service (chrony, systemd-timesyncd).")];
}

function ms(value: number | undefined): string {
  return `${(value ?? 0).toFixed(1)} ms`;
}
