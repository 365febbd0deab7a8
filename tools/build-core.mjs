// Builds the one binary: core-as/index.ts → build/mext.wasm, and prints its sha256.
//
// A build is the same bytes from any folder. It fails when the module has an import: the core is
// given everything it needs, and asks its host for nothing.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outFile = "build/mext.wasm";

/** Compiles `entry` (relative to the project) to `outFile`; returns the sha256 of the binary. */
export async function buildCore(entry = "core-as/index.ts", out = outFile) {
  mkdirSync(dirname(join(root, out)), { recursive: true });
  const draft = out.replace(/\.wasm$/, ".new.wasm"); // a binary gets its name when it is finished and checked
  const { error, stderr } = await asc.main([
    entry, "--baseDir", root, "--outFile", draft,
    "--runtime", "stub", "-O3", "--converge", "--noAssert",
    "--use", "abort=", "--enable", "simd", "--initialMemory", "16",
  ]);
  if (error) throw new Error(`the core does not compile:\n${stderr}`);
  const bytes = inlineMore(readFileSync(join(root, draft)));
  rmSync(join(root, draft));
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  if (imports.length > 0) throw new Error(`the core must import nothing, but asks for ${JSON.stringify(imports)}`);
  writeFileSync(join(root, draft), bytes);
  renameSync(join(root, draft), join(root, out));
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/**
 * A second pass of the optimiser, with more inlining than asc allows: a packet passes many small
 * functions, and calls were a tenth of its time.
 */
function inlineMore(bytes) {
  const module = binaryen.readBinary(bytes);
  // What asc has used, and nothing else: every runtime of the last years has these.
  const { BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SIMD128, SignExt } = binaryen.Features;
  module.setFeatures(BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SIMD128 | SignExt);
  binaryen.setOptimizeLevel(4);
  binaryen.setShrinkLevel(0);
  binaryen.setAlwaysInlineMaxSize(40);
  binaryen.setFlexibleInlineMaxSize(100);
  binaryen.setOneCallerInlineMaxSize(10000);
  module.optimize();
  module.optimize();
  const optimised = module.emitBinary();
  module.dispose();
  return optimised;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { bytes, sha256 } = await buildCore();
  console.log(`${outFile}  ${bytes} bytes  sha256 ${sha256}`);
}
