/**
 * mext/component: the component for JavaScript, as jco has transpiled it. Programs in JavaScript are better served by
 * the core itself (`mext`); this is for those that want one interface everywhere, and for comparison.
 *
 * The core modules are compiled once; each instance is one node.
 */
import { instantiate } from "./mext.js";

const compiled = new Map();
let loading;

/** Reads a file beside this one: from disk, or by fetch where that is what URLs are for. */
async function read(name) {
  const url = new URL(name, import.meta.url);
  if (url.protocol !== "file:") return (await fetch(url)).arrayBuffer();
  const { readFile } = await import("node:fs/promises");
  return readFile(url);
}

async function compileAll() {
  // Asked for by name when the first instance is made; what exists is known by trying.
  for (const name of ["mext.core.wasm", "mext.core2.wasm"]) compiled.set(name, await WebAssembly.compile(await read(name)));
}

/**
 * Compiles the component. The function that comes back makes an instance at once: `{ engine, codec }`, each with its
 * class. `onCore` sees every core instance, for tests that look into its memory.
 */
export async function load() {
  await (loading ??= compileAll());
  return (onCore = () => {}) => instantiate((name) => compiled.get(name), {}, (module, imports) => {
    const instance = new WebAssembly.Instance(module, imports);
    onCore(instance);
    return instance;
  });
}
