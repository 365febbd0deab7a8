/** Stories of a mobile node with an IPv6 and an IPv4 home address in networks of all kinds. */
import { expect } from "vitest";
import { formatAnyAddress } from "../../../bindings/address.ts";
import type { UpdateStatus } from "../../../bindings/status.ts";
import type { Link } from "../../../platforms/sim/link.ts";
import type { MobileNode } from "../../../platforms/sim/mobile-node.ts";
import { Ping } from "../../../platforms/sim/ping.ts";
import { StreamReceiver, StreamSender } from "../../../platforms/sim/stream.ts";
import {
  type DualStackSettings, ipv4HomeAddressOf, Topology, type TopologySettings,
} from "../../../platforms/sim/topology.ts";
import { blockUdp, type Visited, VISITED_KINDS, type VisitedKind } from "../../../platforms/sim/visited.ts";
import { core } from "../core.ts";
import { DualStackInvariants } from "./dual-stack-invariants.ts";
import { FAST_ADVERTISING } from "./story.ts";

/** Where a mobile node can be. */
export type Place = VisitedKind | "home";
export const PLACES: readonly Place[] = [...VISITED_KINDS, "home"];

const FAST_HOME_LINK = { minIntervalMs: 30, maxIntervalMs: 70, minDelayMs: 30 } as const;
/** How long UDP does not pass in the network where it is blocked, from the moment somebody enters it. */
export const BLOCKED_MS = 10_000;
/** Two streams at this rate leave the machine time for many stories. */
const WINDOW_SEGMENTS = 2;

/** What differs from `TopologySettings`. */
export interface DualStackStorySettings extends Partial<Omit<TopologySettings, "dualStack">> {
  dualStack?: DualStackSettings;
}

/**
 * A watched topology with a visited network for each of `places`, and with a real home link if the home is among
 * them. Mobile nodes are switched off.
 */
export function tellDualStack(seed: number, places: readonly Place[], settings: DualStackStorySettings = {}) {
  const { dualStack, ...others } = settings;
  const topology = new Topology({
    seed, core, advertising: FAST_ADVERTISING,
    visited: places.filter((place) => place !== "home"),
    ...(places.includes("home") && { homeLink: FAST_HOME_LINK }),
    dualStack: {
      ...dualStack,
      serve: { udpIpv6: true, ...dualStack?.serve },
      reach: { udpIpv6: true, ...dualStack?.reach },
    },
    ...others,
  });
  const invariants = new DualStackInvariants(topology);
  const { network, homeAgent, visited } = topology;
  const [correspondent] = topology.correspondents;
  const [mobileNode] = topology.mobileNodes;
  /** The `index`th network of `places`. */
  const at = (index: number): Visited | undefined =>
    places[index] === "home" ? undefined : visited[places.slice(0, index).filter((place) => place !== "home").length];
  return { topology, invariants, network, homeAgent, visited, correspondent, mobileNode, places, at };
}

export type DualStackStory = ReturnType<typeof tellDualStack>;

/** The link of the `index`th place; where UDP is blocked, it is from now on. */
export function enter({ topology, at }: DualStackStory, index: number): Link {
  const visited = at(index);
  if (!visited) return topology.homeLink!;
  if (visited.kind === "blocked-nat") blockUdp(visited, BLOCKED_MS);
  return visited.link;
}

/** Whether the mobile node is done with its registration: at home, or registered. */
export function isSettled(mobileNode: MobileNode): boolean {
  return mobileNode.registered || mobileNode.isAtHome;
}

/** Switches the mobile node on in its first place, and waits until it is registered there. */
export function begin(story: DualStackStory, limitMs = 30_000): void {
  const { mobileNode, network, invariants } = story;
  mobileNode.start();
  mobileNode.attach(enter(story, 0));
  expect(network.runUntil(() => isSettled(mobileNode), limitMs), "registered").toBe(true);
  network.runUntil(() => hasBest(story, 0), limitMs);
  invariants.rememberMemory();
}

/** How packets reach the mobile node in the end, in a place of each kind. */
export const BEST: Record<Place, Partial<UpdateStatus>> = {
  ipv6: { state: "Registered", encapsulation: "Ipv6", obstacle: "None" },
  "dual-stack": { state: "Registered", encapsulation: "Ipv6", obstacle: "None" },
  ipv4: { state: "Registered", encapsulation: "Ipv4", nat: "None" },
  nat: { state: "Registered", encapsulation: "UdpIpv4", nat: "Nat", obstacle: "Nat" },
  "short-nat": { state: "Registered", encapsulation: "UdpIpv4", nat: "Nat", obstacle: "Nat" },
  "blocked-nat": { state: "Registered", encapsulation: "UdpIpv4", nat: "Nat", obstacle: "Nat" },
  "udp-ipv6": { state: "Registered", encapsulation: "UdpIpv6", nat: "Unknown" },
  home: { state: "AtHome" },
};

/** What the registration says in the `index`th place, as far as `BEST` knows better. */
export function statusIn({ mobileNode, places }: DualStackStory, index: number): Partial<UpdateStatus> {
  const registration = mobileNode.registration!;
  const names = Object.keys(BEST[places[index]]) as (keyof UpdateStatus)[];
  return Object.fromEntries(names.map((name) => [name, registration[name]]));
}

/** Whether the mobile node is as well off as can be in the `index`th place. */
export function hasBest(story: DualStackStory, index: number): boolean {
  const best = BEST[story.places[index]];
  return Object.entries(statusIn(story, index)).every(([name, value]) => best[name as keyof UpdateStatus] === value);
}

/** A stream that is checked octet by octet. */
export class Session {
  readonly receiver: StreamReceiver;
  readonly sender: StreamSender;

  /** From the correspondent to the mobile node, or the other way. */
  constructor(
    { correspondent, mobileNode }: DualStackStory, readonly family: "IPv6" | "IPv4", towardsMobileNode: boolean,
    private readonly totalBytes: number, port: number, home = addressOf(mobileNode, family),
  ) {
    const there = family === "IPv6" ? correspondent.address : correspondent.ipv4Address!;
    const [from, to] = towardsMobileNode ? [there, home] : [home, there];
    const [sending, receiving] = towardsMobileNode ? [correspondent, mobileNode] : [mobileNode, correspondent];
    this.receiver = new StreamReceiver(receiving, port);
    this.sender = new StreamSender(sending, { from, to, port, totalBytes, windowSegments: WINDOW_SEGMENTS });
  }

  get done(): boolean {
    return this.sender.done;
  }

  /** Everything arrived, as it was sent. */
  expectIntact(): void {
    const { receiver, sender, totalBytes, family } = this;
    expect([family, receiver.intact, receiver.receivedBytes]).toEqual([family, true, totalBytes]);
    expect(receiver.hash).toBe(sender.hash);
  }
}

/** Two streams, the one of IPv6 to the mobile node and the one of IPv4 from it; or, turned, the other way round. */
export function sessions(story: DualStackStory, bytes: number, turned = false): [Session, Session] {
  return [new Session(story, "IPv6", !turned, bytes, 7000), new Session(story, "IPv4", turned, bytes, 7001)];
}

function addressOf(mobileNode: MobileNode, family: "IPv6" | "IPv4"): Uint8Array {
  return family === "IPv6" ? mobileNode.homeAddress : ipv4HomeAddressOf(1);
}

/** Echo requests from the correspondent to both home addresses. */
export function pingBoth({ correspondent, mobileNode }: DualStackStory, everyMs: number): [Ping, Ping] {
  const { address, ipv4Address } = correspondent;
  return [
    new Ping(correspondent, { from: address, to: mobileNode.homeAddress, everyMs }),
    new Ping(correspondent, { from: ipv4Address!, to: ipv4HomeAddressOf(1), everyMs }),
  ];
}

/** Whether echoes from the correspondent to both home addresses are answered within two seconds. */
export function reachesBoth(story: DualStackStory): [boolean, boolean] {
  const pings = pingBoth(story, 10_000);
  story.network.run(2000);
  return pings.map((ping) => (ping.stop(), ping.received === 1)) as [boolean, boolean];
}

/** Refusals that a good network does not cause, on both sides. */
export function refusals({ homeAgent, mobileNode }: DualStackStory): Record<string, number> {
  const all: Record<string, number> = {};
  for (const node of [homeAgent, mobileNode]) {
    for (const { reason, packets, ordinary } of node.refusals) {
      if (!ordinary) all[`${node.name}: ${reason}`] = packets;
    }
  }
  return all;
}

/** After quiet: both sides have the same binding. */
export function expectBoundTogether({ homeAgent, mobileNode, network }: DualStackStory): void {
  network.runUntil(() => isSettled(mobileNode), 5000); // a refresh may be on its way
  if (mobileNode.isAtHome) return expect(homeAgent.bindings).toEqual([]);
  const registration = mobileNode.registration!;
  const home = formatAnyAddress(mobileNode.homeAddress);
  const binding = homeAgent.bindings.find(({ homeAddress }) => homeAddress === home)!;
  const { sequence, encapsulation, ipv4HomeAddress } = binding;
  expect({ sequence, encapsulation, ipv4HomeAddress }).toEqual({
    sequence: registration.sequence, encapsulation: registration.encapsulation,
    ipv4HomeAddress: registration.ipv4HomeAddress,
  });
  expect(binding.nat).toBe(registration.nat === "Nat");
  if (!binding.nat) expect(binding.careofAddress).toBe(registration.careofAddress);
}
