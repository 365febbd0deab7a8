/** Command lines: options by node:util, mistakes as one line with a suggestion, exit codes. */
import { parseArgs, type ParseArgsConfig } from "node:util";

export const EXIT_OK = 0;
/** It did not work: a bad file, no privileges, no daemon. */
export const EXIT_FAILURE = 1;
/** The command line itself is wrong. */
export const EXIT_USAGE = 2;

/** A wrong command line: one line that says what is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Reads a command line with these options and up to `maxPositionals` words; throws UsageError. */
export function readArguments<O extends Options>(argv: string[], options: O, maxPositionals: number) {
  const all = { ...options, help: { type: "boolean", short: "h" } } as const;
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: all,
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length > maxPositionals) {
      throw new UsageError(
        maxPositionals === 0
          ? `unexpected "${positionals[0]}"`
          : `unexpected "${positionals[maxPositionals]}" behind "${positionals[maxPositionals - 1]}"`,
      );
    }
    return { values, positionals };
  } catch (error) {
    throw error instanceof UsageError ? error : explain(error as NodeJS.ErrnoException, Object.keys(all));
  }
}

/** node:util's messages go on with advice about "--": the first sentence is enough. */
function explain({ code, message }: NodeJS.ErrnoException, names: string[]): UsageError {
  const unknown = /^Unknown option '--?([^']*)'/.exec(message)?.[1];
  if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || unknown === undefined) {
    return new UsageError(message.split(/\. |\n/)[0]);
  }
  return new UsageError(`unknown option --${unknown}${suggestion(unknown, names, "--")}`);
}

/** `, did you mean status?` for the nearest of the known words, if one is near. */
export function suggestion(word: string, known: readonly string[], prefix = ""): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: distanceOf(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return nearest === undefined ? "" : `, did you mean ${prefix}${nearest.candidate}?`;
}

/** How many characters must be changed, added or left out (Levenshtein). */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const changed = row[column - 1] + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(changed, row[column] + 1, next[column - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
