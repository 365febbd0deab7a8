/** Configuration files on disk; key files are found from the folder of the file that names them. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Loaded, loadConfig } from "../../bindings/config/index.ts";
import { UnreadableFileError } from "./unreadable.ts";

/** Reads a configuration file of either role. Throws UnreadableFileError or ConfigError. */
export function readConfigFile(path: string): Loaded {
  const readFile = (name: string) => readFileSync(resolve(dirname(path), name), "utf8");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UnreadableFileError(path, error as NodeJS.ErrnoException);
  }
  return loadConfig(text, path, { readFile });
}
