/** The suite in Node of every supported version: bundled, on the simulated network. */
import { describe, expect, it } from "vitest";
import { coreSha256, expectConformant, expectFaultFound, FAULT_CASES, record } from "../record.ts";
import { nodePath, reportOf } from "./runtimes.ts";

const RUNTIMES = [
  ["node", process.execPath, "this Node"], ["node-22", nodePath(22), "Node 22"], ["node-24", nodePath(24), "Node 24"],
] as const;

describe.each(RUNTIMES)("%s", (key, path, name) => {
  it.skipIf(!path)(`passes every case (needs ${name})`, async () => {
    const report = await reportOf(path!, () => []);
    expect(report.runtime).toMatch(key === "node" ? "Node " : `Node ${key.slice(5)}.`);
    expectConformant(record(key, report));
  });

  it.skipIf(!path)(`finds the fault of a core (needs ${name})`, async () => {
    const { sha256, cases } = await reportOf(path!, () => [], FAULT_CASES);
    expect(sha256).not.toBe(coreSha256);
    expectFaultFound(cases);
  });
});
