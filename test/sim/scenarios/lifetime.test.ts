import { describe, expect, it } from "vitest";
import { expectAgreement } from "./invariants.ts";
import { reaches, tellRegistered } from "./story.ts";

describe("a binding", () => {
  it("is refreshed before it expires, for hours", () => {
    const story = tellRegistered(1, { mobileNode: { lifetimeMs: 60_000 }, advertising: {} });
    let ended = 0;
    story.homeAgent.onEvent(({ name }) => name === "BindingEnded" && ended++);
    story.network.run(6 * 3600_000);
    expect(ended).toBe(0);
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("expires when the mobile node falls silent; then nothing is tunnelled any more", () => {
    const story = tellRegistered(2, { mobileNode: { lifetimeMs: 20_000 } });
    const { homeAgent, network, mobileNode, invariants } = story;
    const reasons: unknown[] = [];
    homeAgent.onEvent(({ name, fields }) => name === "BindingEnded" && reasons.push(fields.why));
    mobileNode.crash();
    network.run(19_000);
    expect(homeAgent.bindings.length).toBe(1);
    network.run(2000);
    expect([homeAgent.bindings, reasons]).toEqual([[], ["expired"]]);
    expect(reaches(story)).toBe(false);
    invariants.check();
  });

  it("survives the wrap of the sequence number", () => {
    const story = tellRegistered(3, { mobileNode: { lifetimeMs: 4000 }, advertising: {} });
    const { network, mobileNode, homeAgent, topology, invariants } = story;
    const begin = mobileNode.registration!.sequence;
    const sequences: number[] = [];
    homeAgent.onEvent(({ name, fields }) => {
      if (name === "BindingAccepted") sequences.push(Number(fields.sequence));
    });
    expect(network.runUntil(() => sequences.length > 66_000, 66_000 * 4000)).toBe(true);
    network.run(100); // the last acknowledgement arrives
    expect(sequences).toContain(0);
    expect(sequences).toContain(0xffff);
    sequences.reduce((before, next) => (expect(next).toBe((before + 1) & 0xffff), next), begin);
    expectAgreement(topology);
    invariants.check();
  });

  it.each([0.1, 0.3, 0.5])("is kept up over links that lose %d of all frames", (loss) => {
    const story = tellRegistered(4, { mobileNode: { lifetimeMs: 120_000 } });
    story.visited[0].link.conditions.loss = loss;
    story.network.run(1800_000);
    story.visited[0].link.conditions.loss = 0;
    story.network.run(130_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("is right in the end when updates and acknowledgements are doubled, late and out of order", () => {
    const access = { duplication: 0.5, reordering: 0.3, reorderingDelayMs: 300, jitterMs: 50 };
    const story = tellRegistered(5, { access, mobileNode: { lifetimeMs: 20_000 } });
    const { network, mobileNode, visited, topology, invariants } = story;
    for (let move = 0; move < 30; move++) {
      mobileNode.move(visited[move % 2].link, 10);
      network.run(1000);
    }
    for (const { link } of visited) Object.assign(link.conditions, { duplication: 0, reordering: 0 });
    network.run(60_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(topology);
    invariants.check();
  });
});
