/** `mext relay`: puts WebSockets onto UDP towards one home agent. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { startRelay, type RelaySettings } from "#relay";
import { EXIT_OK, readArguments, UsageError } from "./arguments.ts";

const USAGE = `Usage: mext relay --home-agent <address>[:<port>] --listen [<address>:]<port> [<options>]

Lets mobile nodes reach a home agent from networks that let only HTTPS out, and from browsers: it takes WebSockets, one
datagram a message, and puts each onto UDP towards that home agent, and to nobody else. It has no keys, needs no
privileges, and works with every home agent that serves UDP (RFC 5555). It runs on another host than the home agent's, which
takes none of its own addresses for a care-of address (status 129).

  --home-agent <address>   of the home agent: IPv4, [IPv6] or a name; port 4191 if not said otherwise
  --listen <port>          where WebSockets are taken, on all IPv4 addresses or one: 8080, 127.0.0.1:8080, [::1]:8080
  --path <path>            of the WebSocket, /mext by default
  --origin <origin>        whose pages may connect, as https://lab.example; may be said again; default: any
  --behind-proxy           the client's address stands in X-Forwarded-For, which the proxy in front writes
  --max-connections <n>    at once, 1000 by default
  --rate <n>               datagrams in a second of one connection, 5000 by default
  --report <seconds>       tell what was done as often; at the end it is told in any case
  --json                   one JSON object a line
  -h, --help               this text

It speaks no TLS itself: put a reverse proxy with a certificate in front of it, so that "wss:" works, and say
--behind-proxy. SIGINT and SIGTERM end it.

Examples:
  mext relay --home-agent 192.0.2.1 --listen 8080
  mext relay --home-agent ha.example.com --listen 127.0.0.1:8080 --behind-proxy --origin https://lab.example.com
`;

const OPTIONS = {
  "home-agent": { type: "string" },
  listen: { type: "string" },
  path: { type: "string" },
  origin: { type: "string", multiple: true },
  "behind-proxy": { type: "boolean" },
  "max-connections": { type: "string" },
  rate: { type: "string" },
  report: { type: "string" },
  json: { type: "boolean" },
} as const;
const TUNNEL_PORT = 4191;

/** Runs until a signal comes; answers the exit code. Throws errors of one line. */
export async function relay(argv: string[]): Promise<number> {
  const { values } = readArguments(argv, OPTIONS, 0);
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT_OK;
  }
  if (values["home-agent"] === undefined) throw new UsageError("--home-agent is missing");
  if (values.listen === undefined) throw new UsageError("--listen is missing");
  const report = numberOf(values.report, "report", 1, 86_400);
  const settings: RelaySettings = {
    listen: place(values.listen, "listen", undefined),
    homeAgent: await resolve(place(values["home-agent"], "home-agent", TUNNEL_PORT)),
    path: pathOf(values.path),
    ...(values.origin && { origins: values.origin }),
    behindProxy: values["behind-proxy"] ?? false,
    ...optional("maxConnections", numberOf(values["max-connections"], "max-connections", 1, 1_000_000)),
    ...optional("messagesPerSecond", numberOf(values.rate, "rate", 1, 1_000_000)),
  };
  return run(settings, report, values.json ?? false);
}

async function run(settings: RelaySettings, reportS: number | undefined, json: boolean): Promise<number> {
  const running = await startRelay(settings);
  const { hostname, port } = settings.homeAgent;
  const say = (event: string, more: object, text: string) => {
    process.stdout.write(json ? `${JSON.stringify({ event, ...more })}\n` : `${text}\n`);
  };
  const listening = { ...settings.listen, port: running.port, path: settings.path, homeAgent: settings.homeAgent };
  say("listening", listening, `relay: WebSockets at port ${running.port}${settings.path} to UDP ${hostname} port ${port}`);
  const tell = () => say("status", running.status(), `relay: ${summary(running.status())}`);
  const timer = reportS === undefined ? undefined : setInterval(tell, reportS * 1000);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  clearInterval(timer);
  tell();
  await running.stop();
  return EXIT_OK;
}

/** The numbers of a status in one line; what never happened is left out. */
function summary(status: object): string {
  return Object.entries(status).flatMap(([name, value]) => {
    if (typeof value === "number") return [`${name} ${value}`];
    const all = Object.entries(value as Record<string, number>).map(([reason, count]) => `${reason} ${count}`);
    return all.length === 0 ? [] : [`${name} (${all.join(", ")})`];
  }).join(", ");
}

/** "8080", "host:8080", "[::1]:8080"; without port where there is a usual one. */
function place(text: string, option: string, usualPort: number | undefined): { hostname: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  const hostname = match?.[1] ?? match?.[2] ?? "";
  const isPortAlone = usualPort === undefined && match?.[3] === undefined && /^\d+$/.test(hostname);
  const port = isPortAlone ? Number(hostname) : match?.[3] === undefined ? usualPort : Number(match[3]);
  const isGood = match !== null && port !== undefined && port <= 65_535 && (usualPort === undefined || (hostname !== "" && port > 0));
  if (!isGood) {
    const wanted = usualPort === undefined ? "<port> or <address>:<port>" : "<address> or <address>:<port>, of IPv6 [<address>]:<port>";
    throw new UsageError(`--${option} is "${text}", must be ${wanted}`);
  }
  return { hostname: isPortAlone || hostname === "" ? "0.0.0.0" : hostname, port };
}

/** The address of a home agent by name: an IPv4 one, where it serves UDP. */
async function resolve({ hostname, port }: { hostname: string; port: number }): Promise<{ hostname: string; port: number }> {
  if (isIP(hostname) !== 0) return { hostname, port };
  try {
    return { hostname: (await lookup(hostname, { family: 4 })).address, port };
  } catch {
    throw new Error(`the home agent ${hostname} has no IPv4 address: is the name right, and is there a name server?`);
  }
}

function pathOf(text = "/mext"): string {
  if (!/^\/[\w./~-]*$/.test(text)) throw new UsageError(`--path is "${text}", must begin with / and have no query`);
  return text;
}

function numberOf(text: string | undefined, option: string, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(`--${option} is "${text}", must be a number from ${least} to ${most}`);
}

function optional<Name extends string>(name: Name, value: number | undefined): { [key in Name]?: number } {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: number };
}
