/** Every case on the simulated network, each a test of its own. */
import { describe, expect, it } from "vitest";
import { core } from "../sim/core.ts";
import { SUITES } from "./cases/index.ts";
import { readPacketsWith } from "./packet.ts";
import { coreSha256, expectConformant, expectFaultFound, FAULT_CASES, faultyCore, record } from "./record.ts";
import { type CaseResult, casesOf, runCase, runCases } from "./run.ts";
import { Simulator } from "./simulator.ts";

readPacketsWith(core);

const results: CaseResult[] = [];
const ran = () => ({ runtime: `Node ${process.versions.node}`, sha256: coreSha256, cases: results });

describe.each(Object.entries(SUITES))("a %s on the simulator", (_list, cases) => {
  it.each(cases.map((each) => [each.id, each.title, each] as const))("%s: %s", async (_id, _title, each) => {
    const result = await runCase(each, new Simulator(core));
    results.push(result);
    if (result.failure) expect.fail(result.failure.message);
  });
});

describe("the suite on the simulator", () => {
  it("is told in the README", () => {
    expectConformant(record("simulator", ran()));
  });

  it("finds the fault of a core", async () => {
    const faulty = await WebAssembly.compile(faultyCore());
    expectFaultFound(await runCases(casesOf(FAULT_CASES), () => new Simulator(faulty)));
  });
});
