/**
 * The programs that the demonstration starts. Each is ended with it, however that ends, and none else is: a program
 * hears of the end by its message channel.
 */
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./namespaces.ts";

/** How long a program may take to end well. */
const END_MS = 3000;
/** Loaded into every program: it ends when the demonstration has gone, killed or not. (A worker has no channel.) */
const LEASH = 'process.on("disconnect", () => process.kill(process.pid, "SIGTERM")); process.channel?.unref();';
const PRELOAD = ["--import", `data:text/javascript,${encodeURIComponent(LEASH)}`];

/** Where a child runs, and who hears of its failure. */
export interface Surroundings {
  readonly namespace: Namespace;
  /** Of its log, `<name>.log`. */
  readonly folder: string;
  /** It ended without having been asked; the error has its last words. */
  readonly onFailure: (error: Error) => void;
}

export class Child {
  readonly #process: ChildProcess;
  readonly #logPath: string;
  readonly #exited: Promise<void>;
  #isEnding = false;

  /** Starts a bundle of this build. */
  constructor(name: string, { namespace, folder, onFailure }: Surroundings, bundle: string, words: readonly string[]) {
    this.#logPath = `${folder}/${name}.log`;
    const log = openSync(this.#logPath, "a");
    const program = fileURLToPath(new URL(bundle, import.meta.url));
    // detached: Ctrl-C is for the demonstration, which ends them in order
    this.#process = namespace.spawn(process.execPath, [...PRELOAD, program, ...words], {
      stdio: ["pipe", log, log, "ipc"], detached: true,
    });
    closeSync(log);
    this.#exited = new Promise((resolve) => {
      this.#process.on("error", (error) => { // not started, or a message to one that has ended
        if (this.#process.pid === undefined) resolve();
        onFailure(error);
      });
      this.#process.once("exit", (code, signal) => {
        resolve();
        if (code === 0 || this.#isEnding) return;
        onFailure(new Error(`the ${name} ended (${signal ?? `exit code ${code}`})\n${this.lastWords()}`));
      });
    });
  }

  send(message: object | string): void {
    this.#process.send(message);
  }

  /** The next message of this kind. */
  next<Message extends { kind: string }, Kind extends Message["kind"]>(
    kind: Kind,
  ): Promise<Extract<Message, { kind: Kind }>> {
    return new Promise((resolve) => {
      const listen = (message: unknown) => {
        if ((message as Message).kind !== kind) return;
        this.#process.off("message", listen);
        resolve(message as Extract<Message, { kind: Kind }>);
      };
      this.#process.on("message", listen);
    });
  }

  /** The end of its log, without stack traces. */
  lastWords(): string {
    const lines = readFileSync(this.#logPath, "utf8").trimEnd().split("\n");
    return lines.filter((line) => !/^\s+at /.test(line)).slice(-5).join("\n");
  }

  /** Asks it to end, and makes it if it does not. */
  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), END_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#isEnding = true;
    this.#process.kill("SIGKILL");
  }
}
