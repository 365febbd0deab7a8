/** Controls of a node: what it is and does, its power, its network, its traffic, a NAT's memory. */
import type { NodeKind, World, WorldNode } from "../contract.ts";
import type { ControlCalls, Controls } from "./controls.ts";
import { choiceField, rangeField, switchField } from "./controls-fields.ts";
import { html, setText } from "./dom.ts";
import { destinations } from "./topology-labels.ts";

/** The value of "no network" in a choice. */
const NOWHERE = "-";
const SLOWEST_PING_MS = 5000;

export class NodeControls implements Controls {
  readonly element = html("div", { class: "of-node" });
  private readonly status = html("p", { class: "status" });
  private readonly addresses = html("ul", { class: "addresses", "aria-label": "Addresses" });
  private readonly network = choiceField("Is in", (link) =>
    this.calls.act({ kind: "attach", node: this.id, link: link === NOWHERE ? null : link }));
  private readonly power = switchField("Running", (on) => this.calls.act({ kind: "power", node: this.id, on }));
  private readonly stream = switchField("Stream to it", (stream) =>
    this.calls.act({ kind: "traffic", node: this.id, traffic: { stream } }));
  private readonly ping = rangeField(
    { label: "Ping it every", max: SLOWEST_PING_MS, step: 100, text: (ms) => (ms === 0 ? "never" : `${ms / 1000} s`) },
    (pingEveryMs) => this.calls.act({ kind: "traffic", node: this.id, traffic: { pingEveryMs } }));
  private readonly forget = html("button", {
    type: "button", click: () => this.calls.act({ kind: "forget-mappings", node: this.id }),
  }, "Forget all mappings");
  private built?: NodeKind;

  constructor(private readonly id: string, private readonly calls: ControlCalls) {}

  show(world: World): boolean {
    const node = world.nodes.find(({ id }) => id === this.id);
    if (!node) return false;
    if (this.built !== node.kind) this.build(node);
    setText(this.status, node.running ? node.status : "Off");
    if (this.addresses.textContent !== node.addresses.join("")) {
      this.addresses.replaceChildren(...node.addresses.map((address) => html("li", {}, address)));
    }
    this.power.set(node.running);
    const networks = destinations(world);
    const here = networks.find(({ link }) => link !== null && node.links.includes(link))?.link ?? null;
    this.network.set({ choices: networks.map(({ link, label }) => ({ value: link ?? NOWHERE, label })), value: here ?? NOWHERE });
    if (node.kind === "mobile-node") {
      const { pingEveryMs, stream } = this.calls.traffic(this.id);
      this.ping.set(pingEveryMs);
      this.stream.set(stream);
    }
    return true;
  }

  private build(node: WorldNode): void {
    const { kind } = node;
    this.built = kind;
    const isMobile = kind === "mobile-node";
    this.element.replaceChildren(
      this.status,
      ...(isMobile ? [this.network.element] : []),
      ...(this.calls.canSwitch(node) ? [this.power.element] : []),
      ...(isMobile ? [this.stream.element, this.ping.element] : []),
      ...(kind === "nat" ? [this.forget] : []),
      this.addresses,
    );
  }
}
