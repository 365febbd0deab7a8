/** `mext/browser`: the core in a page or a worker, the simulated network, and the lab's world. */
export * from "../../bindings/index.ts";
export * as sim from "../sim/index.ts";
/** Mobile nodes that reach a real home agent by WebSocket, and home agents. */
export * as portable from "../portable/index.ts";
export { type Core, CoreUnavailable, loadCore, makeCore, whatIsMissing } from "./core.ts";
export { LabClient, type LabSettings, LabUnavailable, startLab } from "./client.ts";
export type * as lab from "./lab/contract.ts";
export { PRESETS } from "./lab/presets.ts";
export { checkScenario, ScenarioError } from "./lab/scenario.ts";
export { startLabWorld } from "./lab/world/index.ts";
