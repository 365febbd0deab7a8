import { describe, expect, it } from "vitest";
import { demoSucceeded } from "../../../bindings/report.ts";
import { demoScenario } from "../../../platforms/sim/demo.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import { core } from "../core.ts";
import { expectAgreement } from "./invariants.ts";
import { pingHome, reaches, tell, tellRegistered } from "./story.ts";

describe("a mobile node", () => {
  it("registers from the first network it sees, and is reached at its home address", () => {
    const story = tellRegistered(1);
    expect(reaches(story)).toBe(true);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("reaches another mobile node through the home agent", () => {
    const { topology, network, visited, mobileNode, invariants } = tellRegistered(2, { mobileNodes: 2 });
    const other = topology.mobileNodes[1];
    other.start();
    other.attach(visited[1].link);
    expect(network.runUntil(() => other.registered, 10_000)).toBe(true);
    const ping = new Ping(mobileNode, { from: mobileNode.homeAddress, to: other.homeAddress, everyMs: 100 });
    network.run(990);
    expect(ping.lost).toBe(0);
    expectAgreement(topology);
    invariants.check();
  });

  it("keeps its sessions, which are its home address's, when it moves: less than 300 ms with fast advertisements (6275-11.3.1-2, 6275-11.3.1-3)", () => {
    const story = tellRegistered(3);
    const { network, visited, mobileNode } = story;
    const ping = pingHome(story, 10);
    network.run(1000);
    const careofAddress = mobileNode.registration!.careofAddress;
    const leftAtMs = network.nowMs;
    mobileNode.move(visited[1].link);
    network.run(2000);
    expect(mobileNode.registration!.careofAddress).not.toBe(careofAddress);
    expect(ping.firstAnswerMs(leftAtMs)! - leftAtMs).toBeLessThan(300);
    expect(ping.lostBetween(leftAtMs + 300, network.nowMs - 100)).toBe(0);
    expectAgreement(story.topology);
    story.invariants.check();
  });

  it("moves again and again, also faster than it can register", () => {
    const story = tellRegistered(4, { visitedNetworks: 3 });
    const { network, visited, mobileNode, topology, invariants } = story;
    const random = network.random("moves");
    for (let move = 0; move < 300; move++) {
      mobileNode.move(random.pick(visited).link, random.integer(0, 20));
      network.run(random.integer(21, 400));
    }
    expect(network.runUntil(() => mobileNode.registered, 60_000)).toBe(true);
    network.run(60_000);
    expect(reaches(story)).toBe(true);
    expectAgreement(topology);
    expect(topology.homeAgent.bindings.length).toBe(1);
    invariants.check();
  });

  it("uses its second uplink when the first one is gone, and returns to it", () => {
    const story = tellRegistered(5, { uplinks: 2 });
    const { network, visited, mobileNode, topology, invariants } = story;
    mobileNode.attach(visited[1].link, mobileNode.uplinks[1]);
    network.run(5000);
    expect(mobileNode.registration!.device).toBe(1);
    mobileNode.detach(mobileNode.uplinks[0]);
    network.run(2000);
    expect(mobileNode.registration!.device).toBe(2);
    expect(reaches(story)).toBe(true);
    mobileNode.attach(visited[0].link, mobileNode.uplinks[0]);
    network.run(10_000);
    expect(mobileNode.registration!.device).toBe(1);
    expectAgreement(topology);
    invariants.check();
  });

  it("gives up a care-of address that another node has", () => {
    const story = tell(6, { mobileNode: { optimistic: false } });
    const { topology, network, visited, invariants, mobileNode } = story;
    // The other node answers for every address that it is asked about: takes whatever is probed first.
    const squatter = topology.correspondents[0];
    const port = squatter.addPort("squat");
    port.attach(visited[0].link);
    let squatted = "";
    mobileNode.onEvent(({ name, fields }) => {
      if (name !== "CareofFormed" || squatted !== "") return;
      squatted = String(fields.careofAddress);
      network.clock.after(0, () => squatter.addAddress(port, mobileNode.uplinks[0].addresses[0].address, 64));
    });
    mobileNode.start();
    mobileNode.attach(visited[0].link);
    expect(network.runUntil(() => mobileNode.registered, 20_000)).toBe(true);
    expect(mobileNode.registration!.careofAddress).not.toBe(squatted);
    expectAgreement(topology);
    invariants.check();
  });

  it("leaves in order: the home agent forgets it at once, and no timer stays", () => {
    const { homeAgent, network, mobileNode, invariants } = tellRegistered(7);
    mobileNode.shutdown();
    network.run(2000);
    expect(homeAgent.bindings).toEqual([]);
    expect(mobileNode.registration!.state).toBe("Stopped");
    network.run(10_000); // MAX_DELETE_BCE_TIMEOUT: its sequence number is remembered so long
    expect(homeAgent.engine!.nextWakeupMs()).toBe(Infinity);
    invariants.check();
  });
});

describe("the demo", () => {
  it("ends well, in the same way for the same seed", () => {
    const report = demoScenario({ seed: 1, core });
    expect(demoSucceeded(report), JSON.stringify(report)).toBe(true);
    expect(report.handovers.length).toBe(2);
    for (const { interruptionMs } of report.handovers) expect(interruptionMs).toBeLessThan(500);
    expect(demoScenario({ seed: 1, core })).toEqual(report);
  });

  it("goes on over as many moves as are asked for", () => {
    const report = demoScenario({ seed: 1, core, moves: 3 });
    expect(demoSucceeded(report), JSON.stringify(report)).toBe(true);
    expect(report.handovers.map(({ from, to }) => [from, to])).toEqual([
      ["visited 1", "visited 2"], ["visited 2", "visited 1"], ["visited 1", "visited 2"],
    ]);
  });
});
