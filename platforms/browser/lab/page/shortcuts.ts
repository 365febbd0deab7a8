/** Keys that work everywhere on the page, and the help that tells of them. They can be switched off (WCAG 2.1.4). */
import { openDialog } from "./dialogs.ts";
import { html } from "./dom.ts";

export interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
  run(): void;
}

export class Shortcuts {
  private on = true;

  constructor(private readonly shortcuts: readonly Shortcut[]) {
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  help(sha256: string): void {
    const keys = (names: readonly string[]) =>
      html("dt", {}, ...names.flatMap((name, index) => [index > 0 && " ", html("kbd", {}, name)]));
    const isOn = html("input", { type: "checkbox", change: () => (this.on = isOn.checked) });
    isOn.checked = this.on;
    openDialog("help", "mext lab",
      html("p", {}, "Mobile IPv6 as it is: each node runs the same WebAssembly core as the daemons, on a simulated network. ",
        "Drag the mobile node to another network and see how its sessions survive. Click a packet to open it."),
      html("dl", { class: "keys" },
        ...this.shortcuts.flatMap((shortcut) => [keys(shortcut.keys), html("dd", {}, shortcut.does)]),
        keys(["Tab", "arrows"]), html("dd", {}, "Go through the map; Enter on a mobile node opens the menu to move it"),
        keys(["Esc"]), html("dd", {}, "Give up a drag, close a menu or this")),
      html("label", { class: "filter" }, isOn, "Single keys work"),
      html("p", { class: "hint" }, "Core: sha256 ", html("code", {}, sha256.slice(0, 16)), "…"));
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.on || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea, dialog, [role=menu]")) return;
    const shortcut = this.shortcuts.find(({ keys }) => keys.includes(event.key.length === 1 ? event.key.toLowerCase() : event.key));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  }
}
