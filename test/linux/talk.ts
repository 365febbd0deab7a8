/** A TCP session between two namespaces that says at once when a byte is wrong, or when it breaks. */
import { expect } from "vitest";
import type { Program } from "./lab.ts";
import { eventually } from "./system/namespace.ts";

const PORT = 7777;

export class Talk {
  /** A program for `node -e` that echoes what comes, on every address; it prints "ready". */
  static readonly ECHO = `
    require("net").createServer((s) => s.pipe(s).on("error", () => {}))
      .listen(${PORT}, "::", () => console.log("ready"));`;

  /** A program that sends a number every 10 ms to an echo, and checks that all come back in order. */
  static to(host: string): string {
    return `
      const socket = require("net").connect(${PORT}, "${host}");
      let sent = 0, echoed = 0, rest = "";
      const end = (why) => { console.log(why); process.exit(1); };
      socket.setNoDelay(true);
      socket.on("connect", () => { console.log("connected"); setInterval(() => socket.write(++sent + "\\n"), 10); });
      socket.on("data", (data) => {
        const lines = (rest + data).split("\\n");
        rest = lines.pop();
        for (const line of lines) if (Number(line) !== ++echoed) end("WRONG " + line);
      });
      socket.on("error", ({ message }) => end("BROKEN " + message));
      socket.on("close", () => end("CLOSED"));
      process.on("SIGUSR2", () => console.log("echoed " + echoed));`;
  }

  constructor(readonly program: Program) {}

  /** Waits until so many numbers more have come back. */
  async goesOn(more = 20): Promise<void> {
    await this.program.logs("connected");
    const start = await this.#echoed();
    for (let now = start; now < start + more; now = await this.#echoed());
  }

  #echoed(): Promise<number> {
    const asked = this.#answers().length;
    this.program.child.kill("SIGUSR2");
    return eventually(() => {
      expect(this.program.output).not.toMatch(/WRONG|BROKEN|CLOSED/);
      const answers = this.#answers();
      return answers.length > asked ? Number(answers.at(-1)) : undefined;
    });
  }

  #answers(): string[] {
    return this.program.output.split("echoed ").slice(1).map((text) => text.split("\n")[0]);
  }
}
