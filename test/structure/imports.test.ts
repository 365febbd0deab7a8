import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The core's folders: each imports only itself and what is left of it. */
const CORE = ["abi", "wire", "tables", "select", "encap", "protocol", "flow"];
const PLATFORMS = readdirSync(join(root, "platforms"));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

/** Project paths that a file imports; packages are left out. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^\s*(?:import|export)\b[^;]*?\bfrom\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm)]
    .map((match) => relative(root, join(root, dirname(file), match[1] ?? match[2])));
}

describe("imports point one way", () => {
  it.each(sources("core-as"))("%s", (file) => {
    const own = CORE.indexOf(file.split("/")[1]);
    for (const target of imports(file)) {
      expect(target.startsWith("core-as/"), `${file} imports ${target}`).toBe(true);
      const other = CORE.indexOf(target.split("/")[1]);
      if (file !== "core-as/index.ts") expect(other >= 0 && other <= own, `${file} imports ${target}`).toBe(true);
    }
  });

  it.each(sources("bindings"))("%s", (file) => {
    for (const target of imports(file)) {
      expect(target.startsWith("bindings/") || target.startsWith("core-as/abi/"), `${file} imports ${target}`).toBe(true);
    }
    expect(readFileSync(join(root, file), "utf8"), "bindings know no operating system").not.toMatch(/from "node:|\bprocess\.|(?<!")\bDeno\./);
  });

  it.each(PLATFORMS.flatMap((platform) => sources(`platforms/${platform}`)))("%s", (file) => {
    const own = file.split("/").slice(0, 2).join("/");
    for (const target of imports(file)) {
      // The demo falls back to the simulated network, which is an ordinary host for others to use.
      const allowed = target.startsWith("bindings/") || target.startsWith(`${own}/`) || target.startsWith("platforms/sim/");
      expect(allowed, `${file} imports ${target}`).toBe(true);
    }
  });
});

describe("the core", () => {
  it("has short files: none of more than 320 lines, unless it is a table", () => {
    const tables = ["abi/contract.ts", "abi/codes.ts", "abi/fields.ts", "abi/reasons.ts", "abi/states.ts"];
    const long = sources("core-as").filter((file) => !tables.some((name) => file.endsWith(name)))
      .map((file) => [file, readFileSync(join(root, file), "utf8").split("\n").length] as const).filter(([, lines]) => lines > 320);
    expect(long).toEqual([]);
  });

  it("imports nothing as a binary", () => {
    const module = new WebAssembly.Module(readFileSync(join(root, "build/mext.wasm")));
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });
});
