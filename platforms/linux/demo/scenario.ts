/**
 * The story on a real network: a TCP connection and a ping between the correspondent and the home address go on
 * while the mobile node leaves its network and appears in another, several times.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { DemoReport } from "../../../bindings/report.ts";
import { monotonicMs } from "../system/clock.ts";
import type { ObservedEvent } from "./daemons.ts";
import type { Echo } from "./echo.ts";
import type { HostSettings } from "./hosts.ts";
import type { Host, Stage } from "./stage.ts";
import { firstReplyMs, isAnswered, measure, type MeasuredHandover, type Move, type Step, timelineOf } from "./story.ts";
import { HOME_ADDRESS, type Visited, VISITED } from "./topology.ts";
import type { TransferEnd } from "./transfer.ts";

export interface ScenarioSettings {
  moves: number;
  seed: number;
}

/** What the scenario tells while it goes on. */
export interface Listener {
  progress(text: string): void;
  registered(report: LinuxReport): void;
  moved(report: LinuxReport): void;
}

/** One direction of the transfer. */
export interface Transferred {
  readonly from: string;
  readonly to: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sha256: string;
  readonly verified: boolean;
  /** Offset of the first byte that differs. */
  readonly firstWrongByte?: number;
  readonly longestGapMs: number;
}

export interface LinuxReport extends DemoReport {
  readonly timeline: readonly Step[];
  readonly handovers: readonly MeasuredHandover[];
  readonly transfers: readonly Transferred[];
}

const PING_EVERY_MS = 10;
const TRANSFER: Omit<HostSettings, "seed"> = {
  homeAddress: HOME_ADDRESS, port: 7000, bytesPerSecond: 1_000_000, pingEveryMs: PING_EVERY_MS,
};
/** How long the node stays in a network; longer where no packet comes through. */
const STAY_MS = 2500;
const MAX_STAY_MS = 7000;
const MAX_REGISTRATION_MS = 10_000;
const NOT_YET: DemoReport["stream"] = { bytes: 0, hash: "", verified: false, longestGapMs: 0 };

/** Tells the story on a stage that stands. Throws an Error when a daemon does not start, or the node cannot register. */
export async function tellStory(
  stage: Stage, settings: ScenarioSettings, host: string, listener: Listener,
): Promise<LinuxReport> {
  return new Story(stage, settings, host, listener).tell();
}

class Story {
  readonly #startMs = monotonicMs();
  readonly #events: ObservedEvent[] = [];
  readonly #steps: Step[] = [];
  readonly #moves: Move[] = [];

  constructor(
    readonly stage: Stage, readonly settings: ScenarioSettings, readonly host: string, readonly listener: Listener,
  ) {}

  async tell(): Promise<LinuxReport> {
    const { stage, settings: { moves, seed }, listener } = this;
    listener.progress("starting the home agent and the mobile node");
    const daemons = [stage.daemon("home-agent"), stage.daemon("mobile-node")];
    await Promise.all(daemons.map((daemon) => daemon.watch((event) => this.#observe(event))));

    listener.progress(`registering from ${VISITED[0].name}`);
    this.#step("Appeared", `appears in ${VISITED[0].name}`);
    stage.topology.plug(VISITED[0], true);
    await this.#registration();
    listener.registered(this.#report([]));

    const mobileHost = await stage.host("mobile-host", { ...TRANSFER, seed });
    const correspondent = await stage.host("correspondent", { ...TRANSFER, seed });
    listener.progress(`transferring, in ${VISITED[0].name}`);
    await pause(STAY_MS);
    for (let number = 1; number <= moves; number++) {
      await this.#move(VISITED[(number - 1) % 2], VISITED[number % 2], number, correspondent);
    }

    listener.progress("ending the transfer");
    const [near, far] = await Promise.all([correspondent.finish(), mobileHost.finish()]);
    return this.#report(near.echoes, [
      transferred("correspondent", "mobile node", near.end, far.end),
      transferred("mobile node", "correspondent", far.end, near.end),
    ]);
  }

  /** Keeps the events of both daemons in the order in which they happened, not in that of the two sockets. */
  #observe(event: ObservedEvent): void {
    const before = this.#events.findLastIndex(({ atMs }) => atMs <= event.atMs);
    this.#events.splice(before + 1, 0, event);
  }

  async #registration(): Promise<void> {
    const deadlineMs = monotonicMs() + MAX_REGISTRATION_MS;
    while (!this.#events.some(({ name, fields }) => name === "BindingAcknowledged" && fields.status === 0)) {
      if (monotonicMs() > deadlineMs) {
        throw new Error(`the mobile node has not registered within ${MAX_REGISTRATION_MS / 1000} s`);
      }
      await pause(10);
    }
  }

  async #move(from: Visited, to: Visited, number: number, correspondent: Host): Promise<void> {
    const { stage, listener } = this;
    listener.progress(`move ${number}: ${from.name} → ${to.name}`);
    const leftMs = this.#step("Left", `leaves ${from.name}: ${from.uplink} goes down`);
    stage.topology.plug(from, false);
    const goneMs = this.#step("Appeared", `appears in ${to.name}: ${to.uplink} comes up`);
    stage.topology.plug(to, true);
    const move = { from: from.name, to: to.name, uplink: to.uplink, leftMs, goneMs, untilMs: Infinity };
    this.#moves.push(move);
    let echoes: Echo[];
    do {
      await pause(STAY_MS);
      echoes = (await correspondent.measurements()).echoes;
    } while (firstReplyMs(echoes, move) === undefined && monotonicMs() - leftMs < MAX_STAY_MS);
    this.#moves[number - 1] = { ...move, untilMs: monotonicMs() };
    listener.moved(this.#report(echoes));
  }

  /** Notes what the demonstration itself does; answers when. */
  #step(event: Step["event"], text: string): number {
    const nowMs = monotonicMs();
    this.#steps.push({ atMs: nowMs - this.#startMs, who: "mobile node", text, event });
    return nowMs;
  }

  #report(echoes: Echo[], transfers: Transferred[] = []): LinuxReport {
    const replies = this.#moves.flatMap((move): Step[] => {
      const atMs = firstReplyMs(echoes, move);
      return atMs === undefined ? [] : [{
        atMs: atMs - this.#startMs, who: "correspondent", text: "gets the first echo reply", event: "EchoReply",
      }];
    });
    const steps = [...timelineOf(this.#events, this.#startMs), ...this.#steps, ...replies];
    return {
      host: this.host,
      durationMs: monotonicMs() - this.#startMs,
      timeline: steps.sort((a, b) => a.atMs - b.atMs),
      handovers: this.#moves.map((move) => measure(move, this.#events, echoes, this.#startMs)),
      ping: { sent: echoes.length, received: echoes.filter(isAnswered).length, everyMs: PING_EVERY_MS },
      stream: transfers.length === 0 ? NOT_YET : {
        bytes: transfers.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
        hash: transfers[0].sha256,
        verified: transfers.every(({ verified }) => verified),
        longestGapMs: Math.max(...transfers.map(({ longestGapMs }) => longestGapMs)),
      },
      transfers,
    };
  }
}

function transferred(from: string, to: string, sender: TransferEnd, receiver: TransferEnd): Transferred {
  const { sentBytes, sentSha256 } = sender;
  const { receivedBytes, receivedSha256: sha256, firstWrongByte, longestGapMs, problem } = receiver;
  const isComplete = problem === undefined && sentBytes > 0 && receivedBytes === sentBytes;
  return {
    from, to, sentBytes, receivedBytes, sha256, longestGapMs,
    verified: isComplete && sha256 === sentSha256 && firstWrongByte === undefined,
    ...(firstWrongByte !== undefined && { firstWrongByte }),
  };
}
