/** The log: what happened, in words, the newest at the end. */
import type { Frame, Note } from "../contract.ts";
import { type PageContext, timeText, type View } from "./context.ts";
import { html } from "./dom.ts";

/** Kept and shown. */
const MOST = 300;
/** Said to a screen reader at most so often: of what comes in between, the last. */
const SAY_EVERY_MS = 2500;

export class NotesView implements View {
  private readonly list = html("ol", { class: "notes", "aria-label": "What happened", tabindex: 0 });
  private readonly onlyImportant = html("input", {
    type: "checkbox", change: () => this.list.classList.toggle("only-important", this.onlyImportant.checked),
  });
  private unsaid?: string;
  private timer?: ReturnType<typeof setTimeout>;

  constructor(host: HTMLElement, private readonly context: PageContext) {
    host.append(html("label", { class: "filter" }, this.onlyImportant, "Only what matters most"), this.list);
  }

  reset(): void {
    this.list.replaceChildren();
  }

  show({ notes }: Frame): void {
    if (notes.length === 0) return;
    const { list } = this;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 30;
    list.append(...notes.slice(-MOST).map((note) => this.entry(note)));
    while (list.children.length > MOST) list.firstChild!.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    const last = notes.findLast(({ weight }) => weight === "important");
    if (last) this.say(`${this.context.label(last.node)}: ${last.text}`);
  }

  private entry({ atMs, node, text, weight }: Note): HTMLElement {
    return html("li", { class: weight },
      html("time", {}, timeText(atMs)),
      html("span", {}, html("b", {}, this.context.label(node)), ` ${text}`));
  }

  private say(text: string): void {
    this.unsaid = text;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.unsaid !== undefined) this.context.announce(this.unsaid);
      this.unsaid = undefined;
    }, SAY_EVERY_MS);
  }
}
