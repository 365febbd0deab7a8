import { describe, expect, it } from "vitest";
import { core } from "../sim/core.ts";
import { MOBILE_NODE_CASES } from "./cases/mobile-node.ts";
import { Simulator } from "./simulator.ts";
import { NotConformant } from "./tester.ts";

describe("a mobile node on the simulator", () => {
  it.each(MOBILE_NODE_CASES.map((each) => [each.id, each.title, each] as const))("%s: %s", async (_id, _title, each) => {
    const subject = new Simulator(core);
    await each.run(subject).catch((error) => {
      if (error instanceof NotConformant) expect.fail(error.message);
      throw error;
    });
    await subject.stop();
  });
});
