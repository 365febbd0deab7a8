/** Light or dark: as the system has it, until the person chooses; remembered where the browser allows it. */
import { COLOURS, type Colour } from "./context.ts";

const KEY = "mext-lab-theme";
export type Scheme = "light" | "dark";

export class Theme {
  private readonly system = matchMedia("(prefers-color-scheme: dark)");
  private readonly listeners: (() => void)[] = [];
  private chosen?: Scheme = remembered();
  private readonly colours = new Map<Colour, string>();

  constructor() {
    this.system.addEventListener("change", () => this.apply());
    this.apply();
  }

  get now(): Scheme {
    return this.chosen ?? (this.system.matches ? "dark" : "light");
  }

  toggle(): void {
    this.chosen = this.now === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, this.chosen);
    } catch {
      // a browser that keeps nothing: it is so until the page goes
    }
    this.apply();
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  colour(name: Colour): string {
    return this.colours.get(name)!;
  }

  private apply(): void {
    document.documentElement.dataset.theme = this.now;
    const probe = document.body.appendChild(document.createElement("i")); // what `light-dark()` comes to
    for (const name of COLOURS) {
      probe.style.color = `var(--${name})`;
      this.colours.set(name, getComputedStyle(probe).color);
    }
    probe.remove();
    for (const listener of this.listeners) listener();
  }
}

function remembered(): Scheme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}
