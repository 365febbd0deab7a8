/** Where the states of a machine stand, and how its transitions run between them: a ring, read clockwise. */
import type { MachineTable } from "../contract.ts";

export interface StatePlace {
  readonly state: string;
  readonly x: number;
  readonly y: number;
}

/** All transitions from one state to another. */
export interface Edge {
  readonly from: StatePlace;
  readonly to: StatePlace;
  /** Event and action, of each. */
  readonly labels: readonly string[];
  /** Of SVG. */
  readonly path: string;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly places: readonly StatePlace[];
  readonly edges: readonly Edge[];
}

export const STATE_WIDTH = 94;
export const STATE_HEIGHT = 26;
/** How far an edge bends towards the middle of the ring. */
const BEND = 0.24;

/** The drawing of a machine; transitions that change no state are left out. */
export function drawingOf({ states, transitions }: MachineTable, width: number): Drawing {
  const height = Math.max(230, Math.min(width * 0.62, 90 + states.length * 26));
  const [cx, cy] = [width / 2, height / 2];
  const [rx, ry] = [Math.max(60, width / 2 - STATE_WIDTH / 2 - 6), height / 2 - STATE_HEIGHT / 2 - 6];
  const places = states.map((state, index) => {
    const angle = ((index + 0.5) / states.length) * 2 * Math.PI - Math.PI / 2; // none at the very top: those beside it would overlap
    return { state, x: cx + rx * Math.cos(angle), y: cy + ry * Math.sin(angle) };
  });
  const edges = new Map<string, Edge>();
  for (const { from, event, to, action } of transitions) {
    const [begin, end] = [places.find(({ state }) => state === from), places.find(({ state }) => state === to)];
    if (!begin || !end || begin === end) continue;
    const key = `${from}>${to}`;
    const label = action === "None" ? event : `${event} / ${action}`;
    const labels = [...edges.get(key)?.labels ?? [], label];
    edges.set(key, { from: begin, to: end, labels, path: pathOf(begin, end, cx, cy) });
  }
  return { width, height, places, edges: [...edges.values()] };
}

/** From border to border, bent a little towards the middle, each direction on its own side. */
function pathOf(from: StatePlace, to: StatePlace, cx: number, cy: number): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const side = 10;
  const mx = (from.x + to.x) / 2 + (cx - (from.x + to.x) / 2) * BEND - (dy / length) * side;
  const my = (from.y + to.y) / 2 + (cy - (from.y + to.y) / 2) * BEND + (dx / length) * side;
  const [start, end] = [border(from, mx, my), border(to, mx, my)];
  return `M${start} Q${mx.toFixed(1)} ${my.toFixed(1)} ${end}`;
}

/** Where the straight line from the middle of a state towards a point leaves its box. */
function border({ x, y }: StatePlace, towardsX: number, towardsY: number): string {
  const [dx, dy] = [towardsX - x, towardsY - y];
  const share = Math.min(
    dx === 0 ? Infinity : (STATE_WIDTH / 2 + 3) / Math.abs(dx), dy === 0 ? Infinity : (STATE_HEIGHT / 2 + 3) / Math.abs(dy), 1,
  );
  return `${(x + dx * share).toFixed(1)} ${(y + dy * share).toFixed(1)}`;
}
