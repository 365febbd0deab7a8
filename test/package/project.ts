/**
 * The package as users get it: packed by npm, and installed into an empty project of its own. Packing builds the
 * package anew in a copy of the sources, so that dist/ of this tree stays as the other tests use it.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const COPIED = [
  "package.json", "package-lock.json", "tsconfig.json", "README.md", "LICENSE", "deno.json", "core-as", "bindings", "platforms", "tools", "examples", "build/mext.wasm",
];
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

export interface Packed {
  /** Of the tar ball. */
  readonly path: string;
  /** Paths in the package. */
  readonly files: readonly string[];
  remove(): void;
}

/** What `npm pack` makes of the sources. */
export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), "mext-pack-"));
  const source = join(folder, "mext");
  mkdirSync(join(source, "build"), { recursive: true });
  for (const name of COPIED) {
    try {
      cpSync(join(root, name), join(source, name), { recursive: true, preserveTimestamps: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  symlinkSync(join(root, "node_modules"), join(source, "node_modules"));
  const printed = execFileSync("npm", ["pack", "--json", `--pack-destination=${folder}`, ...QUIET], {
    cwd: source, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"],
  });
  const [{ filename, files }] = JSON.parse(printed.slice(printed.indexOf("["))) as [{ filename: string; files: { path: string }[] }];
  return {
    path: join(folder, filename),
    files: files.map(({ path }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** An empty project into which the package was installed. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "mext-project-"));

  constructor({ path }: Packed) {
    this.write("package.json", JSON.stringify({ name: "project", private: true, type: "module" }));
    execFileSync("npm", ["install", "--prefer-offline", ...QUIET, path], { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  /** Runs a program there; returns what it printed. Throws when it fails, with what it said. */
  run(program: string, ...words: string[]): string {
    return execFileSync(program, words, { cwd: this.folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
