/**
 * WebSockets of a Node server, by the npm package ws, for a home agent's hub or a relay. TLS is the business of the
 * server that is given (`node:https`), or of a reverse proxy in front of it: then say `behindProxy`, or all connections
 * seem to come from the proxy's address, and share its limits.
 */
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer as Sockets } from "ws";
import { type Connections, forwardedFrom, type ServerSocket } from "../portable/index.ts";

/** Where WebSockets are taken, and for whom. */
export interface WebSocketServerOptions {
  /** Of a WebSocketHub or a Relay. */
  readonly connections: Connections;
  /** Default: all addresses of this host. */
  readonly hostname?: string;
  /** 0: any that is free. */
  readonly port?: number;
  /** In place of a server of its own: one that the program listens with. */
  readonly server?: Server | SecureServer;
  /** The last address in X-Forwarded-For is the client's: only where a proxy writes it. */
  readonly behindProxy?: boolean;
}

/** For the whole request before a WebSocket. */
const REQUEST_MS = 8000;
/** Connections that have not asked for anything yet, or are just being refused. */
const SPARE_CONNECTIONS = 64;

/** Takes WebSockets on a port of its own, for a hub or a relay. */
export class WebSocketServer {
  readonly #options: WebSocketServerOptions;
  readonly #server: Server | SecureServer;
  readonly #sockets: Sockets;
  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#take(request, socket, head);

  private constructor(options: WebSocketServerOptions) {
    this.#options = options;
    const { maxMessageBytes: maxPayload } = options.connections.limits;
    // one octet more: what is just too large is counted by its reason, and not as an error of the protocol
    this.#sockets = new Sockets({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: maxPayload + 1 });
    this.#server = options.server ?? ownServer(options.connections.admission.maxConnections);
    this.#server.on("upgrade", this.#upgrade);
  }

  /** Listens; rejects with the error of the system (EADDRINUSE, EACCES). */
  static async listen(options: WebSocketServerOptions): Promise<WebSocketServer> {
    const self = new WebSocketServer(options);
    if (options.server !== undefined) return self;
    await new Promise<void>((resolve, reject) => {
      self.#server.once("error", reject);
      self.#server.listen(options.port ?? 0, options.hostname, () => {
        self.#server.off("error", reject);
        self.#server.on("error", () => {}); // of one connection that could not be accepted: the others go on
        resolve();
      });
    });
    return self;
  }

  /** Where it listens. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Listens no more; connections end when the hub or the relay closes them. */
  async close(): Promise<void> {
    this.#server.off("upgrade", this.#upgrade);
    if (this.#options.server !== undefined) return;
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  #take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { connections, behindProxy } = this.#options;
    socket.on("error", () => {}); // it has gone meanwhile
    const header = behindProxy ? request.headers["x-forwarded-for"] : undefined;
    const from = forwardedFrom(header === undefined ? undefined : String(header)) ?? request.socket.remoteAddress ?? "";
    const denial = connections.check({
      isUpgrade: request.headers.upgrade?.toLowerCase() === "websocket",
      path: (request.url ?? "/").split("?")[0],
      origin: request.headers.origin,
      from,
    });
    if (denial !== undefined) return deny(socket, denial.status, denial.text);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, from));
  }

  #open(webSocket: WebSocket, from: string): void {
    webSocket.binaryType = "arraybuffer";
    const connection = this.#options.connections.accept(new NodeSocket(webSocket), from);
    webSocket.on("message", (data: RawData, isBinary: boolean) => connection.message(isBinary ? (data as ArrayBuffer) : String(data)));
    webSocket.on("pong", () => connection.alive());
    webSocket.on("close", () => connection.closed());
    webSocket.on("error", ({ code }: Error & { code?: string }) => {
      if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") connection.tooLarge();
      else connection.failed();
    });
  }
}

/** It gives nobody much time for a request, and has not many more connections than WebSockets are allowed. */
function ownServer(maxConnections: number): Server {
  const limits = { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: REQUEST_MS / 4 };
  const server = createServer(limits, (_request, response) => {
    response.writeHead(426, { "content-type": "text/plain", connection: "close" }).end("a WebSocket is wanted here\n");
  });
  server.maxConnections = maxConnections + SPARE_CONNECTIONS;
  return server;
}

class NodeSocket implements ServerSocket {
  constructor(private readonly webSocket: WebSocket) {}

  get bufferedBytes(): number {
    return this.webSocket.bufferedAmount;
  }

  send(message: Uint8Array): void {
    if (this.webSocket.readyState === WebSocket.OPEN) this.webSocket.send(message, { binary: true });
  }

  close(code: number, reason: string): void {
    this.webSocket.close(code, reason);
  }

  terminate(): void {
    this.webSocket.terminate();
  }

  ping(): void {
    if (this.webSocket.readyState === WebSocket.OPEN) this.webSocket.ping();
  }
}

function deny(socket: Duplex, status: number, text: string): void {
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
