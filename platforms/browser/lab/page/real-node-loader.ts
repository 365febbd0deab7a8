/** Fetches the program of the real node (real-node-panel.ts) when it is wanted for the first time. */
import { wordsOf } from "./messages.ts";
import type { RealNodeCalls, RealNodePanel } from "./real-node-panel.ts";

/** Beside the page's own program; the bundler is not to see the import. */
const PROGRAM = "real-node.js";

export class RealNodeLoader {
  private panel?: Promise<RealNodePanel>;

  constructor(private readonly calls: RealNodeCalls) {}

  /** Opens the panel. Throws an Error with words for the person, as where a lab was built without it. */
  async open(): Promise<void> {
    this.panel ??= import(new URL(PROGRAM, import.meta.url).href)
      .then(({ RealNodePanel }: typeof import("./real-node-panel.ts")) => new RealNodePanel(this.calls));
    try {
      (await this.panel).open();
    } catch (cause) {
      this.panel = undefined;
      throw new Error(`${PROGRAM} cannot be loaded: ${wordsOf(cause)}`, { cause });
    }
  }
}
