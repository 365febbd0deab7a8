/** Fields of the control panel: labelled, and told their value anew without disturbing a hand that is on them. */
import { html, setText } from "./dom.ts";

export interface Field<Value> {
  readonly element: HTMLElement;
  set(value: Value): void;
}

let count = 0;

/** On or off. */
export function switchField(label: string, act: (on: boolean) => void): Field<boolean> {
  const input = html("input", { type: "checkbox", role: "switch", change: () => act(input.checked) });
  return {
    element: html("label", { class: "switch" }, input,
      html("span", { class: "track", "aria-hidden": "true" }), html("span", {}, label)),
    set: (on) => {
      input.checked = on;
    },
  };
}

export interface RangeSettings {
  readonly label: string;
  readonly max: number;
  readonly step: number;
  text(value: number): string;
}

/** A number on a scale from 0; acts when the hand lets go, since each act is recorded in the scenario. */
export function rangeField({ label, max, step, text }: RangeSettings, act: (value: number) => void): Field<number> {
  const id = `field-${++count}`;
  const output = html("output", { for: id });
  let isHeld = false;
  const tell = () => {
    setText(output, text(Number(input.value)));
    input.setAttribute("aria-valuetext", text(Number(input.value)));
  };
  const input = html("input", {
    type: "range", id, min: 0, max, step,
    input: () => {
      isHeld = true;
      tell();
    },
    change: () => {
      isHeld = false;
      act(Number(input.value));
    },
  });
  return {
    element: html("div", { class: "range" }, html("label", { for: id }, label), output, input),
    set: (value) => {
      if (isHeld) return;
      input.max = String(Math.max(max, value));
      input.value = String(value);
      tell();
    },
  };
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** One of several. */
export function choiceField(label: string, act: (value: string) => void): Field<{ choices: readonly Choice[]; value: string }> {
  const id = `field-${++count}`;
  const select = html("select", { id, change: () => act(select.value) });
  let shown = "";
  return {
    element: html("div", { class: "choice" }, html("label", { for: id }, label), select),
    set: ({ choices, value }) => {
      const wanted = JSON.stringify(choices);
      if (wanted !== shown) {
        select.replaceChildren(...choices.map((choice) => html("option", { value: choice.value }, choice.label)));
      }
      shown = wanted;
      select.value = value;
    },
  };
}
