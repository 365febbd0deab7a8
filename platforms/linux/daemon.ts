/**
 * A home agent, mobile node or correspondent node as an object: starts the thread of the packet loop, hands on its events,
 * answers for its status, serves the control socket, and stops it.
 */
import { EventEmitter } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import type {
  Config, CorrespondentConfig, HomeAgentConfig, MobileNodeConfig,
} from "../../bindings/config/index.ts";
import type { CoreEvent } from "../../bindings/events.ts";
import type { RefusalCount } from "../../bindings/status.ts";
import { ControlServer } from "./control.ts";
import { StartError } from "./linux.ts";
import type { FromLoop, LoopProblem, LoopStatus, ToLoop, WorkerData } from "./messages.ts";
import { RegistrationWatch } from "./registration-watch.ts";
import { HomeAgentResolver } from "./resolver.ts";
import { HOME_LINK_DEVICE, loopSettings } from "./settings.ts";
import { authenticationWarnings, type DaemonFacts, daemonStatus, type DaemonStatus } from "./status.ts";
import { monotonicMs } from "./system/clock.ts";
import { Wake } from "./system/poll.ts";
import { missingPrivileges } from "./system/privileges.ts";
import { type Core, loadCore } from "./wasm.ts";

/** What to do where several privileges are missing. */
const GRANT_ALL = "run as root; or grant all of them: capabilities by AmbientCapabilities= in the systemd unit or by " +
  "setcap on the node binary, devices and files by their permissions";

/** An event of the core with the time of the wall clock and the name of the interface. */
export interface DaemonEvent {
  /** For people: the wall clock may jump. */
  readonly unixMs: number;
  /** Monotonic ms with fractions: orders and measures, also between the daemons of one machine. */
  readonly atMs: number;
  readonly name: CoreEvent["name"];
  /** Interface name; absent where the event belongs to none. */
  readonly device?: string;
  readonly fields: CoreEvent["fields"];
}

interface Events {
  event: [DaemonEvent];
  /** Events that came too fast to be told one by one. */
  omitted: [count: number];
  /** Something for a person. */
  warning: [string];
  /** Packets refused since the last time. */
  refusals: [readonly RefusalCount[]];
  /** The daemon has ended, and taken everything back; the error is why it did by itself. */
  ended: [Error | undefined];
}

/** How a daemon is started. */
export interface DaemonOptions {
  /** Where the bundle of the loop's thread is; default: beside this one. */
  readonly workerUrl?: URL;
}

/** How many of the latest warnings the status tells. */
const MAX_WARNINGS = 20;

/** A running node on this host: what all roles have in common. */
export abstract class Daemon extends EventEmitter<Events> {
  readonly config: Config;
  readonly #facts: DaemonFacts;
  readonly #worker: Worker;
  readonly #toLoop = new MessageChannel();
  readonly #wake = new Wake();
  readonly #warnings: string[] = [];
  /** What is wrong now, by what it is about. */
  readonly #conditions = new Map<string, string>();
  readonly #registration = new RegistrationWatch();
  readonly #resolver: HomeAgentResolver | undefined;
  readonly #questions = new Map<number, (status: LoopStatus | Error) => void>();
  #lastQuestion = 0;
  #control: ControlServer | undefined;
  #onReady: (() => void) | undefined;
  #hasEnded = false;

  /** @internal use `start` of HomeAgent, MobileNode or CorrespondentNode */
  constructor(config: Config, core: Core, options: DaemonOptions) {
    super();
    this.config = config;
    this.#facts = { config, startedUnixMs: Date.now(), startedMs: monotonicMs(), sha256: core.sha256 };
    const settings = loopSettings(config);
    const port = this.#toLoop.port2;
    const data: WorkerData = { settings, module: core.module, wakeFd: this.#wake.fd, port };
    const name = settings.role === "mobile-node" ? settings.homeAgentName : undefined;
    this.#resolver = name && new HomeAgentResolver(name, {
      lookingUp: (isLookingUp) => this.#tell({ kind: "looking-up", isLookingUp }),
      found: (addresses) => this.#tell({ kind: "home-agent-found", addresses }),
      condition: (warning) => this.#receive({ kind: "condition", about: "home agent", warning }),
    });
    this.#worker = new Worker(options.workerUrl ?? new URL("./worker.js", import.meta.url), {
      workerData: data,
      transferList: [port],
    });
    this.#worker.on("message", (message: FromLoop) => this.#receive(message));
    this.#worker.on("error", (error) => this.#end(error as Error));
    this.#worker.on("exit", () => {
      this.#end(new Error("the thread of the packet loop ended unexpectedly"));
      this.#toLoop.port1.close();
      this.#wake.close();
    });
  }

  /** Where `mext status` asks; undefined: nowhere. */
  get controlPath(): string | undefined {
    return this.config.control;
  }

  /** What a person should know: nodes without authentication, what is wrong now, and what happened lately. */
  get warnings(): readonly string[] {
    return [...authenticationWarnings(this.config), ...this.#conditions.values(), ...this.#warnings];
  }

  /** What it does now. Rejects when it has ended. */
  async status(): Promise<DaemonStatus> {
    const id = ++this.#lastQuestion;
    const answer = await new Promise<LoopStatus | Error>((resolve) => {
      if (this.#hasEnded) return resolve(new Error("the daemon has ended"));
      this.#questions.set(id, resolve);
      this.#tell({ kind: "status", id });
    });
    if (answer instanceof Error) throw answer;
    const { updates, refusals } = answer;
    const registration = this.#registration.warnings(updates, refusals, monotonicMs());
    return daemonStatus(this.#facts, answer, [...this.warnings, ...registration]);
  }

  /** Ends well: a mobile node deregisters, every change is taken back. Called again: without waiting. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#hasEnded) return resolve();
      this.once("ended", () => resolve());
      this.#tell({ kind: "stop" });
    });
  }

  /** Waits until the daemon works. @internal */
  async begin(control: ControlServer | undefined): Promise<this> {
    this.#control = control;
    await new Promise<void>((resolve, reject) => {
      this.#onReady = resolve;
      this.once("ended", (error) => reject(error ?? new Error("the daemon was stopped while it started")));
    });
    control?.serve(this);
    return this;
  }

  #tell(message: ToLoop): void {
    this.#toLoop.port1.postMessage(message);
    this.#wake.signal();
  }

  #receive(message: FromLoop): void {
    switch (message.kind) {
      case "events":
        for (const event of message.events) {
          this.#registration.observe(event);
          this.#resolver?.observe(event);
          this.emit("event", this.#named(event, message.wallClockOffsetMs));
        }
        if (message.omitted > 0) this.emit("omitted", message.omitted);
        break;
      case "status":
        this.#questions.get(message.id)?.(message.status);
        this.#questions.delete(message.id);
        break;
      case "report":
        this.#warnings.push(message.warning);
        if (this.#warnings.length > MAX_WARNINGS) this.#warnings.shift();
        this.emit("warning", message.warning);
        break;
      case "condition":
        if (this.#conditions.get(message.about) === message.warning) break;
        this.#conditions.delete(message.about);
        if (message.warning === undefined) break;
        this.#conditions.set(message.about, message.warning);
        this.emit("warning", message.warning);
        break;
      case "refusals":
        this.emit("refusals", message.refusals);
        break;
      case "ended":
        this.#end(message.problem && errorOf(message.problem));
        break;
      case "ready":
        this.#resolver?.start();
        this.#onReady?.();
        break;
    }
  }

  #named({ name, atMs, device, fields }: CoreEvent, wallClockOffsetMs: number): DaemonEvent {
    const interfaceName = device === undefined ? undefined : this.#interfaceName(device);
    const unixMs = Math.round(atMs + wallClockOffsetMs);
    return { unixMs, atMs, name, ...(interfaceName !== undefined && { device: interfaceName }), fields };
  }

  #interfaceName(device: number): string | undefined {
    const { config } = this;
    if (device === 0) return config.tunnel;
    if (config.role === "mobile-node") return config.uplinks[device - 1];
    return config.role === "home-agent" && device === HOME_LINK_DEVICE ? config.homeLink.interface : undefined;
  }

  #end(error: Error | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const answer of this.#questions.values()) answer(new Error("the daemon has ended"));
    this.#control?.close();
    this.#resolver?.close();
    this.emit("ended", error);
  }
}

/** A home agent on this host. */
export class HomeAgent extends Daemon {
  /** Starts it; throws an error of one line that says what to do when it cannot, and changes nothing then. */
  static start(config: HomeAgentConfig, options: DaemonOptions = {}): Promise<HomeAgent> {
    return start(config, (core) => new HomeAgent(config, core, options));
  }
}

/** A mobile node: this host. */
export class MobileNode extends Daemon {
  /** Starts it; throws an error of one line that says what to do when it cannot, and changes nothing then. */
  static start(config: MobileNodeConfig, options: DaemonOptions = {}): Promise<MobileNode> {
    return start(config, (core) => new MobileNode(config, core, options));
  }
}

/** A correspondent node: this host, when mobile nodes bind direct routes to it. */
export class CorrespondentNode extends Daemon {
  /** Starts it; throws an error of one line that says what to do when it cannot, and changes nothing then. */
  static start(config: CorrespondentConfig, options: DaemonOptions = {}): Promise<CorrespondentNode> {
    return start(config, (core) => new CorrespondentNode(config, core, options));
  }
}

async function start<D extends Daemon>(config: Config, make: (core: Core) => D): Promise<D> {
  const core = await loadCore();
  const missing = missingPrivileges();
  if (missing.length > 0) {
    const remedy = missing.length === 1 ? missing[0].remedy : GRANT_ALL;
    throw new StartError(`${missing.map(({ what }) => what).join(", ")} missing: ${remedy}`);
  }
  const control = config.control === undefined ? undefined : await ControlServer.open(config.control);
  try {
    return await make(core).begin(control);
  } catch (error) {
    control?.close();
    throw error;
  }
}

function errorOf({ message, stack }: LoopProblem): Error {
  const error = stack === undefined ? new StartError(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
