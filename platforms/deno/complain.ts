/** How the programs for Deno end when something is wrong. */
import { ConfigError } from "../../bindings/config/index.ts";
import { EXIT_FAILURE, EXIT_USAGE, UsageError } from "../linux/cli/arguments.ts";

/** One line for each thing that is wrong; an error that nobody foresaw comes with its stack. Answers the exit code. */
export function complain(program: string, error: Error): number {
  const { name, message, stack } = error;
  const isForeseen = !["TypeError", "ReferenceError", "RangeError"].includes(name);
  const usage = error instanceof UsageError ? "; see --help" : "";
  console.error(error instanceof ConfigError ? message : `${program}: ${isForeseen ? message : stack}${usage}`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}
