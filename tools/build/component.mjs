// For hosts of the WebAssembly component model:
//
//   dist/component/mext.component.wasm   the component: mext.wasm as it is, and the adapter beside it
//   dist/component/mext.wit              what it exports
//   dist/component/index.js              mext/component: the component for JavaScript
//   dist/component/mext.js mext.core*.wasm interfaces/…   what jco made of it
//
// The adapter (platforms/component/adapter) is a core module that imports the core's functions and memory; with it
// wit-component makes a component of a core that knows nothing of components. Nothing is edited as text: the WIT is
// the files of platforms/component/wit and one made of the reasons, exports get their names through Binaryen.
import { createHash } from "node:crypto";
import {
  cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./node.mjs";
import { readNames, reasonsWit, namesModule } from "./component-names.mjs";

const cache = join(root, "build/component");
const made = join(cache, "dist");
const core = join(root, "build/mext.wasm");
const platform = join(root, "platforms/component");
/** What the component is made of, from the project's root. */
const SOURCES = [
  "build/mext.wasm", "core-as/abi", "bindings/codec-names.ts", "bindings/reasons.ts", "platforms/component/adapter",
  "platforms/component/wit", "platforms/component/index.js", "platforms/component/index.d.ts", "package-lock.json",
  "tools/build/component.mjs", "tools/build/component-names.mjs",
];
const WORLD = "mext";

/** Makes the component if something that it is made of has changed since the last time. */
export async function buildComponent(outdir) {
  const state = digest(SOURCES);
  const stamp = join(cache, "sources.sha256");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== state) {
    await make();
    writeFileSync(stamp, state);
  }
  cpSync(made, join(outdir, "component"), { recursive: true });
}

/** One sum of all files below these paths. */
function digest(paths) {
  const hash = createHash("sha256");
  const visit = (path) => {
    if (statSync(join(root, path)).isDirectory()) for (const name of readdirSync(join(root, path)).sort()) visit(`${path}/${name}`);
    else hash.update(path).update(readFileSync(join(root, path)));
  };
  paths.forEach(visit);
  return hash.digest("hex");
}

async function make() {
  const { componentEmbed, componentNew, transpile } = await import("@bytecodealliance/jco");
  mkdirSync(cache, { recursive: true });
  const names = await readNames();
  writeFileSync(join(cache, "names.ts"), namesModule(names));
  const files = ["world", "engine", "codec"].map((name) => readFileSync(join(platform, `wit/${name}.wit`), "utf8"));
  const witSource = [files[0], reasonsWit(names), ...files.slice(1)].join("\n");

  const { default: binaryen } = await import("assemblyscript/binaryen");
  const module = await compileAdapter(binaryen);
  nameExports(binaryen, module, await exportsOf(witSource, componentEmbed));
  const adapter = await componentEmbed({ binary: module.emitBinary(), witSource, world: WORLD });
  module.dispose();
  const component = await componentNew(readFileSync(core), [[WORLD, adapter]]);

  const draft = mkdtempSync(join(cache, "dist-"));
  const write = (name, content) => {
    mkdirSync(dirname(join(draft, name)), { recursive: true });
    writeFileSync(join(draft, name), content);
  };
  write("mext.component.wasm", component);
  write("mext.wit", witSource);
  const { files: transpiled } = await transpile(component, { name: "mext", instantiation: "sync", tlaCompat: false });
  for (const [name, content] of Object.entries(transpiled)) write(name, content);
  for (const name of ["index.js", "index.d.ts"]) write(name, readFileSync(join(platform, name)));
  rmSync(made, { recursive: true, force: true });
  renameSync(draft, made);
}

/** The adapter as a Binaryen module. */
async function compileAdapter(binaryen) {
  const { default: asc } = await import("assemblyscript/asc");
  const out = "build/component/adapter.wasm";
  const { error, stderr } = await asc.main([
    "platforms/component/adapter/index.ts", "--baseDir", root, "--outFile", out, "--runtime", "stub", "-O3", "--noAssert",
    "--use", "abort=", "--importMemory",
  ]);
  if (error) throw new Error(`the component's adapter does not compile:\n${stderr}`);
  const module = binaryen.readBinary(readFileSync(join(root, out)));
  if (module.getNumDataSegments() > 0) {
    throw new Error("the component's adapter has data, which would lie over the core's: write it into memory of hostAlloc");
  }
  return module;
}

/**
 * The functions that a module for this world exports, as in `mext:core/engine@0.1.0#[method]engine.process`, and those
 * that the host calls after each: read from an empty module that jco makes for the world.
 */
async function exportsOf(witSource, componentEmbed) {
  const dummy = new WebAssembly.Module(await componentEmbed({ dummy: true, witSource, world: WORLD }));
  const version = /^package [^@]+@([^;]+);/m.exec(witSource)[1];
  const functions = [];
  for (const { name } of WebAssembly.Module.exports(dummy)) {
    // "cm32p2|mext:core/engine@0.1|[method]engine.process"
    const [, place, own] = name.split("|");
    if (own === undefined || own.endsWith("_post") || own.endsWith("_dtor")) continue;
    functions.push({ interface: place.replace(/@.*/, `@${version}`), own });
  }
  return functions;
}

/** `[method]engine.next-wakeup-ms` → engineNextWakeupMs, `[constructor]codec` → codecConstructor. */
function sourceName(own) {
  const [, kind, name] = /^\[(\w+)\](.*)$/.exec(own);
  const words = `${name}${kind === "constructor" ? "-constructor" : ""}`.split(/[.-]/);
  return words.map((word, index) => (index === 0 ? word : word[0].toUpperCase() + word.slice(1))).join("");
}

/** Exports the adapter's functions by the names of the component model, each with what frees its results. */
function nameExports(binaryen, module, wanted) {
  const internal = new Map();
  for (let index = 0; index < module.getNumExports(); index++) {
    const { name, kind, value } = binaryen.getExportInfo(module.getExportByIndex(index));
    if (kind === binaryen.ExternalFunction) internal.set(name, value);
  }
  for (const { interface: place, own } of wanted) {
    const name = internal.get(sourceName(own));
    if (!name) throw new Error(`the component's adapter lacks ${sourceName(own)} for ${place} ${own}`);
    const { results } = binaryen.getFunctionInfo(module.getFunction(name));
    module.addFunctionExport(name, `${place}#${own}`);
    module.addFunctionExport(internal.get(results === binaryen.none ? "post0" : "post1"), `cabi_post_${place}#${own}`);
  }
  for (const name of internal.keys()) if (name !== "cabi_realloc") module.removeExport(name);
  module.removeExport("memory");
}
