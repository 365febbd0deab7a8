/** What a scenario, with what was done since it began, says of a moment. */
import type { Scenario, Traffic, WorldNode } from "../contract.ts";

/** As the scenario began, and as was asked for since. */
export function trafficAt({ traffic, actions }: Scenario, node: string, nowMs: number): Traffic {
  let now = traffic;
  for (const action of actions) {
    // what a person has just done is recorded for the next hundredth of a millisecond
    if (action.kind === "traffic" && action.node === node && action.atMs <= nowMs + 1) now = { ...now, ...action.traffic };
  }
  return now;
}

/** Whether a node has a core: only these can be switched off. */
export function hasCore({ kind }: WorldNode, { routeOptimisation }: Scenario): boolean {
  return kind === "mobile-node" || kind === "home-agent" || (kind === "correspondent" && routeOptimisation);
}
