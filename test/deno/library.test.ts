/** `mext/deno` and its bundles: what a program that imports them gets, and what they need. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lab, runToEnd } from "../linux/lab.ts";
import { cannotRun } from "../linux/system/namespace.ts";
import { denoPath, DIST, permissions } from "./deno.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bundles = join(DIST, "deno");

describe("the bundles for Deno", () => {
  const files = readdirSync(bundles).filter((name) => name.endsWith(".js") && isOfThisBuild(name));

  /** Chunks of the build before stay for one build more. */
  function isOfThisBuild(name: string): boolean {
    return (JSON.parse(readFileSync(join(root, "build/dist.json"), "utf8")) as string[]).includes(`deno/${name}`);
  }

  it("import nothing but themselves and what Deno has", () => {
    const imported = files.flatMap((name) => {
      const text = readFileSync(join(bundles, name), "utf8");
      return [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|\bimport\("([^"]+)"\)|^import "([^"]+)"/gm)]
        .map(([, from, dynamic, bare]) => from ?? dynamic ?? bare);
    });
    expect(imported.length).toBeGreaterThan(20);
    const builtin = /^(?:node:)?(?:assert|buffer|child_process|crypto|dgram|dns\/promises|events|fs|fs\/promises|http|module|net|os|path|readline|timers\/promises|url|util|worker_threads|diagnostics_channel)$/;
    expect([...new Set(imported)].filter((specifier) => !specifier.startsWith("./") && !builtin.test(specifier))).toEqual([]);
    expect(files.filter((name) => /\bkoffi\b/.test(readFileSync(join(bundles, name), "utf8")))).toEqual([]);
  });

  it("have no copy of the core: all hosts use one", () => {
    expect(readdirSync(bundles).filter((name) => name.endsWith(".wasm"))).toEqual([]);
    expect(files.filter((name) => statSync(join(bundles, name)).size > 400_000)).toEqual([]);
  });
});

describe.skipIf(denoPath === undefined)("`mext/deno` (needs Deno)", () => {
  const deno = (...words: string[]) => promisify(execFile)(denoPath!, words, { cwd: root, env: { ...process.env, NO_COLOR: "1" } });

  it("has types that `deno check` agrees with, also those of the programs", async () => {
    await deno("check", "platforms/deno/index.ts", "platforms/linux/cli/main.ts", "platforms/linux/worker.ts");
  }, 60_000);

  it("is found by deno.json, and asks for no permission by its import", async () => {
    const { stdout } = await deno("eval", "--no-prompt", "--deny-ffi", "--deny-read", "--deny-write", "--deny-env", "--deny-sys", "--deny-net", `
      const mext = await import("mext/deno");
      const node = await import("mext/sim").then(() => true);
      console.log(JSON.stringify([Object.keys(mext).sort(), node]));`);
    const [names, hasSimulator] = JSON.parse(stdout) as [string[], boolean];
    expect(names).toEqual(expect.arrayContaining(["CorrespondentNode", "HomeAgent", "MobileNode", "loadConfig", "readConfigFile"]));
    expect(hasSimulator).toBe(true);
  });
});

const missing = cannotRun ?? (denoPath === undefined ? "Deno" : undefined);

describe.skipIf(missing)(`a program on \`mext/deno\`${missing ? ` (cannot run: ${missing})` : ""}`, () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab();
  });
  afterAll(() => lab?.remove());

  const program = (file: string) => `
    import { HomeAgent, readConfigFile, type HomeAgentConfig } from ${JSON.stringify(join(bundles, "index.js"))};
    const { config } = readConfigFile(${JSON.stringify(file)});
    const agent = await HomeAgent.start(config as HomeAgentConfig);
    const { role, processId, core } = await agent.status();
    console.log(JSON.stringify({ role, isOurs: processId === Deno.pid, sha256: core.sha256 }));
    await agent.stop();
    await agent.stop();
    await agent.status().catch((error) => console.log(error.message));`;

  it("starts a home agent, asks and stops it, and ends by itself", async () => {
    const before = lab.state(lab.home);
    const source = lab.file("program.ts", program(lab.homeAgentConfig()));
    const flags = permissions("home-agent", lab.folder);
    const { code, output, errors } = await runToEnd(lab.run(lab.home, denoPath!, ["run", "--no-prompt", ...flags, source]));
    expect([code, errors]).toEqual([0, ""]);
    const [status, end] = output.trimEnd().split("\n");
    expect(JSON.parse(status)).toEqual({ role: "home-agent", isOurs: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(end).toBe("the daemon has ended");
    expect(lab.state(lab.home)).toBe(before);
  });

  it("gets the error of a missing permission", async () => {
    const source = lab.file("program.ts", program(lab.homeAgentConfig()));
    const flags = permissions("home-agent", lab.folder).filter((flag) => flag !== "--allow-ffi");
    const { code, errors } = await runToEnd(lab.run(lab.home, denoPath!, ["run", "--no-prompt", ...flags, source]));
    expect(code).toBe(1);
    expect(errors).toContain("TUN devices and raw sockets need calls into the C library: run deno again with --allow-ffi");
  });
});
