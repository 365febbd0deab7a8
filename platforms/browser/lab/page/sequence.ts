/** The sequence diagram of the signalling: a line for each node, time downwards, an arrow for each mobility message. */
import type { Frame, Handover, NodeKind, Signal, World } from "../contract.ts";
import { type PageContext, timeText, type View } from "./context.ts";
import { html, svg } from "./dom.ts";
import { SequenceTimes } from "./sequence-times.ts";

/** Drawn at most: older arrows are gone. */
const MOST = 250;
/** So many more may come before the diagram is drawn anew without them. */
const SLACK = 50;
/** Room at the left for times, and beside the outermost lines. */
const TIME_WIDTH = 74;
const MARGIN = 62;
const LEAST_COLUMN = 130;
/** An arrow falls by its transit time, but stays an arrow. */
const MOST_FALL = 18;
/** A handover's band begins so far above its first message, for its label. */
const BAND_LEAD = 31;
/** Of a letter of the detail, about; what does not fit is cut: a click shows all of it. */
const LETTER_WIDTH = 5.9;
/** Who stands where, from left to right. */
const ORDER: readonly NodeKind[] = ["mobile-node", "home-agent", "correspondent", "host", "nat", "router"];

export class SequenceView implements View {
  private readonly heads = html("div", { class: "lifeline-heads", "aria-hidden": "true" });
  private readonly canvas = svg("svg", { class: "sequence", role: "list", "aria-label": "Signalling, the oldest first" });
  private readonly empty = html("p", { class: "hint" }, "No mobility message was sent yet.");
  private signals: Signal[] = [];
  private handovers: Handover[] = [];
  private columns: string[] = [];
  private times = new SequenceTimes();
  private drawn = 0;
  /** The one arrow that the tab key stops at: the newest, or where the focus was. */
  private stop?: Element;
  private width = 0;

  constructor(private readonly host: HTMLElement, private readonly context: PageContext) {
    host.append(this.heads, this.empty, this.canvas);
    new ResizeObserver(() => this.draw()).observe(host);
    host.classList.add("sequence-host");
  }

  reset(): void {
    this.signals = [];
    this.handovers = [];
    this.columns = [];
    this.drawn = 0;
    this.draw();
  }

  show({ signals, handovers }: Frame): void {
    const isChanged = [this.takeHandovers(handovers), this.takeSignals(signals)].includes(true);
    if (this.signals.length > MOST + SLACK) {
      this.signals.splice(0, this.signals.length - MOST);
      this.drawn = 0;
    }
    const isLate = isChanged || this.drawn < this.signals.length || this.width !== this.host.clientWidth;
    if (isLate && this.host.offsetParent !== null) this.draw();
  }

  /** Whether what was drawn is wrong now: an arrow of before has an end. */
  private takeSignals(signals: readonly Signal[]): boolean {
    let isChanged = false;
    for (const signal of signals) {
      const known = this.signals.findLastIndex(({ packet, sentMs }) => packet === signal.packet && sentMs === signal.sentMs);
      if (known < 0) this.signals.push(signal);
      else this.signals[known] = signal;
      if (known >= 0 && known < this.drawn) isChanged = true;
    }
    if (isChanged) this.drawn = 0;
    return isChanged;
  }

  private takeHandovers(handovers: readonly Handover[]): boolean {
    for (const handover of handovers) {
      const known = this.handovers.findIndex(({ node, fromMs }) => node === handover.node && fromMs === handover.fromMs);
      if (known < 0) this.handovers.push(handover);
      else this.handovers[known] = handover;
    }
    if (handovers.length > 0) this.drawn = 0;
    return handovers.length > 0;
  }

  private draw(): void {
    const { host, canvas } = this;
    if (host.offsetParent === null) return;
    const isAtEnd = host.scrollHeight - host.scrollTop - host.clientHeight < 60;
    this.empty.hidden = this.signals.length > 0;
    const columns = this.columnsOf(this.context.world());
    if (this.drawn === 0 || this.width !== host.clientWidth || String(columns) !== String(this.columns)) {
      this.columns = columns;
      this.width = host.clientWidth;
      this.times = new SequenceTimes();
      this.drawn = 0;
      canvas.replaceChildren(svg("g", { class: "ground", "aria-hidden": "true" }));
      this.drawHeads();
    }
    for (; this.drawn < this.signals.length; this.drawn++) canvas.append(this.arrow(this.signals[this.drawn]));
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
    const talking = new Set(this.signals.flatMap(({ from, to }) => (to === undefined ? [from] : [from, to])));
    return nodes.filter(({ id, kind }) => talking.has(id) || kind === "home-agent" || (kind === "mobile-node" && nodes.length < 16))
      .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)).map(({ id }) => id);
  }

  private get span(): number {
    const { columns, width } = this;
    return Math.max(LEAST_COLUMN * (columns.length - 1), width - TIME_WIDTH - 2 * MARGIN - 2);
  }

  private x(node: string): number {
    const at = this.columns.indexOf(node);
    return TIME_WIDTH + MARGIN + (this.columns.length > 1 ? (Math.max(0, at) * this.span) / (this.columns.length - 1) : this.span / 2);
  }

  private drawHeads(): void {
    this.heads.replaceChildren(...this.columns.map((id) => {
      const head = html("span", {}, this.context.label(id));
      head.style.left = `${this.x(id)}px`;
      return head;
    }));
    this.heads.style.width = `${TIME_WIDTH + 2 * MARGIN + this.span}px`;
  }

  /** Lifelines and handovers, behind the arrows. */
  private drawGround(): void {
    const { canvas, times, columns } = this;
    const height = times.end + 12;
    const width = TIME_WIDTH + 2 * MARGIN + this.span;
    canvas.setAttribute("width", String(width));
    canvas.setAttribute("height", String(height));
    const first = this.signals[0]?.sentMs ?? Infinity;
    const bands = this.handovers.filter(({ untilMs = Infinity }) => untilMs >= first).flatMap(({ fromMs, untilMs, toLink }) => {
      const top = Math.max(0, times.placeOf(fromMs) - BAND_LEAD);
      const bottom = Math.max(top + 3, untilMs === undefined ? height : times.placeOf(untilMs));
      const text = `${toLink === null ? "no network" : `to ${this.context.label(toLink)}`}${untilMs === undefined ? "" : `, ${Math.round(untilMs - fromMs)} ms`}`;
      return [
        svg("rect", { class: "handover", x: TIME_WIDTH, y: top, width: width - TIME_WIDTH, height: bottom - top }),
        svg("text", { class: "handover-label", x: width - 6, y: top + 11, "text-anchor": "end" }, text),
      ];
    });
    const lines = columns.map((id) => svg("line", { class: "lifeline", x1: this.x(id), x2: this.x(id), y1: 0, y2: height }));
    canvas.querySelector(".ground")!.replaceChildren(...bands, ...lines);
  }

  private arrow(signal: Signal): SVGElement {
    const { packet, from, to, sentMs, arrivedMs, name, detail } = signal;
    const y1 = this.times.add(sentMs);
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
      class: isLost ? "arrow lost" : "arrow", role: "button", tabindex: -1,
      "aria-label": `${timeText(sentMs)} ${name}${detail && `, ${detail}`}, from ${this.context.label(from)} ${where}`,
      click: open, keydown: (event: KeyboardEvent) => this.onKey(event, open), focus: () => this.stopAt(arrow),
    },
      svg("title", {}, `${name}${detail && `: ${detail}`}`),
      svg("rect", { class: "hit", x: 0, y: y1 - 18, width: Math.max(x1, target) + MARGIN, height: fall + 36, rx: 4 }),
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
    return next === undefined ? this.x(node) + LEAST_COLUMN : this.x(next);
  }
}

/** The whole of a detail is in the arrow's label and in the packet. */
function cut(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1).trimEnd()}…` : text;
}
