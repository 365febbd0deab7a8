import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileCore } from "../../bindings/engine.ts";
import { readMachines } from "../../bindings/machines.ts";

const machines = readMachines(await compileCore(readFileSync(new URL("../../build/mext.wasm", import.meta.url))));

describe("the state machines, by their names", () => {
  it.each(machines.map((machine) => [machine.machine, machine] as const))("%s: are those that the golden files show", (name, machine) => {
    const golden = readFileSync(new URL(`../engine/machines/${name}.txt`, import.meta.url), "utf8").trim().split("\n");
    const lines = machine.transitions.map(({ from, event, action, to }) => [from, event, action, to]);
    expect(lines).toEqual(golden.map((line) => line.split(/\s+/)));
    for (const { from, to } of machine.transitions) expect(machine.states).toEqual(expect.arrayContaining([from, to]));
    expect(machine.section).toMatch(/^RFC \d+ §/);
  });

  it("are all four", () => {
    expect(machines.map(({ machine }) => machine)).toEqual(["registration", "uplink", "way", "peer"]);
  });
});
