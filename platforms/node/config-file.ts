/** Configuration files on disk; key files are found from the folder of the file that names them. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Loaded, loadConfig } from "../../bindings/config/index.ts";

/** A file that cannot be read: one line that says which and why. */
export class UnreadableFileError extends Error {
  override readonly name = "UnreadableFileError";
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "this is a directory",
};

/** Reads a configuration file of either role. Throws UnreadableFileError or ConfigError. */
export function readConfigFile(path: string): Loaded {
  const readFile = (name: string) => readFileSync(resolve(dirname(path), name), "utf8");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UnreadableFileError(`${path}: ${REASONS[code ?? ""] ?? message}`);
  }
  return loadConfig(text, path, { readFile });
}
