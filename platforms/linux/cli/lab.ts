/** `mext lab`: serves the browser lab on this host, or writes its files for another web server. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { END_SIGNALS } from "../outlive.ts";
import { EXIT_OK, readArguments, UsageError } from "./arguments.ts";
import { filesIn, serveFiles, ServerError } from "./static-files.ts";

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8046;
const MAX_PORT = 65_535;

const USAGE = `Usage: mext lab [--host <address>] [--port <number>] [--open] [--json]
       mext lab --build <folder> [--json]

Serves the browser lab: the same core as the daemons, in a simulated network that one can see and take apart. Nothing
leaves this host, and nothing is fetched from elsewhere.

  --host <address>   where to listen: ${DEFAULT_HOST} by default, which only this host reaches
  --port <number>    ${DEFAULT_PORT} by default; 0: any that is free
  --open             open it in the browser
  --build <folder>   write its files into a folder, for any web server, and end
  --json             tell the address, or the files written, as one JSON object
  -h, --help         this text

Examples:
  mext lab
  mext lab --port 8080 --open
  mext lab --build /var/www/html/mext-lab
`;

/** Where the files are: beside the bundle, or where the build puts them in the source tree. */
const PLACES = [new URL("./lab/", import.meta.url), new URL("../../../dist/lab/", import.meta.url)];

/** Runs the command; answers the exit code once somebody ends it. Throws UsageError, ServerError. */
export async function lab(argv: string[]): Promise<number> {
  const { values } = readArguments(argv, {
    host: { type: "string" }, port: { type: "string" }, open: { type: "boolean" }, json: { type: "boolean" },
    build: { type: "string" },
  }, 0);
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT_OK;
  }
  if (values.build !== undefined) {
    if (values.host ?? values.port ?? values.open) throw new UsageError("--build stands alone: it serves nothing");
    return writeFiles(resolve(values.build), values.json === true);
  }
  const server = await serveFiles(findFiles(), values.host ?? DEFAULT_HOST, readPort(values.port));
  const { url } = server;
  process.stdout.write(values.json ? `${JSON.stringify({ url })}\n` : `The lab is at ${url}; Ctrl-C ends it.\n`);
  if (values.open) openInBrowser(url);
  await new Promise<void>((end) => {
    for (const signal of END_SIGNALS) process.once(signal, () => end());
  });
  await server.close();
  return EXIT_OK;
}

function writeFiles(folder: string, json: boolean): number {
  const source = findFiles();
  if (existsSync(folder) && !existsSync(`${folder}/main.js`) && filesOrNone(folder) > 0) {
    throw new ServerError(`${folder} holds other files: name a new folder, or an empty one`);
  }
  mkdirSync(folder, { recursive: true });
  cpSync(source, folder, { recursive: true });
  const files = [...filesIn(source).keys()].map((name) => name.slice(1)).sort();
  process.stdout.write(json ? `${JSON.stringify({ folder, files })}\n` : `${files.length} files are in ${folder}\n`);
  return EXIT_OK;
}

function filesOrNone(folder: string): number {
  try {
    return filesIn(folder).size;
  } catch {
    throw new ServerError(`${folder} is no folder: name a new one, or an empty one`);
  }
}

function findFiles(): string {
  const place = PLACES.map((each) => fileURLToPath(each)).find((each) => existsSync(`${each}/index.html`));
  if (place === undefined) throw new ServerError("this build has no lab: make it with npm run build");
  return place;
}

function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= MAX_PORT) return port;
  throw new UsageError(`--port takes a number from 0 to ${MAX_PORT}, not "${text}"`);
}

/** Where it does not work the address stands on the screen. */
function openInBrowser(url: string): void {
  const [command, ...words] = process.platform === "darwin" ? ["open", url]
    : process.platform === "win32" ? ["cmd", "/c", "start", "", url] : ["xdg-open", url];
  const child = spawn(command, words, { stdio: "ignore", detached: true });
  child.on("error", () => process.stderr.write(`mext lab: no browser could be opened (${command})\n`));
  child.unref();
}
