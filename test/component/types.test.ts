/** A program in TypeScript gets the types of the WIT by `mext/component`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";

// In the project, so that the package finds itself by its name.
const build = fileURLToPath(new URL("../../build", import.meta.url));
mkdirSync(build, { recursive: true });
const folder = mkdtempSync(join(build, "typed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START = `
  import { load } from "mext/component";
  const { engine: { Engine }, codec: { Codec } } = (await load())();
  const budgets = { slots: 64, slotBytes: 2048, outputBytes: 65536, maxBindings: 64, maxNodes: 64, reassemblies: 4 };
  const engine = Engine.start("home-agent", 0, new Uint8Array(64), budgets);
  const codec = new Codec();
`;
const PROGRAMS = {
  "right.ts": `
    for (const order of engine.process(1, [{ device: 0, payload: { tag: "packet", val: new Uint8Array(3) } }])) {
      if (order.tag === "transmit") console.log(order.val.packet.length, order.val.device);
      if (order.tag === "event" && order.val.kind === "binding-accepted") console.log(order.val.atMs);
    }
    console.log(codec.dissect(new Uint8Array(4), "raw")[0].problem?.reason === "not-ipv6");
    console.log(engine.bindings()[0]?.traffic.packetsIn, engine.refusals()[0]?.reason === "mobility-checksum");
    engine.command(0, { tag: "shutdown" });`,
  "missing.ts": `engine.command(0, { tag: "set-link", val: { device: 1 } });`,
  "misspelt.ts": `engine.command(0, { tag: "set-limk" });`,
};

describe("types of mext/component", () => {
  // All in one run: the compiler reads its libraries once.
  const files = Object.entries(PROGRAMS).map(([name, use]) => {
    writeFileSync(join(folder, name), START + use);
    return join(folder, name);
  });
  const program = ts.createProgram(files, {
    strict: true, noEmit: true, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022, lib: ["lib.es2023.d.ts", "lib.dom.d.ts"], types: [],
  });
  const problems = (name: keyof typeof PROGRAMS) => (
    ts.getPreEmitDiagnostics(program, program.getSourceFile(join(folder, name)))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))
  );

  it("fit a program", () => expect(problems("right.ts")).toEqual([]));

  it("say what is wrong", () => {
    expect(problems("missing.ts").join()).toMatch(/'up' is missing/);
    expect(problems("misspelt.ts").join()).toMatch(/set-limk/);
  });
});
