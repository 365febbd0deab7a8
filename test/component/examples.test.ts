/** The examples for embedders run: a registration with RFC 4285 authentication, then a tunnelled packet. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { COMPONENT, hasWasmtime } from "./wasmtime.ts";

const run = promisify(execFile);
const folder = (name: string) => fileURLToPath(new URL(`../../platforms/component/examples/${name}`, import.meta.url));
/** wasmtime 48 needs that compiler. */
const RUST = [1, 95];
const rust = /^rustc (\d+)\.(\d+)/.exec(spawnSync("rustc", ["--version"], { encoding: "utf8" }).stdout ?? "");
const hasRust = rust !== null && (Number(rust[1]) > RUST[0] || Number(rust[2]) >= RUST[1])
  && spawnSync("cargo", ["--version"]).status === 0;
/** Compiling wasmtime takes two minutes where it has not been done yet, and more with others at work. */
const COMPILING_MS = 900_000;

function expectStory(output: string): void {
  expect(output).toMatch(/^registered: /m);
  expect(output).toMatch(/^delivered to the mobile node: /m);
}

describe("a home agent and a mobile node back to back", () => {
  it("in Node", async () => {
    const { stdout } = await run(process.execPath, ["back-to-back.mjs"], { cwd: folder("node") });
    expectStory(stdout);
  });

  it.skipIf(!hasWasmtime)("in wasmtime, from Python (needs python3 with wasmtime)", async () => {
    const { stdout } = await run("python3", ["back_to_back.py", COMPONENT], { cwd: folder("python") });
    expectStory(stdout);
    expect(stdout).toContain("through the tunnel: 1 in, 1 out");
  });

  it.skipIf(!hasRust)("in wasmtime, from Rust (needs cargo and rustc 1.95)", async () => {
    const target = fileURLToPath(new URL("../../build/rust-example", import.meta.url));
    const { stdout } = await run("cargo", ["run", "--quiet", "--", COMPONENT], {
      cwd: folder("rust"), env: { CARGO_TARGET_DIR: target, ...process.env },
    });
    expectStory(stdout);
    expect(stdout).toContain("engine-exists");
  }, COMPILING_MS);
});
