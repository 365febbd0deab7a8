/** `npm ci` refuses a lock file without a record for each package that another one names, also for other platforms. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

interface LockRecord {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(fileURLToPath(new URL("../../package-lock.json", import.meta.url)), "utf8")) as {
  packages: Record<string, LockRecord>;
};

/** The record that Node would find from a package's folder: in its own node_modules, or in those above. */
function resolve(folder: string, name: string): LockRecord | undefined {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const record = lock.packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`];
    if (record !== undefined || at === "") return record;
  }
}

describe("package-lock.json", () => {
  it("has a record for each package that is named in it, in the version that is named", () => {
    const wrong = Object.entries(lock.packages).flatMap(([folder, { dependencies, devDependencies, optionalDependencies }]) =>
      Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).flatMap(([name, wanted]) => {
        const version = resolve(folder, name)?.version;
        const isRight = version !== undefined && (!/^\d+\.\d+\.\d+$/.test(wanted) || version === wanted);
        return isRight ? [] : [`${folder || "package.json"} wants ${name} ${wanted}: ${version ?? "no record"}`];
      }));
    expect(wrong).toEqual([]);
  });
});
