/** The API reference is made of the docstrings: everything public has one, and their links lead somewhere. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./project.ts";

it("the API reference is complete", () => {
  const folder = mkdtempSync(join(tmpdir(), "mext-api-"));
  try {
    const program = join(root, "node_modules/typedoc/bin/typedoc");
    const options = ["--options", join(root, "tools/typedoc.json"), "--out", folder, "--logLevel", "Warn"];
    execFileSync(process.execPath, [program, ...options], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    expect(readFileSync(join(folder, "index.html"), "utf8")).toContain("mext");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
