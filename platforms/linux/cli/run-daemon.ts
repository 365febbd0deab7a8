/** `mext home-agent`, `mext mobile-node`, `mext correspondent`: runs a daemon until a signal comes. */
import {
  type Config, type CorrespondentConfig, formatProblem, type HomeAgentConfig, type MobileNodeConfig,
} from "../../../bindings/config/index.ts";
import { readConfigFile } from "../config-file.ts";
import type { Daemon } from "../daemon.ts";
import { EXIT_FAILURE, EXIT_OK, readArguments, suggestion, UsageError } from "./arguments.ts";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"];

const ABOUT: Readonly<Record<Config["role"], string>> = {
  "home-agent": `Serves mobile nodes: keeps their bindings, and carries packets between their home
addresses and wherever they are.`,
  "mobile-node": `Keeps the home address of this host reachable while it moves between networks: watches
the uplinks, registers with the home agent, and carries packets of the home address through the tunnel,
or straight to peers that take part in route optimisation.`,
  correspondent: `Lets mobile nodes bind direct routes to this host: packets between them and its programs then
do not go through their home agents. All other traffic is left alone.`,
};

function usage(role: Config["role"]): string {
  return `Usage: mext ${role} <file> [--log-level <level>]

${ABOUT[role]}

  <file>               configuration; \`mext check --explain ${role}\` describes it
  --log-level <level>  ${LOG_LEVELS.join(", ")}; instead of log_level in the file
  -h, --help           this text

Runs in the foreground, and logs to standard output: lines for people on a terminal, else JSON. SIGINT and
SIGTERM end it well: every change to the system is taken back. It needs CAP_NET_ADMIN and CAP_NET_RAW.

Examples:
  mext ${role} /etc/mext/${role}.toml
  mext ${role} ${role}.toml --log-level debug
`;
}

/** Runs until the daemon has ended; answers the exit code. Throws errors of one line. */
export async function runDaemon(role: Config["role"], argv: string[]): Promise<number> {
  const {
    values,
    positionals: [file],
  } = readArguments(argv, { "log-level": { type: "string" } }, 1);
  if (values.help) {
    process.stdout.write(usage(role));
    return EXIT_OK;
  }
  if (file === undefined) throw new UsageError("a configuration file is missing");
  const level = values["log-level"];
  if (level !== undefined && !LOG_LEVELS.includes(level)) {
    throw new UsageError(
      `--log-level is "${level}", must be one of ${LOG_LEVELS.join(", ")}${suggestion(level, LOG_LEVELS)}`,
    );
  }
  const { config, warnings } = readConfigFile(file);
  if (config.role !== role) {
    throw new Error(`${file} is the configuration of a ${config.role}: mext ${config.role} ${file}`);
  }
  // of nodes that nobody authenticates the daemon itself tells, also where it was started by a program
  const others = warnings.filter(({ field }) => !field.endsWith("authentication"));
  return run(config, level ?? config.logLevel, others.map(formatProblem));
}

async function start(config: Config): Promise<Daemon> {
  const { CorrespondentNode, HomeAgent, MobileNode } = await import("../daemon.ts");
  switch (config.role) {
    case "home-agent":
      return HomeAgent.start(config as HomeAgentConfig);
    case "mobile-node":
      return MobileNode.start(config as MobileNodeConfig);
    case "correspondent":
      return CorrespondentNode.start(config as CorrespondentConfig);
  }
}

async function run(config: Config, level: string, warnings: readonly string[]): Promise<number> {
  let daemon: Daemon | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    void daemon?.stop();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);

  // the parts that need Linux are loaded only now: other commands run everywhere
  const { logDaemon, makeLogger } = await import("../log.ts");
  const log = makeLogger(level);
  daemon = await start(config);
  for (const warning of [...warnings, ...daemon.warnings]) log.warn(warning);
  logDaemon(daemon, log);
  const ended = new Promise<Error | undefined>((resolve) => daemon?.once("ended", resolve));
  if (stopped) void daemon.stop();
  const problem = await ended;
  if (problem === undefined) {
    log.info("stopped, and every change to the system taken back");
    return EXIT_OK;
  }
  log.fatal({ stack: problem.name === "StartError" ? undefined : problem.stack }, problem.message);
  return EXIT_FAILURE;
}
