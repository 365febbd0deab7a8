/**
 * Packets under way, on a canvas above the network: a dot for each flight, by its kind in shape and colour, and a
 * cross where one was lost. SVG would do for tens of them; a stream over 20 nodes has hundreds.
 */
import type { Flight, PacketKind } from "../contract.ts";
import { PACKET_LOOKS, type PacketLook, type PageContext } from "./context.ts";
import type { Places } from "./topology-places.ts";
import { along } from "./topology-paths.ts";

/** Drawn at once; of more, the oldest go. */
const MOST = 600;
/** A flight is shown for at least so long, by the person's clock: a link of 1 ms would be a flash. */
const SHORTEST_MS = 260;
/** As far along its way a lost packet comes, and for how long its cross stays by the person's clock. */
const LOST_AT = 0.6;
const CROSS_MS = 1100;
/** Of packets of a kind that follow each other closer than this on one way, by the person's clock, the first is drawn. */
const THIN_MS = 28;
/** How near a click must be, in pixels; fingers are wider. */
const REACH = { mouse: 11, touch: 22 };

interface Dot {
  readonly flight: Flight;
  /** Virtual time at which it has arrived as shown, and at which its cross goes. */
  readonly arrivesMs: number;
  readonly goesMs: number;
  x: number;
  y: number;
}

export class PacketLayer {
  private dots: Dot[] = [];
  private readonly brush: CanvasRenderingContext2D;
  private readonly colours = new Map<PacketKind, string>();
  /** When the last one of a kind was drawn on a way. */
  private readonly lastOnWay = new Map<string, number>();
  private scale = 1;
  private edge = "";
  private bad = "";
  /** The one that is open in the inspector. */
  private marked = -1;

  constructor(readonly canvas: HTMLCanvasElement, private readonly context: PageContext) {
    this.brush = canvas.getContext("2d")!;
    this.takeColours();
    context.onTheme(() => this.takeColours());
  }

  resize(width: number, height: number): void {
    this.scale = Math.min(2, globalThis.devicePixelRatio || 1);
    this.canvas.width = Math.round(width * this.scale);
    this.canvas.height = Math.round(height * this.scale);
  }

  clear(): void {
    this.dots = [];
    this.lastOnWay.clear();
    this.marked = -1;
  }

  mark(id: number): void {
    this.marked = id;
  }

  /** `speed`: how much virtual time passes in one of the person's; 0: it is stepped, and times are shown as they are. */
  add(flights: readonly Flight[], speed: number): void {
    const still = this.context.reducedMotion() ? 2 : 1; // what does not move is to be found
    for (const flight of flights) {
      if (this.isThinned(flight, speed)) continue;
      const arrivesMs = Math.max(flight.arrivesMs, flight.sentMs + SHORTEST_MS * still * speed);
      const goesMs = flight.lost === undefined ? arrivesMs : arrivesMs + Math.max(CROSS_MS * speed, 20);
      this.dots.push({ flight, arrivesMs, goesMs, x: -1, y: -1 });
    }
    if (this.dots.length > MOST) this.dots.splice(0, this.dots.length - MOST);
  }

  /** A stream would be a bar; what is rare is always drawn. */
  private isThinned({ kind, link, from, to, sentMs, lost }: Flight, speed: number): boolean {
    if (kind === "signalling" || kind === "error" || lost !== undefined) return false;
    const way = `${kind} ${link} ${from} ${to}`;
    const lastMs = this.lastOnWay.get(way) ?? -Infinity;
    if (sentMs >= lastMs && sentMs - lastMs < THIN_MS * speed) return true;
    this.lastOnWay.set(way, sentMs);
    return false;
  }

  draw(nowMs: number, places: Places): void {
    const { brush, scale } = this;
    const isStill = this.context.reducedMotion();
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.dots.length === 0) return;
    this.dots = this.dots.filter(({ goesMs }) => goesMs >= nowMs);
    for (const dot of this.dots) {
      const { flight, arrivesMs } = dot;
      if (flight.sentMs > nowMs) continue;
      const path = places.path(flight.link, flight.from, flight.to);
      const isLost = flight.lost !== undefined;
      const part = isStill ? 0.5 : Math.min(1, (nowMs - flight.sentMs) / Math.max(1e-6, arrivesMs - flight.sentMs));
      along(path, isLost ? part * LOST_AT : part, dot);
      brush.setTransform(scale, 0, 0, scale, dot.x * scale, dot.y * scale);
      if (flight.id === this.marked) this.drawRing();
      if (isLost && (isStill || nowMs >= arrivesMs)) this.drawCross();
      else this.drawDot(flight);
    }
  }

  /** The packet at a place, the newest on top; undefined: there is none. */
  hit(x: number, y: number, pointer: string): number | undefined {
    const reach = pointer === "touch" ? REACH.touch : REACH.mouse;
    let nearest = reach;
    let found: number | undefined;
    for (const dot of this.dots) {
      const distance = Math.hypot(dot.x - x, dot.y - y);
      if (distance <= nearest) [nearest, found] = [distance, dot.flight.id];
    }
    return found;
  }

  get count(): number {
    return this.dots.length;
  }

  /** Where they are now, for whoever wants to know (tests do). */
  positions(): { id: number; kind: PacketKind; link: string; isLost: boolean; x: number; y: number }[] {
    return this.dots.map(({ flight: { id, kind, link, lost }, x, y }) => ({ id, kind, link, isLost: lost !== undefined, x, y }));
  }

  private drawDot({ kind, lengthBytes }: Flight): void {
    const { brush } = this;
    brush.beginPath();
    trace(brush, PACKET_LOOKS[kind].shape, 4.2 + Math.min(1.4, lengthBytes / 900));
    if (PACKET_LOOKS[kind].shape === "ring") {
      brush.lineWidth = 2.5;
      brush.strokeStyle = this.colours.get(kind)!;
      brush.stroke();
      return;
    }
    brush.fillStyle = this.colours.get(kind)!;
    brush.fill();
    brush.lineWidth = 1.2;
    brush.strokeStyle = this.edge;
    brush.stroke();
  }

  private drawCross(): void {
    const { brush } = this;
    brush.beginPath();
    for (const side of [1, -1]) {
      brush.moveTo(-5.5, -5.5 * side);
      brush.lineTo(5.5, 5.5 * side);
    }
    brush.lineCap = "round";
    for (const [width, colour] of [[6, this.edge], [3, this.bad]] as const) {
      brush.lineWidth = width;
      brush.strokeStyle = colour;
      brush.stroke();
    }
  }

  private drawRing(): void {
    this.brush.beginPath();
    this.brush.arc(0, 0, 11, 0, 2 * Math.PI);
    this.brush.lineWidth = 2;
    this.brush.strokeStyle = this.context.colour("accent");
    this.brush.stroke();
  }

  private takeColours(): void {
    for (const kind of Object.keys(PACKET_LOOKS) as PacketKind[]) {
      this.colours.set(kind, this.context.colour(PACKET_LOOKS[kind].colour));
    }
    this.edge = this.context.colour("panel");
    this.bad = this.context.colour("bad");
  }
}

/** Corners of the shapes, for a radius of one; round ones have none. */
const CORNERS: Partial<Record<PacketLook["shape"], readonly (readonly [number, number])[]>> = {
  diamond: [[0, -1.35], [1.35, 0], [0, 1.35], [-1.35, 0]],
  square: [[-0.95, -0.95], [0.95, -0.95], [0.95, 0.95], [-0.95, 0.95]],
  triangle: [[0, -1.15], [1.1, 0.85], [-1.1, 0.85]],
  hexagon: [[-0.6, -1.1], [0.6, -1.1], [1.2, 0], [0.6, 1.1], [-0.6, 1.1], [-1.2, 0]],
};

function trace(brush: CanvasRenderingContext2D, shape: PacketLook["shape"], radius: number): void {
  const corners = CORNERS[shape];
  if (!corners) {
    brush.arc(0, 0, shape === "ring" ? radius * 0.8 : radius, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([x, y], index) => (index === 0 ? brush.moveTo(x * radius, y * radius) : brush.lineTo(x * radius, y * radius)));
  brush.closePath();
}

/** The same shape for SVG, within a box of 14 × 14. */
export function shapeInSvg(shape: PacketLook["shape"]): string {
  const corners = CORNERS[shape];
  if (corners) return `M${corners.map(([x, y]) => `${7 + 4.6 * x} ${7 + 4.6 * y}`).join("L")}Z`;
  const radius = shape === "ring" ? 3.8 : 4.8;
  return `M${7 - radius} 7a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
}
