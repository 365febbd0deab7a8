import { describe, expect, it } from "vitest";
import { core } from "../sim/core.ts";
import { HOME_AGENT_CASES } from "./cases/home-agent.ts";
import { Simulator } from "./simulator.ts";
import { NotConformant } from "./tester.ts";

describe("a home agent on the simulator", () => {
  it.each(HOME_AGENT_CASES.map((each) => [each.id, each.title, each] as const))("%s: %s", async (_id, _title, each) => {
    const subject = new Simulator(core);
    await each.run(subject).catch((error) => {
      if (error instanceof NotConformant) expect.fail(error.message);
      throw error;
    });
    await subject.stop();
  });
});
