/** The component in Node, as jco has transpiled it, and in wasmtime: nodes of the simulator with its engines. */
import { afterAll, describe, expect, it } from "vitest";
import { componentFactory } from "../component/lifted.ts";
import { newInstance } from "../component/transpiled.ts";
import { hasWasmtime, WasmtimeServer } from "../component/wasmtime.ts";
import { core } from "../sim/core.ts";
import type { EngineFactory } from "../../platforms/sim/engine.ts";
import { CORRESPONDENT_CASES } from "./cases/correspondent.ts";
import { HOME_AGENT_CASES } from "./cases/home-agent.ts";
import { MOBILE_NODE_CASES } from "./cases/mobile-node.ts";
import { Simulator } from "./simulator.ts";
import { NotConformant } from "./tester.ts";

const CASES = [...CORRESPONDENT_CASES, ...HOME_AGENT_CASES, ...MOBILE_NODE_CASES];

function conform(factory: () => EngineFactory): void {
  it.each(CASES.map((each) => [each.id, each.title, each] as const))("%s: %s", async (_id, _title, each) => {
    const subject = new Simulator(core, 1, factory());
    await each.run(subject).catch((error) => {
      if (error instanceof NotConformant) expect.fail(error.message);
      throw error;
    });
    await subject.stop();
  });
}

describe("the component, transpiled by jco", () => {
  conform(() => componentFactory((...start) => newInstance().engine.Engine.start(...start)));
});

describe.skipIf(!hasWasmtime)("the component in wasmtime (needs python3 with wasmtime)", () => {
  let server: WasmtimeServer | undefined;
  afterAll(() => server?.stop());
  conform(() => componentFactory((...start) => (server ??= new WasmtimeServer()).start(...start)));
});
