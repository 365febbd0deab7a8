/**
 * The drawing of a header as the RFCs have it: rows of 32 bits, a cell for each field where it stands. Made of the
 * offsets that the codec found, so that it shows this packet and not a picture of one.
 */
import type { Layer } from "../../../../bindings/codec.ts";

/** Rows of a field that are shown at most: of longer ones the middle is left out. */
export const MOST_ROWS = 4;
export const ROW_BITS = 32;

/** A field takes a cell, or two or three where it begins or ends within a row. */
export interface Cell {
  /** Index in `layer.fields`, or in `layer.options`; neither: reserved bits. */
  readonly field?: number;
  readonly option?: number;
  /** From 0; of the drawing, in which long fields are cut. */
  readonly row: number;
  /** From 0 to 31. */
  readonly column: number;
  /** Within a row: 1 to 32. */
  readonly bits: number;
  /** Rows in the drawing; more than one only for whole rows. */
  readonly rows: number;
  /** Rows in the packet. */
  readonly wholeRows: number;
  /** Whether it is the widest cell of its field: the one that has the name. */
  readonly isNamed: boolean;
}

interface Segment {
  readonly field?: number;
  readonly option?: number;
  /** Bits from the layer's begin. */
  readonly from: number;
  readonly to: number;
}

/** The cells of a layer, in order. Fields that overlap an earlier one are left out. */
export function cellsOf(layer: Layer): Cell[] {
  const cells: Cell[] = [];
  let row = 0;
  let at = 0;
  for (const segment of segmentsOf(layer)) {
    if (segment.from < at) continue;
    const own: Cell[] = [];
    const put = (part: Omit<Segment, "from" | "to">, to: number) => {
      while (at < to) {
        const column = at % ROW_BITS;
        const wholeRows = column === 0 ? Math.max(1, Math.floor((to - at) / ROW_BITS)) : 1;
        const bits = Math.min(to - at, ROW_BITS - column);
        const rows = Math.min(wholeRows, MOST_ROWS);
        own.push({ ...part, row, column, bits, rows, wholeRows, isNamed: false });
        at += bits + (wholeRows - 1) * ROW_BITS;
        if (at % ROW_BITS === 0) row += rows;
      }
    };
    put({}, segment.from);
    cells.push(...own.splice(0));
    const { from: _from, to, ...part } = segment;
    put(part, to);
    const widest = own.reduce((best, cell, index) => (sizeOf(cell) > sizeOf(own[best]) ? index : best), 0);
    cells.push(...own.map((cell, index) => ({ ...cell, isNamed: index === widest })));
  }
  return cells;
}

function sizeOf({ bits, rows }: Cell): number {
  return bits * rows;
}

/** Fields and options by where they begin. */
function segmentsOf({ offset, fields, options }: Layer): Segment[] {
  const begin = offset * 8;
  return [
    ...fields.map(({ bitOffset, bitLength }, field) => ({ field, from: bitOffset - begin, to: bitOffset - begin + bitLength })),
    ...options.map((each, option) => ({ option, from: each.offset * 8 - begin, to: (each.offset + each.length) * 8 - begin })),
  ].filter(({ from, to }) => from >= 0 && to > from).sort((a, b) => a.from - b.from);
}
