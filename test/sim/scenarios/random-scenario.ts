/**
 * A scenario made by its seed: nodes move, links fail, nodes restart, clocks jump, others replay what they
 * heard. Then everything heals, and after some quiet both sides must agree.
 */
import { expect } from "vitest";
import { NO_STATE } from "../../../platforms/sim/node.ts";
import { destinationOf, sameAddress, UNSPECIFIED } from "../../../platforms/sim/ip.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import type { Random } from "../../../platforms/sim/random.ts";
import { Stack } from "../../../platforms/sim/stack.ts";
import { expectAgreement } from "./invariants.ts";
import { type Story, tell } from "./story.ts";

const LIFETIME_MS = 60_000;
const DISASTER_MS = 120_000;
/**
 * The longest time between two attempts of a mobile node, and a lifetime for what the home agent has
 * forgotten.
 */
const QUIET_MS = 64_000 + LIFETIME_MS;

/** Messages that a replayer remembers. */
const MAX_HEARD = 500;

interface Disaster {
  readonly name: string;
  /** How often, against the others. */
  readonly weight: number;
  strike(story: Story, random: Random, replayer: Replayer): void;
}

/** Somebody in the first visited network who hears everything that mobile nodes say to the home agent. */
class Replayer {
  private readonly heard: Uint8Array[] = [];
  private readonly stack: Stack;

  constructor({ network, homeAgent, visited }: Story) {
    this.stack = new Stack(network, "replayer");
    const port = this.stack.addPort("tap");
    port.attach(visited[0].link);
    const gateway = visited[0].port.addresses[0].address;
    this.stack.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: port, gateway });
    network.watch((record) => {
      if (record.kind !== "frame" || !record.from.startsWith("mobile node")) return;
      const isForHomeAgent = sameAddress(destinationOf(record.packet), homeAgent.settings.address);
      if (isForHomeAgent && this.heard.length < MAX_HEARD) this.heard.push(record.packet.slice());
    });
  }

  replay(random: Random): void {
    if (this.heard.length > 0) this.stack.send(random.pick(this.heard).slice());
  }
}

const DISASTERS: readonly Disaster[] = [
  {
    name: "a node moves",
    weight: 30,
    strike({ topology: { mobileNodes, visited } }, random) {
      const node = random.pick(mobileNodes);
      if (node.running) node.move(random.pick(visited).link, random.integer(0, 1000));
    },
  },
  {
    name: "an access link gets bad, or good again",
    weight: 15,
    strike({ visited }, random) {
      Object.assign(random.pick(visited).link.conditions, {
        loss: random.pick([0, 0.05, 0.3, 1]), delayMs: random.pick([1, 20, 300]),
        jitterMs: random.pick([0, 30]), duplication: random.pick([0, 0.2]), reordering: random.pick([0, 0.2]),
      });
    },
  },
  {
    name: "the home agent is not heard, or heard again",
    weight: 5,
    strike({ homeAgent }, random) {
      homeAgent.port.conditions = { loss: random.pick([0, 0.5, 1]) };
    },
  },
  {
    name: "the home agent restarts",
    weight: 5,
    strike({ homeAgent, network }, random) {
      if (!homeAgent.running) return;
      homeAgent.crash();
      network.clock.after(random.integer(0, 5000), () => homeAgent.start(random.pick([undefined, NO_STATE])));
    },
  },
  {
    name: "a mobile node restarts",
    weight: 5,
    strike({ network, topology: { mobileNodes } }, random) {
      const node = random.pick(mobileNodes);
      if (!node.running) return;
      node.crash();
      network.clock.after(random.integer(0, 5000), () => node.start(random.pick([undefined, NO_STATE])));
    },
  },
  {
    name: "a wall clock jumps",
    weight: 5,
    strike({ homeAgent, topology: { mobileNodes } }, random) {
      const node = random.pick([homeAgent, ...mobileNodes]);
      // A home agent whose clock was ahead refuses what is before its last timestamp, for as long (4285-6-8).
      const mostMs = node === homeAgent ? 0 : 1e9;
      const errorMs = random.pick([0, random.integer(-10_000, 0), random.integer(-1e9, mostMs)]);
      if (node.running) node.setWallClockError(errorMs);
    },
  },
  {
    name: "a message is replayed",
    weight: 20,
    strike(_, random, replayer) {
      replayer.replay(random);
    },
  },
  {
    name: "a router falls silent, or advertises again",
    weight: 5,
    strike({ visited }, random) {
      const { router, port } = random.pick(visited);
      if (random.chance(0.5)) router.stopAdvertising(port);
      else router.resumeAdvertising(port);
    },
  },
];

/** Runs the scenario of one seed, shown to `watch`; throws what an expectation throws. */
export function runScenario(seed: number, watch?: (story: Story) => void): void {
  const story = tell(seed, {
    visitedNetworks: 3, mobileNodes: 2, mobileNode: { lifetimeMs: LIFETIME_MS },
    advertising: { minIntervalMs: 500, maxIntervalMs: 1000 },
  });
  const { network, topology, invariants } = story;
  watch?.(story);
  const random = network.random("disasters");
  const replayer = new Replayer(story);
  for (const node of topology.mobileNodes) {
    node.start();
    node.attach(random.pick(story.visited).link);
  }
  const pings = topology.mobileNodes.map((node) =>
    new Ping(story.correspondent, { from: story.correspondent.address, to: node.homeAddress, everyMs: 500 }));

  const total = DISASTERS.reduce((sum, { weight }) => sum + weight, 0);
  while (network.nowMs < DISASTER_MS) {
    network.run(random.between(10, 3000));
    let choice = random.integer(0, total - 1);
    DISASTERS.find(({ weight }) => (choice -= weight) < 0)!.strike(story, random, replayer);
  }
  network.run(6000); // whoever is down comes back
  heal(story);
  network.run(QUIET_MS);

  invariants.rememberMemory();
  const settledMs = network.nowMs;
  network.run(5000);
  // A refresh may be on its way.
  network.runUntil(() => topology.mobileNodes.every((node) => node.registered), 1000);
  expectAgreement(topology);
  for (const ping of pings) {
    expect(ping.lostBetween(settledMs, settledMs + 4000), "echo requests lost after the quiet").toBe(0);
  }
  // Everybody leaves in order: nothing stays behind, no binding and no timer.
  for (const node of topology.mobileNodes) node.shutdown();
  network.run(2000);
  expect(story.homeAgent.bindings).toEqual([]);
  network.run(10_000); // MAX_DELETE_BCE_TIMEOUT
  expect(story.homeAgent.engine!.nextWakeupMs()).toBe(Infinity);
  invariants.check();
}

function heal({ visited, homeAgent, topology }: Story): void {
  for (const { link, router, port } of visited) {
    Object.assign(link.conditions, { loss: 0, delayMs: 1, jitterMs: 0, duplication: 0, reordering: 0 });
    router.resumeAdvertising(port);
  }
  homeAgent.port.conditions = undefined;
  for (const node of [homeAgent, ...topology.mobileNodes]) node.setWallClockError(0);
}

/** Runs `count` scenarios from seed `from` on; returns the seeds that failed, and why. */
export function runSeeds(count: number, from = 1): { seed: number; error: Error }[] {
  const failures: { seed: number; error: Error }[] = [];
  for (let seed = from; seed < from + count; seed++) {
    try {
      runScenario(seed);
    } catch (error) {
      failures.push({ seed, error: error as Error });
    }
  }
  return failures;
}
