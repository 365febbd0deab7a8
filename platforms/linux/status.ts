/** What a running daemon says of itself. No key appears in it. */
import type {
  Config, CorrespondentConfig, HomeAgentConfig, MobileNodeConfig,
} from "../../bindings/config/index.ts";
import type {
  BindingStatus, GroupStatus, HomeAgentStatus, PeerStatus, RefusalCount, Traffic, UpdateStatus, UplinkStatus,
} from "../../bindings/status.ts";
import { homeAgentName } from "./dual-stack-settings.ts";
import type { LoopStatus } from "./messages.ts";
import { monotonicMs } from "./system/clock.ts";
import { VERSION } from "./version.ts";

/** What a daemon does now, as `mext status --json` prints it. */
export interface DaemonStatus {
  readonly role: Config["role"];
  readonly version: string;
  readonly processId: number;
  readonly startedUnixMs: number;
  readonly uptimeMs: number;
  readonly tunnel: { readonly name: string; readonly mtuBytes: number };
  /** Of a mobile node: `::` while it is being discovered. Not of a correspondent node. */
  readonly homeAgent?: string;
  /** Absent: there is none, or it is not known. */
  readonly homeAgentIpv4?: string;
  /** By which a mobile node knows it. */
  readonly homeAgentName?: string;
  /** Of a mobile node. */
  readonly homeAddress?: string;
  /** The own addresses of a correspondent node. */
  readonly addresses?: readonly string[];
  /** The interface of a home agent's home link; without it the home link is a virtual one. */
  readonly homeLink?: string;
  /** Of a home agent. */
  readonly homePrefixes?: readonly string[];
  /** IPv4 home addresses that may be leased. */
  readonly ipv4Pools?: readonly string[];
  /** How many mobile nodes a home agent may serve. */
  readonly nodes?: number;
  /** The binding cache; the identity of a node that bound its route by return routability is "". */
  readonly bindings?: readonly (BindingStatus & { readonly identity: string })[];
  /** The binding update list of a mobile node. */
  readonly updates?: readonly UpdateStatus[];
  /** All uplinks of a mobile node, the preferred one first. */
  readonly uplinks?: readonly NamedUplink[];
  /** The correspondent nodes of a mobile node. */
  readonly peers?: readonly PeerStatus[];
  /** The home agents list of a home agent, or those that a mobile node has discovered. */
  readonly homeAgents?: readonly HomeAgentStatus[];
  /** Groups that were joined through the tunnel. */
  readonly groups?: readonly GroupStatus[];
  /** Through the tunnels of all bindings that are there now. */
  readonly traffic: Traffic;
  /** Packets that were refused, the most frequent reason first. */
  readonly refusals: readonly RefusalCount[];
  /** Packets that the kernel did not send, by error. */
  readonly sendFailures: Readonly<Record<string, number>>;
  /** How often the core was replaced after a trap. */
  readonly traps: number;
  readonly warnings: readonly string[];
  readonly core: { readonly sha256: string };
}

/** An uplink with the name of its interface; `Absent`: there is no such interface. */
export interface NamedUplink extends Omit<UplinkStatus, "state"> {
  readonly interface: string;
  readonly state: UplinkStatus["state"] | "Absent";
}

/** What does not change while a daemon runs. */
export interface DaemonFacts {
  readonly config: Config;
  readonly startedUnixMs: number;
  /** Monotonic: the wall clock may be set while the daemon runs. */
  readonly startedMs: number;
  readonly sha256: string;
}

/** What `mext status` and `Daemon.status` tell. */
export function daemonStatus(
  { config, startedUnixMs, startedMs, sha256 }: DaemonFacts,
  loop: LoopStatus,
  warnings: readonly string[],
): DaemonStatus {
  return {
    role: config.role,
    version: VERSION,
    processId: process.pid,
    startedUnixMs,
    uptimeMs: Math.round(monotonicMs() - startedMs),
    tunnel: { name: config.tunnel, mtuBytes: loop.tunnelMtu },
    ...rolePart(config, loop),
    traffic: sumOf([...loop.bindings, ...loop.updates]),
    refusals: loop.refusals,
    sendFailures: loop.sendFailures,
    traps: loop.traps,
    warnings,
    core: { sha256 },
  };
}

function rolePart(config: Config, loop: LoopStatus) {
  switch (config.role) {
    case "home-agent":
      return homeAgentPart(config as HomeAgentConfig, loop);
    case "mobile-node":
      return mobileNodePart(config as MobileNodeConfig, loop);
    case "correspondent":
      return correspondentPart(config as CorrespondentConfig, loop);
  }
}

function homeAgentPart(config: HomeAgentConfig, loop: LoopStatus) {
  const { address, ipv4Address, ipv4Pools, homePrefixes, homeLink, nodes } = config;
  const bindings = loop.bindings.map((binding) => ({
    ...binding,
    identity: nodes[binding.node]?.identity ?? "",
  }));
  const { homeAgents, groups } = loop;
  const link = homeLink.interface !== undefined && { homeLink: homeLink.interface };
  const known = { homeAgent: address, homeAgentIpv4: ipv4Address, homePrefixes, ipv4Pools };
  return { ...known, ...link, nodes: nodes.length, bindings, homeAgents, groups };
}

function correspondentPart({ addresses }: CorrespondentConfig, loop: LoopStatus) {
  return { addresses, bindings: ofStrangers(loop) };
}

/** Bindings by return routability: nobody here knows whose they are. */
function ofStrangers({ bindings }: LoopStatus) {
  return bindings.map((binding) => ({ ...binding, identity: "" }));
}

function mobileNodePart(config: MobileNodeConfig, loop: LoopStatus) {
  const { homeAddress, uplinks } = config;
  const named = uplinks.map((name, index): NamedUplink => {
    const device = index + 1;
    const known = loop.uplinks.find((uplink) => uplink.device === device);
    const absent = {
      device,
      state: "Absent",
      careofAddress: "::",
      router: "::",
      preference: device,
      selected: false,
      encapsulation: "Ipv6",
      paths: { Ipv6: "LinkDown", UdpIpv6: "LinkDown", Ipv4: "LinkDown", UdpIpv4: "LinkDown" },
    } as const;
    return { interface: name, ...(known ?? absent) };
  });
  const { updates, peers, homeAgents, groups } = loop;
  const name = homeAgentName(config);
  const known = {
    homeAgent: (name === undefined ? config.homeAgent : undefined) ?? updates[0]?.peer ?? "::",
    homeAgentIpv4: config.homeAgentIpv4 ?? loop.homeAgentIpv4,
    homeAgentName: name?.name,
  };
  const bindings = ofStrangers(loop);
  return { ...known, homeAddress, updates, uplinks: named, peers, homeAgents, groups, bindings };
}

function sumOf(all: readonly Traffic[]): Traffic {
  const sum = { packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };
  for (const name of Object.keys(sum) as (keyof Traffic)[]) {
    for (const traffic of all) sum[name] += traffic[name];
  }
  return sum;
}

/** Nodes whose binding messages nobody authenticates: said at the start and in every status. */
export function authenticationWarnings(config: Config): string[] {
  const nodes = config.role === "home-agent" ? config.nodes : config.role === "mobile-node" ? [config] : [];
  return nodes
    .filter(({ association }) => association === undefined)
    .map(({ identity }) => `authentication of ${identity} is "none": everybody can redirect its traffic`);
}
