/** The suite in Deno: bundled, on the simulated network, with no other permission than to read the binary. */
import { describe, expect, it } from "vitest";
import { denoPath } from "../../deno/deno.ts";
import { coreSha256, expectConformant, expectFaultFound, FAULT_CASES, record } from "../record.ts";
import { reportOf } from "./runtimes.ts";

const permissions = (core: string) => ["run", "--no-config", "--no-prompt", `--allow-read=${core}`];

describe.skipIf(!denoPath)("Deno (needs deno)", () => {
  it("passes every case", async () => {
    const report = await reportOf(denoPath!, permissions);
    expect(report.runtime).toMatch("Deno ");
    expectConformant(record("deno", report));
  });

  it("finds the fault of a core", async () => {
    const { sha256, cases } = await reportOf(denoPath!, permissions, FAULT_CASES);
    expect(sha256).not.toBe(coreSha256);
    expectFaultFound(cases);
  });
});
