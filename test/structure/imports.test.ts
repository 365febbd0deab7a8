import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The core's folders: each imports only itself and what is left of it. */
const CORE = ["abi", "wire", "tables", "select", "encap", "protocol", "flow"];
/** What platforms share: a runtime stands on the Linux host or the portable one, all may show the simulated network. */
const SHARED_BY: Readonly<Record<string, readonly string[]>> = {
  linux: ["sim"], portable: ["sim"], browser: ["portable", "sim"],
  node: ["linux", "portable", "sim"], deno: ["linux", "portable", "sim"],
};
/** Those that run where there is neither Node nor Deno. */
const WITHOUT_NODE = ["sim", "portable"];
/** Compiled by AssemblyScript into the component, as a part beside the core: it reads the core's contract. */
const ADAPTER = "platforms/component/adapter/";
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
    const own = file.split("/")[1];
    for (const target of imports(file)) {
      if (file.startsWith(ADAPTER) && (target.startsWith("core-as/abi/") || target === "build/component/names")) continue;
      const [folder, platform] = target.split("/");
      const allowed = folder === "bindings" || (folder === "platforms" && [own, ...SHARED_BY[own] ?? []].includes(platform));
      expect(allowed, `${file} imports ${target}`).toBe(true);
    }
    if (!WITHOUT_NODE.includes(own)) return;
    expect(readFileSync(join(root, file), "utf8"), "runs in every runtime").not.toMatch(/from "node:|\bprocess\.|(?<!")\bDeno\./);
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
