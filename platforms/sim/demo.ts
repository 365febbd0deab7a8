/**
 * The story that shows what mobility is for: a stream and a ping between a correspondent and a home address
 * go on while the mobile node leaves its network and appears in another, several times. Other hosts tell the
 * same story with real devices.
 */
import type { CoreEvent } from "../../bindings/events.ts";
import type { DemoReport, Handover, TimelineEntry } from "../../bindings/report.ts";
import { Ping } from "./ping.ts";
import { StreamReceiver, StreamSender } from "./stream.ts";
import { Topology } from "./topology.ts";

/** A handover to be shown. */
export interface DemoSettings {
  seed: number;
  core: WebAssembly.Module;
  /** How often the node moves; default 2. */
  moves?: number;
  /** Shows every entry of the timeline when it happens. */
  onEvent?: (entry: TimelineEntry) => void;
}

const PING_EVERY_MS = 20;
const STREAM_PORT = 7000;
/** How long the node is in no network while it moves. */
const GAP_MS = 50;
const STAY_MS = 5000;
/** A little less than the stream carries in that time, so that it goes on over all moves. */
const STREAM_BYTES_A_STAY = 950_000;
const MAX_REGISTRATION_MS = 10_000;
const MAX_STREAM_MS = 60_000;

/** Events that people want to see, and how they read. */
const SENTENCES: Partial<Record<CoreEvent["name"], (fields: CoreEvent["fields"]) => string>> = {
  CareofFormed: ({ careofAddress }) => `has the care-of address ${careofAddress}`,
  BindingUpdateSent: ({ sequence, lifetimeS }) => `sends Binding Update ${sequence}, lifetime ${lifetimeS} s`,
  BindingAcknowledged: ({ sequence, status }) => `hears that Binding Update ${sequence} has status ${status}`,
  BindingAccepted: ({ homeAddress, careofAddress, change }) =>
    `binds ${homeAddress} to ${careofAddress} (${change})`,
  BindingRefused: ({ homeAddress, status, reason }) =>
    `refuses to bind ${homeAddress}: status ${status}, ${reason}`,
  BindingEnded: ({ homeAddress, why }) => `forgets the binding of ${homeAddress} (${why})`,
};

/** Tells the story in virtual time; throws if the mobile node cannot register at all. */
export function demoScenario({ seed, core, moves = 2, onEvent }: DemoSettings): DemoReport {
  const topology = new Topology({
    seed, core, visitedNetworks: 2,
    advertising: { minIntervalMs: 30, maxIntervalMs: 70, maxAnswerDelayMs: 0 },
  });
  const { network, homeAgent, visited } = topology;
  const [correspondent] = topology.correspondents;
  const [mobileNode] = topology.mobileNodes;
  const timeline: TimelineEntry[] = [];
  const tell = (who: string, text: string) => {
    const entry = { atMs: network.nowMs, who, text };
    timeline.push(entry);
    onEvent?.(entry);
  };
  for (const node of [homeAgent, mobileNode]) {
    node.onEvent(({ name, fields }) => {
      const sentence = SENTENCES[name];
      if (sentence) tell(node.name, sentence(fields));
    });
  }

  tell(mobileNode.name, `appears in ${visited[0].link.name}`);
  mobileNode.start();
  mobileNode.attach(visited[0].link);
  if (!network.runUntil(() => mobileNode.registered, MAX_REGISTRATION_MS)) {
    throw new Error("the mobile node cannot register");
  }

  const home = mobileNode.homeAddress;
  const ping = new Ping(correspondent, { from: correspondent.address, to: home, everyMs: PING_EVERY_MS });
  const receiver = new StreamReceiver(mobileNode, STREAM_PORT);
  const totalBytes = STREAM_BYTES_A_STAY * (moves + 1);
  const sender = new StreamSender(correspondent, {
    from: correspondent.address, to: home, port: STREAM_PORT, totalBytes, windowSegments: 3,
  });
  network.run(STAY_MS);

  const made = Array.from({ length: moves }, (_, number) => {
    const [from, to] = [visited[number % 2].link, visited[(number + 1) % 2].link];
    const leftAtMs = network.nowMs;
    tell(mobileNode.name, `leaves ${from.name}`);
    network.clock.after(GAP_MS, () => tell(mobileNode.name, `appears in ${to.name}`));
    mobileNode.move(to, GAP_MS);
    network.run(STAY_MS);
    return { from: from.name, to: to.name, leftAtMs, untilMs: network.nowMs };
  });
  network.runUntil(() => sender.done, MAX_STREAM_MS);
  ping.stop();
  network.run(1000); // what is on its way arrives

  const handovers = made.map(({ untilMs, ...move }): Handover => {
    const answerMs = ping.firstAnswerMs(move.leftAtMs);
    return {
      ...move,
      ...(answerMs === undefined ? {} : { interruptionMs: answerMs - move.leftAtMs }),
      packetsLost: ping.lostBetween(move.leftAtMs, untilMs),
    };
  });
  return {
    host: "simulation", durationMs: network.nowMs, timeline, handovers,
    ping: { sent: ping.sent, received: ping.received, everyMs: PING_EVERY_MS },
    stream: {
      bytes: receiver.receivedBytes,
      hash: receiver.hash.toString(16).padStart(8, "0"),
      longestGapMs: receiver.longestGapMs,
      verified: receiver.intact && receiver.receivedBytes === totalBytes && receiver.hash === sender.hash,
    },
  };
}
