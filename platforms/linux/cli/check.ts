/** `mext check`: reads a configuration file, and says everything that is wrong with it. */
import {
  type Config, ConfigError, explainConfig, formatProblem, type Problem,
} from "../../../bindings/config/index.ts";
import { readConfigFile } from "../config-file.ts";
import { EXIT_FAILURE, EXIT_OK, readArguments, suggestion, UsageError } from "./arguments.ts";

const ROLES: readonly Config["role"][] = ["home-agent", "mobile-node", "correspondent"];

const USAGE = `Usage: mext check <file> [--json]
       mext check --explain <role>

Reads a configuration file, and prints every problem with file, line, column and field, and every warning.

  --json            problems and warnings as one JSON object
  --explain <role>  prints a file with every field of a role: meaning, bounds, default (${ROLES.join(", ")})
  -h, --help        this text

Examples:
  mext check /etc/mext/home-agent.toml
  mext check --explain mobile-node > mobile-node.toml
`;

/** Runs the command; answers the exit code. Throws UsageError, UnreadableFileError. */
export function check(argv: string[]): number {
  const {
    values,
    positionals: [file],
  } = readArguments(argv, { json: { type: "boolean" }, explain: { type: "string" } }, 1);
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT_OK;
  }
  if (values.explain !== undefined) {
    const role = ROLES.find((each) => each === values.explain);
    if (role === undefined) {
      throw new UsageError(
        `--explain takes ${ROLES.slice(0, -1).join(", ")} or ${ROLES.at(-1)}, not "${values.explain}"${suggestion(values.explain, ROLES)}`,
      );
    }
    process.stdout.write(explainConfig(role));
    return EXIT_OK;
  }
  if (file === undefined) throw new UsageError("a configuration file is missing");
  const { config, problems, warnings } = read(file);
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ file, valid: config !== undefined, role: config?.role, problems, warnings })}\n`,
    );
  } else {
    for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
    for (const warning of warnings) process.stdout.write(`warning: ${formatProblem(warning)}\n`);
    if (config) process.stdout.write(`${file}: a valid configuration of a ${config.role}\n`);
  }
  return config ? EXIT_OK : EXIT_FAILURE;
}

function read(file: string): { config?: Config; problems: readonly Problem[]; warnings: readonly Problem[] } {
  try {
    return { ...readConfigFile(file), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems, warnings: [] };
  }
}
