// Type declarations of everything that the package exports:
//
//   dist/types/…   as the sources lie; what package.json's "exports" name as "types", and what those import
//
// The sources' docstrings are in them, so that editors show them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { root } from "./node.mjs";

const TYPES = "./dist/types/";

/** The sources of the declarations that package.json names. */
export function typedEntries() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.values(exports).map(({ types }) => types).filter((types) => types?.startsWith(TYPES))
    .map((types) => types.slice(TYPES.length).replace(/\.d\.ts$/, ".ts"));
}

/** Throws when the sources have type errors. */
export function buildTypes(outdir) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram(typedEntries().map((entry) => join(root, entry)), {
    ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: root,
  });
  const declarations = new Map();
  const { diagnostics } = program.emit(undefined, (path, text) => declarations.set(relative(root, path), text));
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length > 0) {
    const host = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => "\n" };
    throw new Error(`the declarations cannot be made:\n${ts.formatDiagnostics(problems, host)}`);
  }
  for (const name of reachable(declarations)) {
    const path = join(outdir, "types", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, declarations.get(name));
  }
}

/** What the entries import, and so on; other files of the program are no part of what users see. */
function reachable(declarations) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    const imports = declarations.get(name).matchAll(/(?:from|import\(|import)\s*"(\.[^"]+)\.ts"/g);
    for (const [, path] of imports) visit(`${join(dirname(name), path)}.d.ts`);
  };
  for (const entry of typedEntries()) visit(entry.replace(/\.ts$/, ".d.ts"));
  return found;
}
