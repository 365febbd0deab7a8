/** Everything that stands while the demonstration runs: namespaces, programs, a folder; and that goes with it. */
import { rmSync } from "node:fs";
import { Child, type Surroundings } from "./children.ts";
import { type DaemonRole, MextDaemon, writeConfiguration } from "./daemons.ts";
import type { Answer, HostSettings, Question } from "./hosts.ts";
import { makeFolder, type Namespace, removeLeftovers } from "./namespaces.ts";
import type { RouterSettings } from "./router.ts";
import { ADVERTISER, Topology, VISITED } from "./topology.ts";

/** The shortest intervals of advertisements (RFC 6275 §7.5), for links that mobile nodes visit. */
const ADVERTISING = { minIntervalMs: 30, maxIntervalMs: 70 };

export class Stage {
  readonly topology: Topology;
  /** Keys, configuration, control sockets and logs. */
  readonly folder = makeFolder();
  /** Never resolves; rejects when a program fails. */
  readonly failure: Promise<never>;
  #onFailure!: (error: Error) => void;
  readonly #children: { child: Child; end(): Promise<void> }[] = [];

  /** Removes what earlier runs left, and builds the network with its router. Throws IpError. */
  constructor() {
    this.failure = new Promise((_, reject) => { this.#onFailure = reject; });
    this.failure.catch(() => {}); // also when nobody waits for it
    try {
      removeLeftovers();
      this.topology = new Topology();
      const links = VISITED.map(({ port, prefix }) => ({ port, prefix }));
      const settings: RouterSettings = { address: ADVERTISER, links, ...ADVERTISING };
      this.#start("router", this.topology.router, settings);
      writeConfiguration(this.folder);
    } catch (error) {
      this.endAtOnce();
      throw error;
    }
  }

  daemon(role: DaemonRole): MextDaemon {
    const namespace = role === "home-agent" ? this.topology.homeAgent : this.topology.mobileNode;
    const daemon = new MextDaemon(role, this.#in(namespace));
    this.#children.push(daemon);
    return daemon;
  }

  /** Starts one of the two ends of the transfer, and waits until it is ready. */
  async host(name: "correspondent" | "mobile-host", settings: HostSettings): Promise<Host> {
    const namespace = name === "correspondent" ? this.topology.correspondent : this.topology.mobileNode;
    const host = new Host(this.#start(name, namespace, settings));
    await host.ready;
    return host;
  }

  /** Ends everything well: the daemons first, so that they can take leave of each other. */
  async end(): Promise<void> {
    for (const child of this.#children.reverse()) await child.end();
    this.endAtOnce();
  }

  /** The same without waiting, also while the process exits. */
  endAtOnce(): void {
    for (const { child } of this.#children.splice(0)) child.kill();
    try {
      this.topology?.remove();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  #start(name: string, namespace: Namespace, settings: object): Child {
    const child = new Child(name, this.#in(namespace), "./demo.js", [name, JSON.stringify(settings)]);
    this.#children.push({ child, end: () => child.end() });
    return child;
  }

  #in(namespace: Namespace): Surroundings {
    return { namespace, folder: this.folder, onFailure: this.#onFailure };
  }
}

/** An end of the transfer: answers questions. */
export class Host {
  readonly ready: Promise<unknown>;

  constructor(readonly child: Child) {
    this.ready = child.next<Answer, "ready">("ready");
  }

  measurements() {
    return this.#ask("measurements", "measurements");
  }

  finish() {
    return this.#ask("finish", "finished");
  }

  #ask<Kind extends Answer["kind"]>(question: Question, kind: Kind) {
    const answer = this.child.next<Answer, Kind>(kind);
    this.child.send(question);
    return answer;
  }
}
