/**
 * WebSockets of `Deno.serve`, for a home agent's hub or a relay: `--allow-net`. TLS: give `cert` and `key`, or put a
 * reverse proxy in front of it and say `behindProxy`. Deno itself pings, and ends connections that do not answer.
 *
 * Deno gives no limit for what it holds of a message that is not whole yet, 64 MiB, nor of requests that are not: where
 * strangers come, a reverse proxy belongs in front of it, or few connections are allowed (`maxConnections`).
 */
import { type Connections, forwardedFrom, type ServerSocket } from "../portable/index.ts";
import { deno, type HttpServer, permitted, type ServeOptions } from "./net.ts";

/** Where WebSockets are taken, and for whom. */
export interface WebSocketServerOptions extends Pick<ServeOptions, "hostname" | "port" | "cert" | "key"> {
  /** Of a WebSocketHub or a Relay. */
  readonly connections: Connections;
  /** The last address in X-Forwarded-For is the client's: only where a proxy writes it. */
  readonly behindProxy?: boolean;
}

const OPEN = 1;

/** Takes WebSockets on a port of its own, for a hub or a relay. */
export class WebSocketServer {
  readonly #server: HttpServer;

  private constructor(server: HttpServer) {
    this.#server = server;
  }

  /** Listens. Throws where the address is taken, and an error that names the flag where one is missing. */
  static listen({ connections, behindProxy, ...options }: WebSocketServerOptions): WebSocketServer {
    const { serve } = deno();
    const handler = (request: Request, info: { remoteAddr: { hostname: string } }) => {
      const header = behindProxy ? (request.headers.get("x-forwarded-for") ?? undefined) : undefined;
      return answer(connections, request, forwardedFrom(header) ?? info.remoteAddr.hostname);
    };
    const where = `a server at ${options.hostname ?? "0.0.0.0"}:${options.port ?? 8000}`;
    return new WebSocketServer(permitted("--allow-net", where, () => serve({ ...options, onListen: () => {} }, handler)));
  }

  /** Where it listens. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** Listens no more; connections end when the hub or the relay closes them. */
  close(): Promise<void> {
    return this.#server.shutdown();
  }
}

/** Answers a request: a WebSocket, or why not. Also for programs with a `Deno.serve` of their own. */
export function answer(connections: Connections, request: Request, from: string): Response {
  const denial = connections.check({
    isUpgrade: request.headers.get("upgrade")?.toLowerCase() === "websocket",
    path: new URL(request.url).pathname,
    origin: request.headers.get("origin") ?? undefined,
    from,
  });
  if (denial !== undefined) return new Response(`${denial.text}\n`, { status: denial.status });
  const upgraded = upgrade(request, Math.ceil(connections.limits.pingMs / 1000));
  if (upgraded === undefined) return new Response("this is no handshake of a WebSocket\n", { status: 400 });
  const { socket, response } = upgraded;
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    const connection = connections.accept(new DenoSocket(socket), from);
    socket.onmessage = ({ data }) => connection.message(data as ArrayBuffer | string);
    socket.onclose = () => connection.closed();
    socket.onerror = () => connection.failed();
  };
  return response;
}

/** Undefined: the handshake is damaged (RFC 6455 §4.2.1). */
function upgrade(request: Request, idleTimeout: number): ReturnType<ReturnType<typeof deno>["upgradeWebSocket"]> | undefined {
  try {
    return deno().upgradeWebSocket(request, { idleTimeout });
  } catch {
    return undefined;
  }
}

/** Deno has no way to cut one off: one whose other end does not close keeps its place until that end goes. */
class DenoSocket implements ServerSocket {
  constructor(private readonly socket: WebSocket) {}

  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  send(message: Uint8Array): void {
    if (this.socket.readyState === OPEN) this.socket.send(message as Uint8Array<ArrayBuffer>);
  }

  close(code: number, reason: string): void {
    try {
      this.socket.close(code, reason);
    } catch {
      this.socket.close(1000, `${code} ${reason}`); // codes that the standard keeps from programs
    }
  }
}
