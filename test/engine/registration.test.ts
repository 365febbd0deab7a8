import { describe, expect, it } from "vitest";
import { readBindings, readRefusals, readUpdates } from "../../bindings/status.ts";
import { homeAgent, mobileNode, TUNNEL } from "./harness.ts";
import { CAREOF, HOME_ADDRESS, codec, echo, exchange, register } from "./network.ts";

describe("registration", () => {
  it("registers, and both sides agree", () => {
    const agent = homeAgent();
    const mobile = mobileNode();
    register(mobile, agent);
    console.log(mobile.events, agent.events, readRefusals(agent.engine), readRefusals(mobile.engine));
    const [binding] = readBindings(agent.engine);
    const [update] = readUpdates(mobile.engine);
    expect(binding).toMatchObject({ homeAddress: HOME_ADDRESS, careofAddress: CAREOF });
    expect(update).toMatchObject({ state: "Registered", careofAddress: CAREOF, lastStatus: 0, sequence: binding.sequence });
  });
});
