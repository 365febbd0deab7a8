/** Configuration files on disk; key files are found from the folder of the file that names them. */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { findControl, type Loaded, loadConfig } from "../../bindings/config/index.ts";
import { lacksPermission } from "./permission.ts";
import { UnreadableFileError } from "./unreadable.ts";

/** Permissions of others than the owner. */
const OTHERS = 0o077;

/** Reads a configuration file of any role, and its key files. Throws UnreadableFileError or ConfigError. */
export function readConfigFile(path: string): Loaded {
  const placeOf = (name: string) => resolve(dirname(path), name);
  let refusal: UnreadableFileError | undefined;
  const readFile = (name: string) => {
    try {
      return readFileSync(placeOf(name), "utf8");
    } catch (error) {
      if (lacksPermission(error)) refusal = new UnreadableFileError(placeOf(name), error);
      throw error;
    }
  };
  const isExposed = (name: string) => (statSync(placeOf(name)).mode & OTHERS) !== 0;
  try {
    return loadConfig(readText(path), path, { readFile, isExposed });
  } catch (error) {
    throw refusal ?? error; // the file itself may be right
  }
}

/**
 * The control socket that a configuration file names, or undefined. Nothing else in it is looked at: who asks a
 * daemon need not have its keys. Throws UnreadableFileError, or ConfigError where the file is not TOML.
 */
export function readControlPath(path: string): string | undefined {
  return findControl(readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UnreadableFileError(path, error as NodeJS.ErrnoException);
  }
}
