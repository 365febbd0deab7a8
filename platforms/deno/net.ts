/** What is used of Deno's own API, and errors that name the flag that is missing. */

interface NetAddress {
  readonly hostname: string;
  readonly port: number;
}

export interface DatagramConn extends AsyncIterable<[Uint8Array, NetAddress]> {
  readonly addr: NetAddress;
  send(payload: Uint8Array, to: NetAddress & { transport: "udp" }): Promise<number>;
  close(): void;
}

export interface HttpServer {
  readonly addr: NetAddress;
  shutdown(): Promise<void>;
}

export interface ServeOptions {
  hostname?: string;
  port?: number;
  /** PEM: with both, the server speaks TLS. */
  cert?: string;
  key?: string;
  onListen?: (address: NetAddress) => void;
}

/** The part of the global Deno that is used here. */
export interface DenoNet {
  readonly args: string[];
  readonly errors: { readonly NotCapable: new (message: string) => Error; readonly PermissionDenied: new (message: string) => Error };
  listenDatagram?(options: { transport: "udp"; hostname: string; port: number }): DatagramConn;
  serve(options: ServeOptions, handler: (request: Request, info: { remoteAddr: NetAddress }) => Response): HttpServer;
  upgradeWebSocket(request: Request, options?: { idleTimeout?: number }): { socket: WebSocket; response: Response };
  readTextFileSync(path: string): string;
  readFileSync(path: string | URL): Uint8Array<ArrayBuffer>;
  statSync(path: string): { readonly mode: number | null };
  resolveDns?(name: string, type: "A"): Promise<string[]>;
  addSignalListener(signal: "SIGINT" | "SIGTERM", listener: () => void): void;
  exit(code: number): never;
}

/** The global Deno. Throws where there is none. */
export function deno(): DenoNet {
  const { Deno: found } = globalThis as { Deno?: DenoNet };
  if (found === undefined) throw new Error("this is a part of mext for Deno, and runs nowhere else");
  return found;
}

/** Whether Deno has refused something for want of a permission. */
export function lacksPermission(error: unknown): boolean {
  const { errors } = deno();
  return error instanceof errors.NotCapable || (errors.NotCapable === undefined && error instanceof errors.PermissionDenied);
}

/** Does what needs a permission; an error says which flag gives it. */
export function permitted<T>(flag: string, what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!lacksPermission(error)) throw error;
    throw new Error(`${what} needs a permission: run with ${flag}`, { cause: error });
  }
}

/** Opens a UDP socket. Throws an Error that names the flags where Deno has no UDP without them. */
export function listenDatagram(hostname: string, port: number): DatagramConn {
  const { listenDatagram: listen } = deno();
  if (listen === undefined) {
    throw new Error("UDP is an unstable API of Deno: run with --unstable-net (and --allow-net), or use WebSockets alone");
  }
  return permitted("--allow-net", `UDP at ${hostname}:${port}`, () => listen({ transport: "udp", hostname, port }));
}
