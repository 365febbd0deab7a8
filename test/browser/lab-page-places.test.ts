/** Where the map of the lab puts things: a pure function, so it needs no browser. */
import { describe, expect, it } from "vitest";
import type { World, WorldLink, WorldNode } from "../../platforms/browser/lab/contract.ts";
import { along, pathOf } from "../../platforms/browser/lab/page/topology-paths.ts";
import { Places } from "../../platforms/browser/lab/page/topology-places.ts";

const CONDITIONS = { delayMs: 1, loss: 0, bitsPerSecond: 0, cut: false };
const SIZES = [{ width: 720, height: 370, em: 16 }, { width: 360, height: 380, em: 14.4 }, { width: 1400, height: 800, em: 16 }];

function world(visited: number, mobileNodes: number, hasHomeLink: boolean): World {
  const link = (id: string, kind: WorldLink["kind"]): WorldLink => ({ id, kind, label: id, conditions: CONDITIONS });
  const node = (id: string, kind: WorldNode["kind"], ...links: string[]): WorldNode =>
    ({ id, kind, label: id, addresses: [], running: true, links, status: "" });
  const networks = Array.from({ length: visited }, (_, index) => `visited-${index + 1}`);
  const home = hasHomeLink ? ["home-link"] : [];
  return {
    links: [
      link("backbone", "backbone"), link("home-access", "backbone"), link("correspondents", "correspondents"),
      ...home.map((id) => link(id, "home")), ...networks.map((id) => link(id, "visited")),
    ],
    nodes: [
      node("core-router", "router", "backbone", "home-access", "correspondents"), node("home-agent", "home-agent", "home-access", ...home),
      node("correspondent", "correspondent", "correspondents"), ...home.map((id) => node("neighbour", "host", id)),
      ...networks.map((id, index) => node(`router-${index + 1}`, index % 2 ? "nat" : "router", id, "backbone")),
      ...Array.from({ length: mobileNodes }, (_, index) => node(`mobile-${index + 1}`, "mobile-node", ...index % (visited + 1) < visited ? [networks[index % (visited + 1)]] : [])),
    ],
  };
}

describe.each(SIZES)("a map of $width × $height", (size) => {
  it.each([[1, 1, false], [2, 1, true], [4, 3, true], [8, 20, true], [2, 20, false]] as const)(
    "has room for %i networks and %i mobile nodes", (visited, mobileNodes, hasHomeLink) => {
      const made = world(visited, mobileNodes, hasHomeLink);
      const places = new Places(made, size);
      for (const { id, kind } of made.nodes) {
        const place = places.nodes.get(id)!;
        expect(place, id).toBeDefined();
        expect(place.x > 0 && place.x < size.width && place.y > 0 && place.y < size.height, `${id} at ${place.x}, ${place.y}`).toBe(true);
        if (kind === "mobile-node") expect(places.zoneAt(place)?.link ?? null, id).toBe(made.nodes.find((node) => node.id === id)!.links[0] ?? null);
      }
      for (const one of places.zones) {
        for (const other of places.zones) {
          if (one === other) continue;
          const isApart = one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y;
          expect(isApart, `${one.link} and ${other.link}`).toBe(true);
        }
      }
      const spots = made.nodes.map(({ id }) => places.nodes.get(id)!).map(({ x, y }) => `${x} ${y}`);
      expect(new Set(spots).size, "each node has a spot of its own").toBe(spots.length);
    });

  it("leads frames from node to node, and tunnels over several links", () => {
    const made = world(4, 4, true);
    const places = new Places(made, size);
    const path = places.path("visited-1", "router-1", "mobile-1");
    const spot = { x: 0, y: 0 };
    along(path, 0, spot);
    expect(Math.hypot(spot.x - places.nodes.get("router-1")!.x, spot.y - places.nodes.get("router-1")!.y)).toBeLessThan(1.1 * size.em);
    along(path, 1, spot);
    expect(Math.hypot(spot.x - places.nodes.get("mobile-1")!.x, spot.y - places.nodes.get("mobile-1")!.y)).toBeLessThan(1.1 * size.em);
    const tunnel = places.route("mobile-1", "home-agent")!;
    expect(tunnel.points[0]).toEqual(places.nodes.get("mobile-1"));
    expect(tunnel.points.at(-1)).toEqual(places.nodes.get("home-agent"));
    expect(places.route("mobile-4", "home-agent")).toBeDefined();
  });

  it("ends a path at the hub for a node that has left", () => {
    const places = new Places(world(2, 1, false), size);
    const { points } = places.path("visited-2", "router-2", "mobile-1");
    expect(points.at(-1)).toEqual(places.hubs.get("visited-2"));
  });
});

it("finds points along a path by their distance", () => {
  const path = pathOf([{ x: 0, y: 0 }, { x: 30, y: 0 }, { x: 30, y: 0 }, { x: 30, y: 10 }]);
  expect(path.points.length).toBe(3);
  const spot = { x: 0, y: 0 };
  along(path, 0.5, spot);
  expect(spot).toEqual({ x: 20, y: 0 });
  along(path, 0.875, spot);
  expect(spot).toEqual({ x: 30, y: 5 });
  along(path, 2, spot);
  expect(spot).toEqual({ x: 30, y: 10 });
});
