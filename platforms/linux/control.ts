/**
 * The control socket: a Unix socket that only its owner can use. One JSON object a line in both
 * directions; a connection may send several commands.
 *
 *   {"command":"status"}  →  the status
 *   {"command":"watch"}   →  the status, then an event a line, until the connection ends
 *   {"command":"stop"}    →  {"stopping":true}, and the daemon ends
 *   anything else         →  {"error":"…"}
 */
import { lstatSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { makeFolder } from "./folder.ts";
import type { Daemon, DaemonEvent } from "./daemon.ts";
import { StartError } from "./linux.ts";
import { umask } from "./system/libc.ts";

/** What sun_path of unix(7) holds. */
const MAX_PATH_BYTES = 107;
/** Longest command; and how far a watcher may lag before it is cut off. */
const MAX_COMMAND_BYTES = 4096;
const MAX_LAG_BYTES = 1 << 20;

export class ControlServer {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #watchers = new Set<Socket>();
  #daemon: Daemon | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", () => {}); // a connection that could not be accepted: the other end hears of it
  }

  /** Listens. Throws StartError when another daemon answers at that path, or it cannot be used. */
  static async open(path: string): Promise<ControlServer> {
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
      throw new StartError(`control socket ${path}: the path is longer than ${MAX_PATH_BYTES} octets`);
    }
    if (await answers(path)) {
      throw new StartError(`another daemon answers on control socket ${path}: stop it, or choose another`);
    }
    const server = createServer({ allowHalfOpen: true }); // who says no more may still want the answer
    try {
      makeFolder(dirname(path), 0o755);
      // left behind by a killed daemon
      if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
      await listen(server, path);
    } catch (error) {
      throw new StartError(`control socket ${path} cannot be opened: ${(error as Error).message}`);
    }
    return new ControlServer(server);
  }

  /** Begins to answer. */
  serve(daemon: Daemon): void {
    this.#daemon = daemon;
    daemon.on("event", (event) => this.#tellWatchers(event));
  }

  /** Removes the socket; called again, it does nothing: by then the path may be that of another daemon. */
  close(): void {
    this.#server.close();
    // a client that does not read its last line does not keep the process
    for (const socket of this.#connections) socket.end().unref();
  }

  #accept(socket: Socket): void {
    let pending = "";
    let answered = Promise.resolve();
    this.#connections.add(socket);
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy()); // the other end is gone
    socket.on("close", () => {
      this.#connections.delete(socket);
      this.#watchers.delete(socket);
    });
    socket.on("data", (text: string) => {
      const lines = (pending + text).split("\n");
      pending = lines.pop()!;
      if (pending.length > MAX_COMMAND_BYTES) return socket.destroy();
      // one after the other: answers come in the order of the commands
      for (const line of lines) answered = answered.then(() => this.#answer(socket, line));
    });
    socket.on("end", () => {
      void answered.then(() => socket.end());
    });
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    try {
      const command = commandOf(line);
      if (this.#daemon === undefined) throw new Error("the daemon is starting: ask again");
      switch (command) {
        case "status":
          return write(socket, await this.#daemon.status());
        case "watch":
          write(socket, await this.#daemon.status());
          if (!socket.destroyed) this.#watchers.add(socket);
          return;
        case "stop":
          write(socket, { stopping: true });
          void this.#daemon.stop();
          return;
        default:
          throw new Error("unknown command: status, watch and stop are known");
      }
    } catch (error) {
      write(socket, { error: (error as Error).message });
    }
  }

  #tellWatchers(event: DaemonEvent): void {
    for (const socket of this.#watchers) {
      if (socket.writableLength > MAX_LAG_BYTES) socket.destroy();
      else write(socket, event);
    }
  }
}

function commandOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { command?: unknown } | null)?.command;
  } catch {
    throw new Error('not JSON: a command is one line like {"command":"status"}');
  }
}

function write(socket: Socket, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}

/** Whether somebody listens there; a full queue (EAGAIN) is a sign of life as well. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EAGAIN"));
  });
}

/** The socket is made with the mode 0600, so that there is no moment in which others can use it. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const mask = umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      umask(mask);
    }
  });
}
