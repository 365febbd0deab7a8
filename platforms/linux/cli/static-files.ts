/**
 * A web server for the files of one folder, on any operating system. What it may serve is listed when it starts: a
 * path that is not in the list, whatever it looks like, is not found, so that none can lead out of the folder.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm", ".json": "application/json", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
};

/** A server that cannot be had; the message says what to do. */
export class ServerError extends Error {
  override readonly name = "ServerError";
}

export interface StaticServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The files below a folder, by their paths in URLs. */
export function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile());
  return new Map(names.map((name) => [`/${name.split(sep).join("/")}`, join(folder, name)]));
}

/** Serves a folder; port 0: any that is free. Throws ServerError. */
export async function serveFiles(folder: string, host: string, port: number): Promise<StaticServer> {
  const files = filesIn(folder);
  const server = createServer((request, response) => answer(files, request, response));
  await listen(server, host, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actual}/`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections(); // a browser keeps them for the next request
    }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen(port, host, () => resolve());
  });
}

function explain({ code, message }: NodeJS.ErrnoException, host: string, port: number): ServerError {
  switch (code) {
    case "EADDRINUSE":
      return new ServerError(`port ${port} of ${host} is taken: choose another with --port, or any that is free with --port 0`);
    case "EACCES": return new ServerError(`port ${port} is not for ordinary users: choose one above 1023 with --port`);
    case "EADDRNOTAVAIL": case "ENOTFOUND":
      return new ServerError(`${host} is no address of this host: give one that is with --host`);
    default: return new ServerError(`cannot serve at ${host}, port ${port}: ${message}`);
  }
}

function answer(files: ReadonlyMap<string, string>, { method, url = "/" }: IncomingMessage, response: ServerResponse): void {
  if (method !== "GET" && method !== "HEAD") {
    return refuse(response, 405, "only GET and HEAD", { Allow: "GET, HEAD" });
  }
  const file = files.get(pathOf(url) ?? "");
  if (file === undefined) return refuse(response, 404, "there is no such file");
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch {
    return refuse(response, 404, "the file is gone: build anew, and start this server again");
  }
  response.writeHead(200, {
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Length": content.length,
    "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
  });
  response.end(method === "HEAD" ? undefined : content);
}

/** The path that a request names, without its query; undefined: it is none. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0]);
    return path.endsWith("/") ? `${path}index.html` : path;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": TYPES[".txt"], "X-Content-Type-Options": "nosniff", ...headers });
  response.end(`${text}\n`);
}
