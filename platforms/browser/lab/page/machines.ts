/**
 * The state machines of the chosen node, as the core has them: the current state is lit, with the ways out of it; below
 * stands what may happen in it, and what happened last.
 */
import { words } from "../../../../bindings/describe-names.ts";
import type { Frame, MachineTable } from "../contract.ts";
import { type PageContext, timeText, type View } from "./context.ts";
import { html, setAttribute, setText, svg } from "./dom.ts";
import { drawingOf, STATE_HEIGHT, STATE_WIDTH } from "./machines-layout.ts";

/** Changes that are remembered of each machine. */
const MOST_CHANGES = 30;

interface Change {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
}

interface Machine {
  /** "registration", or "uplink/1": as the world calls it. */
  readonly name: string;
  state: string;
  readonly changes: Change[];
}

export class MachinesView implements View {
  private readonly chooser = html("div", { class: "machine-chooser", role: "group", "aria-label": "Machines of the node" });
  private readonly heading = html("p", { class: "machine-heading", "aria-live": "off" });
  private readonly frame = html("div", { class: "machine-frame" });
  /** What leads out of the state that is current, or pointed at. */
  private readonly leaving = html("div", { class: "machine-leaving" });
  private pointed: string | null = null;
  private readonly changes = html("div", { class: "machine-changes", hidden: true }, html("h3", {}, "What happened last"), html("ol"));
  /** By node, then by name. */
  private readonly nodes = new Map<string, Map<string, Machine>>();
  private tables: readonly MachineTable[] = [];
  private chosen = "registration";
  private shown = "";
  private isStale = true;

  constructor(private readonly host: HTMLElement, private readonly context: PageContext) {
    host.append(this.chooser, this.heading, this.frame, this.leaving, this.changes);
    context.onSelect(() => this.draw(true));
    new ResizeObserver(() => this.draw(true)).observe(host);
  }

  reset(): void {
    this.nodes.clear();
    this.isStale = true;
    void this.context.machines().then((tables) => {
      this.tables = tables;
      this.draw(true);
    });
    this.draw(true);
  }

  show({ machines, nowMs }: Frame): void {
    for (const { node, machine: name, state, atMs = nowMs } of machines) {
      const own = this.nodes.get(node) ?? this.nodes.set(node, new Map()).get(node)!;
      const machine = own.get(name);
      if (!machine) own.set(name, { name, state, changes: [] });
      else if (machine.state !== state) {
        machine.changes.unshift({ atMs, from: machine.state, to: state });
        machine.changes.length = Math.min(machine.changes.length, MOST_CHANGES);
        machine.state = state;
      }
      this.isStale = true;
    }
    if (this.isStale) this.draw();
  }

  private draw(anew = false): void {
    if (this.host.offsetParent === null) return void (this.isStale = true);
    this.isStale = false;
    const node = this.context.selected();
    const own = [...(node === null ? undefined : this.nodes.get(node))?.values() ?? []];
    const machine = own.find(({ name }) => name === this.chosen) ?? own[0];
    this.drawChooser(own, machine);
    const table = machine && this.tables.find(({ machine: name }) => name === kindOf(machine.name));
    if (!machine || !table) {
      setText(this.heading, node === null ? "Choose a node on the map." : `${this.context.label(node)} has no state machine that runs.`);
      this.frame.replaceChildren();
      this.leaving.replaceChildren();
      delete this.leaving.dataset.state;
      this.changes.hidden = true;
      this.shown = "";
      return;
    }
    const key = `${node} ${machine.name}`;
    if (anew || key !== this.shown) {
      this.pointed = null;
      delete this.leaving.dataset.state; // two machines may have states of one name
      this.drawTable(table);
    }
    this.shown = key;
    this.light(machine, table);
  }

  private drawChooser(own: readonly Machine[], current: Machine | undefined): void {
    const names = own.map(({ name }) => name).join();
    if (this.chooser.dataset.names !== names) {
      this.chooser.dataset.names = names;
      this.chooser.replaceChildren(...own.map(({ name }) => html("button", {
        type: "button", "data-machine": name, click: () => ((this.chosen = name), this.draw(true)),
      }, titleOf(name))));
    }
    for (const button of this.chooser.querySelectorAll("button")) {
      setAttribute(button, "aria-pressed", String(button.dataset.machine === current?.name));
    }
  }

  private drawTable(table: MachineTable): void {
    const drawing = drawingOf(table, Math.max(300, this.host.clientWidth - 26));
    const { width, height, places, edges } = drawing;
    const marker = svg("marker", {
      id: "machine-arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto",
    }, svg("path", { d: "M0 0L8 4L0 8z" }));
    const canvas = svg("svg", {
      class: "machine", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `${table.title}: states`,
      keydown: (event: KeyboardEvent) => this.onKey(event),
    },
      svg("defs", {}, marker),
      ...edges.map(({ from, to, path }) => svg("path", {
        class: "edge", d: path, "data-from": from.state, "data-to": to.state, "marker-end": "url(#machine-arrow)",
      })),
      ...places.map(({ state, x, y }) => svg("g", {
        class: "state", "data-state": state, tabindex: -1, role: "img", transform: `translate(${x - STATE_WIDTH / 2} ${y - STATE_HEIGHT / 2})`,
        focus: () => this.point(state), pointerenter: () => this.point(state), blur: () => this.point(null), pointerleave: () => this.point(null),
      },
        svg("rect", { width: STATE_WIDTH, height: STATE_HEIGHT, rx: STATE_HEIGHT / 2 }),
        svg("text", { x: STATE_WIDTH / 2, y: STATE_HEIGHT / 2 + 4, "text-anchor": "middle" }, words(state)))));
    this.frame.replaceChildren(canvas);
  }

  /** The arrow keys go from state to state, which are one stop of the tab key. */
  private onKey(event: KeyboardEvent): void {
    const all = [...this.frame.querySelectorAll<SVGElement>(".state")];
    const at = all.indexOf(event.target as SVGElement);
    const next = {
      ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  }

  private point(state: string | null): void {
    if (state === this.pointed) return;
    this.pointed = state;
    this.draw();
  }

  /** What may happen in a state: by which event it goes where. */
  private drawLeaving(state: string, { transitions }: MachineTable): void {
    if (this.leaving.dataset.state === state) return;
    this.leaving.dataset.state = state;
    const all = transitions.filter(({ from }) => from === state);
    const rows = all.map(({ event, action, to }) => html("li", {},
      html("span", { class: "event" }, words(event)),
      html("span", {}, to === state ? "stays" : html("b", {}, `→ ${words(to)}`)),
      html("span", { class: "action" }, action === "None" ? "" : words(action))));
    const heading = html("h3", {}, all.length > 0 ? `What may happen in “${words(state)}”` : `Nothing leads out of “${words(state)}”`);
    this.leaving.replaceChildren(heading, html("ul", {}, ...rows));
  }

  private light({ name, state, changes }: Machine, table: MachineTable): void {
    const { title, section, transitions } = table;
    this.heading.replaceChildren(html("b", {}, `${titleOf(name)}: ${words(state)}`),
      html("span", {}, ` ${title}, `), html("span", { class: "nowrap" }, section));
    const last = changes[0];
    const shown = this.pointed ?? state;
    this.drawLeaving(shown, table);
    for (const each of this.frame.querySelectorAll<SVGGElement>(".state")) {
      const isCurrent = each.dataset.state === state;
      each.classList.toggle("current", isCurrent);
      setAttribute(each, "tabindex", each.dataset.state === shown ? 0 : -1);
      setAttribute(each, "aria-label", `${words(each.dataset.state!)}${isCurrent ? ", the current state" : ""}`);
    }
    for (const edge of this.frame.querySelectorAll<SVGPathElement>(".edge")) {
      edge.classList.toggle("out", edge.dataset.from === shown);
      edge.classList.toggle("last", last !== undefined && edge.dataset.from === last.from && edge.dataset.to === last.to);
    }
    this.changes.hidden = changes.length === 0;
    this.changes.lastElementChild!.replaceChildren(...changes.map(({ atMs, from, to }) => {
      const events = transitions.filter((each) => each.from === from && each.to === to).map(({ event }) => words(event));
      const by = events.length === 1 ? ` (${events[0]})` : "";
      return html("li", {}, html("time", {}, timeText(atMs)), ` ${words(from)} → ${words(to)}${by}`);
    }));
  }
}

function kindOf(name: string): string {
  return name.split("/")[0];
}

/** "Way: UDP over IPv4" for "way/UDP over IPv4". */
function titleOf(name: string): string {
  const [kind, ...about] = name.split("/");
  const first = kind.charAt(0).toUpperCase() + kind.slice(1);
  return about.length > 0 ? `${first}: ${about.join("/")}` : first;
}
