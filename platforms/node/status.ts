/** What a running daemon says of itself. No key appears in it. */
import type { Config, HomeAgentConfig, MobileNodeConfig } from "../../bindings/config/index.ts";
import type {
  BindingStatus, RefusalCount, Traffic, UpdateStatus, UplinkStatus,
} from "../../bindings/status.ts";
import type { LoopStatus } from "./messages.ts";
import { monotonicMs } from "./system/clock.ts";
import { VERSION } from "./version.ts";

export interface DaemonStatus {
  readonly role: Config["role"];
  readonly version: string;
  readonly processId: number;
  readonly startedUnixMs: number;
  readonly uptimeMs: number;
  readonly tunnel: { readonly name: string; readonly mtuBytes: number };
  readonly homeAgent: string;
  /** Of a mobile node. */
  readonly homeAddress?: string;
  /** Of a home agent. */
  readonly homePrefixes?: readonly string[];
  /** How many mobile nodes a home agent may serve. */
  readonly nodes?: number;
  /** The binding cache of a home agent. */
  readonly bindings?: readonly (BindingStatus & { readonly identity: string })[];
  /** The binding update list of a mobile node. */
  readonly updates?: readonly UpdateStatus[];
  /** All uplinks of a mobile node, the preferred one first. */
  readonly uplinks?: readonly NamedUplink[];
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
    ...(isHomeAgent(config) ? homeAgentPart(config, loop) : mobileNodePart(config, loop)),
    traffic: sumOf([...loop.bindings, ...loop.updates]),
    refusals: loop.refusals,
    sendFailures: loop.sendFailures,
    traps: loop.traps,
    warnings,
    core: { sha256 },
  };
}

/** Which of the two roles a configuration is for. */
export function isHomeAgent(config: Config): config is HomeAgentConfig {
  return config.role === "home-agent";
}

function homeAgentPart({ address, homePrefixes, nodes }: HomeAgentConfig, loop: LoopStatus) {
  const bindings = loop.bindings.map((binding) => ({
    ...binding,
    identity: nodes[binding.node]?.identity ?? "",
  }));
  return { homeAgent: address, homePrefixes, nodes: nodes.length, bindings };
}

function mobileNodePart({ homeAgent, homeAddress, uplinks }: MobileNodeConfig, loop: LoopStatus) {
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
    } as const;
    return { interface: name, ...(known ?? absent) };
  });
  return { homeAgent, homeAddress, updates: loop.updates, uplinks: named };
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
  const nodes = isHomeAgent(config) ? config.nodes : [config];
  return nodes
    .filter(({ association }) => association === undefined)
    .map(({ identity }) => `authentication of ${identity} is "none": everybody can redirect its traffic`);
}
