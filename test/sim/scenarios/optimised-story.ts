/** Stories of a mobile node and a correspondent node that knows of mobility. */
import { expect } from "vitest";
import { formatAddress } from "../../../bindings/address.ts";
import type { PeerStatus } from "../../../bindings/status.ts";
import type { CorrespondentNode } from "../../../platforms/sim/correspondent-node.ts";
import type { Host } from "../../../platforms/sim/host.ts";
import { destinationOf, nextHeader, sourceOf } from "../../../platforms/sim/ip.ts";
import { StreamReceiver, StreamSender } from "../../../platforms/sim/stream.ts";
import type { TopologySettings } from "../../../platforms/sim/topology.ts";
import type { TraceRecord } from "../../../platforms/sim/trace.ts";
import { tell } from "./story.ts";

const STREAM_PORT = 7000;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
/**
 * The home address in a type 2 routing header or a Home Address option, each the first header behind IPv6.
 */
const HOME_ADDRESS = 40 + 8;

/**
 * What must hold on the direct way, whatever is lost or late: packets go to a care-of address only that is
 * the mobile node's own, from the first Binding Update on that the correspondent node accepted.
 */
export class RouteInvariants {
  /** Packets with payload that took the direct way, to and from the mobile node. */
  optimisedOut = 0;
  optimisedIn = 0;
  private readonly own = new Set<string>();
  private readonly bound = new Set<string>();
  private readonly violations: string[] = [];

  constructor(
    private readonly mobileNode: string,
    private readonly home: string,
    private readonly correspondent: string,
  ) {}

  readonly look = (record: TraceRecord): void => {
    if (record.kind === "event") {
      const { name, fields } = record.event;
      const careof = String(fields.careofAddress);
      if (record.node === this.mobileNode && name === "CareofFormed") this.own.add(careof);
      if (record.node !== this.correspondent || name !== "BindingAccepted") return;
      this.bound.add(careof);
      if (!this.own.has(careof)) this.violate(record, `bound to the foreign ${careof}`);
    }
    if (record.kind !== "frame" || record.packet.length < HOME_ADDRESS + 16) return;
    const { from, packet } = record;
    if (from === this.correspondent && nextHeader(packet) === ROUTING) this.lookOut(record, packet);
    if (from === this.mobileNode && nextHeader(packet) === DESTINATION_OPTIONS) this.lookIn(packet);
  };

  private lookOut(record: TraceRecord, packet: Uint8Array): void {
    const careof = formatAddress(destinationOf(packet));
    if (packet[40] === MOBILITY) return; // acknowledgements also go to where nothing is bound
    this.optimisedOut++;
    const isBound = this.own.has(careof) && this.bound.has(careof);
    if (!isBound) this.violate(record, `packet to ${careof}, which is not bound`);
    const home = formatAddress(packet.subarray(HOME_ADDRESS, HOME_ADDRESS + 16));
    if (home !== this.home) this.violate(record, `packet for ${home}`);
  }

  private lookIn(packet: Uint8Array): void {
    if (packet[40] !== MOBILITY && this.own.has(formatAddress(sourceOf(packet)))) this.optimisedIn++;
  }

  private violate({ atMs }: TraceRecord, text: string): void {
    this.violations.push(`${(atMs / 1000).toFixed(3)} s: ${text}`);
  }

  check(): void {
    expect(this.violations.join("\n")).toBe("");
  }
}

/** A registered mobile node with automatic route optimisation, and one correspondent node with a core. */
export function tellOptimising(seed: number, settings: Partial<TopologySettings> = {}) {
  const story = tell(seed, {
    correspondentNodes: 1, routeOptimisation: { routes: { policy: "automatic" } }, ...settings,
  });
  const { network, mobileNode, visited, topology } = story;
  const [peer] = topology.correspondentNodes;
  const routes = new RouteInvariants(mobileNode.name, formatAddress(mobileNode.homeAddress), peer.name);
  network.watch(routes.look);
  mobileNode.start();
  mobileNode.attach(visited[0].link);
  expect(network.runUntil(() => mobileNode.registered, 10_000), "registered").toBe(true);
  story.invariants.rememberMemory();
  return { ...story, peer, routes };
}

export type OptimisingStory = ReturnType<typeof tellOptimising>;

/** What the mobile node knows of its correspondent node. */
export function peerStatus({ mobileNode, peer }: OptimisingStory): PeerStatus | undefined {
  return mobileNode.peers.find(({ address }) => address === formatAddress(peer.address));
}

/** Whether packets take the direct way, and both ends have the same care-of address. */
export function isOptimised(story: OptimisingStory): boolean {
  const status = peerStatus(story);
  const binding = story.peer.bindings[0];
  return status !== undefined && status.optimised && binding?.careofAddress === status.careofAddress &&
    status.careofAddress === story.mobileNode.registration?.careofAddress;
}

/** A stream from the correspondent node, or from another host, to the home address. */
export function stream(
  { mobileNode, peer }: OptimisingStory, totalBytes: number, from: Host | CorrespondentNode = peer,
) {
  const receiver = new StreamReceiver(mobileNode, STREAM_PORT);
  const sender = new StreamSender(from, {
    from: from.address, to: mobileNode.homeAddress, port: STREAM_PORT, totalBytes, windowSegments: 3,
  });
  const expectIntact = () =>
    expect([receiver.receivedBytes, receiver.intact, receiver.hash]).toEqual([totalBytes, true, sender.hash]);
  return { receiver, sender, expectIntact };
}

/** Frames that a node sends from now on. */
export function countFrames({ network }: OptimisingStory, from: string): { count: number } {
  const counter = { count: 0 };
  network.watch((record) => {
    if (record.kind === "frame" && record.from === from) counter.count++;
  });
  return counter;
}
