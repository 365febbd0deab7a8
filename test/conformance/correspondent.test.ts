import { describe, expect, it } from "vitest";
import { core } from "../sim/core.ts";
import { CORRESPONDENT_CASES } from "./cases/correspondent.ts";
import { Simulator } from "./simulator.ts";
import { NotConformant } from "./tester.ts";

describe("a correspondent node on the simulator", () => {
  it.each(CORRESPONDENT_CASES.map((each) => [each.id, each.title, each] as const))("%s: %s", async (_id, _title, each) => {
    const subject = new Simulator(core);
    await each.run(subject).catch((error) => {
      if (error instanceof NotConformant) expect.fail(error.message);
      throw error;
    });
    await subject.stop();
  });
});
