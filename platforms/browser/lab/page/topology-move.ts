/** Moving a mobile node from network to network: by dragging it, or by a menu that opens beside it. */
import type { World } from "../contract.ts";
import { html } from "./dom.ts";
import { destinations } from "./topology-labels.ts";
import type { Point } from "./topology-paths.ts";
import type { Places, Zone } from "./topology-places.ts";

export interface MoverCalls {
  places(): Places;
  world(): World;
  part(id: string): SVGGElement | undefined;
  move(node: string, link: string | null): void;
}

/** A press that moves less is a click. */
const SLACK = 5;

interface Drag {
  readonly node: string;
  readonly start: Point;
  readonly pointer: number;
  at: Point;
  isMoving: boolean;
}

export class Mover {
  private drag?: Drag;
  private menu?: HTMLElement;
  private lit?: SVGGElement;

  constructor(private readonly stage: HTMLElement, private readonly calls: MoverCalls) {
    stage.addEventListener("pointerdown", (event) => this.onDown(event));
    stage.addEventListener("pointermove", (event) => this.onMove(event));
    stage.addEventListener("pointerup", (event) => this.onUp(event));
    stage.addEventListener("pointercancel", () => this.cancel());
    // a finger that drags a node does not scroll the page; elsewhere on the map it does
    stage.addEventListener("touchmove", (event) => {
      if (this.drag) event.preventDefault();
    }, { passive: false });
    // a drag ends with a click, which must not select what lies beneath
    stage.addEventListener("click", (event) => {
      if (!stage.dataset.dragged) return;
      delete stage.dataset.dragged;
      event.stopImmediatePropagation();
    }, true);
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.cancel();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (this.menu && !this.menu.contains(target as Node)) this.closeMenu();
    });
  }

  /** The picture has been drawn anew: what is being dragged stays under the pointer. */
  redraw(): void {
    if (this.drag?.isMoving) this.follow(this.drag);
  }

  cancel(): void {
    const { drag } = this;
    this.drag = undefined;
    if (drag) this.letGo(drag);
    this.closeMenu();
  }

  /** A menu of all networks beside the node: the keyboard's way. */
  openMenu(node: string): void {
    this.closeMenu();
    const { calls } = this;
    const world = calls.world();
    const here = world.nodes.find(({ id }) => id === node);
    const place = calls.places().nodes.get(node);
    if (!here || !place) return;
    const items = destinations(world).map(({ link, label }) => {
      const isHere = link === null ? here.links.length === 0 : here.links.includes(link);
      return html("button", {
        type: "button", role: "menuitemradio", "aria-checked": String(isHere), tabindex: -1,
        focus: () => this.light(this.zoneOf(link)),
        click: () => {
          this.closeMenu(true, node);
          if (!isHere) calls.move(node, link);
        },
      }, label);
    });
    const menu = html("div", { class: "menu", role: "menu", "aria-label": `Move ${here.label} to` },
      html("div", { class: "menu-title", "aria-hidden": "true" }, `Move ${here.label} to`), ...items);
    menu.addEventListener("keydown", (event) => this.onMenuKey(event, items, node));
    this.stage.append(menu);
    this.menu = menu;
    const { clientWidth, clientHeight } = this.stage;
    menu.style.left = `${Math.max(4, Math.min(place.x + 24, clientWidth - menu.offsetWidth - 4))}px`;
    menu.style.top = `${Math.max(4, Math.min(place.y - 20, clientHeight - menu.offsetHeight - 4))}px`;
    (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0]).focus();
  }

  private onMenuKey(event: KeyboardEvent, items: readonly HTMLElement[], node: string): void {
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = {
      ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1,
    }[event.key];
    event.stopPropagation();
    if (next !== undefined) items[(next + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") this.closeMenu(true, node);
    else return;
    event.preventDefault();
  }

  private closeMenu(refocus = false, node = ""): void {
    this.menu?.remove();
    this.menu = undefined;
    this.light(undefined);
    if (refocus) this.calls.part(node)?.focus();
  }

  private onDown(event: PointerEvent): void {
    const part = (event.target as Element).closest<SVGGElement>("g[data-kind=mobile-node]");
    delete this.stage.dataset.dragged;
    if (!part || event.button !== 0) return;
    const start = this.point(event);
    this.drag = { node: part.dataset.id!, start, pointer: event.pointerId, at: start, isMoving: false };
  }

  private onMove(event: PointerEvent): void {
    const { drag } = this;
    if (drag?.pointer !== event.pointerId) return;
    drag.at = this.point(event);
    if (!drag.isMoving && Math.hypot(drag.at.x - drag.start.x, drag.at.y - drag.start.y) < SLACK) return;
    if (!drag.isMoving) this.stage.setPointerCapture(event.pointerId); // from here on: a click belongs to the node
    drag.isMoving = true;
    this.calls.part(drag.node)?.setAttribute("data-dragged", "");
    this.stage.toggleAttribute("data-dragging", true);
    this.follow(drag);
    const zone = this.calls.places().zoneAt(drag.at);
    this.light(zone && this.elementOf(zone));
  }

  private onUp(event: PointerEvent): void {
    const { drag } = this;
    if (drag?.pointer !== event.pointerId) return;
    this.drag = undefined;
    const zone = drag.isMoving ? this.calls.places().zoneAt(drag.at) : undefined;
    if (drag.isMoving) this.stage.dataset.dragged = "yes";
    this.letGo(drag);
    const node = this.calls.world().nodes.find(({ id }) => id === drag.node);
    if (!zone || !node) return;
    const isHere = zone.link === null ? node.links.length === 0 : node.links.includes(zone.link);
    if (!isHere) this.calls.move(drag.node, zone.link);
  }

  private letGo({ node }: Drag): void {
    const part = this.calls.part(node);
    part?.removeAttribute("data-dragged");
    this.stage.removeAttribute("data-dragging");
    this.light(undefined);
    const place = this.calls.places()?.nodes.get(node);
    if (place) part?.setAttribute("transform", `translate(${place.x} ${place.y})`);
  }

  private follow({ node, at }: Drag): void {
    this.calls.part(node)?.setAttribute("transform", `translate(${at.x} ${at.y})`);
  }

  private zoneOf(link: string | null): SVGGElement | undefined {
    const zone = this.calls.places().zones.find((each) => each.link === link && each.takesNodes);
    return zone && this.elementOf(zone);
  }

  private elementOf({ link }: Zone): SVGGElement | undefined {
    return this.calls.part(link ?? "no-network");
  }

  private light(part: SVGGElement | undefined): void {
    if (part === this.lit) return;
    this.lit?.removeAttribute("data-lit");
    this.lit = part;
    part?.setAttribute("data-lit", "");
  }

  private point({ clientX, clientY }: PointerEvent): Point {
    const box = this.stage.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }
}
