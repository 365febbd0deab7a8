/** The other end of the control socket: asks a running daemon. Knows nothing of Linux, so it starts fast. */
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { DaemonStatus } from "../status.ts";
import { readControlPath } from "../config-file.ts";
import { readArguments, UsageError } from "./arguments.ts";

/** Where daemons listen that were configured as in the examples. */
const USUAL_PATHS = ["home-agent", "mobile-node", "correspondent"].map((role) => `/run/mext/${role}.sock`);

/** The command line of what asks a daemon; undefined when only the help is wanted. */
export function readDaemonArguments(argv: string[]): { json: boolean; paths: string[] } | undefined {
  const options = { json: { type: "boolean" }, control: { type: "string" } } as const;
  const { values, positionals: [file] } = readArguments(argv, options, 1);
  return values.help ? undefined : { json: values.json === true, paths: controlPaths(values.control, file) };
}

/** The sockets to ask: of --control, of a configuration file, or the usual ones. */
function controlPaths(control: string | undefined, configFile: string | undefined): string[] {
  if (control !== undefined && configFile !== undefined) {
    throw new UsageError("give --control or a configuration file, not both");
  }
  if (control !== undefined) return [control];
  if (configFile === undefined) return USUAL_PATHS;
  const path = readControlPath(configFile);
  if (path === undefined) {
    throw new Error(`${configFile} has no control socket: set control and start the daemon again`);
  }
  return [path];
}

/**
 * Sends a command to the first daemon that answers; gives its lines, parsed, until it ends the connection.
 * Throws an Error of one line when there is none, or it refuses.
 */
export async function* ask(
  paths: readonly string[],
  command: "status" | "watch" | "stop",
): AsyncGenerator<unknown> {
  const socket = await open(paths);
  socket.write(`${JSON.stringify({ command })}\n`);
  try {
    for await (const line of createInterface({ input: socket })) {
      const answer = JSON.parse(line) as { error?: string };
      if (answer.error !== undefined) throw new Error(`the daemon says: ${answer.error}`);
      yield answer;
    }
  } finally {
    socket.destroy();
  }
}

/** The status of the first daemon that answers. */
export async function askStatus(paths: readonly string[]): Promise<DaemonStatus> {
  for await (const answer of ask(paths, "status")) return answer as DaemonStatus;
  throw new Error("the daemon ended without an answer");
}

async function open(paths: readonly string[]) {
  const refusals: string[] = [];
  for (const path of paths) {
    const socket = connect(path);
    const refusal = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      socket.once("connect", () => resolve(undefined));
      socket.once("error", resolve);
    });
    if (refusal === undefined) return socket;
    refusals.push(`${path} (${REASONS[refusal.code ?? ""] ?? refusal.message})`);
  }
  throw new Error(
    `no daemon answers at ${refusals.join(" or ")}: start one, or name its socket with --control`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nobody listens",
  EACCES: "permission denied, ask as its owner",
};
