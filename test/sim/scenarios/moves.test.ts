import { describe, expect, it } from "vitest";
import {
  BEST, begin, BLOCKED_MS, enter, expectBoundTogether, hasBest, type Place, PLACES, reachesBoth, refusals, sessions,
  statusIn, tellDualStack,
} from "./dual-stack-story.ts";

/** How long the node is in no network while it moves. */
const GAP_MS = 50;
/** As much as each stream carries in about so long. */
const STREAM_MS = 12_000;
const BYTES_A_SECOND = 80_000;
const SETTLE_MS = 120_000;

/**
 * The longest interruption, derived: a movement is noticed within 70 ms of advertisements, a lease takes 50 ms,
 * registration one round trip (27 ms), and the streams try again within 400 ms. A network that drops Mobility
 * Headers takes the initial timeouts of three Binding Updates, 1 s + 2 s + 1 s, before UDP is tried; one that
 * blocks UDP takes as long as it does so, and the back-off of the Binding Updates, which doubles what has passed.
 */
const LIMITS_MS: Record<Place, number> = {
  ipv6: 1000,
  "dual-stack": 1000,
  ipv4: 1500,
  nat: 1500,
  "short-nat": 1500,
  "blocked-nat": 2 * BLOCKED_MS + 2000,
  "udp-ipv6": 6000,
  home: 3000,
};

const PAIRS = PLACES.flatMap((from) => PLACES.map((to): [Place, Place] => [from, to]))
  .filter(([from, to]) => !(from === "home" && to === "home"));

describe("a session over IPv6 and one over IPv4 survive a move", () => {
  it.each(PAIRS)("from %s to %s", (from, to) => {
    const seed = 1 + PLACES.indexOf(from) * PLACES.length + PLACES.indexOf(to);
    const story = tellDualStack(seed, [from, to]);
    const { network, mobileNode, invariants } = story;
    begin(story);
    expect(statusIn(story, 0)).toEqual(BEST[from]);
    const both = sessions(story, (STREAM_MS / 1000) * BYTES_A_SECOND, seed % 2 === 0);
    network.run(4000);
    for (const { receiver } of both) receiver.longestGapMs = 0;
    mobileNode.move(enter(story, 1), GAP_MS);
    expect(network.runUntil(() => both.every(({ done }) => done), SETTLE_MS), "streams end").toBe(true);
    for (const session of both) session.expectIntact();
    const gapsMs = both.map(({ receiver }) => receiver.longestGapMs);
    expect(Math.max(...gapsMs), `interruptions of ${gapsMs.map(Math.round)} ms`).toBeLessThan(LIMITS_MS[to]);

    network.runUntil(() => hasBest(story, 1), SETTLE_MS);
    expect(statusIn(story, 1)).toEqual(BEST[to]);
    if (to === "udp-ipv6") {
      const { obstacle } = mobileNode.registration!;
      expect(obstacle).toBe(from === to ? "FailedBefore" : "NoAnswer");
    }
    network.run(2000);
    expectBoundTogether(story);
    const before = refusals(story);
    expect(reachesBoth(story)).toEqual([true, true]);
    expect(refusals(story)).toEqual(before);
    invariants.check();
  });
});
