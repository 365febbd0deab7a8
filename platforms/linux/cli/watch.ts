/** `mext watch`: the events of a running daemon, as they happen. */
import type { DaemonEvent } from "../daemon.ts";
import type { DaemonStatus } from "../status.ts";
import { EXIT_OK } from "./arguments.ts";
import { ask, readDaemonArguments } from "./client.ts";
import { eventSentence } from "./event-text.ts";
import { statusText } from "./status.ts";

const USAGE = `Usage: mext watch [<file>] [--control <path>] [--json]

Shows the status of a running daemon, then its events as they happen, until Ctrl-C or the daemon's end.

  <file>            its configuration file, to find its control socket
  --control <path>  its control socket
  --json            one JSON object a line, the first one is the status
  -h, --help        this text

Examples:
  mext watch mobile-node.toml
  mext watch --json | jq -c 'select(.name == "BindingAccepted")'
`;

/** Runs the command until the daemon ends; answers the exit code. */
export async function watch(argv: string[]): Promise<number> {
  const wanted = readDaemonArguments(argv);
  if (wanted === undefined) {
    process.stdout.write(USAGE);
    return EXIT_OK;
  }
  let isFirst = true;
  for await (const line of ask(wanted.paths, "watch")) {
    if (wanted.json) process.stdout.write(`${JSON.stringify(line)}\n`);
    else
      process.stdout.write(
        isFirst ? `${statusText(line as DaemonStatus)}\n` : `${eventText(line as DaemonEvent)}\n`,
      );
    isFirst = false;
  }
  return EXIT_OK;
}

/** "14:03:22.120  eth0   CareofFormed  careofAddress=… usable=true". */
function eventText({ unixMs, device, name, fields }: DaemonEvent): string {
  const time = new Date(unixMs).toISOString().slice(11, 23);
  const all = Object.entries(fields).map(([field, value]) => `${field}=${value}`);
  const rest = eventSentence({ name, fields }) ?? all.join(" ");
  return `${time}  ${(device ?? "").padEnd(8)} ${name.padEnd(20)} ${rest}`;
}
