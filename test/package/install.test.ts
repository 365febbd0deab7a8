/** What npm users get: each import works, has types, and there is nothing else in the package. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denoPath } from "../deno/deno.ts";
import { pack, type Packed, Project, root } from "./project.ts";

const { exports, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | { types: string; default: string }>; version: string;
};
/** What each import is for: a value that it must have. */
const VALUES: Readonly<Record<string, string>> = {
  "mext": "Engine", "mext/node": "HomeAgent", "mext/sim": "Topology", "mext/deno": "HomeAgent", "mext/browser": "startLab",
  "mext/component": "load",
};
/** Those that are for other runtimes than Node. */
const ELSEWHERE = ["mext/deno", "mext/browser"];

const importable = Object.entries(exports).filter(([, target]) => typeof target !== "string")
  .map(([path]) => path.replace(/^\./, "mext"));

let packed: Packed;
let project: Project;
beforeAll(() => {
  packed = pack();
  project = new Project(packed);
}, 120_000);
afterAll(() => {
  project?.remove();
  packed?.remove();
});

describe("the package, installed into an empty project", () => {
  it("names all its imports in this test", () => {
    expect(Object.keys(VALUES).sort()).toEqual([...importable].sort());
  });

  it.each(importable.filter((name) => !ELSEWHERE.includes(name)))("import of %s works", (name) => {
    const program = `import * as module from ${JSON.stringify(name)}; console.log(typeof module.${VALUES[name]})`;
    expect(project.run(process.execPath, "--input-type=module", "--eval", program)).toMatch(/^(function|object)\n$/);
  });

  it.skipIf(!denoPath)("import of mext/deno works (needs Deno)", () => {
    const program = project.write("deno.mjs", 'import * as module from "mext/deno"; console.log(typeof module.HomeAgent, typeof module.portable)');
    expect(project.run(denoPath!, "run", "--no-prompt", "--allow-read", "--node-modules-dir=manual", program)).toBe("function object\n");
  });

  const other = ["22", "24"].map((major) => [major, join(root, `build/nodes/node_modules/node-${major}/bin/node`)] as const);
  it.skipIf(!other.every(([, node]) => existsSync(node))).each(other)("each import works in Node %s (needs Node 22 and 24: node tools/nodes.mjs)", (major, node) => {
    for (const name of importable.filter((each) => !ELSEWHERE.includes(each))) {
      const program = `import * as module from ${JSON.stringify(name)}; console.log(process.versions.node.split(".")[0], typeof module.${VALUES[name]})`;
      expect(project.run(node, "--input-type=module", "--eval", program)).toMatch(new RegExp(`^${major} (function|object)\\n$`));
    }
  });

  it("has the tested binary", () => {
    const program = `import { existsSync, readFileSync } from "node:fs";
      import { createHash } from "node:crypto";
      import { fileURLToPath } from "node:url";
      const bytes = readFileSync(fileURLToPath(import.meta.resolve("mext/mext.wasm")));
      console.log(createHash("sha256").update(bytes).digest("hex"));`;
    const tested = createHash("sha256").update(readFileSync(join(root, "build/mext.wasm"))).digest("hex");
    expect(project.run(process.execPath, "--input-type=module", "--eval", program).trim()).toBe(tested);
  });

  it("has the command", () => {
    expect(project.run("node_modules/.bin/mext", "--version")).toBe(`mext ${version}\n`);
    expect(project.run("node_modules/.bin/mext", "check", "--explain", "mobile-node")).toContain('role = "mobile-node"');
  });

  it("has types for each import, without errors of their own", () => {
    const lines = importable.map((name, index) =>
      `import { ${VALUES[name]} as value${index} } from ${JSON.stringify(name)};\nexport const used${index}: typeof value${index} | undefined = undefined;`);
    project.write("use.ts", lines.join("\n"));
    const words = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom", "--types", "node"];
    const typeRoots = ["--typeRoots", join(root, "node_modules/@types")];
    project.run(process.execPath, join(root, "node_modules/typescript/bin/tsc"), ...words, ...typeRoots, "use.ts");
  });

  it.each(["mext", "mext/sim", "mext/browser"])("%s goes into a bundle for browsers as it is", async (name) => {
    const program = project.write("bundled.js", `export * from ${JSON.stringify(name)};`);
    const { outputFiles } = await build({ entryPoints: [program], bundle: true, format: "esm", platform: "browser", write: false });
    expect(outputFiles[0].text.match(/^import .*|\brequire\(|"node:\w+"/gm)).toBeNull();
  });

  it("has only what runs or is read", () => {
    const kinds = /^(dist\/[^/]+\.(js|wasm)|dist\/types\/.+\.d\.ts|dist\/(deno|lab|component|browser)\/.+|examples\/.+\.toml|platforms\/\w+\/README\.md|README\.md|LICENSE|package\.json)$/;
    expect(packed.files.filter((path) => !kinds.test(path))).toEqual([]);
    expect(packed.files.filter((path) => /bench|throughput|test/.test(path))).toEqual([]);
  });
});
