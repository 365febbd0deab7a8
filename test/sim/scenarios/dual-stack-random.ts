/**
 * A scenario made by its seed: a mobile node with two home addresses moves between networks of all kinds, NATs
 * reboot, firewalls close and open, links lose, double and reorder, clocks jump, everybody restarts, others replay
 * what they heard. A stream of each family arrives whole; then everything heals, and after some quiet the node is as
 * well off as can be where it is, and nothing of its own is refused any more.
 */
import { expect } from "vitest";
import { isArp } from "../../../platforms/sim/arp.ts";
import {
  DROP_EXTENSION_HEADERS, DROP_IPV4_TUNNELS, DROP_IPV6_TUNNELS, DROP_MOBILITY_HEADERS, DROP_UDP, Firewall,
} from "../../../platforms/sim/firewall.ts";
import { destinationOf, isIp, isLinkLocal, isMapped, sameAddress } from "../../../platforms/sim/ip.ts";
import { type CoreNode, NO_STATE } from "../../../platforms/sim/node.ts";
import type { Random } from "../../../platforms/sim/random.ts";
import { Stack } from "../../../platforms/sim/stack.ts";
import {
  BEST, type DualStackStory, enter, expectBoundTogether, hasBest, pingBoth, type Place, PLACES, refusals, sessions,
  statusIn, tellDualStack,
} from "./dual-stack-story.ts";

const LIFETIME_MS = 60_000;
const DISASTER_MS = 120_000;
/** The longest back-off of a mobile node, a lifetime, and the longest pause between probes of a better way. */
const QUIET_MS = 64_000 + LIFETIME_MS + 16 * 10_000 * 1.5;
const TOTAL_BYTES = 600_000;
/** The next attempt of a stream comes at the latest so long after the last one. */
const STREAM_LIMIT_MS = 60_000;
const MAX_HEARD = 300;

/** Rules that a firewall may have; never so many that nothing passes for good. */
const RULES = [DROP_MOBILITY_HEADERS, DROP_EXTENSION_HEADERS, DROP_IPV6_TUNNELS, DROP_IPV4_TUNNELS, DROP_UDP];

class Chaos {
  /** Where the mobile node is, or will be. */
  place: number;
  /** When the move that is under way ends: every move is seen as a link that goes down. */
  private arrivesMs = 0;
  private readonly original: (Firewall | undefined)[];
  private readonly heard: Uint8Array[] = [];
  private readonly replayer: Stack;

  constructor(readonly story: DualStackStory, readonly random: Random) {
    const { topology, network, visited } = story;
    this.place = random.integer(0, story.places.length - 1);
    this.original = visited.map(({ router }) => router.firewall);
    this.replayer = new Stack(network, "replayer");
    const port = this.replayer.addPort("tap");
    port.attach(topology.backbone);
    const homeAddresses = [topology.homeAgent.settings.address, topology.homeAgent.ipv4Address!];
    network.watch((record) => {
      if (record.kind !== "frame" || !record.from.startsWith("visited router")) return;
      if (this.heard.length >= MAX_HEARD || isArp(record.packet) || !isIp(record.packet)) return;
      const to = destinationOf(record.packet);
      if (homeAddresses.some((address) => sameAddress(address, to))) this.heard.push(record.packet.slice());
    });
  }

  move(): void {
    const { story, random } = this;
    if (!story.mobileNode.running || story.network.nowMs < this.arrivesMs) return;
    this.place = random.integer(0, story.places.length - 1);
    const gapMs = random.integer(0, 800);
    this.arrivesMs = story.network.nowMs + gapMs;
    story.mobileNode.move(enter(story, this.place), gapMs);
  }

  spoilLink(): void {
    const { random, story } = this;
    const visited = random.pick(story.visited);
    Object.assign(visited.link.conditions, {
      loss: random.pick([0, 0.05, 0.2]), delayMs: random.pick([1, 20, 100]), jitterMs: random.pick([0, 30]),
      duplication: random.pick([0, 0.1]), reordering: random.pick([0, 0.2]),
    });
  }

  spoilHomeAgent(): void {
    this.story.homeAgent.port.conditions = { loss: this.random.pick([0, 0.3, 1]) };
  }

  rebootNat(): void {
    this.random.pick(this.story.visited.filter(({ nat }) => nat)).nat!.reboot();
  }

  changeFirewall(): void {
    const { random, story: { network, visited } } = this;
    const { router, port } = random.pick(visited);
    const rules = RULES.filter(() => random.chance(0.25));
    router.firewall = new Firewall(network.clock, [port], rules, { stateful: false });
  }

  restart(): void {
    const { random, story: { network, homeAgent, mobileNode } } = this;
    const node: CoreNode = random.pick([homeAgent, mobileNode]);
    if (!node.running) return;
    node.crash();
    network.clock.after(random.integer(0, 3000), () => node.start(random.pick([undefined, NO_STATE])));
  }

  jumpClock(): void {
    const { random, story: { homeAgent, mobileNode } } = this;
    const node = random.pick([homeAgent, mobileNode]);
    // A home agent whose clock was ahead refuses what is before its last timestamp, for as long (4285-6-8).
    const errorMs = random.pick([0, random.integer(-10_000, 0), random.integer(-1e9, node === homeAgent ? 0 : 1e9)]);
    if (node.running) node.setWallClockError(errorMs);
  }

  /** Replays what somebody on the backbone has heard. */
  replay(): void {
    if (this.heard.length === 0) return;
    const { topology } = this.story;
    const packet = this.random.pick(this.heard).slice();
    const [port] = this.replayer.devices;
    const isIpv4 = isMapped(destinationOf(packet));
    const router = topology.coreRouter.devices[0].addresses
      .find(({ address }) => isMapped(address) === isIpv4 && !isLinkLocal(address))!;
    port.send(packet, router.address);
  }

  heal(): void {
    const { homeAgent, mobileNode, visited } = this.story;
    visited.forEach(({ link, router }, index) => {
      Object.assign(link.conditions, { loss: 0, delayMs: 1, jitterMs: 0, duplication: 0, reordering: 0 });
      router.firewall = this.original[index];
    });
    homeAgent.port.conditions = undefined;
    for (const node of [homeAgent, mobileNode]) node.setWallClockError(0);
  }
}

/** What happens, and how often against the others. */
const DISASTERS: readonly (readonly [weight: number, strike: (chaos: Chaos) => void])[] = [
  [25, (chaos) => chaos.move()],
  [15, (chaos) => chaos.spoilLink()],
  [3, (chaos) => chaos.spoilHomeAgent()],
  [15, (chaos) => chaos.rebootNat()],
  [10, (chaos) => chaos.changeFirewall()],
  [5, (chaos) => chaos.restart()],
  [4, (chaos) => chaos.jumpClock()],
  [15, (chaos) => chaos.replay()],
];

/** Runs the scenario of one seed, shown to `watch`; throws what an expectation throws. */
export function runDualStackScenario(seed: number, watch?: (story: DualStackStory) => void): void {
  // Every third one has a virtual home link, and nobody comes home.
  const places: Place[] = PLACES.filter((place) => place !== "home" || seed % 3 !== 0);
  const story = tellDualStack(seed, places, {
    mobileNode: { lifetimeMs: LIFETIME_MS }, dualStack: { reach: { retryMs: 10_000 } },
    advertising: { minIntervalMs: 500, maxIntervalMs: 1000 },
  });
  watch?.(story);
  const { network, mobileNode, homeAgent, invariants } = story;
  const random = network.random("dual-stack disasters");
  const chaos = new Chaos(story, random);
  mobileNode.start();
  mobileNode.attach(enter(story, chaos.place));
  network.run(20_000);
  const streams = sessions(story, TOTAL_BYTES, seed % 2 === 1);

  const total = DISASTERS.reduce((sum, [weight]) => sum + weight, 0);
  while (network.nowMs < DISASTER_MS) {
    network.run(random.between(10, 3000));
    let choice = random.integer(0, total - 1);
    DISASTERS.find(([weight]) => (choice -= weight) < 0)![1](chaos);
  }
  network.run(6000); // whoever is down comes back
  chaos.heal();
  network.runUntil(() => false, QUIET_MS);
  expect(network.runUntil(() => streams.every(({ done }) => done), STREAM_LIMIT_MS), "streams end").toBe(true);
  for (const stream of streams) stream.expectIntact();

  const where = `in ${places[chaos.place]}`;
  network.runUntil(() => hasBest(story, chaos.place), 16 * 10_000);
  expect(statusIn(story, chaos.place), where).toEqual(BEST[places[chaos.place]]);
  expectBoundTogether(story);
  invariants.rememberMemory();
  network.run(3000);
  const before = refusals(story);
  const pings = pingBoth(story, 500);
  network.run(10_000);
  for (const ping of pings) {
    ping.stop();
    expect(ping.lostBetween(0, network.nowMs - 1000), `echo requests lost ${where}`).toBe(0);
  }
  expect(refusals(story), where).toEqual(before);
  // The node leaves in order: nothing stays behind.
  if (!mobileNode.isAtHome) {
    network.runUntil(() => mobileNode.registered, 5000);
    mobileNode.shutdown();
    network.run(3000);
  }
  expect(homeAgent.bindings).toEqual([]);
  invariants.check();
}

/** Runs `count` scenarios from seed `from` on; returns the seeds that failed, and why. */
export function runDualStackSeeds(count: number, from = 1): { seed: number; error: Error }[] {
  const failures: { seed: number; error: Error }[] = [];
  for (let seed = from; seed < from + count; seed++) {
    try {
      runDualStackScenario(seed);
    } catch (error) {
      failures.push({ seed, error: error as Error });
    }
  }
  return failures;
}
