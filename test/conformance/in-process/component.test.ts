/** The suite on the component: in Node as jco has transpiled it, and in wasmtime. Nodes of the simulator have its engines. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { innerCore } from "../../component/binary.ts";
import { componentFactory } from "../../component/lifted.ts";
import { jcoName, loadTranspiled, newInstance, TRANSPILED, type NewInstance } from "../../component/transpiled.ts";
import { COMPONENT, WasmtimeServer, wasmtimeName } from "../../component/wasmtime.ts";
import type { EngineFactory } from "../../../platforms/sim/engine.ts";
import { core } from "../../sim/core.ts";
import { readPacketsWith } from "../packet.ts";
import { expectConformant, expectFaultFound, FAULT_CASES, faultyCore, record, sha256Of } from "../record.ts";
import { ALL_CASES, type CaseResult, casesOf, runCases } from "../run.ts";
import { Simulator } from "../simulator.ts";

readPacketsWith(core);

/** Each file's own, below build/, so that Node finds the modules of this project from there. */
const faulty = mkdtempSync(fileURLToPath(new URL("../../../build/faulty-component-", import.meta.url)));
const faultyComponent = join(faulty, "mext.component.wasm");

/** All that jco and the build have made, with a fault in the core: in the component, and where jco has put it. */
beforeAll(() => {
  cpSync(TRANSPILED, faulty, { recursive: true });
  const component = new Uint8Array(readFileSync(COMPONENT));
  innerCore(component).set(faultyCore());
  writeFileSync(faultyComponent, component);
  writeFileSync(join(faulty, "mext.core.wasm"), innerCore(component));
});
afterAll(() => rmSync(faulty, { recursive: true, force: true }));

const play = (engine: EngineFactory, ids?: readonly string[]): Promise<CaseResult[]> => (
  runCases(ids ? casesOf(ids) : ALL_CASES, () => new Simulator(core, 1, engine))
);

describe("the component, transpiled by jco", () => {
  const engines = (make: NewInstance) => componentFactory((...start) => make().engine.Engine.start(...start));

  it("passes every case", async () => {
    const sha256 = sha256Of(readFileSync(join(TRANSPILED, "mext.core.wasm")));
    expect(sha256, "what jco took out of the component").toBe(sha256Of(innerCore(readFileSync(COMPONENT))));
    expectConformant(record("component-jco", { runtime: jcoName, sha256, cases: await play(engines(newInstance)) }));
  });

  it("finds the fault of a core", async () => {
    expectFaultFound(await play(engines(await loadTranspiled(faulty)), FAULT_CASES));
  });
});

describe.skipIf(!wasmtimeName)("the component in wasmtime (needs python3 with wasmtime)", () => {
  /** Plays cases with a process of its own. */
  const playIn = async (component: string, ids?: readonly string[]): Promise<CaseResult[]> => {
    const server = new WasmtimeServer({ component });
    try {
      return await play(componentFactory((...start) => server.start(...start)), ids);
    } finally {
      server.stop();
    }
  };

  it("passes every case", async () => {
    const sha256 = sha256Of(innerCore(readFileSync(COMPONENT)));
    expectConformant(record("component-wasmtime", { runtime: wasmtimeName, sha256, cases: await playIn(COMPONENT) }));
  });

  it("finds the fault of a core", async () => {
    expectFaultFound(await playIn(faultyComponent, FAULT_CASES));
  });
});
