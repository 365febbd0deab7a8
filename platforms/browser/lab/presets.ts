/** The scenarios that come with the lab: each has one thing to teach, and happens within a minute or so. */
import type { VisitedKind } from "../../sim/visited.ts";
import type { Action, Preset, Scenario, VisitedNetwork } from "./contract.ts";

type TimedAction = Scenario["actions"][number];

const PING = { pingEveryMs: 100, stream: false } as const;
const SILENCE = { pingEveryMs: 0, stream: false } as const;

/** One node that is pinged, in IPv6 networks. */
const PLAIN: Omit<Scenario, "preset"> = {
  seed: 1, visited: networks("ipv6", "ipv6"), mobileNodes: 1, routeOptimisation: false, homeLink: false, traffic: PING,
  actions: [],
};

function networks(...kinds: VisitedKind[]): VisitedNetwork[] {
  return kinds.map((kind) => ({ kind }));
}

function at(seconds: number, action: Action): TimedAction {
  return { atMs: seconds * 1000, ...action };
}

function move(seconds: number, link: string | null, number = 1): TimedAction {
  return at(seconds, { kind: "attach", node: `mobile-node-${number}`, link });
}

function preset(id: string, title: string, lesson: string, differs: Partial<Scenario>): Preset {
  return { id, title, lesson, scenario: { ...PLAIN, ...differs, preset: id } };
}

const TWENTY = 20;
/** Twenty nodes are in four networks by turn; the first ten move on to the next one. */
const crowd = Array.from({ length: TWENTY / 2 }, (_, index) => move(10 + index, `visited-${((index + 1) % 4) + 1}`, index + 1));

/** In the order in which somebody new may look at them. */
export const PRESETS: readonly Preset[] = [
  preset(
    "handover", "A first handover",
    "The home address stays while the care-of address changes: one Binding Update to the home agent, and packets come again.",
    { traffic: { pingEveryMs: 50, stream: true }, actions: [move(5, "visited-2"), move(12, "visited-1")] },
  ),
  preset(
    "returning-home", "Coming home",
    "On its home link a mobile node is an ordinary host: the binding is deleted, and nothing is tunnelled.",
    { homeLink: true, actions: [move(5, "home-link"), move(15, "visited-2")] },
  ),
  preset(
    "route-optimisation", "The triangle, and the way out of it",
    "All packets go by way of the home agent until both ends have proven their addresses to each other: then they take the direct way.",
    {
      routeOptimisation: true,
      // a home agent that is far away: the detour is to be felt
      actions: [at(0, { kind: "conditions", link: "home-access", conditions: { delayMs: 40 } }), move(12, "visited-2")],
    },
  ),
  preset(
    "nat", "Behind a NAT",
    "A network has IPv4 alone, behind a NAT: the same Binding Update and all packets go in UDP, and the IPv6 home address stays reachable.",
    { visited: networks("ipv6", "nat"), actions: [move(5, "visited-2")] },
  ),
  preset(
    "short-nat", "A NAT that forgets",
    "This NAT forgets who is silent for 30 s: keepalives hold the way open, and the home agent learns how seldom they may be.",
    { visited: networks("short-nat"), traffic: { pingEveryMs: 45_000, stream: false } },
  ),
  preset(
    "nat-reboot", "A NAT that reboots",
    "The NAT has lost its mappings, and nothing comes in any more. The node's next keepalive opens another port, the home agent sees it, and the binding moves there.",
    { visited: networks("nat"), actions: [at(8, { kind: "forget-mappings", node: "visited-router-1" })] },
  ),
  preset(
    "udp-only", "A firewall that lets only UDP pass",
    "Mobility Headers and tunnels find no way out: when they stay unanswered, the node tries UDP over IPv6, and probes tell when more would pass.",
    { visited: networks("ipv6", "udp-ipv6"), actions: [move(5, "visited-2")] },
  ),
  preset(
    "udp-blocked", "A network that lets nothing pass at first",
    "As behind a captive portal, no UDP passes for ten seconds: the node repeats its Binding Update at growing intervals and is there when the way opens.",
    { visited: networks("ipv6", "blocked-nat"), actions: [move(5, "visited-2")] },
  ),
  preset(
    "home-agent-restart", "The home agent fails",
    "Without the home agent nobody finds the node. It kept its bindings on disk: when it is back, packets go on, without a word from the node.",
    {
      actions: [
        at(5, { kind: "power", node: "home-agent", on: false }), at(10, { kind: "power", node: "home-agent", on: true }),
      ],
    },
  ),
  preset(
    "lossy-link", "A link that loses every third frame",
    "A Binding Update may be lost like any packet: it is sent again, each time after twice as long, until it is acknowledged.",
    {
      seed: 8, visited: [{ kind: "ipv6" }, { kind: "ipv6", conditions: { loss: 0.33 } }],
      traffic: { pingEveryMs: 100, stream: true }, actions: [move(5, "visited-2"), move(35, "visited-1")],
    },
  ),
  preset(
    "silent-cut", "A link that fails while nobody sends",
    "No cable was pulled and nobody sends: only the advertisements that stay away tell the node that its router is gone.",
    {
      traffic: SILENCE,
      actions: [
        at(5, { kind: "conditions", link: "visited-1", conditions: { cut: true } }),
        at(20, { kind: "conditions", link: "visited-1", conditions: { cut: false } }),
      ],
    },
  ),
  preset(
    "satellite", "A handover by satellite",
    "With one uplink the old way is gone before the new one is known: nothing arrives until a round trip to the home agent is over, and here that is long.",
    { visited: [{ kind: "ipv6" }, { kind: "ipv6", conditions: { delayMs: 270 } }], actions: [move(5, "visited-2"), move(15, "visited-1")] },
  ),
  preset(
    "twenty-nodes", "Twenty mobile nodes",
    "One home agent serves many nodes in networks of all kinds, each by what its network lets pass.",
    {
      visited: networks("ipv6", "nat", "udp-ipv6", "dual-stack"), mobileNodes: TWENTY,
      traffic: { pingEveryMs: 500, stream: false }, actions: crowd,
    },
  ),
];
