/** What stands beside things in the picture, and what is said of them. */
import type { VisitedKind } from "../../../sim/visited.ts";
import type { LinkConditions, NodeKind, World, WorldLink, WorldNode } from "../contract.ts";

/** For areas too narrow for the label of the link. */
const SHORT: Record<VisitedKind, string> = {
  ipv6: "IPv6", "dual-stack": "IPv6 + IPv4", ipv4: "IPv4", nat: "NAT", "short-nat": "Short NAT",
  "blocked-nat": "No UDP", "udp-ipv6": "UDP only",
};

export const NO_NETWORK = "No network";

/** "Network 3: IPv4 behind a NAT" → "IPv4 behind a NAT"; `letters`: how many there is room for. */
export function titleOf(link: WorldLink, letters: number): string {
  const [, title = link.label] = /^Network \d+: (.+)$/.exec(link.label) ?? [];
  return title.length <= letters || !link.visitedKind ? title : SHORT[link.visitedKind];
}

/** "20 ms, 5 % lost, 1 Mbit/s"; "cut". */
export function conditionsText({ delayMs, loss, bitsPerSecond, cut }: LinkConditions): string {
  if (cut) return "cut";
  const parts = [`${delayMs} ms`];
  if (loss > 0) parts.push(`${Number((loss * 100).toFixed(1))} % lost`);
  if (bitsPerSecond > 0) parts.push(rateText(bitsPerSecond));
  return parts.join(", ");
}

export function rateText(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e6) return `${Number((bitsPerSecond / 1e6).toPrecision(3))} Mbit/s`;
  return bitsPerSecond >= 1000 ? `${Number((bitsPerSecond / 1e3).toPrecision(3))} kbit/s` : `${bitsPerSecond} bit/s`;
}

/** The label of the network that a mobile node is in. */
export function networkOf(world: World, node: WorldNode): string {
  const labels = world.links.filter(({ id }) => node.links.includes(id)).map(({ label }) => label);
  return labels.length > 0 ? labels.join(", ") : NO_NETWORK.toLowerCase();
}

/** Networks to which a mobile node can be moved; null: none at all. */
export function destinations(world: World): { readonly link: string | null; readonly label: string }[] {
  const links = world.links.filter(({ kind }) => kind === "home" || kind === "visited");
  return [...links.map(({ id, label }) => ({ link: id, label })), { link: null, label: NO_NETWORK }];
}

/** Icons of 16 × 16, strokes. */
export const NODE_ICONS: Record<NodeKind, string> = {
  "mobile-node": "M5 1.8h6a1 1 0 0 1 1 1v10.4a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V2.8a1 1 0 0 1 1-1zM7 11.9h2",
  "home-agent": "M2 8.2 8 2.8l6 5.4M3.8 7v6.2h8.4V7M6.7 13.2V9.6h2.6v3.6",
  correspondent: "M2.5 2.8h11v7.6h-11zM5.5 13.4h5M8 10.4v3",
  router: "M2.5 6h10M10 3.4 12.7 6 10 8.6M13.5 10.6h-10M6 8 3.3 10.6 6 13.2",
  nat: "M2.5 4.2h5.6v7.6H2.5M8.1 8h5.6M11.4 5.6 13.8 8l-2.4 2.4",
  host: "M2.5 3.4h11v7h-11zM1.5 13h13",
};
