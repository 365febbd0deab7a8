/**
 * A packet, opened: its headers from the outermost on, each with the drawing of its bits, its fields in words, and all
 * octets. What the pointer or the focus is on is lit in all three.
 */
import type { Field, Layer } from "../../../../bindings/codec.ts";
import { FLAG_LETTERS, title, words } from "../../../../bindings/describe-names.ts";
import { hex, valueText } from "../../../../bindings/describe-values.ts";
import type { OpenPacket } from "../contract.ts";
import type { PageContext, PacketView } from "./context.ts";
import { html, setText } from "./dom.ts";
import { copyText } from "./downloads.ts";
import { type Cell, cellsOf, ROW_BITS } from "./header-drawing.ts";
import { sectionOf, SHORT_NAMES } from "./inspector-sections.ts";

const ROW_OCTETS = 16;
/** Larger packets are cut in the dump. */
const MOST_OCTETS = 2048;
/** On a narrower panel only the innermost header is open at first: what the packet is for. */
const NARROW_WIDTH = 440;

export class InspectorView implements PacketView {
  private readonly summary = html("p", { class: "packet-summary" }, "No packet is open.");
  private readonly hint = html("p", { class: "hint" }, "Choose one: a dot on the map, or an arrow of the sequence.");
  private readonly body = html("div", { class: "packet" });
  /** Elements that show the same field or layer, by its key: the path of indices, "2.options.0.fields.1". */
  private lit: Element[] = [];

  constructor(private readonly host: HTMLElement, private readonly context: PageContext) {
    host.append(this.summary, this.hint, this.body);
    for (const event of ["pointerover", "focusin"]) this.body.addEventListener(event, ({ target }) => this.light(target));
    this.body.addEventListener("focusin", ({ target }) => this.stopAt(target));
    this.body.addEventListener("keydown", (event) => this.onKey(event));
    this.body.addEventListener("click", ({ target }) => reveal(this.rowOf(target)));
    for (const event of ["pointerleave", "focusout"]) this.body.addEventListener(event, () => this.light(null));
  }

  show(): void {} // what is open stays as it is

  reset(): void {
    setText(this.summary, "No packet is open.");
    this.hint.hidden = false;
    this.body.replaceChildren();
  }

  open(id: number, packet: OpenPacket | undefined): void {
    this.hint.hidden = true;
    if (!packet) {
      setText(this.summary, `Packet ${id} is so old that it was forgotten.`);
      return this.body.replaceChildren();
    }
    setText(this.summary, packet.lines[0] ?? `Packet ${id}`);
    const copy = html("button", { type: "button", click: () => this.copy(packet) }, "Copy as hex");
    const about = html("p", { class: "packet-about" }, `Packet ${id}, ${packet.octets.length} octets`, copy);
    const isNarrow = this.host.clientWidth < NARROW_WIDTH;
    const layers = packet.layers.map((layer, index) =>
      layerOf(layer, `${index}`, !isNarrow || index === packet.layers.length - 1 || layer.problem !== undefined));
    const names = packet.layers.map(({ name }) => title(name));
    const jumps = packet.layers.map(({ problem }, index) => html("button", {
      type: "button", class: problem ? "jump bad" : "jump", click: () => jumpTo(layers[index]),
    }, names[index]));
    this.body.replaceChildren(about, html("nav", { class: "jumps", "aria-label": "Headers" }, ...jumps), ...layers, dumpOf(packet));
    this.body.querySelector(".layer[open] > .fields > div")?.setAttribute("tabindex", "0");
    this.context.announce(`Packet ${id}: ${names.join(", ")}`);
  }

  private copy({ octets }: OpenPacket): void {
    void copyText(hex(octets)).then(() => this.context.announce("Copied."));
  }

  /** Lights what belongs to the element, and nothing else. */
  private light(target: EventTarget | null): void {
    for (const element of this.lit) element.classList.remove("lit");
    this.lit = [];
    const field = this.rowOf(target);
    const key = field?.dataset.key;
    if (key === undefined) return;
    this.lit = [...this.body.querySelectorAll(`[data-key="${key}"]`), ...this.octets(field)];
    for (const element of this.lit) element.classList.add("lit");
  }

  /** The row of the field that a cell, an octet or a row is of. */
  private rowOf(target: EventTarget | null): HTMLElement | undefined {
    if (!(target instanceof Element)) return undefined;
    const rows = [...this.body.querySelectorAll<HTMLElement>(".fields > div")];
    const key = target.closest<HTMLElement>("[data-key]")?.dataset.key;
    if (key !== undefined) return rows.find((row) => row.dataset.key === key);
    if (!target.classList.contains("octet")) return undefined;
    const at = [...this.body.querySelectorAll(".octet")].indexOf(target);
    // A field of an outer header may hold all of an inner one: the last that begins is the innermost.
    return rows.findLast(({ dataset }) => Number(dataset.from) <= at && at < Number(dataset.to));
  }

  private stopAt(target: EventTarget | null): void {
    if (!(target instanceof HTMLElement) || target.dataset.key === undefined) return;
    for (const row of this.body.querySelectorAll<HTMLElement>(".fields > div[tabindex='0']")) row.tabIndex = -1;
    target.tabIndex = 0;
  }

  /** Up and down between fields, which are one stop of the tab key. */
  private onKey(event: KeyboardEvent): void {
    const rows = [...this.body.querySelectorAll<HTMLElement>(".fields > div")].filter((row) => row.offsetParent !== null);
    const at = rows.indexOf(event.target as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    if (!rows[next]) return;
    rows[next].focus();
  }

  private octets(field: HTMLElement | undefined): Element[] {
    if (!field) return [];
    const { from, to } = field.dataset;
    return [...this.body.querySelectorAll<HTMLElement>(".octet")].slice(Number(from), Number(to));
  }
}

function jumpTo(layer: HTMLDetailsElement): void {
  layer.open = true;
  layer.scrollIntoView({ block: "start" });
}

/** Focuses a field, whose header may be closed: it was clicked among the octets. */
function reveal(row: HTMLElement | undefined): void {
  for (let layer = row?.closest("details"); layer; layer = layer.parentElement?.closest("details")) layer.open = true;
  row?.focus();
}

/** A header with its options below it. */
function layerOf(layer: Layer, key: string, open = true): HTMLDetailsElement {
  const section = sectionOf(layer.name);
  const { problem, checksum } = layer;
  return html("details", { class: "layer", open },
    html("summary", {},
      // with blanks between them, so that they may stand in several lines
      html("b", {}, title(layer.name)), " ", html("span", { class: "extent" }, `${layer.length} octets from ${layer.offset}`), " ",
      section && html("span", { class: "section" }, section), " ",
      checksum && html("span", { class: checksum === "bad" ? "verdict bad" : "verdict" }, `checksum ${checksum}`), " ",
      problem && html("span", { class: "verdict bad" }, "refused")),
    problem && html("p", { class: "problem" }, `${problem.text} (${problem.section}), at octet ${problem.offset}.`),
    layer.fields.length > 0 && drawingOf(layer, key),
    layer.fields.length > 0 && html("dl", { class: "fields" },
      ...layer.fields.map((field, index) => fieldOf(layer, field, `${key}.fields.${index}`))),
    ...layer.options.map((option, index) => layerOf(option, `${key}.options.${index}`)));
}

function fieldOf(layer: Layer, field: Field, key: string): HTMLElement {
  const { bitOffset, bitLength } = field;
  const from = Math.floor(bitOffset / 8);
  const to = Math.ceil((bitOffset + bitLength) / 8);
  return html("div", { "data-key": key, "data-from": from, "data-to": to, tabindex: -1 },
    html("dt", {}, words(field.name)), html("dd", {}, valueText(layer, field)),
    html("dd", { class: "where" }, bitLength % 8 === 0 && bitOffset % 8 === 0 ? octetsText(from, to) : `${bitLength} bit${bitLength > 1 ? "s" : ""}`));
}

function octetsText(from: number, to: number): string {
  return to - from > 1 ? `octets ${from}–${to - 1}` : `octet ${from}`;
}

/** Its text alternative is the list of fields: a screen reader gets only that. */
function drawingOf(layer: Layer, key: string): HTMLElement {
  const ruler = Array.from({ length: ROW_BITS }, (_, bit) =>
    (bit % 8 === 0 || bit === 31 ? html("i", { class: "bit" }, String(bit)) : html("i", { class: "bit dot" }, "·")));
  return html("div", { class: "drawing-frame", "aria-hidden": "true" },
    html("div", { class: "ruler" }, ...ruler), html("div", { class: "drawing" }, ...cellsOf(layer).map((cell) => cellOf(layer, cell, key))));
}

function cellOf(layer: Layer, cell: Cell, key: string): HTMLElement {
  const { field, option, row, column, bits, rows, wholeRows, isNamed } = cell;
  const own = field === undefined ? undefined : layer.fields[field];
  const name = own ? words(own.name) : option === undefined ? "" : title(layer.options[option].name);
  const octets = own ? own.bitLength / 8 : option === undefined ? wholeRows * 4 : layer.options[option].length;
  const cut = wholeRows > rows ? ` (${octets} octets)` : "";
  const kind = own ? (own.value === true ? "cell set" : "cell") : option === undefined ? "cell reserved" : "cell option";
  const element = html("div", {
    class: kind, title: own ? `${name}: ${valueText(layer, own)}` : name || "reserved",
    "data-key": own ? `${key}.fields.${field}` : undefined,
  }, isNamed && html("span", {}, own && bits < 6 ? shortName(own.name, bits) : `${name}${cut}`));
  element.style.gridRow = `${row + 1} / span ${rows}`;
  element.style.gridColumn = `${column + 1} / span ${bits}`;
  return element;
}

/** A flag has room for a letter, which the RFC gives it; half an octet for a word as short as "IHL". */
function shortName(name: string, bits: number): string {
  const [letter, short] = [FLAG_LETTERS[name], SHORT_NAMES[name]];
  if (bits < 3 && letter !== undefined) return letter;
  if (bits > 3) return short ?? words(name);
  return words(name).split(/[ -]/).map((word) => word.charAt(0).toUpperCase()).join("").slice(0, bits < 2 ? 1 : 2);
}

function dumpOf({ octets }: OpenPacket): HTMLElement {
  const shown = octets.subarray(0, MOST_OCTETS);
  const rows: HTMLElement[] = [];
  for (let at = 0; at < shown.length; at += ROW_OCTETS) {
    const row = [...shown.subarray(at, at + ROW_OCTETS)];
    rows.push(html("div", {},
      html("span", { class: "address" }, at.toString(16).padStart(4, "0")),
      ...row.map((octet) => html("span", { class: "octet" }, octet.toString(16).padStart(2, "0"))),
      html("span", { class: "letters" }, row.map((octet) => (octet > 0x1f && octet < 0x7f ? String.fromCharCode(octet) : "·")).join(""))));
  }
  return html("details", { class: "layer", open: true }, html("summary", {}, html("b", {}, "Octets")),
    html("div", { class: "dump", role: "img", "aria-label": `${octets.length} octets in hexadecimal` }, ...rows),
    shown.length < octets.length && html("p", { class: "hint" }, `The first ${MOST_OCTETS} octets.`));
}
