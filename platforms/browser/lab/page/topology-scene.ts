/**
 * The picture's elements: areas of networks, wires, tunnels and nodes, in SVG. They are made once and then changed,
 * so that what has the focus, or is being dragged, stays what it is.
 */
import type { VisitedKind } from "../../../sim/visited.ts";
import type { World, WorldLink, WorldNode } from "../contract.ts";
import { html, setAttribute, setText, svg } from "./dom.ts";
import { conditionsText, NO_NETWORK, networkOf, NODE_ICONS, titleOf } from "./topology-labels.ts";
import { drawn, pathOf } from "./topology-paths.ts";
import type { Places, Size, Zone } from "./topology-places.ts";

/** Visited networks whose router has a firewall, and the bricks that stand for it. */
const FIREWALLED: ReadonlySet<VisitedKind> = new Set(["blocked-nat", "udp-ipv6"]);
export const WALL = "M0 0h16v10H0zM0 5h16M5.3 0v5M10.6 0v5M2.6 5v5M8 5v5M13.3 5v5";

/** Registration states in which the home agent holds a binding (RFC 6275 §11.7.1). */
const BOUND = new Set(["Registered", "Updating"]);

export class Scene {
  readonly svg = svg("svg", { class: "scene", role: "group", "aria-label": "Map of the network" });
  private readonly layers = {
    zones: svg("g"), tunnels: svg("g", { class: "tunnels", "aria-hidden": "true" }), wires: svg("g"), nodes: svg("g"),
  };
  private readonly parts = new Map<string, SVGGElement>();

  constructor() {
    const { zones, tunnels, wires, nodes } = this.layers;
    this.svg.append(zones, tunnels, wires, nodes);
  }

  /** The element of a node, or of a link. */
  part(id: string): SVGGElement | undefined {
    return this.parts.get(id);
  }

  /** Everything anew, as `world` is and where `places` has it. */
  draw(world: World, places: Places, size: Size, selected: string | null): void {
    setAttribute(this.svg, "viewBox", `0 0 ${size.width} ${size.height}`);
    const kept = new Set<string>();
    const links = new Map(world.links.map((link) => [link.id, link]));
    for (const zone of places.zones) kept.add(this.drawZone(zone, links.get(zone.link ?? ""), world, places, size));
    for (const link of world.links) for (const id of this.drawWires(link, world, places)) kept.add(id);
    for (const node of world.nodes) kept.add(this.drawNode(node, world, places, size));
    for (const [id, part] of this.parts) {
      if (kept.has(id)) setAttribute(part, "data-selected", id === selected);
      else {
        part.remove();
        this.parts.delete(id);
      }
    }
  }

  /** A band from each bound mobile node to its home agent. */
  drawTunnels(world: World, places: Places, states: ReadonlyMap<string, string>): void {
    const agent = world.nodes.find(({ kind }) => kind === "home-agent");
    const bands = world.nodes.flatMap((node) => {
      if (!agent || node.kind !== "mobile-node" || !node.running || !BOUND.has(states.get(node.id) ?? "")) return [];
      const path = places.route(node.id, agent.id);
      return path ? [drawn(path, 12)] : [];
    });
    const { tunnels } = this.layers;
    bands.forEach((d, index) => {
      const band = tunnels.children[index] ?? tunnels.appendChild(svg("g", { class: "tunnel" }, svg("path")));
      setAttribute(band.firstElementChild!, "d", d);
    });
    while (tunnels.children.length > bands.length) tunnels.lastChild!.remove();
  }

  private made(id: string, layer: keyof Scene["layers"], make: () => SVGGElement): SVGGElement {
    let part = this.parts.get(id);
    if (!part) {
      part = make();
      part.dataset.id = id;
      this.parts.set(id, part);
      this.layers[layer].append(part);
    }
    return part;
  }

  private drawZone(zone: Zone, link: WorldLink | undefined, world: World, places: Places, { em }: Size): string {
    const id = zone.link ?? "no-network";
    const part = this.made(id, "zones", () => svg("g", { class: "zone", ...(link && { role: "button", tabindex: -1 }) },
      svg("rect", { rx: 10 }), svg("text", { class: "title" }), svg("text", { class: "small" }),
      svg("path", { class: "wall", d: WALL })));
    const [rect, title, small, wall] = part.children;
    for (const name of ["x", "y", "width", "height"] as const) setAttribute(rect, name, zone[name]);
    setAttribute(part, "data-kind", link ? link.kind : "nowhere");
    setAttribute(part, "data-cut", link?.conditions.cut ?? false);
    const isTop = link !== undefined && link.kind !== "visited";
    const middle = zone.x + zone.width / 2;
    const letters = Math.floor(zone.width / (0.46 * em));
    const name = link === undefined ? NO_NETWORK : link.kind === "visited" ? titleOf(link, letters)
      : link.kind === "correspondents" ? (letters > 13 ? link.label : "Peer") : letters > 14 ? "Home network" : "Home";
    setText(title, name);
    setAttribute(title, "x", middle);
    setAttribute(title, "y", isTop ? zone.y + 1.15 * em : zone.y + zone.height - (link && !places.isLow(zone) ? 1.45 : 0.5) * em);
    const isLow = !isTop && places.isLow(zone);
    setText(small, link && !isLow ? conditionsText(link.conditions) : "");
    setAttribute(small, "x", middle);
    setAttribute(small, "y", zone.y + zone.height - 0.5 * em);
    const hasWall = link?.visitedKind !== undefined && FIREWALLED.has(link.visitedKind);
    setAttribute(wall, "visibility", hasWall ? "visible" : "hidden");
    setAttribute(wall, "transform", `translate(${middle + 1.3 * em} ${zone.y - 5})`);
    if (!link) return id;
    const inside = world.nodes.filter(({ kind, links }) => kind === "mobile-node" && links.includes(link.id)).length;
    const nodes = zone.takesNodes ? `, ${inside === 1 ? "1 mobile node" : `${inside} mobile nodes`}` : "";
    const isBehind = hasWall ? ", behind a firewall" : "";
    setAttribute(part, "aria-label", `${link.label}: ${conditionsText(link.conditions)}${isBehind}${nodes}`);
    return id;
  }

  /** Of each node to where the link's frames meet. A link without an area of its own can be chosen by its wire. */
  private drawWires(link: WorldLink, world: World, places: Places): string[] {
    const hasZone = places.zones.some((zone) => zone.link === link.id);
    const id = hasZone ? `wire ${link.id}` : link.id;
    const isBus = link.kind === "backbone" && world.nodes.filter((node) => node.links.includes(link.id)).length > 2;
    const part = this.made(id, "wires", () => svg("g", { class: "wire", ...(!hasZone && { role: "button", tabindex: -1 }) },
      svg("path", { class: "reach" }), svg("path", { class: "line" }), svg("circle", { class: "hub", r: 4 }),
      svg("text", { class: "small" })));
    const [reach, line, hub, small] = part.children;
    const ways = world.nodes.filter((node) => node.links.includes(link.id)).map((node) => drawn(places.path(link.id, node.id, "")));
    if (isBus) ways.push(drawn(pathOf([places.bus.from, places.bus.to])));
    for (const path of [reach, line]) setAttribute(path, "d", ways.join(""));
    setAttribute(part, "data-cut", link.conditions.cut);
    setAttribute(part, "data-lossy", link.conditions.loss > 0);
    setAttribute(part, "data-kind", link.kind);
    const meet = places.hubs.get(link.id);
    setAttribute(hub, "cx", meet?.x ?? 0);
    setAttribute(hub, "cy", meet?.y ?? 0);
    setAttribute(hub, "visibility", meet && !isBus ? "visible" : "hidden");
    if (!hasZone) setAttribute(part, "aria-label", `${link.label}: ${conditionsText(link.conditions)}`);
    const place = isBus ? { x: places.bus.to.x, y: places.bus.to.y - 6 } : { x: meet?.x ?? 0, y: (meet?.y ?? 0) - 9 };
    setText(small, hasZone ? "" : `${isBus ? `${link.label}: ` : ""}${conditionsText(link.conditions)}`);
    setAttribute(small, "x", place.x);
    setAttribute(small, "y", place.y);
    setAttribute(small, "text-anchor", isBus ? "end" : "middle");
    return [id];
  }

  private drawNode(node: WorldNode, world: World, places: Places, size: Size): string {
    const { em } = size;
    const place = places.nodes.get(node.id);
    const part = this.made(node.id, "nodes", () => svg("g", { class: "node", role: "button", tabindex: -1 },
      svg("rect", { class: "halo", rx: node.kind === "router" ? 99 : 12 }), svg("rect", { rx: node.kind === "router" ? 99 : 8 }),
      svg("path", { d: NODE_ICONS[node.kind] }), svg("text", { class: "name" }), svg("text", { class: "small" }), svg("title")));
    const isMobile = node.kind === "mobile-node";
    const [halo, rect, path, name, caption, title] = part.children;
    const side = (isMobile ? 2.1 : 1.9) * em;
    setAttribute(part, "data-kind", node.kind);
    setAttribute(part, "data-off", !node.running);
    for (const [square, length] of [[rect, side], [halo, side + 9]] as const) {
      const box = { x: -length / 2, y: -length / 2, width: length, height: length };
      for (const [key, value] of Object.entries(box)) setAttribute(square, key, value);
    }
    const number = isMobile ? /\d+$/.exec(node.label)?.[0] : undefined;
    const lift = number ? -0.28 * em : 0;
    const scale = side / 16 * (isMobile ? 0.66 : 0.7) * (number ? 0.8 : 1);
    setAttribute(path, "transform", `translate(${-8 * scale} ${-8 * scale + lift}) scale(${scale})`);
    setText(name, number ?? "");
    setAttribute(name, "y", 0.82 * em);
    this.drawCaption(caption, node, size, places);
    setText(title, node.running ? node.label : `${node.label} (off)`);
    setAttribute(part, "transform", place ? `translate(${place.x} ${place.y})` : "translate(-99 -99)");
    const where = isMobile ? `, in ${networkOf(world, node)}; Enter moves it` : "";
    setAttribute(part, "aria-label", `${node.label}${node.running ? "" : ", off"}${where}`);
    return node.id;
  }

  /** The label stands below a node; beside those that have a wire there; mobile nodes in a crowd have numbers alone. */
  private drawCaption(caption: Element, { kind, label, links }: WorldNode, { em }: Size, places: Places): void {
    const isBeside = kind === "router" || kind === "nat";
    const isNumbered = kind === "mobile-node" && /\d$/.test(label);
    const room = places.zones.find(({ link }) => link !== null && links.includes(link))?.width ?? Infinity;
    const isCramped = kind === "mobile-node" ? places.rows > 1 : kind === "host" || !places.hasCaptions || room < 9 * em;
    setText(caption, isNumbered || isCramped ? "" : label);
    setAttribute(caption, "x", isBeside ? 1.25 * em : 0);
    setAttribute(caption, "y", (isBeside ? 1.3 : kind === "mobile-node" ? 2.05 : 1.75) * em);
    setAttribute(caption, "text-anchor", isBeside ? "start" : "middle");
  }
}

/** What the dots and lines mean. */
export function legendEntry(shape: SVGElement, label: string): HTMLElement {
  return html("li", {}, shape, label);
}
