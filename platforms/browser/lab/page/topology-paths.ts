/** Ways through the picture: lines of several pieces, and the point some part of the way along them. */

export interface Point { readonly x: number; readonly y: number }

export interface Path {
  readonly points: readonly Point[];
  /** How far each point is from the first along the path; the last is the whole length. */
  readonly lengths: readonly number[];
}

/** Points that follow on themselves are taken once. */
export function pathOf(points: readonly Point[]): Path {
  const kept = points.filter(({ x, y }, index) => index === 0 || x !== points[index - 1].x || y !== points[index - 1].y);
  const lengths = [0];
  for (let index = 1; index < kept.length; index++) {
    lengths.push(lengths[index - 1] + Math.hypot(kept[index].x - kept[index - 1].x, kept[index].y - kept[index - 1].y));
  }
  return { points: kept, lengths };
}

/** The point at `part` (0 … 1) of the path, written into `into`: called for every dot of every picture. */
export function along({ points, lengths }: Path, part: number, into: { x: number; y: number }): void {
  const wanted = Math.max(0, Math.min(1, part)) * lengths[lengths.length - 1];
  let index = 1;
  while (index < points.length - 1 && lengths[index] < wanted) index++;
  const from = points[index - 1];
  const to = points[index] ?? from;
  const piece = lengths[index] - lengths[index - 1];
  const share = piece > 0 ? (wanted - lengths[index - 1]) / piece : 0;
  into.x = from.x + (to.x - from.x) * share;
  into.y = from.y + (to.y - from.y) * share;
}

/** For the `d` of a path in SVG, corners rounded. */
export function drawn({ points }: Path, radius = 8): string {
  return points.map((point, index) => {
    const before = points[index - 1];
    const after = points[index + 1];
    if (!before) return `M${point.x} ${point.y}`;
    if (!after) return `L${point.x} ${point.y}`;
    const start = towards(point, before, radius);
    const end = towards(point, after, radius);
    return `L${start.x} ${start.y}Q${point.x} ${point.y} ${end.x} ${end.y}`;
  }).join("");
}

/** The point so far from one on the way to another, but not beyond the middle. */
export function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(0.5, distance / length);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
