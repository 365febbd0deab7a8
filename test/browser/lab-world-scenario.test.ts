/** Scenarios and their URLs: what makes sense passes unchanged, and nothing else passes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action, Scenario } from "../../platforms/browser/lab/contract.ts";
import { PRESETS } from "../../platforms/browser/lab/presets.ts";
import { checkScenario, idsOf, MAX_ACTIONS, ScenarioError } from "../../platforms/browser/lab/scenario.ts";
import { decodeScenario, encodeScenario, MAX_HASH_CHARACTERS } from "../../platforms/browser/lab/scenario-url.ts";
import { VISITED_KINDS } from "../../platforms/sim/visited.ts";
import { presetOf } from "./world.ts";

const conditions = fc.record({
  delayMs: fc.double({ min: 0, max: 10_000, noNaN: true }), loss: fc.double({ min: 0, max: 1, noNaN: true }),
  bitsPerSecond: fc.oneof(fc.constant(0), fc.integer({ min: 1000, max: 1_000_000_000 })), cut: fc.boolean(),
}, { requiredKeys: [] });
const traffic = fc.record({
  pingEveryMs: fc.oneof(fc.constant(0), fc.integer({ min: 10, max: 60_000 })), stream: fc.boolean(),
});
const shape = fc.record({
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  visited: fc.array(fc.record({ kind: fc.constantFrom(...VISITED_KINDS), conditions }, { requiredKeys: ["kind"] }), { minLength: 1, maxLength: 8 }),
  mobileNodes: fc.integer({ min: 1, max: 20 }), routeOptimisation: fc.boolean(), homeLink: fc.boolean(), traffic,
});

/** Any scenario that makes sense. */
const scenarios: fc.Arbitrary<Scenario> = shape.chain((scenario) => {
  const ids = idsOf(scenario);
  const node = fc.constantFrom(...ids.mobileNodes);
  const kinds: fc.Arbitrary<Action>[] = [
    fc.record({ kind: fc.constant("attach" as const), node, link: fc.constantFrom(null, ...ids.enterable) }),
    fc.record({ kind: fc.constant("conditions" as const), link: fc.constantFrom(...ids.links), conditions }),
    fc.record({ kind: fc.constant("power" as const), node: fc.constantFrom(...ids.cores), on: fc.boolean() }),
    fc.record({ kind: fc.constant("traffic" as const), node, traffic }),
    ...(ids.nats.length > 0
      ? [fc.record({ kind: fc.constant("forget-mappings" as const), node: fc.constantFrom(...ids.nats) })] : []),
  ];
  return fc.array(fc.tuple(fc.oneof(...kinds), fc.double({ min: 0, max: 1000, noNaN: true })), { maxLength: 20 }).map((steps) => {
    let atMs = 0;
    return { ...scenario, actions: steps.map(([action, afterMs]) => ({ ...action, atMs: (atMs += afterMs) })) };
  });
});

/** The same values: −0 is 0, as in JSON. */
const plain = (scenario: Scenario) => JSON.parse(JSON.stringify(scenario)) as Scenario;

/** What is wrong, by field. */
function problemsOf(value: unknown): string[] {
  try {
    checkScenario(value);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return (error as ScenarioError).problems.map(({ field, message }) => `${field} ${message}`);
  }
}

describe("a scenario in a URL", () => {
  it("comes out as it went in", () => {
    fc.assert(fc.property(scenarios, (scenario) => {
      const hash = encodeScenario(scenario);
      expect(hash).toMatch(/^1\.[A-Za-z0-9_-]+$/);
      expect(decodeScenario(`#${hash}`)).toEqual(plain(scenario));
    }), { numRuns: 200 });
  });

  it("is the name of a preset where it can be, and its seed where that differs", () => {
    for (const { id, scenario } of PRESETS) {
      expect(encodeScenario(scenario)).toBe(id);
      expect(decodeScenario(`#${id}`)).toEqual(scenario);
      expect(encodeScenario({ ...scenario, seed: 77 })).toBe(`${id}?seed=77`);
      expect(decodeScenario(`${id}?seed=77`)).toEqual({ ...scenario, seed: 77 });
    }
    const changed = { ...presetOf("handover"), mobileNodes: 2 };
    expect(encodeScenario(changed)).toMatch(/^1\./);
    expect(decodeScenario(encodeScenario(changed))).toEqual(changed);
  });

  it("holds all that may be done in one world", () => {
    const actions = Array.from({ length: MAX_ACTIONS }, (_, index) =>
      ({ atMs: index * 10.01, kind: "attach", node: "mobile-node-20", link: "visited-2" }) as const);
    const long: Scenario = { ...presetOf("twenty-nodes"), actions };
    expect(encodeScenario(long).length).toBeLessThan(MAX_HASH_CHARACTERS);
    expect(decodeScenario(encodeScenario(long)).actions).toHaveLength(MAX_ACTIONS);
  });

  it.each([
    ["", "names no preset that there is: handover, "], ["#handovr", "names no preset"],
    ["#handover?sead=1", "may have only a seed"], ["#handover?seed=-1", "may have only a seed"],
    ["#handover?seed=9999999999", "seed must be a whole number from 0 to 4294967295"],
    ["#2.eyJ9", "is of version 2, and this lab knows version 1"], ["#1.***", "is cut off or damaged"],
    ["#1.e30", "seed must be a whole number"], ["#1.bnVsbA", "a scenario must be an object"],
    [`#1.${"A".repeat(MAX_HASH_CHARACTERS)}`, "is longer than"],
  ])("that is wrong is told in words (%#)", (hash, words) => {
    expect(() => decodeScenario(hash)).toThrow(ScenarioError);
    expect(() => decodeScenario(hash)).toThrow(words);
  });

  it("never does anything but to pass or to be refused, whatever stands there", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }), fc.string().map((text) => `#1.${text}`), fc.json().map((text) => `#1.${btoaUrl(text)}`),
      fc.string().map((text) => `#handover?${text}`), fc.constantFrom("#__proto__", "#1.", "#constructor", "#1", "##", "#handover?seed"),
      // a good one with one character changed
      fc.tuple(scenarios, fc.nat(), fc.string({ minLength: 1, maxLength: 1 })).map(([scenario, at, sign]) => {
        const hash = encodeScenario(scenario);
        const place = at % hash.length;
        return hash.slice(0, place) + sign + hash.slice(place + 1);
      }),
    );
    fc.assert(fc.property(texts, (text) => {
      try {
        const scenario = decodeScenario(text);
        expect(checkScenario(scenario)).toEqual(scenario);
      } catch (error) {
        expect(error).toBeInstanceOf(ScenarioError);
        expect((error as ScenarioError).message.length).toBeLessThan(100_000);
      }
    }), { numRuns: 1000 });
  });
});

function btoaUrl(text: string): string {
  return Buffer.from(text).toString("base64url");
}

describe("what is wrong with a scenario", () => {
  const good = presetOf("handover");
  it.each<[string, unknown, string]>([
    ["no object", [], " a scenario must be an object"],
    ["a field that nobody knows", { ...good, sead: 1 }, "sead is not known: there are preset, seed, visited,"],
    ["a seed", { ...good, seed: 1.5 }, "seed must be a whole number from 0 to 4294967295"],
    ["no networks", { ...good, visited: [] }, "visited must be a list of 1 to 8"],
    ["a kind", { ...good, visited: [{ kind: "ipv5" }] }, "visited[0].kind must be one of ipv6, dual-stack,"],
    ["a loss", { ...good, visited: [{ kind: "ipv6", conditions: { loss: NaN } }, { kind: "ipv6" }] }, "visited[0].conditions.loss must be a number from 0 to 1"],
    ["a rate", { ...good, visited: [{ kind: "ipv6", conditions: { bitsPerSecond: 5 } }, { kind: "ipv6" }] }, "visited[0].conditions.bitsPerSecond must be 0 for no limit, or at least 1000"],
    ["nodes", { ...good, mobileNodes: 21 }, "mobileNodes must be a whole number from 1 to 20"],
    ["traffic", { ...good, traffic: { pingEveryMs: 3, stream: false } }, "traffic.pingEveryMs must be 0 for none, or at least 10 ms"],
    ["half of the traffic", { ...good, traffic: {} }, "traffic.pingEveryMs must be a number"],
    ["an action", { ...good, actions: [{ atMs: 1, kind: "fly" }] }, "actions[0].kind must be one of attach, conditions,"],
    ["its node", { ...good, actions: [{ atMs: 1, kind: "attach", node: "mobile-node-2", link: null }] }, "actions[0].node must be one of mobile-node-1"],
    ["a home link that is none", { ...good, actions: [{ atMs: 1, kind: "attach", node: "mobile-node-1", link: "home-link" }] }, "actions[0].link must be one of visited-1, visited-2"],
    ["the order of time", { ...good, actions: [...good.actions].reverse() }, "actions[1].atMs must not be before 12000"],
    ["a preset's id", { ...good, preset: "<script>" }, "preset must be the id of a preset"],
  ])("is told with the field and what would be right: %s", (_name, value, words) => {
    const problems = problemsOf(value);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.some((problem) => problem.startsWith(words)), problems.join("\n")).toBe(true);
  });

  it("is told at once, all of it", () => {
    expect(problemsOf({ ...good, seed: -1, homeLink: 1, mobileNodes: 0 })).toHaveLength(3);
  });

  it("is found in any value", () => {
    fc.assert(fc.property(fc.anything(), (value) => void problemsOf(value)), { numRuns: 500 });
  });
});
