/** What scenarios do again and again. */
import { expect } from "vitest";
import { Ping } from "../../../platforms/sim/ping.ts";
import { Topology, type TopologySettings } from "../../../platforms/sim/topology.ts";
import { core } from "../core.ts";
import { Invariants } from "./invariants.ts";

/** Routers that advertise every 30 to 70 ms, the fastest that RFC 6275 §7.5 allows. */
export const FAST_ADVERTISING = { minIntervalMs: 30, maxIntervalMs: 70, maxAnswerDelayMs: 0 } as const;


/** A watched topology with fast advertisements; its mobile nodes are still switched off. */
export function tell(seed: number, settings: Partial<TopologySettings> = {}) {
  const topology = new Topology({ seed, core, advertising: FAST_ADVERTISING, ...settings });
  const invariants = new Invariants(topology);
  const { network, homeAgent, visited } = topology;
  const [correspondent] = topology.correspondents;
  const [mobileNode] = topology.mobileNodes;
  return { topology, invariants, network, homeAgent, visited, correspondent, mobileNode };
}

/** The same, with the first mobile node registered from the first visited network. */
export function tellRegistered(seed: number, settings: Partial<TopologySettings> = {}) {
  const story = tell(seed, settings);
  story.mobileNode.start();
  story.mobileNode.attach(story.visited[0].link);
  expect(story.network.runUntil(() => story.mobileNode.registered, 10_000), "registered").toBe(true);
  story.invariants.rememberMemory();
  return story;
}

export type Story = ReturnType<typeof tell>;

/** Echo requests from the correspondent to the home address, from now on. */
export function pingHome({ correspondent, mobileNode }: Story, everyMs: number, dataBytes?: number): Ping {
  const { address: from } = correspondent;
  return new Ping(correspondent, { from, to: mobileNode.homeAddress, everyMs, dataBytes });
}

/** Whether an echo from the correspondent to the home address is answered within two seconds. */
export function reaches(story: Story): boolean {
  const ping = pingHome(story, 10_000);
  story.network.run(2000);
  ping.stop();
  return ping.received === 1;
}
