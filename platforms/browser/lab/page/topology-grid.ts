/** Rows and columns for the nodes of one network, in an area. */
import type { Point } from "./topology-paths.ts";

export interface Area { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** What a node takes up with its label, and at least (they then overlap no more than their labels), in em. */
const ROOMY = { across: 4.2, down: 3.9 };
const TIGHT = { across: 2.3, down: 2.3 };

export class Grid {
  constructor(private readonly area: Area, private readonly em: number) {}

  /** Places for so many nodes, row by row, each row in the middle; too many stand closer than they would like. */
  place(count: number): Point[] {
    const { area, em } = this;
    const pick = (cell: typeof ROOMY) => Math.max(1, Math.floor(area.width / (cell.across * em)));
    const isRoomy = Math.ceil(count / pick(ROOMY)) * ROOMY.down * em <= area.height;
    const cell = isRoomy ? ROOMY : TIGHT;
    const columns = pick(cell);
    const rows = Math.ceil(count / columns);
    const down = Math.min(cell.down * em, area.height / Math.max(1, rows));
    return Array.from({ length: count }, (_, index) => {
      const row = Math.floor(index / columns);
      const inRow = Math.min(columns, count - row * columns);
      const across = Math.min(cell.across * em, area.width / inRow);
      return {
        x: area.x + area.width / 2 + (index % columns - (inRow - 1) / 2) * across,
        y: area.y + down * (row + 0.5) - (isRoomy ? 0.3 * em : 0),
      };
    });
  }
}
