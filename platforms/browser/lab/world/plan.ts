/** What a scenario is built into: a topology of the simulator, with the ids and labels that the page knows. */
import { CoreNode } from "../../../sim/node.ts";
import type { CorrespondentNode } from "../../../sim/correspondent-node.ts";
import type { Host } from "../../../sim/host.ts";
import { GOOD_CONDITIONS, type Link, Port } from "../../../sim/link.ts";
import type { MobileNode } from "../../../sim/mobile-node.ts";
import { Nat } from "../../../sim/nat.ts";
import type { Stack } from "../../../sim/stack.ts";
import { Topology } from "../../../sim/topology.ts";
import type { Visited, VisitedKind } from "../../../sim/visited.ts";
import type { LinkConditions, NodeKind, Scenario, WorldLink } from "../contract.ts";

export interface PlannedNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly label: string;
  readonly stack: Stack;
}

export interface PlannedLink {
  readonly id: string;
  readonly kind: WorldLink["kind"];
  readonly label: string;
  readonly link: Link;
  readonly visited?: Visited;
  /** As the scenario has them; the simulator's are made of them. */
  conditions: LinkConditions;
}

/** What people call the kinds of networks. */
export const KIND_LABELS: Readonly<Record<VisitedKind, string>> = {
  ipv6: "IPv6", "dual-stack": "IPv6 and IPv4", ipv4: "IPv4", nat: "IPv4 behind a NAT",
  "short-nat": "NAT that forgets after 30 s", "blocked-nat": "NAT, UDP blocked at first", "udp-ipv6": "IPv6, only UDP passes",
};

/** Advertisements every second or so: what is on a link can be followed by eye, and a silent router is missed soon. */
const ADVERTISING = { minIntervalMs: 1000, maxIntervalMs: 1500, maxAnswerDelayMs: 0 } as const;
const HOME_ADVERTISING = { minIntervalMs: 1000, maxIntervalMs: 1500, minDelayMs: 30 } as const;
/**
 * No link is quicker, whatever its conditions say: where answers took no time at all, a stream would send for ever at
 * one moment, and the next one would never come.
 */
const LEAST_DELAY_MS = 0.1;
/** After so many packets of a correspondent within 10 s a route is optimised. */
const LIVELY_AFTER_PACKETS = 5;

/** The id of a visited network, of a mobile node. */
export const visitedId = (number: number) => `visited-${number}`;
export const mobileNodeId = (number: number) => `mobile-node-${number}`;
export const HOME_LINK_ID = "home-link";
export const CORRESPONDENT_ID = "correspondent";
export const HOME_AGENT_ID = "home-agent";

export class Plan {
  readonly topology: Topology;
  readonly correspondent: Host | CorrespondentNode;
  readonly nodes = new Map<string, PlannedNode>();
  readonly links = new Map<string, PlannedLink>();
  private readonly ids = new Map<string, string>();

  constructor(scenario: Scenario, core: WebAssembly.Module) {
    const { seed, visited, mobileNodes, routeOptimisation, homeLink } = scenario;
    this.topology = new Topology({
      seed, core, mobileNodes,
      visited: visited.map(({ kind }) => kind),
      correspondents: routeOptimisation ? 0 : 1,
      correspondentNodes: routeOptimisation ? 1 : 0,
      advertising: ADVERTISING,
      dualStack: { serve: { udpIpv6: true }, reach: { udpIpv6: true } },
      ...(homeLink && { homeLink: HOME_ADVERTISING }),
      ...(routeOptimisation && { routeOptimisation: { routes: { policy: "automatic", afterPackets: LIVELY_AFTER_PACKETS } } }),
    });
    const { topology } = this;
    this.correspondent = routeOptimisation ? topology.correspondentNodes[0] : topology.correspondents[0];
    this.nameNodes(scenario);
    this.nameLinks(scenario);
    visited.forEach(({ conditions }, index) => {
      if (conditions) this.setConditions(this.links.get(visitedId(index + 1))!, conditions);
    });
  }

  /** The id of a node or a link of the simulator, by its name there. */
  idOf(name: string): string {
    return this.ids.get(name) ?? name;
  }

  /** A mobile node; undefined: the id is of something else. */
  mobileNode(id: string): MobileNode | undefined {
    return this.topology.mobileNodes.find(({ name }) => this.idOf(name) === id);
  }

  /** A node with a core; undefined: it has none, or there is none of that id. */
  coreNode(id: string): CoreNode | undefined {
    const stack = this.nodes.get(id)?.stack;
    return stack instanceof CoreNode ? stack : undefined;
  }

  /** The port of a node in a link; of one that has left it, its first. */
  portOf(node: string, link: string): Port | undefined {
    const ports = this.nodes.get(node)?.stack.devices.filter((device): device is Port => device instanceof Port) ?? [];
    return ports.find((port) => port.link === this.links.get(link)?.link) ?? ports[0];
  }

  /** Changes how the frames of a link fare. */
  setConditions(planned: PlannedLink, conditions: Partial<LinkConditions>): void {
    planned.conditions = { ...planned.conditions, ...conditions };
    const { delayMs, loss, bitsPerSecond, cut } = planned.conditions;
    Object.assign(planned.link.conditions, {
      delayMs: Math.max(delayMs, LEAST_DELAY_MS), bitsPerSecond, loss: cut ? 1 : loss,
    });
  }

  private nameNodes({ mobileNodes }: Scenario): void {
    const { topology } = this;
    const { homeAgent, coreRouter, visited, neighbour } = topology;
    topology.mobileNodes.forEach((node, index) => {
      const label = mobileNodes === 1 ? "Mobile node" : `Mobile node ${index + 1}`;
      this.addNode(mobileNodeId(index + 1), "mobile-node", label, node);
    });
    this.addNode(HOME_AGENT_ID, "home-agent", "Home agent", homeAgent);
    this.addNode(CORRESPONDENT_ID, "correspondent", "Correspondent", this.correspondent);
    this.addNode("core-router", "router", "Core router", coreRouter);
    visited.forEach(({ router }, index) => {
      const isNat = router instanceof Nat;
      this.addNode(`visited-router-${index + 1}`, isNat ? "nat" : "router", `${isNat ? "NAT" : "Router"} ${index + 1}`, router);
    });
    if (neighbour) this.addNode("neighbour", "host", "Neighbour at home", neighbour);
  }

  private nameLinks({ visited }: Scenario): void {
    const { topology } = this;
    const { backbone, homeAgent, homeLink, correspondents } = topology;
    this.addLink("backbone", "backbone", "Backbone", backbone);
    this.addLink("home-access", "backbone", "Home agent's uplink", homeAgent.port.link!);
    if (homeLink) this.addLink(HOME_LINK_ID, "home", "Home link", homeLink);
    const [host] = [...correspondents, ...topology.correspondentNodes];
    this.addLink("correspondents", "correspondents", "Correspondents", host.port.link!);
    topology.visited.forEach((network, index) => {
      const { kind } = visited[index];
      this.addLink(visitedId(index + 1), "visited", `Network ${index + 1}: ${KIND_LABELS[kind]}`, network.link, network);
    });
  }

  private addNode(id: string, kind: NodeKind, label: string, stack: Stack): void {
    this.nodes.set(id, { id, kind, label, stack });
    this.ids.set(stack.name, id);
  }

  private addLink(id: string, kind: WorldLink["kind"], label: string, link: Link, visited?: Visited): void {
    const { delayMs, loss, bitsPerSecond } = { ...GOOD_CONDITIONS, ...link.conditions };
    const conditions = { delayMs, loss, bitsPerSecond, cut: false };
    this.links.set(id, { id, kind, label, link, conditions, ...(visited && { visited }) });
    this.ids.set(link.name, id);
  }
}
