/**
 * The programs that the demonstration starts: each is ended with it, and none else is.
 */
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./namespaces.ts";

/** How long a program may take to end well. */
const END_MS = 3000;

export class Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly #logPath: string;
  readonly #exited: Promise<string>;

  /**
   * Starts a bundle of this build in a namespace; its output goes to `<folder>/<name>.log`.
   * @param talks whether there is a message channel; its end is the end of the child
   */
  constructor(name: string, namespace: Namespace, folder: string, bundle: string, words: string[], talks = false) {
    this.name = name;
    this.#logPath = `${folder}/${name}.log`;
    const log = openSync(this.#logPath, "a");
    const program = fileURLToPath(new URL(bundle, import.meta.url));
    this.process = namespace.spawn(process.execPath, [program, ...words], {
      stdio: ["pipe", log, log, ...(talks ? ["ipc" as const] : [])],
    });
    closeSync(log);
    this.#exited = new Promise((resolve) => {
      this.process.once("error", ({ message }) => resolve(message));
      this.process.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** Waits for `awaited`, and throws an Error with the child's last words if it ends before. */
  async orEnd<Result>(awaited: Promise<Result>): Promise<Result> {
    awaited.catch(() => {}); // whoever comes second is not listened to
    return Promise.race([awaited, this.#exited.then((how) => {
      throw new Error(`the ${this.name} ended unexpectedly (${how})\n${this.lastWords()}`);
    })]);
  }

  /** The next message of this kind; throws if the child ends before. */
  next<Message extends { kind: string }, Kind extends Message["kind"]>(kind: Kind): Promise<Extract<Message, { kind: Kind }>> {
    return this.orEnd(new Promise((resolve) => {
      const listen = (message: unknown) => {
        if ((message as Message).kind !== kind) return;
        this.process.off("message", listen);
        resolve(message as Extract<Message, { kind: Kind }>);
      };
      this.process.on("message", listen);
    }));
  }

  /** The end of its log. */
  lastWords(): string {
    return readFileSync(this.#logPath, "utf8").trimEnd().split("\n").slice(-5).join("\n");
  }

  /** Asks it to end, and makes it if it does not. */
  async end(): Promise<void> {
    this.process.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), END_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }
}
