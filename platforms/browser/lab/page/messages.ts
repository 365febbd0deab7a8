/** What the page tells a person: for a moment, until it was read, or to the ear alone. */
import { byId, html, setText } from "./dom.ts";

const TOAST_MS = 4000;

export class Messages {
  private timer?: ReturnType<typeof setTimeout>;

  /** For a moment, at the foot of the page. */
  toast(text: string): void {
    const toast = byId("toast");
    toast.textContent = text;
    toast.toggleAttribute("data-shown", true);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => toast.removeAttribute("data-shown"), TOAST_MS);
  }

  /** Until the person has read it. */
  banner(text: string): void {
    const banner = byId("banner");
    const close = html("button", { type: "button", click: () => this.hideBanner() }, "Close");
    banner.replaceChildren(html("span", {}, text), close);
    banner.hidden = false;
  }

  hideBanner(): void {
    byId("banner").hidden = true;
  }

  fail(error: unknown): void {
    this.banner(wordsOf(error));
  }

  /** To a screen reader, politely. */
  announce(text: string): void {
    setText(byId("announcer"), text);
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
