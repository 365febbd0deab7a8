/** The bar at the top: time and its speed, and what can be done with a scenario as a whole. */
import { timeText } from "./context.ts";
import { html, icon, setAttribute, setText } from "./dom.ts";
import { SPEEDS, STEP_MS } from "./player.ts";
import type { Scheme } from "./theme.ts";

export interface ToolbarCalls {
  toggle(): void;
  step(by: number | "event"): void;
  setSpeed(speed: number): void;
  restart(): void;
  replay(): void;
  seed(seed: number): void;
  share(): void;
  savePackets(): void;
  showConfiguration(): void;
  joinRealAgent(): void;
  toggleTheme(): void;
  help(): void;
}

const ICONS = {
  play: "M4.5 2.8v10.4L13 8z", pause: "M4.5 3h2.3v10H4.5zM9.2 3h2.3v10H9.2z",
  event: "M3 3.2v9.6L9.5 8zM11.2 3.2h1.8v9.6h-1.8z", step: "M2.5 8h8M8 5l3 3-3 3M13.5 3.5v9",
  restart: "M3.2 8a4.8 4.8 0 1 0 1.6-3.6M4.6 1.8v2.8h2.8",
  replay: "M12.8 8a4.8 4.8 0 1 1-1.6-3.6M11.4 1.8v2.8H8.6M6.8 5.9v4.2L10 8z",
  share: "M6.6 9.4 9.8 6.2M7.4 4.6l1.6-1.5a2.7 2.7 0 0 1 3.8 3.8l-1.6 1.6M8.6 11.4 7 12.9a2.7 2.7 0 0 1-3.8-3.8l1.6-1.6",
  save: "M8 2.5v7M5 6.8l3 3 3-3M2.8 12.8h10.4", files: "M4 1.8h5.2L12.5 5v9.2H4zM9 2v3.2h3.3M6 8h4.4M6 10.8h4.4",
  join: "M8 8.2v5.4M5.2 13.6h5.6M8 6.1v.1M5.3 8.8a3.8 3.8 0 0 1 0-5.4M10.7 8.8a3.8 3.8 0 0 0 0-5.4"
    + "M3.4 10.6a6.4 6.4 0 0 1 0-9M12.6 10.6a6.4 6.4 0 0 0 0-9",
  theme: "M8 2.2a5.8 5.8 0 1 0 0 11.6zM8 2.2a5.8 5.8 0 0 1 0 11.6", help: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.2v.1",
  more: "M3 8h.1M8 8h.1M13 8h.1",
};

export class Toolbar {
  private readonly playButton: HTMLButtonElement;
  private readonly time = html("span", { class: "time", role: "timer", "aria-label": "Virtual time", "aria-live": "off" });
  private readonly speed: HTMLSelectElement;
  private readonly seed: HTMLInputElement;
  private readonly theme: HTMLButtonElement;
  private playing?: boolean;

  constructor(host: HTMLElement, calls: ToolbarCalls) {
    this.playButton = button("Play", ICONS.play, () => calls.toggle(), "primary");
    this.speed = html("select", { "aria-label": "Speed", title: "Speed", change: () => calls.setSpeed(Number(this.speed.value)) },
      ...SPEEDS.map((speed) => html("option", { value: speed }, `${speed}×`)));
    this.seed = html("input", {
      type: "number", min: 0, max: 0xffff_ffff, step: 1, inputmode: "numeric", required: true,
      change: () => {
        if (this.seed.reportValidity()) calls.seed(Number(this.seed.value));
      },
    });
    this.theme = button("Dark", ICONS.theme, () => calls.toggleTheme());
    const more = html("div", { class: "more", id: "toolbar-more" },
      button("Restart", ICONS.restart, () => calls.restart(), "", "Restart: the scenario from the beginning, without what you did"),
      button("Replay", ICONS.replay, () => calls.replay(), "", "Replay: from the beginning, with what you did"),
      html("label", { class: "seed", title: "Another seed, another story: of loss, delay and entropy" }, "Seed ", this.seed),
      html("span", { class: "gap" }),
      button("Share", ICONS.share, () => calls.share(), "worded", "Copy the address of this scenario, with what you did"),
      button("Packets", ICONS.save, () => calls.savePackets(), "worded", "Save the packets as pcapng, for Wireshark"),
      button("Configuration", ICONS.files, () => calls.showConfiguration(), "worded", "Configuration for the real daemons"),
      button("Join", ICONS.join, () => calls.joinRealAgent(), "worded", "Join a real home agent"),
      this.theme,
      button("Help", ICONS.help, () => calls.help(), "", "Help and keyboard shortcuts"));
    const opener = button("More", ICONS.more, () => open(!more.hasAttribute("data-open")), "opener");
    const open = (isOpen: boolean) => {
      more.toggleAttribute("data-open", isOpen);
      setAttribute(opener, "aria-expanded", String(isOpen));
    };
    open(false);
    setAttribute(opener, "aria-controls", more.id);
    document.addEventListener("pointerdown", ({ target }) => {
      if (!host.contains(target as Node)) open(false);
    });
    host.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !more.hasAttribute("data-open")) return;
      open(false);
      opener.focus();
    });
    host.append(
      html("span", { class: "brand" }, html("b", {}, "mext"), " lab"),
      html("div", { class: "transport", role: "group", "aria-label": "Time" },
        this.playButton,
        button("To the next event", ICONS.event, () => calls.step("event")),
        button(`By ${STEP_MS} ms`, ICONS.step, () => calls.step(STEP_MS)),
        this.speed, this.time),
      opener, more);
  }

  showPlayer(isPlaying: boolean, speed: number): void {
    this.speed.value = String(speed);
    if (isPlaying === this.playing) return;
    this.playing = isPlaying;
    rename(this.playButton, isPlaying ? "Pause" : "Play", isPlaying ? ICONS.pause : ICONS.play);
  }

  showTime(nowMs: number): void {
    setText(this.time, timeText(nowMs));
  }

  showSeed(seed: number): void {
    if (document.activeElement !== this.seed) this.seed.value = String(seed);
  }

  showTheme(now: Scheme): void {
    rename(this.theme, now === "dark" ? "Light colours" : "Dark colours", ICONS.theme);
  }
}

/** A button with an icon; its name is for the ear and the pointer, and stands beside the icon when it is "worded". */
function button(name: string, path: string, click: () => void, look = "", title = name): HTMLButtonElement {
  return html("button", { type: "button", class: `tool ${look}`, title, "aria-label": title, click },
    icon(path, path === ICONS.play || path === ICONS.event), html("span", { class: "word", "aria-hidden": "true" }, name));
}

function rename(element: HTMLButtonElement, name: string, path: string): void {
  element.title = name;
  element.setAttribute("aria-label", name);
  setText(element.querySelector(".word")!, name);
  element.querySelector("svg")!.replaceWith(icon(path, path === ICONS.play || path === ICONS.pause));
}
