/**
 * Where the states of a machine stand, and how its transitions run between them: round a rectangle, read clockwise,
 * three in a row, so that no state covers another however many there are.
 */
import type { MachineTable } from "../contract.ts";

export interface StatePlace {
  readonly state: string;
  /** Of the middle. */
  readonly x: number;
  readonly y: number;
}

/** All transitions from one state to another. */
export interface Edge {
  readonly from: StatePlace;
  readonly to: StatePlace;
  /** Of SVG. */
  readonly path: string;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly places: readonly StatePlace[];
  readonly edges: readonly Edge[];
}

export const STATE_WIDTH = 98;
export const STATE_HEIGHT = 26;
const ROW_HEIGHT = 58;
const PADDING = 5;
/** How far an edge bends towards the middle. */
const BEND = 0.3;
/** Between the two directions of a pair. */
const SIDE = 9;

/** The drawing of a machine, `width` wide at least so that three states fit; what changes no state has no edge. */
export function drawingOf({ states, transitions }: MachineTable, width: number): Drawing {
  const rows = rowsOf(states.length);
  const height = (rows - 1) * ROW_HEIGHT + STATE_HEIGHT + 2 * PADDING;
  const slots = slotsOf(states.length, rows);
  const places = states.map((state, index) => ({
    state, x: PADDING + STATE_WIDTH / 2 + slots[index].column * (width - 2 * PADDING - STATE_WIDTH),
    y: PADDING + STATE_HEIGHT / 2 + slots[index].row * ROW_HEIGHT,
  }));
  const edges = new Map<string, Edge>();
  for (const { from, to } of transitions) {
    const [begin, end] = [places.find(({ state }) => state === from), places.find(({ state }) => state === to)];
    if (!begin || !end || begin === end) continue;
    edges.set(`${from}>${to}`, { from: begin, to: end, path: pathOf(begin, end, width / 2, height / 2) });
  }
  return { width, height, places, edges: [...edges.values()] };
}

/** Three at the top, three at the bottom, two in each row between. */
function rowsOf(count: number): number {
  return count <= 3 ? 1 : 2 + Math.max(0, Math.ceil((count - 6) / 2));
}

/** `column`: 0 at the left, 1 at the right. */
function slotsOf(count: number, rows: number): { column: number; row: number }[] {
  const top = Math.min(3, rows === 1 ? count : Math.ceil(count / 2));
  const right = Math.ceil(Math.max(0, count - 6) / 2);
  const bottom = Math.min(3, count - top - right);
  const left = count - top - right - bottom;
  const along = (index: number, of: number) => (of === 1 ? 0.5 : index / (of - 1));
  return [
    ...Array.from({ length: top }, (_, index) => ({ column: along(index, top), row: 0 })),
    ...Array.from({ length: right }, (_, index) => ({ column: 1, row: index + 1 })),
    ...Array.from({ length: bottom }, (_, index) => ({ column: 1 - along(index, bottom), row: rows - 1 })),
    ...Array.from({ length: left }, (_, index) => ({ column: 0, row: rows - 2 - index })),
  ];
}

/** From border to border, bent a little towards the middle, each direction on its own side. */
function pathOf(from: StatePlace, to: StatePlace, cx: number, cy: number): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  // Along the middle row or column there may be a state between: round it.
  const bend = Math.abs(dy) < 1 && Math.abs(dx) > cx ? 0.8 : BEND;
  const [straightX, straightY] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const x = straightX + (cx - straightX) * BEND - (dy / length) * SIDE;
  const y = straightY + (cy - straightY) * bend + (dx / length) * SIDE;
  return `M${border(from, x, y)} Q${x.toFixed(1)} ${y.toFixed(1)} ${border(to, x, y)}`;
}

/** Where the straight line from the middle of a state towards a point leaves its box. */
function border({ x, y }: StatePlace, towardsX: number, towardsY: number): string {
  const [dx, dy] = [towardsX - x, towardsY - y];
  const share = Math.min(
    dx === 0 ? Infinity : (STATE_WIDTH / 2 + 3) / Math.abs(dx), dy === 0 ? Infinity : (STATE_HEIGHT / 2 + 3) / Math.abs(dy), 1,
  );
  return `${(x + dx * share).toFixed(1)} ${(y + dy * share).toFixed(1)}`;
}
