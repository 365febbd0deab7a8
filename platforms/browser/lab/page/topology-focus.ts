/** The map by keyboard: one stop for the tab key, and arrow keys to the nearest part in their direction. */

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1],
};

export class MapFocus {
  private current?: SVGGElement;

  /** `stage`: around the map. An SVG element that listened itself would take the focus in Chromium. */
  constructor(private readonly map: SVGSVGElement, stage: HTMLElement) {
    stage.addEventListener("focusin", ({ target }) => {
      if (target instanceof SVGGElement) this.makeStop(target);
    });
    // what had the stop may be gone, as when another world is shown
    new MutationObserver(() => this.keepStop()).observe(map, { childList: true, subtree: true });
  }

  /** Goes where an arrow key points; false: it is another key. */
  step(from: SVGGElement, key: string): boolean {
    const direction = DIRECTIONS[key];
    if (!direction) return key === "Home" && this.focus(this.parts()[0]);
    const start = middle(from);
    let best: SVGGElement | undefined;
    let least = Infinity;
    for (const part of this.parts()) {
      if (part === from) continue;
      const place = middle(part);
      const [x, y] = [place.x - start.x, place.y - start.y];
      const ahead = x * direction[0] + y * direction[1];
      const aside = Math.abs(x * direction[1]) + Math.abs(y * direction[0]);
      if (ahead < 4 || aside > ahead * 3) continue;
      const distance = ahead + 2 * aside;
      if (distance < least) [least, best] = [distance, part];
    }
    this.focus(best);
    return true;
  }

  private focus(part: SVGGElement | undefined): boolean {
    part?.focus();
    return true;
  }

  private parts(): SVGGElement[] {
    return [...this.map.querySelectorAll<SVGGElement>("g[role=button]")];
  }

  private makeStop(part: SVGGElement): void {
    if (part.getAttribute("role") !== "button") return;
    this.current?.setAttribute("tabindex", "-1");
    this.current = part;
    part.setAttribute("tabindex", "0");
  }

  private keepStop(): void {
    if (this.current?.isConnected) return;
    const first = this.map.querySelector<SVGGElement>("g[data-kind=mobile-node]") ?? this.parts()[0];
    if (first) this.makeStop(first);
  }
}

/** Of what a part shows: the first shape in it, not its whole wire. */
function middle(part: SVGGElement): { x: number; y: number } {
  const shape = part.querySelector("rect, circle") ?? part;
  const box = shape.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}
