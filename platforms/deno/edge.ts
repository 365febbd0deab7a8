/** An unprivileged home agent for Deno, and a mobile node to try it with: a program. */
import { formatProblem, type HomeAgentConfig, type Loaded, loadConfig, type MobileNodeConfig } from "../../bindings/config/index.ts";
import { EXIT_OK, readArguments, UsageError } from "../linux/cli/arguments.ts";
import { Journal } from "../linux/journal.ts";
import { HomeAgent, type Underlay, WebSocketHub } from "../portable/index.ts";
import { complain } from "./complain.ts";
import { findCore } from "./core.ts";
import { tryMobileNode } from "./edge-mobile-node.ts";
import { deno, permitted } from "./net.ts";
import { DenoUdpUnderlay } from "./udp.ts";
import { WebSocketServer } from "./websocket-server.ts";

const USAGE = `Usage: edge.js <home-agent.toml> [--websocket [<address>:]<port>] [--udp [<address>:]<port>] [<options>]
       edge.js mobile-node <mobile-node.toml> --websocket <url> | --udp [--ping <address>] [--count <n>]

A home agent without privileges: mobile nodes come by WebSockets, one datagram a message, or by UDP (RFC 5555), and are
authenticated by their keys either way. What they write to each other is forwarded; echo requests to the home agent are
answered. It has no TUN device, so nothing leads on from here to other hosts.

  --websocket <port>     take WebSockets, on all IPv4 addresses or one: 8080, 127.0.0.1:8080
  --path <path>          of the WebSocket, /mext by default
  --origin <origin>      whose pages may connect, as https://lab.example; may be said again; default: any
  --behind-proxy         the client's address stands in X-Forwarded-For, which the proxy in front writes
  --cert, --key <file>   PEM files: with both, WebSockets are taken by TLS ("wss:")
  --udp <port>           take UDP; mobile nodes expect port 4191
  --json                 one JSON object a line
  -h, --help             this text

With mobile-node: registers by that way, sends echo requests through the tunnel, and deregisters.

  --ping <address>       to whom; default: the home agent
  --count <n>            how many, 3 by default

Permissions: --allow-net, --allow-read; --unstable-net for UDP, --allow-write for a state_file.

Examples:
  deno run --allow-net --allow-read edge.js home-agent.toml --websocket 8080
  deno run --allow-net --allow-read --unstable-net edge.js home-agent.toml --websocket 8080 --udp 4191
  deno run --allow-net --allow-read edge.js mobile-node mobile-node.toml --websocket ws://127.0.0.1:8080/mext
`;

const OPTIONS = {
  websocket: { type: "string" },
  path: { type: "string" },
  origin: { type: "string", multiple: true },
  "behind-proxy": { type: "boolean" },
  cert: { type: "string" },
  key: { type: "string" },
  udp: { type: "string" },
  json: { type: "boolean" },
} as const;
const JOURNAL_LOOK_MS = 10_000;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>["values"];
/** Tells a person, or with --json a program. */
type Say = (event: string, more: object, text: string) => void;

/** Runs a command line; answers the exit code. */
async function main(argv: string[]): Promise<number> {
  if (argv[0] === "mobile-node") return tryMobileNode(argv.slice(1), USAGE, (file) => read(file).config as MobileNodeConfig);
  const { values, positionals: [file] } = readArguments(argv, OPTIONS, 1);
  if (values.help) {
    console.log(USAGE);
    return EXIT_OK;
  }
  if (file === undefined) throw new UsageError("a configuration file is missing");
  if (values.websocket === undefined && values.udp === undefined) throw new UsageError("--websocket or --udp is missing: nobody could come");
  const say: Say = (event, more, text) => console.log(values.json ? JSON.stringify({ event, ...more }) : text);
  const { config, warnings } = read(file);
  if (config.role !== "home-agent") throw new Error(`${file} is the configuration of a ${config.role}: a home agent is wanted`);
  for (const warning of warnings) say("warning", { warning: formatProblem(warning) }, formatProblem(warning));
  return serve(config as HomeAgentConfig, values, say);
}

async function serve(config: HomeAgentConfig, values: Values, say: Say): Promise<number> {
  const core = await findCore();
  const journal = new Journal(config.stateFile, (warning) => say("warning", { warning }, warning));
  const underlays: Underlay[] = [];
  const hub = values.websocket === undefined ? undefined : new WebSocketHub({ path: values.path, origins: values.origin });
  if (hub) underlays.push(hub);
  if (values.udp !== undefined) underlays.push(DenoUdpUnderlay.open(place(values.udp, "udp")));
  const server = hub && WebSocketServer.listen({
    ...place(values.websocket ?? "", "websocket"), connections: hub.connections, behindProxy: values["behind-proxy"],
    ...(values.cert !== undefined && { cert: readText(values.cert) }), ...(values.key !== undefined && { key: readText(values.key) }),
  });
  const agent = await HomeAgent.start({ config, core, underlays, state: journal.records, keep: (record) => journal.append(record) });
  journal.compact(agent.exportState());
  const timer = setInterval(() => journal.wantsCompaction && journal.compact(agent.exportState()), JOURNAL_LOOK_MS);
  agent.on("warning", (warning) => say("warning", { warning }, warning));
  agent.on("event", ({ name, fields }) => say("core", { name, fields }, `${name} ${JSON.stringify(fields)}`));
  const places = [...(server ? [`WebSockets at port ${server.port}`] : []), ...underlays.slice(hub ? 1 : 0).map(({ name }) => name)];
  say("running", { websocketPort: server?.port, udpPort: underlays.at(-1)?.local.port }, `home agent ${config.address} is running: ${places.join(", ")}`);

  await new Promise<void>((resolve) => {
    deno().addSignalListener("SIGINT", resolve);
    deno().addSignalListener("SIGTERM", resolve);
  });
  clearInterval(timer);
  const status = agent.status();
  say("status", { status }, `stopped; ${status.bindings.length} bindings, ${status.refusals.reduce((sum, { packets }) => sum + packets, 0)} packets refused`);
  journal.compact(agent.exportState());
  journal.close();
  await agent.stop();
  await server?.close();
  return EXIT_OK;
}

function readText(path: string): string {
  try {
    return permitted("--allow-read", path, () => deno().readTextFileSync(path));
  } catch (error) {
    if ((error as Error).name !== "NotFound") throw error;
    throw new Error(`${path} is missing`);
  }
}

/** Reads a configuration file; key files are found from its folder. */
function read(path: string): Loaded {
  const folder = /^(.*\/)?/.exec(path)?.[0] ?? "";
  const placeOf = (name: string) => (name.startsWith("/") ? name : folder + name);
  return loadConfig(readText(path), path, {
    readFile: (name) => readText(placeOf(name)),
    isExposed: (name) => ((deno().statSync(placeOf(name)).mode ?? 0) & 0o077) !== 0,
  });
}

/** "8080" or "127.0.0.1:8080". */
function place(text: string, option: string): { hostname: string; port: number } {
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65_535) throw new UsageError(`--${option} is "${text}", must be <port> or <address>:<port>`);
  return { hostname: match[1]?.replace(/^\[|\]$/g, "") ?? "0.0.0.0", port: Number(match[2]) };
}

deno().exit(await main(deno().args).catch((error: Error) => complain("edge", error)));
