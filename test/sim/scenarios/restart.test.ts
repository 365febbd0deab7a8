import { describe, expect, it } from "vitest";
import { NO_STATE } from "../../../platforms/sim/node.ts";
import { expectAgreement } from "./invariants.ts";
import { reaches, tellRegistered } from "./story.ts";

describe("a home agent that restarts", () => {
  it("with its state: knows its bindings at once", () => {
    const story = tellRegistered(1);
    const { homeAgent, network } = story;
    const before = homeAgent.bindings[0];
    homeAgent.crash();
    network.run(3000);
    homeAgent.start();
    const { homeAddress, careofAddress, sequence } = before;
    expect(homeAgent.bindings).toMatchObject([{ homeAddress, careofAddress, sequence }]);
    // What it was down for is gone from the lifetime.
    expect(homeAgent.bindings[0].remainingMs).toBeLessThanOrEqual(before.remainingMs - 3000);
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("with its state, after the lifetime: does not know them", () => {
    const story = tellRegistered(2, { mobileNode: { lifetimeMs: 20_000 } });
    const { homeAgent, mobileNode, network, invariants } = story;
    homeAgent.crash();
    mobileNode.crash();
    network.run(30_000);
    homeAgent.start();
    expect(homeAgent.bindings).toEqual([]);
    invariants.check();
  });

  it("without state: learns the binding again with the next refresh", () => {
    const story = tellRegistered(3, { mobileNode: { lifetimeMs: 60_000 } });
    const { homeAgent, network } = story;
    homeAgent.crash();
    network.run(1000);
    homeAgent.start(NO_STATE);
    expect(homeAgent.bindings).toEqual([]);
    network.run(60_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.invariants.check();
  });
});

describe("a mobile node that restarts", () => {
  const cases: [string, Uint8Array | undefined][] = [["with", undefined], ["without", NO_STATE]];
  it.each(cases)("%s its state: registers again, in another network", (_, state) => {
    const story = tellRegistered(4);
    const { mobileNode, visited, network } = story;
    mobileNode.crash();
    mobileNode.uplinks[0].attach(visited[1].link);
    network.run(2000);
    mobileNode.start(state);
    expect(network.runUntil(() => mobileNode.registered, 20_000)).toBe(true);
    network.run(1000);
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.invariants.check();
  });
});

describe("a core that traps", () => {
  it("is replaced, with the state that it ordered to keep", () => {
    const story = tellRegistered(5);
    const { homeAgent, mobileNode, network } = story;
    const before = homeAgent.bindings[0];
    for (const node of [homeAgent, mobileNode]) {
      node.withCore(() => {
        throw new WebAssembly.RuntimeError("unreachable");
      });
      expect(node.recoveries).toBe(1);
      expect(homeAgent.bindings.map(({ careofAddress }) => careofAddress)).toEqual([before.careofAddress]);
      network.run(3000);
      expect(reaches(story)).toBe(true);
      expectAgreement(story.topology);
    }
    expect(story.invariants.found).toBe("");
  });
});

describe("a wall clock", () => {
  const jumpsMs = [-86_400_000, -8000, 8000, 86_400_000];
  it.each(jumpsMs)("of the mobile node that jumps by %d ms does not end the service", (errorMs) => {
    const story = tellRegistered(6, { mobileNode: { lifetimeMs: 60_000 } });
    story.mobileNode.setWallClockError(errorMs);
    story.network.run(200_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.mobileNode.setWallClockError(0);
    story.network.run(200_000);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("of the home agent that jumps ahead neither ends nor prolongs a binding", () => {
    const story = tellRegistered(7, { mobileNode: { lifetimeMs: 60_000 } });
    const { homeAgent, network, topology } = story;
    const before = homeAgent.bindings[0].remainingMs;
    homeAgent.setWallClockError(3600_000);
    expect(Math.abs(homeAgent.bindings[0].remainingMs - before)).toBeLessThan(100);
    network.run(200_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(topology);
    story.invariants.check();
  });

  it("of the home agent that is set back lets no old timestamp pass (4285-6-8)", () => {
    const story = tellRegistered(8, { mobileNode: { lifetimeMs: 60_000 } });
    const { homeAgent, network, topology } = story;
    const refused: unknown[] = [];
    homeAgent.onEvent(({ name, fields }) => name === "BindingRefused" && refused.push(fields.reason));
    homeAgent.setWallClockError(-3600_000);
    network.run(100_000);
    expect(homeAgent.bindings).toEqual([]); // ended by its lifetime: no refresh was accepted
    expect(new Set(refused)).toEqual(new Set(["TimestampInvalid"]));
    homeAgent.setWallClockError(0);
    network.run(100_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(topology);
    story.invariants.check();
  });
});
