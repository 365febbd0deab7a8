/**
 * The story that shows what mobility is for: a stream and a ping between a correspondent and a home address
 * go on while the mobile node leaves its network and appears in another, twice. Other hosts tell the same
 * story with real devices.
 */
import type { CoreEvent } from "../../bindings/events.ts";
import type { DemoReport, Handover, TimelineEntry } from "../../bindings/report.ts";
import { Ping } from "./ping.ts";
import { StreamReceiver, StreamSender } from "./stream.ts";
import { Topology } from "./topology.ts";

export interface DemoSettings {
  seed: number;
  core: WebAssembly.Module;
  /** Shows every entry of the timeline when it happens. */
  onEvent?: (entry: TimelineEntry) => void;
}

const PING_EVERY_MS = 20;
const STREAM_PORT = 7000;
const STREAM_BYTES = 2_000_000;
/** How long the node is in no network while it moves. */
const GAP_MS = 50;
const STAY_MS = 5000;
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
export function demoScenario({ seed, core, onEvent }: DemoSettings): DemoReport {
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
  const sender = new StreamSender(correspondent, {
    from: correspondent.address, to: home, port: STREAM_PORT, totalBytes: STREAM_BYTES, windowSegments: 3,
  });
  network.run(STAY_MS);

  const moves = [[0, 1], [1, 0]].map(([from, to]) => {
    const leftAtMs = network.nowMs;
    tell(mobileNode.name, `leaves ${visited[from].link.name}`);
    network.clock.after(GAP_MS, () => tell(mobileNode.name, `appears in ${visited[to].link.name}`));
    mobileNode.move(visited[to].link, GAP_MS);
    network.run(STAY_MS);
    return { from: visited[from].link.name, to: visited[to].link.name, leftAtMs, untilMs: network.nowMs };
  });
  network.runUntil(() => sender.done, MAX_STREAM_MS);
  ping.stop();
  network.run(1000); // what is on its way arrives

  const handovers = moves.map(({ untilMs, ...move }): Handover => {
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
      verified: receiver.intact && receiver.receivedBytes === STREAM_BYTES && receiver.hash === sender.hash,
    },
  };
}
