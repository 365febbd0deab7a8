/** Controls of a link: delay, loss, rate, and whether it is cut. */
import type { LinkConditions, World } from "../contract.ts";
import type { ControlCalls, Controls } from "./controls.ts";
import { type Choice, choiceField, rangeField, switchField } from "./controls-fields.ts";
import { html } from "./dom.ts";
import { rateText } from "./topology-labels.ts";

const RATES = [0, 64e3, 256e3, 1e6, 10e6, 100e6];
const LONGEST_DELAY_MS = 500;

export class LinkControls implements Controls {
  readonly element: HTMLElement;
  private readonly delay = rangeField(
    { label: "Delay", max: LONGEST_DELAY_MS, step: 1, text: (ms) => `${ms} ms` }, (delayMs) => this.change({ delayMs }));
  private readonly loss = rangeField(
    { label: "Loss", max: 100, step: 1, text: (percent) => `${percent} %` }, (percent) => this.change({ loss: percent / 100 }));
  private readonly rate = choiceField("Rate", (value) => this.change({ bitsPerSecond: Number(value) }));
  private readonly cut = switchField("Cut", (cut) => this.change({ cut }));

  constructor(private readonly id: string, private readonly calls: ControlCalls) {
    const { delay, loss, rate, cut } = this;
    this.element = html("div", { class: "of-link" }, delay.element, cut.element, loss.element, rate.element);
  }

  show({ links }: World): boolean {
    const link = links.find(({ id }) => id === this.id);
    if (!link) return false;
    const { delayMs, loss, bitsPerSecond, cut } = link.conditions;
    this.delay.set(delayMs);
    this.loss.set(Math.round(loss * 100));
    this.rate.set({ choices: rates(bitsPerSecond), value: String(bitsPerSecond) });
    this.cut.set(cut);
    return true;
  }

  private change(conditions: Partial<LinkConditions>): void {
    this.calls.act({ kind: "conditions", link: this.id, conditions });
  }
}

/** The usual ones, and the one that it has. */
function rates(current: number): Choice[] {
  return [...new Set([...RATES, current])].sort((a, b) => a - b)
    .map((rate) => ({ value: String(rate), label: rate === 0 ? "no limit" : rateText(rate) }));
}
