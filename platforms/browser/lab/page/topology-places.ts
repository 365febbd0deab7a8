/**
 * Where everything of a world stands in the picture:
 *
 *      ┌ home ─────────┐                    ┌ correspondents ┐
 *      │ … hub ─ agent │─── core router ────│ hub ─ host …   │
 *      └───────────────┘          │         └────────────────┘
 *      ─────┬──────────┬──────────┴─┬──────── backbone ───────
 *        [router]   [router]     [router]
 *      ┌────┴────┐┌────┴────┐ ┌────┴────┐ ┌ no network ┐
 *      │  hub    ││  hub    │ │  hub    │ │            │
 *      │  nodes  ││  nodes  │ │  nodes  │ │  nodes     │
 *      └─────────┘└─────────┘ └─────────┘ └────────────┘
 *
 * A pure function of the world and of the size in CSS pixels. Lengths follow `em`, the size of the page's letters.
 */
import type { World, WorldLink, WorldNode } from "../contract.ts";
import { Grid } from "./topology-grid.ts";
import { type Path, type Point, pathOf, towards } from "./topology-paths.ts";

export interface Size { readonly width: number; readonly height: number; readonly em: number }

/** A network as an area; a mobile node may be dropped into those with `takesNodes`. */
export interface Zone {
  /** Of the link; null: no network. */
  readonly link: string | null;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly takesNodes: boolean;
}

/** Smallest width of a visited network, in em; with more of them there is a second row. */
const NARROWEST = 4.6;
/** A network lower than this, in em, has room for its nodes and its name, no more. */
const LOW = 7.5;

export class Places {
  readonly nodes = new Map<string, Point>();
  readonly zones: Zone[] = [];
  /** Where the frames of a link meet. */
  readonly hubs = new Map<string, Point>();
  /** The backbone as a line. */
  readonly bus: { readonly from: Point; readonly to: Point };
  /** Whether there is room for the labels of all nodes; else areas and mobile nodes alone have theirs. */
  readonly hasCaptions: boolean;
  /** Of the visited networks. */
  readonly rows: number;
  /** From a node down or up to the bus. */
  private readonly drops = new Map<string, readonly Point[]>();
  private readonly paths = new Map<string, Path>();
  private readonly links: ReadonlyMap<string, WorldLink>;
  private readonly byId: ReadonlyMap<string, WorldNode>;
  private readonly core?: WorldNode;
  /** Between the core router and the home agent. */
  private readonly uplink?: WorldLink;

  constructor(private readonly world: World, private readonly size: Size) {
    const { width, height, em } = size;
    this.links = new Map(world.links.map((link) => [link.id, link]));
    this.byId = new Map(world.nodes.map((node) => [node.id, node]));
    this.core = world.nodes.find((node) => isRouter(node) && !this.has(node, "visited"));
    const isOfAgent = ({ id }: WorldLink) => homeAgents(world).some(({ links }) => links.includes(id));
    this.uplink = world.links.find((link) => this.core?.links.includes(link.id) && isOfAgent(link));
    const topHeight = Math.min(7.4 * em, height * 0.34);
    this.hasCaptions = topHeight > 6.8 * em && width > 36 * em;
    const busY = topHeight + 1.3 * em;
    this.bus = { from: { x: em * 0.6, y: busY }, to: { x: width - em * 0.6, y: busY } };
    this.placeHome(topHeight);
    this.placeCorrespondents(topHeight);
    if (this.core) this.placeNode(this.core, { x: width / 2, y: middleOf(topHeight, em) });
    this.rows = this.placeVisited(busY + 2.2 * em);
    if (this.core) this.drops.set(this.core.id, [{ x: width / 2, y: busY }]);
    for (const link of world.links) if (this.isBus(link)) this.hubs.set(link.id, { x: width / 2, y: busY });
  }

  /** The way of a frame. A node that is not in the link (any more) stands for the link's hub. */
  path(link: string, from: string, to: string): Path {
    const key = `${link} ${from} ${to}`;
    let path = this.paths.get(key);
    if (!path) this.paths.set(key, path = this.outside(this.points(link, from, to), from, to));
    return path;
  }

  /** The way over several links, the shortest; undefined: there is none. */
  route(from: string, to: string): Path | undefined {
    const before = new Map<string, { node: string; link: string }>();
    const queue = [from];
    for (const at of queue) {
      if (at === to) break;
      for (const link of this.byId.get(at)?.links ?? []) {
        for (const next of this.world.nodes) {
          if (next.id === from || before.has(next.id) || !next.links.includes(link)) continue;
          if (next.kind === "mobile-node") continue;
          before.set(next.id, { node: at, link });
          queue.push(next.id);
        }
      }
    }
    if (!before.has(to)) return undefined;
    const points: Point[] = [];
    for (let at = to; at !== from;) {
      const { node, link } = before.get(at)!;
      points.unshift(...this.points(link, node, at));
      at = node;
    }
    return pathOf(points);
  }

  zoneAt({ x, y }: Point): Zone | undefined {
    return this.zones.find((zone) => zone.takesNodes
      && x >= zone.x && x <= zone.x + zone.width && y >= zone.y && y <= zone.y + zone.height);
  }

  isLow({ height }: Zone): boolean {
    return height < LOW * this.size.em;
  }

  private points(link: string, from: string, to: string): Point[] {
    return [...this.leg(link, from), ...this.leg(link, to).reverse()];
  }

  /** Dots begin and end at the edge of a node, not on its face. */
  private outside(points: Point[], from: string, to: string): Path {
    const radius = 0.95 * this.size.em;
    const ends = [...points];
    const last = points.length - 1;
    if (this.byId.has(from) && last > 0) ends[0] = towards(points[0], points[1], radius);
    if (this.byId.has(to) && last > 0) ends[last] = towards(points[last], points[last - 1], radius);
    return pathOf(ends);
  }

  /** From a node to where the link's frames meet. */
  private leg(link: string, node: string): Point[] {
    const hub = this.hubs.get(link) ?? this.nodes.get(node) ?? { x: 0, y: 0 };
    if (!this.byId.get(node)?.links.includes(link)) return [hub];
    const place = this.nodes.get(node) ?? hub;
    if (this.isBus(this.links.get(link))) return [place, ...this.drops.get(node) ?? [hub]];
    return [place, hub];
  }

  /** The backbone that the visited routers hang from. */
  private isBus(link: WorldLink | undefined): boolean {
    return link?.kind === "backbone" && link !== this.uplink;
  }

  private has(node: WorldNode, kind: WorldLink["kind"]): boolean {
    return node.links.some((id) => this.links.get(id)?.kind === kind);
  }

  private placeNode(node: WorldNode, place: Point): void {
    this.nodes.set(node.id, place);
  }

  /** Home: the home agent, and the home link where there is one. */
  private placeHome(height: number): void {
    const { width, em } = this.size;
    const { uplink } = this;
    const homeLink = this.world.links.find((link) => link.kind === "home" && link !== uplink);
    const shown = homeLink ?? uplink;
    if (!shown) return;
    const zone: Zone = {
      link: shown.id, x: 2, y: 2, width: Math.min(width * 0.36, homeLink ? 20 * em : 10 * em), height: height - 4,
      takesNodes: homeLink !== undefined,
    };
    this.zones.push(zone);
    const agents = homeAgents(this.world);
    const y = middleOf(height, em);
    const right = homeLink ? zone.x + zone.width - 2.4 * em : zone.x + zone.width / 2;
    agents.forEach((agent, index) => this.placeNode(agent, { x: right - index * 4 * em, y }));
    if (uplink) this.hubs.set(uplink.id, { x: (zone.x + zone.width + width / 2) / 2, y });
    if (!homeLink) return;
    const hub = { x: right - 3 * em, y };
    this.hubs.set(homeLink.id, hub);
    const inside = this.world.nodes.filter(({ kind, links }) => links.includes(homeLink.id) && kind !== "home-agent");
    new Grid({ x: zone.x + 0.4 * em, y: 1.9 * em, width: hub.x - zone.x - em, height: height - 2.2 * em }, em)
      .place(inside.length).forEach((place, index) => this.placeNode(inside[index], place));
  }

  private placeCorrespondents(height: number): void {
    const { width, em } = this.size;
    const link = this.world.links.find(({ kind }) => kind === "correspondents");
    if (!link) return;
    const hosts = this.world.nodes.filter((node) => node.links.includes(link.id) && node !== this.core);
    const across = Math.min(width * 0.36, Math.max(10, 4.6 * hosts.length) * em);
    const zone = { link: link.id, x: width - 2 - across, y: 2, width: across, height: height - 4, takesNodes: false };
    this.zones.push(zone);
    const y = middleOf(height, em);
    this.hubs.set(link.id, { x: (zone.x + width / 2) / 2, y });
    hosts.forEach((host, index) => this.placeNode(host, { x: zone.x + across * (index + 0.5) / hosts.length, y }));
  }

  private placeVisited(top: number): number {
    const { width, height, em } = this.size;
    const links: (WorldLink | null)[] = [...this.world.links.filter(({ kind }) => kind === "visited"), null];
    const rows = Math.ceil(links.length * NARROWEST * em / width);
    const columns = Math.ceil(links.length / rows);
    const across = (width - 4) / columns;
    const down = (height - top) / rows;
    links.forEach((link, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const gap = Math.min(0.8 * em, across * 0.08);
      const zone: Zone = {
        link: link?.id ?? null, x: 2 + column * across + gap / 2, y: top + row * down, width: across - gap,
        height: down - (row < rows - 1 ? 1.7 * em : 2), takesNodes: true,
      };
      this.zones.push(zone);
      this.placeInside(zone, link, row);
    });
    return rows;
  }

  private placeInside(zone: Zone, link: WorldLink | null, row: number): void {
    const { em } = this.size;
    const middle = zone.x + zone.width / 2;
    const isLow = this.isLow(zone);
    const hub = { x: middle, y: zone.y + (isLow ? 1.5 : 2.1) * em };
    const isInside = ({ links }: WorldNode) => (link ? links.includes(link.id) : links.length === 0);
    const nodes = this.world.nodes.filter((node) => node.kind === "mobile-node" && isInside(node));
    if (link) {
      this.hubs.set(link.id, hub);
      const router = this.world.nodes.find((node) => isRouter(node) && node.links.includes(link.id));
      if (router) {
        this.placeNode(router, { x: middle, y: zone.y });
        const gutter = zone.x - 1;
        const below = [{ x: middle, y: zone.y - 1.3 * em }, { x: gutter, y: zone.y - 1.3 * em }, { x: gutter, y: this.bus.from.y }];
        this.drops.set(router.id, row === 0 ? [{ x: middle, y: this.bus.from.y }] : below);
      }
    }
    const first = zone.y + (!link ? 0.6 : isLow ? 1.5 : 2.5) * em;
    const last = zone.y + zone.height - (isLow ? 1.4 : 2.5) * em;
    new Grid({ x: zone.x + 0.3 * em, y: first, width: zone.width - 0.6 * em, height: last - first }, em)
      .place(nodes.length).forEach((place, index) => this.placeNode(nodes[index], place));
  }
}

/** Of the upper areas, below their titles. */
function middleOf(height: number, em: number): number {
  return height / 2 + 0.15 * em;
}

function homeAgents({ nodes }: World): WorldNode[] {
  return nodes.filter(({ kind }) => kind === "home-agent");
}

function isRouter({ kind }: WorldNode): boolean {
  return kind === "router" || kind === "nat";
}
