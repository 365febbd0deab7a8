/** What can be done to the node or link that is selected. */
import type { Action, Frame, Traffic, World, WorldNode } from "../contract.ts";
import type { PageContext, View } from "./context.ts";
import { choiceField } from "./controls-fields.ts";
import { LinkControls } from "./controls-link.ts";
import { NodeControls } from "./controls-node.ts";
import { html, setText } from "./dom.ts";

export interface ControlCalls {
  act(action: Action): void;
  /** As the scenario, and what was done since, have it. */
  traffic(node: string): Traffic;
  /** Whether a node has a core: only these can be switched off. */
  canSwitch(node: WorldNode): boolean;
}

/** The controls of one thing. */
export interface Controls {
  readonly element: HTMLElement;
  /** False: the thing is gone. */
  show(world: World): boolean;
}

export class ControlsView implements View {
  private world: World = { nodes: [], links: [] };
  private controls?: Controls;
  private readonly place = html("div", { class: "controls" });
  private readonly chooser = choiceField("Selected", (id) => this.context.select(id === "" ? null : id));
  private readonly hint = html("p", { class: "hint" });

  constructor(host: HTMLElement, private readonly context: PageContext, private readonly calls: ControlCalls) {
    this.chooser.element.classList.add("chooser");
    host.append(this.chooser.element, this.place, this.hint);
    setText(this.hint, "Drag a mobile node to another network, or focus it and press Enter. "
      + "Select a link to cut it or to change its delay and loss.");
    context.onSelect(() => this.build());
  }

  reset(world: World): void {
    this.world = world;
    this.build();
  }

  show({ world }: Frame): void {
    if (world) this.update(world);
  }

  /** Traffic and other things that are not in a world have changed. */
  refresh(): void {
    this.update(this.world);
  }

  private update(world: World): void {
    this.world = world;
    if (this.controls && !this.controls.show(world)) this.context.select(null);
    this.tellChooser();
  }

  private build(): void {
    const { world } = this;
    const id = this.context.selected();
    const node = world.nodes.find((each) => each.id === id);
    const link = world.links.find((each) => each.id === id);
    this.controls = node ? new NodeControls(node.id, this.calls) : link && new LinkControls(link.id, this.calls);
    this.hint.hidden = link !== undefined || (node !== undefined && node.kind !== "mobile-node");
    this.place.replaceChildren(...(this.controls ? [this.controls.element] : []));
    this.controls?.show(world);
    this.tellChooser();
  }

  private tellChooser(): void {
    const { nodes, links } = this.world;
    const all = [{ value: "", label: "Nothing" }, ...[...nodes, ...links].map(({ id, label }) => ({ value: id, label }))];
    this.chooser.set({ choices: all, value: this.context.selected() ?? "" });
  }
}
