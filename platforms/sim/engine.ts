/** What runs in a node: the core by itself, or whatever else behaves like it, such as the component. */
import { Engine, type OrderHandler, type Role } from "../../bindings/engine.ts";

/** Of the class Engine, what a node of the simulated network needs. */
export type NodeEngine = Pick<
  Engine, "receive" | "receiveDatagrams" | "receiveArp" | "command" | "tick" | "nextWakeupMs" | "query" | "counters" |
  "exportState" | "importState" | "memory" | "readDatagrams"
>;

/** Starts an engine; the handler gets its orders, in the calls that cause them. */
export type EngineFactory = (role: Role, handler: OrderHandler, entropy: Uint8Array, nowMs: number) => NodeEngine;

/** Engines that are instances of the core. */
export function coreEngine(core: WebAssembly.Module): EngineFactory {
  return (role, handler, entropy, nowMs) => new Engine(core, role, handler, entropy, nowMs);
}
