/**
 * A scenario made by its seed, with a stream between a mobile node and a correspondent node that knows of
 * mobility: links lose, double and reorder, the mobile node moves, also to its home link, everybody restarts.
 * The stream arrives whole, and after some quiet the route is optimised again, or the mobile node is at home.
 */
import { expect } from "vitest";
import { NO_STATE } from "../../../platforms/sim/node.ts";
import type { CoreNode } from "../../../platforms/sim/node.ts";
import type { Random } from "../../../platforms/sim/random.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import { expectAgreement } from "./invariants.ts";
import { ADVERTISERS, expectAtHome, tellWithHomeLink } from "./home-link-story.ts";
import { isOptimised, type OptimisingStory, stream, tellOptimising } from "./optimised-story.ts";

const LIFETIME_MS = 60_000;
const DISASTER_MS = 60_000;
/** A peer that did not answer is asked again after the longest back-off and a retry interval (60 s). */
const QUIET_MS = 200_000;
/** As much as goes in a minute without disasters. */
const TOTAL_BYTES = 4_000_000;

const DISASTERS: readonly ((story: OptimisingStory, random: Random) => void)[] = [
  (story, random) => move(story, random, 500),
  (story, random) => move(story, random, 50),
  ({ visited }, random) => Object.assign(random.pick(visited).link.conditions, {
    loss: random.pick([0, 0.05, 0.2]), jitterMs: random.pick([0, 30]), delayMs: random.pick([1, 20, 150]),
    duplication: random.pick([0, 0.1]), reordering: random.pick([0, 0.2]),
  }),
  (story, random) => restart(story, story.peer, random),
  (story, random) => restart(story, story.homeAgent, random),
  (story, random) => restart(story, story.mobileNode, random),
  ({ homeAgent }, random) => homeAgent.port.conditions = { loss: random.pick([0, 0.3, 1]) },
  ({ peer }, random) => peer.port.conditions = { loss: random.pick([0, 0.3, 1]) },
];

function move(
  { mobileNode, visited, topology: { homeLink } }: OptimisingStory, random: Random, gapMs: number,
): void {
  const links = [...visited.map(({ link }) => link), ...(homeLink ? [homeLink] : [])];
  if (mobileNode.running) mobileNode.move(random.pick(links), random.integer(0, gapMs));
}

function restart({ network }: OptimisingStory, node: CoreNode, random: Random): void {
  if (!node.running || !random.chance(0.3)) return;
  node.crash();
  network.clock.after(random.integer(0, 3000), () => node.start(random.pick([undefined, NO_STATE])));
}

/**
 * Runs the scenario of one seed, every second one with a real home link; throws what an expectation throws.
 */
export function runOptimisedScenario(seed: number, watch?: (story: OptimisingStory) => void): void {
  const access = { delayMs: 20, loss: 0.02, reordering: 0.05, jitterMs: 5 };
  const settings = { visitedNetworks: 3, access, mobileNode: { lifetimeMs: LIFETIME_MS } };
  const story = seed % 2 === 0
    ? tellWithHomeLink(seed, ADVERTISERS[(seed / 2) % 2], settings)
    : tellOptimising(seed, settings);
  watch?.(story);
  const { network, topology, invariants, routes, mobileNode, homeAgent, peer, visited } = story;
  const random = network.random("optimised disasters");
  const { sender, expectIntact } = stream(story, TOTAL_BYTES);
  while (network.nowMs < DISASTER_MS) {
    network.run(random.between(100, 4000));
    random.pick(DISASTERS)(story, random);
  }
  network.run(4000); // whoever is down comes back
  const good = { loss: 0, jitterMs: 0, delayMs: 1, duplication: 0, reordering: 0 };
  for (const { link } of visited) Object.assign(link.conditions, good);
  homeAgent.port.conditions = peer.port.conditions = undefined;

  const ping = new Ping(peer, { from: peer.address, to: mobileNode.homeAddress, everyMs: 500 });
  expect(network.runUntil(() => sender.done, QUIET_MS), "the stream arrives").toBe(true);
  expectIntact();
  const isSettled = () => mobileNode.isAtHome || isOptimised(story);
  expect(network.runUntil(isSettled, QUIET_MS), "optimised again, or at home").toBe(true);
  network.run(LIFETIME_MS); // a home agent that has lost its state hears of the binding with the next refresh
  const settledMs = network.nowMs;
  network.run(5000);
  ping.stop();
  network.run(500);
  expect(ping.lostBetween(settledMs, network.nowMs), "echo requests lost after the quiet").toBe(0);
  if (mobileNode.isAtHome) {
    expectAtHome(story);
  } else {
    expect(network.runUntil(() => mobileNode.registered, 1000)).toBe(true);
    expect(isOptimised(story)).toBe(true);
    expectAgreement(topology);
  }
  for (const node of [peer, mobileNode]) expect(node.recoveries, `traps of ${node.name}`).toBe(0);
  routes.check();
  invariants.check();
}
