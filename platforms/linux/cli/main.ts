/** The command `mext`. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../../bindings/config/index.ts";
import { outlive } from "../outlive.ts";
import { VERSION } from "../version.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, suggestion, UsageError } from "./arguments.ts";

const USAGE = `Usage: mext <command> [<arguments>]

Keeps sessions and addresses alive while hosts move between networks: Mobile IPv6 (RFC 6275).

  home-agent <file>     run a home agent
  mobile-node <file>    run a mobile node
  correspondent <file>  let mobile nodes talk to this host directly
  check <file>          check a configuration file; --explain <role> describes every field
  status                what a running daemon does: bindings, registration, uplinks, peers, refusals
  watch                 its events, as they happen
  doctor <file>         whether a daemon would work here: ways to the home agent, NAT, MTU, clock, privileges
  relay                 let mobile nodes reach a home agent by WebSockets, where only HTTPS gets out
  decode [<file>]       packets of a capture or of hexadecimal text, readable
  lab                   a simulated network in the browser, to see and to take apart
  demo                  a home agent and a mobile node that moves, in network namespaces of this host

  --version             the version
  -h, --help            this text; \`mext <command> --help\` tells more of a command

Examples:
  mext check --explain mobile-node > mobile-node.toml
  mext mobile-node mobile-node.toml
  mext status mobile-node.toml
`;

type Run = (argv: string[]) => Promise<number> | number;

/** Each command is loaded when it is called. */
const COMMANDS: Readonly<Record<string, () => Promise<Run>>> = {
  "home-agent": async () => (await import("./run-daemon.ts")).runDaemon.bind(undefined, "home-agent"),
  "mobile-node": async () => (await import("./run-daemon.ts")).runDaemon.bind(undefined, "mobile-node"),
  correspondent: async () => (await import("./run-daemon.ts")).runDaemon.bind(undefined, "correspondent"),
  check: async () => (await import("./check.ts")).check,
  status: async () => (await import("./status.ts")).status,
  watch: async () => (await import("./watch.ts")).watch,
  doctor: async () => (await import("./doctor.ts")).doctor,
  relay: async () => (await import("./relay.ts")).relay,
  decode: async () => {
    const { decode } = await import("./decode.ts");
    return (argv) => decode(argv, process);
  },
  lab: async () => (await import("./lab.ts")).lab,
  demo: async () => demo,
};

/** Runs a command line; answers the exit code. */
async function main([name, ...argv]: string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(USAGE);
    return name === undefined ? EXIT_USAGE : EXIT_OK;
  }
  if (name === "--version") {
    process.stdout.write(`mext ${VERSION}\n`);
    return EXIT_OK;
  }
  try {
    if (!Object.hasOwn(COMMANDS, name)) {
      throw new UsageError(`unknown command "${name}"${suggestion(name, Object.keys(COMMANDS))}`);
    }
    return await (
      await COMMANDS[name]()
    )(argv);
  } catch (error) {
    return complain(error as Error, Object.hasOwn(COMMANDS, name) ? name : undefined);
  }
}

/** One line for each thing that is wrong; an error that nobody foresaw comes with its stack. */
function complain(error: Error, command: string | undefined): number {
  const { name, message, stack } = error;
  if (error instanceof ConfigError) {
    process.stderr.write(`${message}\n`);
    return EXIT_FAILURE;
  }
  const unforeseen = ["TypeError", "ReferenceError", "RangeError"].includes(name);
  const called = command === undefined ? "mext" : `mext ${command}`;
  const isUsage = error instanceof UsageError;
  process.stderr.write(
    `${called}: ${unforeseen ? stack : message}${isUsage ? `; see ${called} --help` : ""}\n`,
  );
  return isUsage ? EXIT_USAGE : EXIT_FAILURE;
}

/** The demonstration is a program of its own beside this one. */
async function demo(argv: string[]): Promise<number> {
  const program = fileURLToPath(new URL("./demo.js", import.meta.url));
  if (!existsSync(program)) throw new Error("this build has no demonstration");
  return outlive(spawn(process.execPath, [program, ...argv], { stdio: "inherit" }));
}

// a reader that has enough (`mext watch | head`) is no error
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === "EPIPE" ? EXIT_OK : EXIT_FAILURE),
);
process.exitCode = await main(process.argv.slice(2));
