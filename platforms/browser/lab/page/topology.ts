/** The network as a picture: the scene (SVG), the packets above it (canvas), and what a person does to them. */
import type { Action, Frame, World } from "../contract.ts";
import { PACKET_LOOKS, type PageContext, type View } from "./context.ts";
import { html, svg } from "./dom.ts";
import { MapFocus } from "./topology-focus.ts";
import { Mover } from "./topology-move.ts";
import { PacketLayer, shapeInSvg } from "./topology-packets.ts";
import { Places, type Size } from "./topology-places.ts";
import { legendEntry, Scene, WALL } from "./topology-scene.ts";

export interface TopologyCalls {
  act(action: Action): void;
  /** Virtual time in one of the person's; 0: stepped. */
  speed(): number;
}

export class Topology implements View {
  readonly packets: PacketLayer;
  private readonly scene = new Scene();
  private readonly stage = html("div", { class: "stage" });
  private readonly mover: Mover;
  private places?: Places;
  private world: World = { nodes: [], links: [] };
  private size: Size = { width: 0, height: 0, em: 16 };
  /** What decides where things are, of the picture as drawn. */
  private drawnAs = "";
  private readonly registrations = new Map<string, string>();

  constructor(private readonly host: HTMLElement, private readonly context: PageContext, private readonly calls: TopologyCalls) {
    const canvas = html("canvas", { class: "packets", "aria-hidden": "true" });
    this.stage.append(this.scene.svg, canvas);
    host.append(this.stage, legend());
    this.packets = new PacketLayer(canvas, context);
    this.mover = new Mover(this.stage, {
      places: () => this.places!, world: () => this.world, part: (id) => this.scene.part(id),
      move: (node, link) => calls.act({ kind: "attach", node, link }),
    });
    const focus = new MapFocus(this.scene.svg, this.stage);
    this.stage.addEventListener("click", (event) => this.onClick(event));
    this.stage.addEventListener("keydown", (event) => this.onKey(event, focus));
    context.onSelect(() => this.draw());
    new ResizeObserver(() => this.resize()).observe(this.stage);
    this.resize();
  }

  reset(world: World): void {
    this.packets.clear();
    this.registrations.clear();
    this.mover.cancel();
    this.world = world;
    this.draw();
  }

  show(frame: Frame): void {
    let isChanged = false;
    for (const { node, machine, state } of frame.machines) {
      if (machine.split("/")[0] !== "registration") continue;
      this.registrations.set(node, state);
      isChanged = true;
    }
    if (frame.world) this.world = frame.world;
    if (frame.world || isChanged) this.draw();
    this.packets.add(frame.flights, this.calls.speed());
    if (this.places) this.packets.draw(frame.nowMs, this.places);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
    if (width === 0 || height === 0) return;
    this.size = { width, height, em: width < 500 ? em * 0.9 : em };
    this.packets.resize(width, height);
    this.draw();
    if (this.places) this.packets.draw(this.context.now(), this.places);
  }

  private draw(): void {
    const { world, size } = this;
    if (size.width === 0) return;
    const nodes = world.nodes.map(({ id, links }) => `${id}:${links.join()}`).join();
    const drawnAs = `${nodes} ${world.links.map(({ id }) => id).join()} ${size.width} ${size.height} ${size.em}`;
    if (drawnAs !== this.drawnAs || !this.places) this.places = new Places(world, size);
    this.drawnAs = drawnAs;
    this.host.dataset.rows = String(this.places.rows);
    this.scene.draw(world, this.places, size, this.context.selected());
    this.scene.drawTunnels(world, this.places, this.registrations);
    this.mover.redraw();
  }

  private onClick(event: MouseEvent): void {
    if (event.target instanceof Element && event.target.closest(".menu")) return;
    const box = this.stage.getBoundingClientRect();
    const pointer = event instanceof PointerEvent ? event.pointerType : "mouse";
    const packet = this.packets.hit(event.clientX - box.left, event.clientY - box.top, pointer);
    const part = partOf(event.target);
    if (packet !== undefined && part?.dataset.kind !== "mobile-node") {
      this.packets.mark(packet);
      this.context.openPacket(packet);
    } else {
      this.context.select(part?.getAttribute("role") === "button" ? part.dataset.id!.replace(/^wire /, "") : null);
    }
  }

  private onKey(event: KeyboardEvent, focus: MapFocus): void {
    const part = partOf(event.target);
    if (!part) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.context.select(part.dataset.id!);
      if (part.dataset.kind === "mobile-node") this.mover.openMenu(part.dataset.id!);
    } else if (focus.step(part, event.key)) {
      event.preventDefault();
    }
  }
}

function partOf(target: EventTarget | null): SVGGElement | null {
  return target instanceof Element ? target.closest<SVGGElement>("g[data-id]") : null;
}

function legend(): HTMLElement {
  const picture = (...children: SVGElement[]) => svg("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, ...children);
  const kinds = Object.values(PACKET_LOOKS).map(({ colour, shape, label }) => {
    const ink = `var(--${colour})`;
    const brush = shape === "ring" ? { fill: "none", stroke: ink, "stroke-width": 2.4 } : { fill: ink };
    return legendEntry(picture(svg("path", { d: shapeInSvg(shape), ...brush })), label);
  });
  const cross = { d: "M3 3 11 11M11 3 3 11", stroke: "var(--bad)", "stroke-width": 2.6, "stroke-linecap": "round" };
  const lost = legendEntry(picture(svg("path", cross)), "Lost");
  const tunnel = legendEntry(picture(svg("rect", { x: 0, y: 3.5, width: 14, height: 7, rx: 3.5, class: "band" })), "Tunnel");
  const bricks = svg("svg", { viewBox: "-1 -2 18 14", "aria-hidden": "true" }, svg("path", { class: "wall", d: WALL }));
  const wall = legendEntry(bricks, "Firewall");
  return html("ul", { class: "legend", "aria-label": "Legend" }, ...kinds, lost, tunnel, wall);
}
