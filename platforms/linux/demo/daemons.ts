/**
 * The two daemons under demonstration: `mext home-agent` and `mext mobile-node`, each with a configuration file,
 * observed through their control sockets as `mext watch` does it.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../system/clock.ts";
import type { DaemonEvent } from "../daemon.ts";
import { Child, type Surroundings } from "./children.ts";
import { HOME_ADDRESS, HOME_AGENT, HOME_PREFIX, VISITED } from "./topology.ts";

export type DaemonRole = "home-agent" | "mobile-node";

/** An event of a daemon of this machine: `atMs` of all of them is by one clock. */
export interface ObservedEvent extends Omit<DaemonEvent, "unixMs"> {
  readonly who: string;
}

const IDENTITY = "car@example.org";
const SPI = 300;
/** How long a daemon may take until its control socket answers. */
const START_MS = 10_000;

/** Writes the shared key and both configuration files into `folder`. */
export function writeConfiguration(folder: string): void {
  const security = `identity = "${IDENTITY}"\nspi = ${SPI}\nkey_file = "key"\n`;
  writeFileSync(`${folder}/key`, `${randomBytes(16).toString("hex")}\n`, { mode: 0o600 });
  writeFileSync(`${folder}/home-agent.toml`, `role = "home-agent"
address = "${HOME_AGENT}"
home_prefixes = ["${HOME_PREFIX}"]
control = "${folder}/home-agent.sock"

[[node]]
${security}home_addresses = ["${HOME_ADDRESS}"]
`);
  writeFileSync(`${folder}/mobile-node.toml`, `role = "mobile-node"
home_address = "${HOME_ADDRESS}"
home_agent = "${HOME_AGENT}"
${security}uplinks = [${VISITED.map(({ uplink }) => `"${uplink}"`).join(", ")}]
control = "${folder}/mobile-node.sock"
`);
}

export class MextDaemon {
  readonly child: Child;
  #watch: Socket | undefined;
  readonly #who: string;
  readonly #control: string;

  constructor(role: DaemonRole, surroundings: Surroundings) {
    const { folder } = surroundings;
    this.#who = role.replace("-", " ");
    this.#control = `${folder}/${role}.sock`;
    this.child = new Child(role, surroundings, "./mext.js", [role, `${folder}/${role}.toml`]);
  }

  /** Waits until the daemon works, and hands on its events from then on. Throws an Error when it takes too long. */
  async watch(onEvent: (event: ObservedEvent) => void): Promise<void> {
    const deadlineMs = monotonicMs() + START_MS;
    while (!await this.#tryWatch(onEvent)) {
      if (monotonicMs() > deadlineMs) throw new Error(`the ${this.#who} does not answer\n${this.child.lastWords()}`);
      await pause(20);
    }
  }

  async end(): Promise<void> {
    this.#watch?.destroy();
    await this.child.end();
  }

  /** Asks to watch; false while the daemon is starting. */
  #tryWatch(onEvent: (event: ObservedEvent) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#control);
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
      socket.write('{"command":"watch"}\n');
      createInterface(socket).on("line", (line) => {
        const message = JSON.parse(line);
        if ("error" in message) socket.destroy();
        else if (this.#watch === undefined) resolve(true), this.#watch = socket; // the first line is the status
        else onEvent({ ...message, who: this.#who });
      }).on("error", () => {});
    });
  }
}
