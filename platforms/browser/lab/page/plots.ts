/** Plots over virtual time: round-trip time, throughput, loss and what is left of the binding; handovers are marked. */
import uPlot from "uplot";
import type { Frame, Handover, Sample } from "../contract.ts";
import { type Colour, type PageContext, timeText, type View } from "./context.ts";
import { html, setText } from "./dom.ts";

const WINDOW_S = 60;
const REDRAW_MS = 100;
/** Of one plot, CSS pixels. */
const LEAST_HEIGHT = 84;
/** What is over is shown in so many points at most. */
const MOST_POINTS = 1500;

interface Quantity {
  readonly title: string;
  readonly unit: string;
  readonly colour: Colour;
  /** The scale goes up to this at least. */
  readonly top: number;
  of(sample: Sample): number | null;
  text(value: number): string;
}

const QUANTITIES: readonly Quantity[] = [
  { title: "Round trip", unit: "ms", colour: "accent", top: 10, of: ({ roundTripMs }) => roundTripMs, text: (value) => value.toFixed(1) },
  { title: "Throughput", unit: "Mbit/s", colour: "data", top: 0.1, of: ({ bitsPerSecond }) => bitsPerSecond / 1e6, text: (value) => value.toFixed(2) },
  { title: "Loss", unit: "%", colour: "error", top: 100, of: ({ loss }) => (loss === null ? null : loss * 100), text: (value) => value.toFixed(0) },
  { title: "Binding", unit: "s left", colour: "signalling", top: 10, of: ({ lifetimeMs }) => (lifetimeMs === null ? null : lifetimeMs / 1000), text: (value) => value.toFixed(0) },
];

interface Plot {
  readonly quantity: Quantity;
  readonly figure: HTMLElement;
  readonly value: HTMLElement;
  chart?: uPlot;
}

export class PlotsView implements View {
  private readonly whole = html("input", { type: "checkbox", change: () => this.draw() });
  private readonly said = html("p", { class: "handovers-said" });
  private readonly frame = html("div", { class: "plots" });
  private readonly plots: Plot[];
  private samples: Sample[] = [];
  private handovers: Handover[] = [];
  private drawnAtMs = 0;

  constructor(private readonly host: HTMLElement, private readonly context: PageContext) {
    this.plots = QUANTITIES.map((quantity) => {
      const value = html("span", { class: "value" }, "–");
      const figure = html("div", { class: "plot", role: "group", "aria-label": quantity.title },
        html("div", { class: "plot-head" }, html("b", {}, quantity.title), value, html("span", { class: "unit" }, quantity.unit)));
      return { quantity, figure, value };
    });
    this.frame.append(...this.plots.map(({ figure }) => figure));
    host.append(html("div", { class: "plots-head" }, html("label", { class: "filter" }, this.whole, "The whole run"), this.said), this.frame);
    new ResizeObserver(() => this.resize()).observe(this.frame);
    context.onTheme(() => this.rebuild());
  }

  reset(): void {
    this.samples = [];
    this.handovers = [];
    this.draw();
  }

  show({ samples, handovers }: Frame): void {
    this.samples.push(...samples);
    for (const handover of handovers) {
      const known = this.handovers.findIndex(({ node, fromMs }) => node === handover.node && fromMs === handover.fromMs);
      if (known < 0) this.handovers.push(handover);
      else this.handovers[known] = handover;
    }
    const isDue = performance.now() - this.drawnAtMs >= REDRAW_MS;
    if (isDue && this.host.offsetParent !== null) this.draw();
  }

  private draw(): void {
    if (this.host.offsetParent === null) return;
    this.drawnAtMs = performance.now();
    const shown = this.shown();
    const times = shown.map(({ atMs }) => atMs / 1000);
    const last = this.samples.at(-1);
    for (const plot of this.plots) {
      const { quantity } = plot;
      plot.chart ??= this.chart(plot);
      plot.chart.setData([times, shown.map((sample) => quantity.of(sample))]);
      const value = last && quantity.of(last);
      setText(plot.value, value === undefined || value === null ? "–" : quantity.text(value));
    }
    setText(this.said, this.handoversText());
  }

  /** What the bands show, in words. */
  private handoversText(): string {
    const last = this.handovers.at(-1);
    if (!last) return "No handover yet";
    const count = this.handovers.length === 1 ? "1 handover" : `${this.handovers.length} handovers`;
    const took = last.untilMs === undefined ? "lasts" : `took ${Math.round(last.untilMs - last.fromMs)} ms`;
    return `${count}, the last at ${timeText(last.fromMs)} ${took}`;
  }

  /** Those of the window, or of all every so many. */
  private shown(): readonly Sample[] {
    const { samples } = this;
    if (this.whole.checked) {
      const every = Math.ceil(samples.length / MOST_POINTS);
      return every > 1 ? samples.filter((_, index) => index % every === 0) : samples;
    }
    const fromMs = (samples.at(-1)?.atMs ?? 0) - WINDOW_S * 1000;
    let first = samples.length;
    while (first > 0 && samples[first - 1].atMs >= fromMs) first--;
    return samples.slice(first);
  }

  private chart({ quantity, figure }: Plot): uPlot {
    const { context } = this;
    const axis: uPlot.Axis = {
      stroke: () => context.colour("soft"), grid: { stroke: () => context.colour("line"), width: 1 }, ticks: { show: false },
      font: "11px system-ui, sans-serif", size: 42, space: 24,
    };
    return new uPlot({
      ...this.sizeOf(figure),
      legend: { show: false },
      padding: [6, null, 0, null],
      cursor: { sync: { key: "mext lab" }, y: false, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: (_, from, to) => this.range(from, to) },
        y: { range: (_, least, most) => [Math.min(0, least ?? 0), Math.max(quantity.top, (most ?? 0) * 1.12)] },
      },
      axes: [
        { ...axis, size: 22, values: (_, values) => values.map((value) => `${value} s`), space: 60 },
        axis,
      ],
      series: [{}, { stroke: () => context.colour(quantity.colour), width: 1.5, spanGaps: false, points: { show: false } }],
      hooks: { drawClear: [(chart) => this.drawBands(chart)] },
    }, [[], []], figure);
  }

  private range(from: number, to: number): [number, number] {
    const last = to ?? 0;
    return this.whole.checked ? [from ?? 0, Math.max(last, 1)] : [Math.max(0, last - WINDOW_S), Math.max(last, WINDOW_S)];
  }

  private drawBands({ ctx, bbox, valToPos }: uPlot): void {
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = this.context.colour("warn");
    ctx.globalAlpha = 0.4;
    for (const { fromMs, untilMs = this.samples.at(-1)?.atMs ?? fromMs } of this.handovers) {
      const left = valToPos(fromMs / 1000, "x", true);
      ctx.fillRect(left, bbox.top, Math.max(3 * devicePixelRatio, valToPos(untilMs / 1000, "x", true) - left), bbox.height);
    }
    ctx.restore();
  }

  private sizeOf(figure: HTMLElement): { width: number; height: number } {
    const head = figure.firstElementChild as HTMLElement;
    return { width: Math.max(160, figure.clientWidth), height: Math.max(LEAST_HEIGHT, figure.clientHeight - head.offsetHeight - 4) };
  }

  private resize(): void {
    if (this.host.offsetParent === null) return;
    for (const { chart, figure } of this.plots) chart?.setSize(this.sizeOf(figure));
    this.draw();
  }

  private rebuild(): void {
    for (const plot of this.plots) {
      plot.chart?.destroy();
      plot.chart = undefined;
    }
    this.draw();
  }

  /** Bands that are shown, in s of virtual time: for tests, which cannot look at a canvas. */
  get bands(): readonly { fromS: number; untilS: number | undefined }[] {
    return this.handovers.map(({ fromMs, untilMs }) => ({ fromS: fromMs / 1000, untilS: untilMs === undefined ? undefined : untilMs / 1000 }));
  }
}
