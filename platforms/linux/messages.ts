/**
 * What the two threads of a daemon tell each other: the packet loop has a thread that waits in the
 * kernel, everything else is in the main thread. A message to the loop is followed by a signal of its Wake.
 */
import type { MessagePort } from "node:worker_threads";
import type { CoreEvent } from "../../bindings/events.ts";
import type {
  BindingStatus, GroupStatus, HomeAgentStatus, PeerStatus, RefusalCount, UpdateStatus, UplinkStatus,
} from "../../bindings/status.ts";
import type { HomeAgentAddresses } from "./resolver.ts";
import type { LoopSettings } from "./settings.ts";

/** What the thread of the loop is started with. */
export interface LoopData {
  readonly settings: LoopSettings;
  readonly module: WebAssembly.Module;
  /** Descriptor of the Wake. */
  readonly wakeFd: number;
}

/** With the port by which the messages to the loop come; Deno gives none from parentPort while a thread is in a call. */
export interface WorkerData extends LoopData {
  readonly port: MessagePort;
}

export type ToLoop =
  | { readonly kind: "status"; readonly id: number }
  /** The name of the home agent has these addresses. */
  | { readonly kind: "home-agent-found"; readonly addresses: HomeAgentAddresses }
  /** Queries for that name must get out now, or no longer. */
  | { readonly kind: "looking-up"; readonly isLookingUp: boolean }
  /** A mobile node deregisters first; a second message does not wait for that. */
  | { readonly kind: "stop" };

export type FromLoop =
  | { readonly kind: "ready" }
  | {
      readonly kind: "events";
      readonly events: readonly CoreEvent[];
      readonly omitted: number;
      readonly wallClockOffsetMs: number;
    }
  | { readonly kind: "status"; readonly id: number; readonly status: LoopStatus }
  | { readonly kind: "report"; readonly warning: string }
  /** What is wrong with something, until another word about it; without a warning it is well again. */
  | { readonly kind: "condition"; readonly about: string; readonly warning?: string }
  | { readonly kind: "refusals"; readonly refusals: readonly RefusalCount[] }
  /** The end: everything is taken back. `problem`: why the loop could not start or go on. */
  | { readonly kind: "ended"; readonly problem?: LoopProblem };

/** An error as it passes between threads. */
export interface LoopProblem {
  readonly message: string;
  /** An unforeseen error: for a report to the authors. */
  readonly stack?: string;
}

/** What only the loop knows. */
export interface LoopStatus {
  readonly bindings: readonly BindingStatus[];
  readonly updates: readonly UpdateStatus[];
  readonly uplinks: readonly UplinkStatus[];
  readonly peers: readonly PeerStatus[];
  readonly homeAgents: readonly HomeAgentStatus[];
  readonly groups: readonly GroupStatus[];
  readonly refusals: readonly RefusalCount[];
  /** Packets that the kernel refused to send, by error. */
  readonly sendFailures: Readonly<Record<string, number>>;
  readonly tunnelMtu: number;
  /** That the name of a home agent has turned out to mean. */
  readonly homeAgentIpv4?: string;
  /** How often the core was replaced after a trap. */
  readonly traps: number;
}
