/**
 * The views and their tabs. On a wide screen controls and log have places of their own and only the others share one;
 * on a narrow one all of them do.
 */
import { html, setAttribute } from "./dom.ts";

/** As in styles.css. */
const WIDE = "(min-width: 60em)";
const BESIDE = new Set(["controls", "notes"]);

interface Tab {
  readonly name: string;
  readonly button: HTMLButtonElement;
  readonly section: HTMLElement;
  readonly body: HTMLElement;
}

export class Layout {
  private readonly tabs: Tab[];
  private readonly wide = matchMedia(WIDE);
  private shown = "";
  /** The last of those that have no place of their own. */
  private shared = "";
  private readonly listeners: ((name: string) => void)[] = [];

  /** `strip`: where the tabs go. `sections`: with the id "view-…" and a title. */
  constructor(strip: HTMLElement, sections: readonly HTMLElement[]) {
    this.tabs = sections.map((section) => {
      const name = section.id.replace(/^view-/, "");
      const title = section.dataset.title ?? name;
      const button = html("button", {
        type: "button", role: "tab", id: `tab-${name}`, "aria-controls": section.id, click: () => this.show(name),
      }, title);
      const body = html("div", { class: "view-body" });
      section.append(html("h2", { class: "view-title" }, title), body);
      strip.append(button);
      return { name, button, section, body };
    });
    strip.addEventListener("keydown", (event) => this.onKey(event));
    this.wide.addEventListener("change", () => {
      this.arrange();
      for (const { name, section } of this.tabs) if (!section.hidden) this.tell(name);
    });
    this.show("sequence");
  }

  /** Where a view draws. */
  body(name: string): HTMLElement {
    return this.tab(name).body;
  }

  onShow(listener: (name: string) => void): void {
    this.listeners.push(listener);
  }

  /** Brings a view to the front; one that has its own place is there anyway. */
  show(name: string): void {
    this.tab(name);
    if (!BESIDE.has(name)) this.shared = name;
    this.shown = name;
    this.arrange();
    this.tell(name);
  }

  private tell(name: string): void {
    for (const listener of this.listeners) listener(name);
  }

  private tab(name: string): Tab {
    const tab = this.tabs.find((each) => each.name === name);
    if (!tab) throw new Error(`there is no view ${name}`);
    return tab;
  }

  private arrange(): void {
    const isWide = this.wide.matches;
    const shown = isWide && BESIDE.has(this.shown) ? this.shared : this.shown;
    for (const { name, button, section } of this.tabs) {
      const isBeside = isWide && BESIDE.has(name);
      const isChosen = name === shown;
      button.hidden = isBeside;
      setAttribute(button, "aria-selected", String(isChosen));
      setAttribute(button, "tabindex", isChosen ? 0 : -1);
      section.hidden = !isBeside && !isChosen;
      setAttribute(section, "role", isBeside ? "region" : "tabpanel");
      setAttribute(section, "aria-labelledby", `tab-${name}`);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const buttons = this.tabs.filter(({ button }) => !button.hidden);
    const at = buttons.findIndex(({ button }) => button === event.target);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    const { name, button } = buttons[(next + buttons.length) % buttons.length];
    this.show(name);
    button.focus();
  }
}
