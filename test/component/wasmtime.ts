/**
 * The component in wasmtime, called as a function is called: requests and answers are frames in two pipes, read and
 * written without an event loop, as the simulator's virtual time wants it.
 *
 *   frame: u32 length, then JSON in which octets are {"octets": base64}
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LiftedEngine } from "./lifted.ts";

export const COMPONENT = fileURLToPath(new URL("../../dist/component/mext.component.wasm", import.meta.url));
const SERVER = fileURLToPath(new URL("./wasmtime_server.py", import.meta.url));

const ASK = "import platform, wasmtime.component; from importlib.metadata import version; "
  + "print('wasmtime', version('wasmtime'), 'in Python', platform.python_version())";
const asked = spawnSync("python3", ["-c", ASK], { encoding: "utf8" });

/** "wasmtime … in Python …", with the versions; undefined: Python does not have the package. */
export const wasmtimeName = asked.status === 0 ? asked.stdout.trim() : undefined;
export const hasWasmtime = wasmtimeName !== undefined;

/** Where things lie, and how wasmtime-py is used: `plain` is as it comes, else it is hastened. */
export interface ServerSettings { script?: string; component?: string; plain?: boolean }

/** A Python process that runs the component. */
export class WasmtimeServer {
  private readonly process: ChildProcess;
  private readonly requests: number;
  private readonly answers: number;

  constructor({ script = SERVER, component = COMPONENT, plain = false }: ServerSettings = {}) {
    const folder = mkdtempSync(join(tmpdir(), "mext-wasmtime-"));
    const [requests, answers] = ["requests", "answers"].map((name) => join(folder, name));
    execFileSync("mkfifo", [requests, answers]);
    // Opened for both ways, so that nobody waits for the other end; ours are of one way, so that its death is seen.
    const childReads = openSync(requests, constants.O_RDWR);
    const childWrites = openSync(answers, constants.O_RDWR);
    this.requests = openSync(requests, constants.O_WRONLY);
    this.answers = openSync(answers, constants.O_RDONLY);
    rmSync(folder, { recursive: true }); // what is open needs no name
    this.process = spawn("python3", [script, component, "3", "4", ...(plain ? ["plain"] : [])], {
      stdio: ["ignore", "inherit", "inherit", childReads, childWrites],
    });
    closeSync(childReads);
    closeSync(childWrites);
  }

  /** Starts an engine in an instance of its own; there is one at a time. */
  start(...settings: unknown[]): LiftedEngine {
    this.call("start", ...settings);
    const engine = Object.fromEntries([
      "rawCommand", "process", "tick", "nextWakeupMs", "refusals", "rawQuery", "exportState", "importState",
    ].map((name) => [name, (...given: unknown[]) => this.call(name, ...given)]));
    return engine as unknown as LiftedEngine;
  }

  /** Calls a function. A refusal is thrown as its name, a trap as it is thrown elsewhere. */
  call(name: string, ...given: unknown[]): any {
    const request = Buffer.from(JSON.stringify([name, ...given], (_, value) => (
      value instanceof Uint8Array ? { octets: Buffer.from(value).toString("base64") } : value
    )));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(request.length);
    writeAll(this.requests, Buffer.concat([head, request]));
    const length = this.read(4).readUInt32LE();
    const { ok, refused, trapped } = JSON.parse(this.read(length).toString(), (_, value) => (
      typeof value?.octets === "string" ? new Uint8Array(Buffer.from(value.octets, "base64")) : value === null ? undefined : value
    ));
    if (trapped !== undefined) throw new WebAssembly.RuntimeError(trapped);
    if (refused !== undefined) throw refused;
    return ok;
  }

  stop(): void {
    closeSync(this.requests);
    closeSync(this.answers);
    this.process.kill();
  }

  private read(length: number): Buffer {
    const octets = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const count = readSync(this.answers, octets, at, length - at, null);
      if (count === 0) throw new Error("the program with wasmtime has ended");
      at += count;
    }
    return octets;
  }
}

function writeAll(file: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) at += writeSync(file, octets, at);
}
