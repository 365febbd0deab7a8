/**
 * The tests of the Linux host, run by Deno: its system calls then go through platforms/deno/ffi.ts. Those of the formats
 * and of the packet filter's rules, where no runtime makes a difference, are left out for the time they take.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cannotRun } from "../linux/system/namespace.ts";
import { denoPath } from "./deno.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Below test/linux. */
const FILES = [
  "ffi", "engine-host", "journal", "resolver",
  "system/access", "system/datagram", "system/netlink.", "system/poll", "system/privileges", "system/sysctl", "system/tun",
  "system/undo",
];

interface Results {
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string; readonly failureMessages: string[] }[];
  }[];
}

const missing = cannotRun ?? (denoPath === undefined ? "Deno" : undefined);

describe.skipIf(missing)(`the Linux host under Deno${missing ? ` (cannot run: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "mext-deno-"));
  let results: Results;
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    const report = join(folder, "results.json");
    const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|TEST$|MODE$)/.test(name));
    const words = [
      "run", "-A", "node_modules/vitest/vitest.mjs", "run", "--reporter=json", `--outputFile=${report}`,
      ...FILES.map((name) => `test/linux/${name}`),
    ];
    // an exit code of 1 says that a test failed: the report tells which
    const error = await promisify(execFile)(denoPath!, words, { cwd: root, env: Object.fromEntries(own), timeout: 90_000 })
      .then(() => undefined, (failure: Error) => failure);
    try {
      results = JSON.parse(readFileSync(report, "utf8"));
    } catch {
      throw error ?? new Error("Deno ended without a report");
    }
  }, 100_000);

  it.each(FILES)("test/linux/%s", (name) => {
    const file = results.testResults.find((each) => each.name.includes(`test/linux/${name}`));
    const tests = file?.assertionResults ?? [];
    expect(tests.filter(({ status }) => status === "failed").map(({ fullName, failureMessages }) => [fullName, failureMessages])).toEqual([]);
    expect(tests.filter(({ status }) => status === "passed").length).toBeGreaterThan(1);
  });

  it("and nothing else failed", () => {
    expect(results.numFailedTests).toBe(0);
  });
});
