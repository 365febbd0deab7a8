/**
 * "Join a real home agent": a form, and what the node then does. A program of its own (real-node.js) beside the page's,
 * fetched when the panel is opened for the first time: whoever stays in the simulation needs no second core.
 */
import { loadCore } from "../../core.ts";
import type { OpenPacket } from "../contract.ts";
import { RealNode, RealNodeError, type RealNodeSettings, type RealPacket } from "../real-node.ts";
import { PACKET_LOOKS } from "./context.ts";
import { closeButton } from "./dialogs.ts";
import { html, setAttribute, setText } from "./dom.ts";

/** Lines of what happened. */
const MOST = 100;

interface FormField {
  readonly name: keyof RealNodeSettings;
  readonly label: string;
  readonly example: string;
  readonly type?: "number" | "password";
}

const FIELDS: readonly FormField[] = [
  { name: "url", label: "WebSocket of the home agent", example: "wss://ha.example/mext" },
  { name: "homeAgent", label: "Home agent", example: "2001:db8:1::1" },
  { name: "homeAddress", label: "Home address", example: "2001:db8:1::101" },
  { name: "identity", label: "Identity", example: "car17@example.org" },
  { name: "spi", label: "SPI", example: "1001", type: "number" },
  { name: "key", label: "Key, hexadecimal", example: "", type: "password" },
];

export interface RealNodeCalls {
  /** Shows a packet in the inspector. */
  showPacket(id: number, packet: OpenPacket | undefined): void;
  announce(text: string): void;
}

export class RealNodePanel {
  private node?: RealNode;
  private readonly inputs = new Map<string, { input: HTMLInputElement; error: HTMLElement }>();
  private readonly status = html("p", { class: "real-status", role: "status" }, "Not connected.");
  private readonly list = html("ol", { class: "notes", "aria-label": "What the real node did", tabindex: 0 });
  private readonly join = html("button", { type: "submit", class: "primary" }, "Join");
  private readonly live = [
    html("button", { type: "button", disabled: true, click: () => void this.ping() }, "Ping the home agent"),
    html("button", { type: "button", disabled: true, click: () => this.node?.move() }, "Move to another connection"),
    html("button", { type: "button", disabled: true, click: () => void this.leave() }, "Leave"),
  ];
  private readonly dialog: HTMLDialogElement;

  constructor(private readonly calls: RealNodeCalls) {
    const form = html("form", {
      class: "real-form", novalidate: true, autocomplete: "off",
      submit: (event: Event) => {
        event.preventDefault();
        void this.connect();
      },
    }, ...FIELDS.map((field) => this.field(field)), html("p", { class: "buttons" }, this.join, ...this.live));
    this.dialog = html("dialog", { class: "real", "aria-labelledby": "real-title" },
      html("h2", { id: "real-title" }, "Join a real home agent"),
      closeButton(() => this.dialog.close()),
      html("p", {}, "This page becomes a mobile node, with the same core and no simulation: it registers with a home agent ",
        "that takes WebSockets. The key stays in this page and is forgotten with it."),
      form, this.status, this.list);
    document.body.append(this.dialog);
  }

  open(): void {
    this.dialog.showModal();
  }

  private field({ name, label, example, type = undefined }: FormField): HTMLElement {
    const id = `real-${name}`;
    const error = html("span", { id: `${id}-error`, class: "field-error" });
    const input = html("input", {
      id, name, type: type ?? "text", placeholder: example, required: true, spellcheck: "false", autocapitalize: "none",
      autocomplete: type === "password" ? "new-password" : "off", "aria-describedby": error.id,
    });
    this.inputs.set(name, { input, error });
    return html("div", { class: "form-field" }, html("label", { for: id }, label), input, error);
  }

  private async connect(): Promise<void> {
    const value = (name: string) => this.inputs.get(name)!.input.value.trim();
    this.tellProblems([]);
    this.join.disabled = true;
    try {
      await this.node?.disconnect();
      this.list.replaceChildren();
      const core = await loadCore(new URL("mext.wasm", import.meta.url));
      this.node = await RealNode.connect({
        url: value("url"), homeAgent: value("homeAgent"), homeAddress: value("homeAddress"), identity: value("identity"),
        spi: value("spi") === "" ? NaN : Number(value("spi")), key: value("key"),
      }, {
        core, onPacket: (packet) => this.line(packet.atMs, this.packetButton(packet)), onChange: () => this.tell(),
        onNote: ({ atMs, text, weight }) => {
          this.line(atMs, html("span", {}, text));
          if (weight === "important") this.calls.announce(text);
        },
      });
      this.setLive(true);
      this.tell();
    } catch (error) {
      if (error instanceof RealNodeError) this.tellProblems(error.problems);
      else setText(this.status, error instanceof Error ? error.message : String(error));
    } finally {
      this.join.disabled = this.node !== undefined;
    }
  }

  private async leave(): Promise<void> {
    const { node } = this;
    this.node = undefined;
    this.setLive(false);
    await node?.disconnect();
    this.join.disabled = false;
    setText(this.status, "Not connected.");
  }

  private async ping(): Promise<void> {
    const roundTripMs = await this.node?.ping();
    const text = roundTripMs === undefined ? "No answer from the home agent"
      : `The home agent answered in ${roundTripMs.toFixed(1)} ms`;
    this.calls.announce(text);
    this.line(undefined, html("b", {}, text));
  }

  private setLive(isLive: boolean): void {
    for (const button of this.live) button.disabled = !isLive;
  }

  private tell(): void {
    if (!this.node) return;
    const { text, packetsSent, packetsReceived, warnings } = this.node.status();
    setText(this.status, [`${text}. ${packetsSent} packets sent, ${packetsReceived} received.`, ...warnings].join(" "));
  }

  private tellProblems(problems: RealNodeError["problems"]): void {
    for (const [name, { input, error }] of this.inputs) {
      const problem = problems.find(({ field }) => field === name);
      setText(error, problem ? problem.message : "");
      setAttribute(input, "aria-invalid", problem ? "true" : null);
    }
    const [first] = problems;
    if (first) this.inputs.get(first.field)?.input.focus();
  }

  private packetButton({ id, direction, kind, summary }: RealPacket): HTMLElement {
    return html("button", {
      type: "button", class: "packet-line", click: () => {
        this.dialog.close();
        this.calls.showPacket(id, this.node?.packet(id));
      },
    }, html("b", {}, `${direction}, ${PACKET_LOOKS[kind].label.toLowerCase()}: `), summary);
  }

  private line(atMs: number | undefined, content: HTMLElement): void {
    const time = html("time", {}, atMs === undefined ? "" : `${(atMs / 1000).toFixed(2)} s`);
    this.list.append(html("li", { class: "important" }, time, content));
    while (this.list.children.length > MOST) this.list.firstChild!.remove();
    this.list.scrollTop = this.list.scrollHeight;
  }
}
