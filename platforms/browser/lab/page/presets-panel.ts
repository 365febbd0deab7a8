/** The presets: a line with the lesson of the one that is shown, and a dialog to choose another. */
import type { Preset, Scenario } from "../contract.ts";
import { closeButton } from "./dialogs.ts";
import { html, icon, setText } from "./dom.ts";

export class PresetsPanel {
  private readonly title = html("span", { class: "preset-title" });
  private readonly lesson = html("span", { class: "preset-lesson" });
  private readonly dialog: HTMLDialogElement;
  private readonly buttons = new Map<string, HTMLButtonElement>();

  /** `bar`: where the lesson stands. */
  constructor(bar: HTMLElement, private readonly presets: readonly Preset[], choose: (preset: Preset) => void) {
    const cards = presets.map((preset) => {
      const button = html("button", {
        type: "button", class: "card", click: () => {
          this.dialog.close();
          choose(preset);
        },
      }, html("strong", {}, preset.title), html("span", {}, preset.lesson));
      this.buttons.set(preset.id, button);
      return html("li", {}, button);
    });
    this.dialog = html("dialog", { class: "presets", "aria-labelledby": "presets-title" },
      html("h2", { id: "presets-title" }, "Scenarios"),
      closeButton(() => this.dialog.close()),
      html("ul", { class: "cards" }, ...cards));
    document.body.append(this.dialog);
    const opener = html("button", {
      type: "button", class: "preset-chooser", "aria-haspopup": "dialog", click: () => this.open(),
    }, html("span", { class: "visually-hidden" }, "Scenario: "), this.title, icon("M4 6l4 4 4-4"));
    bar.append(opener, this.lesson);
  }

  open(): void {
    this.dialog.showModal();
    this.dialog.querySelector<HTMLElement>("[aria-current]")?.focus();
  }

  show({ preset: id }: Scenario): void {
    const preset = this.presets.find((each) => each.id === id);
    setText(this.title, preset?.title ?? "A scenario of its own");
    setText(this.lesson, preset?.lesson ?? "It came in the address of this page.");
    for (const [each, button] of this.buttons) {
      if (each === id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }
}
