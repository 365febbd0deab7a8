/** The sequence diagram of the signalling: a line for each node, time downwards, an arrow for each mobility message. */
import type { Frame, Handover, NodeKind, Signal, World } from "../contract.ts";
import { type PageContext, timeText, type View } from "./context.ts";
import { html, setText, svg } from "./dom.ts";
import { SequenceSignals } from "./sequence-signals.ts";
import { SequenceTimes } from "./sequence-times.ts";

/** With more mobile nodes than these the diagram is of one: lines side by side would be further apart than a screen. */
const MOST_MOBILE = 3;
/** Room at the left for times, and beside the outermost lines. */
interface Measures {
  readonly times: number;
  readonly margin: number;
  readonly leastColumn: number;
}
const WIDE: Measures = { times: 74, margin: 62, leastColumn: 130 };
const NARROW: Measures = { times: 62, margin: 50, leastColumn: 98 };
const NARROW_WIDTH = 440;
/** An arrow falls by its transit time, but stays an arrow. */
const MOST_FALL = 14;
/** A handover's band begins so far above its first message, for its label; and that stands so much lower for it. */
const BAND_LEAD = 34;
const BAND_ROOM = 16;
/** Of a letter of the detail, about; what does not fit is cut: a click shows all of it. */
const LETTER_WIDTH = 5.9;
/** Who stands where, from left to right. */
const ORDER: readonly NodeKind[] = ["mobile-node", "home-agent", "correspondent", "host", "nat", "router"];

export class SequenceView implements View {
  private readonly heads = html("div", { class: "lifeline-heads", "aria-hidden": "true" });
  private readonly canvas = svg("svg", { class: "sequence", role: "list", "aria-label": "Signalling, the oldest first" });
  private readonly empty = html("p", { class: "hint" }, "No mobility message was sent yet.");
  private readonly about = html("p", { class: "hint", hidden: true });
  private readonly signals = new SequenceSignals();
  private handovers: Handover[] = [];
  private columns: string[] = [];
  private readonly times = new SequenceTimes();
  private drawn = 0;
  /** The one arrow that the tab key stops at: the newest, or where the focus was. */
  private stop?: Element;
  private width = 0;

  constructor(private readonly host: HTMLElement, private readonly context: PageContext) {
    host.append(this.heads, this.about, this.empty, this.canvas);
    new ResizeObserver(() => this.draw()).observe(host);
    context.onSelect(() => this.choose());
    host.classList.add("sequence-host");
  }

  reset(): void {
    this.signals.reset();
    this.handovers = [];
    this.columns = [];
    this.drawFrom(0);
    this.choose();
    this.draw();
  }

  show({ signals, handovers }: Frame): void {
    for (const handover of handovers) this.takeHandover(handover);
    this.drawFrom(this.signals.take(signals));
    const isLate = handovers.length > 0 || this.drawn < this.signals.shown.length || this.width !== this.host.clientWidth;
    if (isLate && this.host.offsetParent !== null) this.draw();
  }

  /** The mobile node that the diagram is of; undefined: of all. */
  private subjectOf({ nodes }: World): string | undefined {
    const mobile = nodes.filter(({ kind }) => kind === "mobile-node").map(({ id }) => id);
    if (mobile.length <= MOST_MOBILE) return undefined;
    return [this.context.selected(), this.signals.subject].find((id) => typeof id === "string" && mobile.includes(id)) ?? mobile[0];
  }

  private choose(): void {
    const subject = this.subjectOf(this.context.world());
    setText(this.about, subject === undefined ? "" : `Of ${this.context.label(subject)} alone: choose another on the map.`);
    this.about.hidden = subject === undefined;
    if (subject === this.signals.subject) return;
    this.signals.choose(subject);
    this.drawFrom(0);
    this.draw();
  }

  /** Whether the diagram is of this mobile node, or of all. */
  private isOf(node: string): boolean {
    return (this.signals.subject ?? node) === node;
  }

  /** What is known from this signal on is drawn anew. */
  private drawFrom(index: number): void {
    this.drawn = Math.min(this.drawn, index);
  }

  private takeHandover(handover: Handover): void {
    const known = this.handovers.findIndex(({ node, fromMs }) => node === handover.node && fromMs === handover.fromMs);
    if (known >= 0) return void (this.handovers[known] = handover);
    this.handovers.push(handover);
    const next = this.signals.shown.findIndex(({ sentMs }) => sentMs >= handover.fromMs);
    if (next >= 0) this.drawFrom(next); // there must be room for its label
  }

  private draw(): void {
    const { host, canvas, times, signals: { shown } } = this;
    if (host.offsetParent === null) return;
    const isAtEnd = host.scrollHeight - host.scrollTop - host.clientHeight < 60;
    const focused = canvas.contains(document.activeElement) ? document.activeElement?.getAttribute("data-packet") : undefined;
    this.empty.hidden = shown.length > 0;
    const columns = this.columnsOf(this.context.world());
    if (this.drawn === 0 || this.width !== host.clientWidth || String(columns) !== String(this.columns)) {
      this.columns = columns;
      this.width = host.clientWidth;
      this.drawn = 0;
      canvas.replaceChildren(svg("g", { class: "ground", "aria-hidden": "true" }));
      this.drawHeads();
    }
    while (canvas.childElementCount > this.drawn + 1) canvas.lastElementChild!.remove(); // the ground is the first
    times.keep(this.drawn);
    for (; this.drawn < shown.length; this.drawn++) canvas.append(this.arrow(shown[this.drawn], shown[this.drawn - 1]));
    if (focused && !canvas.contains(document.activeElement)) {
      canvas.querySelector<SVGElement>(`.arrow[data-packet="${focused}"]`)?.focus({ preventScroll: true });
    }
    if (!this.stop?.isConnected || this.stop !== document.activeElement) this.stopAt(canvas.lastElementChild?.querySelector(".arrow"));
    this.drawGround();
    if (isAtEnd && !host.contains(document.activeElement?.closest(".arrow") ?? null)) host.scrollTop = host.scrollHeight;
  }

  private stopAt(arrow: Element | null | undefined): void {
    if (!arrow || arrow === this.stop) return;
    this.stop?.setAttribute("tabindex", "-1");
    arrow.setAttribute("tabindex", "0");
    this.stop = arrow;
  }

  /** Up and down between arrows, Enter opens. */
  private onKey(event: KeyboardEvent, open: () => void): void {
    const all = [...this.canvas.querySelectorAll<SVGElement>(".arrow")];
    const at = all.indexOf(event.currentTarget as SVGElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") open();
    else if (next !== undefined) all[next]?.focus();
    else return;
    event.preventDefault();
  }

  private columnsOf({ nodes }: World): string[] {
    const talking = new Set(this.signals.shown.flatMap(({ from, to }) => (to === undefined ? [from] : [from, to])));
    const isAlways = (id: string, kind: NodeKind) => kind === "home-agent" || (kind === "mobile-node" && this.isOf(id));
    return nodes.filter(({ id, kind }) => talking.has(id) || isAlways(id, kind))
      .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)).map(({ id }) => id);
  }

  private get measures(): Measures {
    return this.width < NARROW_WIDTH ? NARROW : WIDE;
  }

  /** From the first line to the last. */
  private get span(): number {
    const { columns, width, measures: { times, margin, leastColumn } } = this;
    return Math.max(leastColumn * (columns.length - 1), width - times - 2 * margin - 2);
  }

  private get wholeWidth(): number {
    const { times, margin } = this.measures;
    return times + 2 * margin + this.span;
  }

  private x(node: string): number {
    const at = this.columns.indexOf(node);
    const { times, margin } = this.measures;
    return times + margin + (this.columns.length > 1 ? (Math.max(0, at) * this.span) / (this.columns.length - 1) : this.span / 2);
  }

  private drawHeads(): void {
    this.heads.replaceChildren(...this.columns.map((id) => {
      const head = html("span", {}, this.context.label(id));
      head.style.left = `${this.x(id)}px`;
      return head;
    }));
    this.heads.classList.toggle("narrow", this.measures === NARROW);
    this.heads.style.width = `${this.wholeWidth}px`;
  }

  /** Lifelines and handovers, behind the arrows. */
  private drawGround(): void {
    const { canvas, times, columns } = this;
    const height = times.end + 12;
    const width = this.wholeWidth;
    const left = this.measures.times;
    canvas.setAttribute("width", String(width));
    canvas.setAttribute("height", String(height));
    const first = this.signals.shown[0]?.sentMs ?? Infinity;
    const bands = this.handovers.filter(({ node, untilMs = Infinity }) => untilMs >= first && this.isOf(node)).flatMap(({ fromMs, untilMs, toLink }) => {
      const top = Math.max(0, times.placeOf(fromMs) - BAND_LEAD);
      const bottom = Math.max(top + 3, untilMs === undefined ? height : times.placeOf(untilMs));
      const text = `${toLink === null ? "no network" : `to ${this.context.label(toLink)}`}${untilMs === undefined ? "" : `, ${Math.round(untilMs - fromMs)} ms`}`;
      return [
        svg("rect", { class: "handover", x: left, y: top, width: width - left, height: bottom - top }),
        svg("text", { class: "handover-label", x: this.x(columns[0]) + 7, y: top + 12 }, text),
      ];
    });
    const lines = columns.map((id) => svg("line", { class: "lifeline", x1: this.x(id), x2: this.x(id), y1: 0, y2: height }));
    canvas.querySelector(".ground")!.replaceChildren(...lines, ...bands);
  }

  /** `before`: the signal above it. */
  private arrow(signal: Signal, before: Signal | undefined): SVGElement {
    const { packet, from, to, sentMs, arrivedMs, name, detail } = signal;
    const isNewBand = this.handovers.some(({ node, fromMs }) => this.isOf(node) && fromMs <= sentMs && fromMs > (before?.sentMs ?? -1));
    const y1 = this.times.add(sentMs, isNewBand ? BAND_ROOM : 0);
    const [x1, target] = [this.x(from), to === undefined ? this.outOf(from) : this.x(to)];
    const isLost = to === undefined;
    const fall = arrivedMs === undefined ? MOST_FALL / 2 : Math.min(MOST_FALL, 2 + (arrivedMs - sentMs) / 4);
    const x2 = isLost ? (x1 + target) / 2 : target;
    const y2 = y1 + fall;
    const side = Math.sign(x2 - x1) || 1;
    const open = () => this.context.openPacket(packet);
    const took = arrivedMs === undefined ? "" : `, ${(arrivedMs - sentMs).toFixed(1)} ms`;
    const where = isLost ? "lost" : `to ${this.context.label(to)}${took}`;
    const room = Math.max(16, Math.floor(Math.abs(target - x1) / LETTER_WIDTH) + 6);
    const middle = (x1 + target) / 2;
    const arrow = svg("g", {
      class: isLost ? "arrow lost" : "arrow", role: "button", tabindex: -1, "data-packet": packet,
      "aria-label": `${timeText(sentMs)} ${name}${detail && `, ${detail}`}, from ${this.context.label(from)} ${where}`,
      click: open, keydown: (event: KeyboardEvent) => this.onKey(event, open), focus: () => this.stopAt(arrow),
    },
      svg("title", {}, `${name}${detail && `: ${detail}`}`),
      svg("rect", { class: "hit", x: 0, y: y1 - 18, width: Math.max(x1, target) + this.measures.margin, height: fall + 36, rx: 4 }),
      svg("text", { class: "moment", x: 6, y: y1 + 4 }, timeText(sentMs)),
      svg("line", { x1, y1, x2, y2 }),
      isLost ? svg("path", { class: "cross", d: `M${x2 - 5} ${y2 - 5}l10 10m0-10l-10 10` })
        : svg("path", { class: "head", d: `M${x2} ${y2}l${-side * 9} -4.5v9z` }),
      svg("text", { class: "message name", x: middle, y: y1 - 5, "text-anchor": "middle" }, isLost ? `${name} (lost)` : name),
      detail !== "" && svg("text", { class: "message detail", x: middle, y: y2 + 13, "text-anchor": "middle" }, cut(detail, room)));
    return svg("g", { role: "listitem" }, arrow);
  }

  /** Where an arrow that never arrives points: to the neighbouring line. */
  private outOf(node: string): number {
    const at = this.columns.indexOf(node);
    const next = this.columns[at + 1] ?? this.columns[at - 1];
    return next === undefined ? this.x(node) + this.measures.leastColumn : this.x(next);
  }
}

/** The whole of a detail is in the arrow's label and in the packet. */
function cut(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1).trimEnd()}…` : text;
}
