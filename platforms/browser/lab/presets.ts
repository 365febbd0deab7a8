/** The scenarios that come with the lab: each has one thing to teach. */
import type { Preset, Scenario } from "./contract.ts";

const PLAIN = {
  seed: 1, visited: [{ kind: "ipv6" }, { kind: "ipv6" }], mobileNodes: 1, routeOptimisation: false, homeLink: false,
  traffic: { pingEveryMs: 100, stream: false }, actions: [],
} as const satisfies Scenario;

export const PRESETS: readonly Preset[] = [
  {
    id: "handover", title: "A first handover",
    lesson: "The home address stays, the care-of address changes: a Binding Update tells the home agent, and packets come again.",
    scenario: {
      ...PLAIN, preset: "handover",
      actions: [{ atMs: 5000, kind: "attach", node: "mobile-node-1", link: "visited-2" }],
    },
  },
];
